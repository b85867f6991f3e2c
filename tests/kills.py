"""Analysing a match whose worker gets SIGKILL again and again: for the law's test and the long benchmark."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from tacticeye.config import AnalysisConfig
from tacticeye.service import create_match
from tacticeye.store import MatchStore, table_digests

ROOT = Path(__file__).resolve().parents[1]


def start_worker(data_dir: Path, match_id: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tacticeye", "--data-dir", str(data_dir), "worker", match_id],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def analyse_undisturbed(data_dir: Path, match_id: str, config: AnalysisConfig) -> dict[str, str]:
    create_match(data_dir, config, match_id)
    worker = start_worker(data_dir, match_id)
    _, complaints = worker.communicate()
    assert worker.returncode == 0, complaints.decode()
    return digests(data_dir, match_id)


def analyse_with_kills(
    data_dir: Path, match_id: str, config: AnalysisConfig, kills: int, chance: random.Random, batches: int
) -> dict[str, str]:
    """Every other kill strikes anywhere from the process's start on; the others once it has committed a batch.

    batches: how many the match has; a fast worker is killed early enough to leave some for the kills that follow.
    """
    create_match(data_dir, config, match_id)
    store = MatchStore(data_dir / "matches" / match_id)
    for number in range(kills):
        before = store.last_batch()
        last_allowed = before + max(1, (batches - 2 - before) // (kills - number))
        worker = start_worker(data_dir, match_id)
        patience = time.monotonic() + 60
        if number % 2:
            while store.last_batch() == before and worker.poll() is None and time.monotonic() < patience:
                time.sleep(0.01)
            strike_at = time.monotonic() + chance.uniform(0, 0.3)
        else:
            strike_at = time.monotonic() + chance.uniform(0, 2.5)
        while time.monotonic() < strike_at and store.last_batch() < last_allowed:
            time.sleep(0.005)
        has_ended = worker.poll() is not None
        worker.kill()
        worker.communicate()
        assert not has_ended, f"the worker ended before kill {number + 1} at batch {store.last_batch()} of {batches}"
    worker = start_worker(data_dir, match_id)
    _, complaints = worker.communicate()
    assert worker.returncode == 0, complaints.decode()
    return digests(data_dir, match_id)


def digests(data_dir: Path, match_id: str) -> dict[str, str]:
    with MatchStore(data_dir / "matches" / match_id).read() as snapshot:
        return table_digests(snapshot)
