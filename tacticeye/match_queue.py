"""What each match is doing, derived from its files, and which one runs next.

At most `max_workers` matches are analysed at a time, fewer where the machine has no room for them (capacity.py); others
wait in the order in which they were asked for. Every decision is taken under one lock of the data folder, so any number
of servers, workers and command lines may tend the same queue: whoever looks in starts what is due, and a worker that
ends starts its successor.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tacticeye.capacity import Room, find_room, resources
from tacticeye.config import PACKAGE_PARENT
from tacticeye.errors import MatchBusyError
from tacticeye.lease import describe_process, hold_queue, is_alive, is_leased, this_process
from tacticeye.match_files import (
    Control,
    Ending,
    Intent,
    MatchFolder,
    find_matches,
    storage_error,
    write_record,
)

SETTLE_S = 60.0  # after which a worker has loaded its networks and taken the memory that it needs


class MatchStatus(StrEnum):
    """What a match is doing. WAITING: in the queue or being started. CRASHED: it ended without a word; resume it."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FINISHED = "finished"
    CRASHED = "crashed"
    FAILED = "failed"

    @property
    def is_active(self) -> bool:
        """Whether it works or is going to without further ado."""
        return self in (MatchStatus.WAITING, MatchStatus.RUNNING, MatchStatus.STOPPING)


@dataclass(frozen=True)
class Standing:
    """Where a match stands. queued_at: wall time of the wish to run, s, while it is in the queue, otherwise None."""

    status: MatchStatus
    message: str = ""
    queued_at: float | None = None
    has_process: bool = False


def find_standing(folder: MatchFolder) -> Standing:
    """The status of one match. Looks at the lease first: an outcome is written before the lease is given back."""
    has_lease = is_leased(folder)
    control = folder.read_control()
    outcome = folder.read_outcome()
    wants_run = control is not None and control.intent is Intent.RUN
    if outcome is not None:
        return Standing(MatchStatus(outcome.ending.value), outcome.message, has_process=has_lease)
    if has_lease:
        return Standing(MatchStatus.RUNNING if wants_run else MatchStatus.STOPPING, has_process=True)
    worker = folder.read_worker()
    if worker is not None and is_alive(worker):
        return Standing(MatchStatus.WAITING if wants_run else MatchStatus.STOPPING, has_process=True)
    if control is None or not wants_run:
        return Standing(MatchStatus.STOPPED)
    if worker is None:
        return Standing(MatchStatus.WAITING, queued_at=control.requested_at)
    return Standing(
        MatchStatus.CRASHED, "The analysis ended without a word. What it had finished is kept: resume to go on."
    )


def find_queue(standings: dict[str, Standing]) -> list[str]:
    """Ids of the matches that wait for their turn, next first."""
    waiting = [(s.queued_at, match_id) for match_id, s in standings.items() if s.queued_at is not None]
    return [match_id for _, match_id in sorted(waiting)]


def tend(data_dir: Path, max_workers: int, *, is_elsewhere: bool = False) -> list[str]:
    """Starts what is due. Returns the ids started. Costs one look at each match's files when nothing is.

    is_elsewhere: the computing is done on other hosts, so that the room on this machine doesn't matter.
    """
    if not find_queue(_standings(data_dir)):
        return []
    with hold_queue(data_dir):
        standings = _standings(data_dir)
        busy = sum(standing.has_process for standing in standings.values())
        places = max_workers
        if busy < max_workers and not is_elsewhere:
            places = _find_room(standings, data_dir, max_workers).places
        due = find_queue(standings)[: max(0, places - busy)]
        for match_id in due:
            launch(data_dir, MatchFolder.of(data_dir, match_id))
    return due


def look_for_room(data_dir: Path, max_workers: int) -> Room:
    """How many matches can be analysed at a time, and what limits that."""
    return _find_room(_standings(data_dir), data_dir, max_workers)


def _find_room(standings: dict[str, Standing], data_dir: Path, max_workers: int) -> Room:
    busy = [MatchFolder.of(data_dir, match_id) for match_id, standing in standings.items() if standing.has_process]
    workers = [worker for folder in busy if (worker := folder.read_worker()) is not None]
    young = sum(time.time() - worker.started_at < SETTLE_S for worker in workers)
    return find_room(max_workers, len(busy), young, resources())


def ask_to_run(data_dir: Path, folder: MatchFolder) -> None:
    """Puts the match in the queue, or has a stopping one go on after its stop. Nothing changes where it runs."""
    with hold_queue(data_dir):
        standing = find_standing(folder)
        if standing.status in (MatchStatus.WAITING, MatchStatus.RUNNING):
            return
        if standing.status is not MatchStatus.STOPPING:
            folder.clear_run()
        write_record(folder.control, Control(Intent.RUN, time.time()))


def claim(data_dir: Path, folder: MatchFolder) -> None:
    """Has the match run in this very process, past the queue. Raises MatchBusyError where another one has it."""
    with hold_queue(data_dir):
        if find_standing(folder).has_process:
            raise MatchBusyError(folder.match_id, "another process is analysing it; stop that one first.")
        folder.clear_run()
        write_record(folder.worker, this_process())
        write_record(folder.control, Control(Intent.RUN, time.time()))


def ask_to_stop(data_dir: Path, folder: MatchFolder) -> None:
    """Takes the match out of the queue, or has its worker end after the batch in hand."""
    with hold_queue(data_dir):
        if find_standing(folder).status in (MatchStatus.WAITING, MatchStatus.RUNNING):
            write_record(folder.control, Control(Intent.STOP, time.time()))


def close_run(
    data_dir: Path, folder: MatchFolder, ending: Ending, message: str = "", *, is_revocable: bool = False
) -> None:
    """Records how this process's run ended. Raises StorageError.

    is_revocable: it stopped because control.json said so. Where that says run again by now, the match goes back into
    the queue instead.
    """
    with hold_queue(data_dir):
        control = folder.read_control()
        if is_revocable and control is not None and control.intent is Intent.RUN:
            folder.clear_run()
        else:
            folder.write_outcome(ending, message)


def launch(data_dir: Path, folder: MatchFolder) -> None:
    """Starts the worker of a match as a process of its own that outlives this one. Raises StorageError."""
    pid = start_process(["worker", folder.match_id, "--data-dir", str(data_dir.resolve())], folder.log)
    write_record(folder.worker, describe_process(pid))


def start_process(arguments: Sequence[str], log: Path) -> int:
    """Runs `python -m tacticeye ARGUMENTS` on its own, output appended to `log`; its pid. Raises StorageError."""
    search_path = os.pathsep.join(filter(None, [str(PACKAGE_PARENT), os.environ.get("PYTHONPATH", "")]))
    try:
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "tacticeye", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": search_path},
            )
    except OSError as error:
        raise storage_error(log, error) from error
    # Somebody has to wait for a child, or it stays as a zombie after its end.
    threading.Thread(target=process.wait, name=f"reap-{process.pid}", daemon=True).start()
    return process.pid


def _standings(data_dir: Path) -> dict[str, Standing]:
    return {folder.match_id: find_standing(folder) for folder in find_matches(data_dir)}
