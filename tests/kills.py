"""Analysing a match with a worker that is killed again and again: for the law's test and the long benchmark."""

from __future__ import annotations

import os
import random
import signal
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
    data_dir: Path, match_id: str, config: AnalysisConfig, kills: int, chance: random.Random
) -> dict[str, str]:
    """Every other kill strikes anywhere from the process's start on; the others once it has committed a batch."""
    create_match(data_dir, config, match_id)
    store = MatchStore(data_dir / "matches" / match_id)
    for number in range(kills):
        before = store.last_batch()
        worker = start_worker(data_dir, match_id)
        if number % 2:
            while store.last_batch() == before and worker.poll() is None:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.3))
        else:
            time.sleep(chance.uniform(0, 2.5))
        assert worker.poll() is None, f"the worker ended before kill {number + 1}: take a longer video"
        os.kill(worker.pid, signal.SIGKILL)
        worker.communicate()
    worker = start_worker(data_dir, match_id)
    _, complaints = worker.communicate()
    assert worker.returncode == 0, complaints.decode()
    return digests(data_dir, match_id)


def digests(data_dir: Path, match_id: str) -> dict[str, str]:
    with MatchStore(data_dir / "matches" / match_id).read() as snapshot:
        return table_digests(snapshot)
