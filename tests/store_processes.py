"""What the processes of test_store.py do: append to a match, poll it, run out of disk or of rights."""

from __future__ import annotations

import os
import resource
from multiprocessing.connection import Connection
from pathlib import Path

from tacticeye.errors import StorageError
from tacticeye.store import MatchStore, table_digests
from tests.benchmarks import full_match

SHORT_TIMEOUT_S = 0.2


def append_batches(folder: Path, count: int, acknowledge: Connection) -> None:
    """Continue the match until it has count batches, sending the number of each once it is stored."""
    store = MatchStore(folder)
    for index in range(store.last_batch() + 1, count):
        store.commit(full_match.batch(index), full_match.state_json(index), is_last=index == count - 1)
        acknowledge.send(index)
    acknowledge.close()


def poll_until_complete(folder: Path, report: Connection) -> None:
    """Read the match over and over until its last batch is in; send the number of polls, and what was inconsistent."""
    store = MatchStore(folder)
    polls, faults, is_complete = 0, list[str](), False
    while not is_complete:
        with store.read(timeout_s=20) as snapshot:
            progress = snapshot.progress()
            batches = snapshot.batches()
            if batches["batch_id"].tolist() != list(range(progress.batches)):
                faults.append(f"gap in {batches['batch_id'].tolist()}")
            if len(snapshot.positions()) != progress.positions:
                faults.append(f"{len(snapshot.positions())} positions, {progress.positions} in batches")
            if snapshot.state_json() not in (None, full_match.state_json(progress.last_batch)):
                faults.append(f"state of another batch than {progress.last_batch}")
        polls += 1
        is_complete = progress.is_complete
    report.send((polls, faults))
    report.close()


def hold_database(folder: Path, hold: Connection) -> None:
    """Keep a reader's view open: send a word once inside, leave when one comes back."""
    with MatchStore(folder).read() as snapshot:
        hold.send(snapshot.progress().last_batch)
        hold.recv()


def commit_with_small_files(folder: Path, largest_bytes: int, report: Connection) -> None:
    """Commit until the file may grow no more; send the error, and the batches that were stored before it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_bytes, largest_bytes))
    report.send(commit_until_refused(MatchStore(folder)))


def commit_until_refused(store: MatchStore) -> tuple[str, int]:
    """The error's text and the number of the last batch whose commit returned."""
    stored = store.last_batch()
    try:
        while True:
            store.commit(full_match.batch(stored + 1), full_match.state_json(stored + 1))
            stored += 1
    except StorageError as error:
        return str(error), stored


def use_as_nobody(folder: Path, report: Connection) -> None:
    """With the rights of nobody: send the digests read, and the errors of a commit and of making another match."""
    os.setuid(65534)
    store = MatchStore(folder)
    with store.read() as snapshot:
        digests = table_digests(snapshot)
    errors = []
    try:
        store.commit(full_match.batch(1), "{}", timeout_s=SHORT_TIMEOUT_S)
    except StorageError as error:
        errors.append(str(error))
    try:
        MatchStore(folder.parent).create(full_match.record())
    except StorageError as error:
        errors.append(str(error))
    report.send((digests, errors))
