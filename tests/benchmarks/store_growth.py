"""What commits, page polls and heatmaps cost over a match: `python -m tests.benchmarks.store_growth [--batches N]`.

Writes the match of full_match.py to a temporary folder and prints milliseconds: of a commit by batch number, of all
questions of the Live page in one transaction, and of each question at the end. Beside the wall's milliseconds stand
those of the processor, which other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from tacticeye.store import MatchStore, Snapshot
from tacticeye.store.picture_heat import read_heat
from tests.benchmarks import full_match

POLL_LIMIT_MS = 50.0

# What match_views.read_live asks, and what else a page that shows possession over time would.
LIVE_PAGE: dict[str, Callable[[Snapshot], object]] = {
    "state": Snapshot.state_json,
    "progress": Snapshot.progress,
    "control spans": lambda snapshot: snapshot.control_spans(),
    "events, newest 50": lambda snapshot: snapshot.events(limit=50),
    "kits": Snapshot.kits,
    "ball coverage": Snapshot.ball_coverage,
    "stat totals": Snapshot.stat_totals,
}
OTHERS: dict[str, Callable[[Snapshot], object]] = {
    "match": Snapshot.match,
    "control seconds": Snapshot.control_seconds,
    "possession curve": lambda snapshot: snapshot.possession_curve(),
    "heat of a player": lambda snapshot: read_heat(snapshot, tracks=[40]),
    "heat of all, 10 minutes": lambda snapshot: read_heat(snapshot, minutes=(40, 50)),
    "heat of all": read_heat,
    "all events": lambda snapshot: snapshot.events(),
    "tracks": Snapshot.tracks,
    "batches": Snapshot.batches,
    "ball path, 60 s": lambda snapshot: snapshot.ball_path(2700, 2760),
    "positions, 10 s": lambda snapshot: snapshot.positions(2700, 2710),
    "positions, all": lambda snapshot: snapshot.positions(),
}


Times = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds that `work` takes on the wall and on the processor."""
    wall_s, processor_s = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - wall_s) * 1000, (time.process_time() - processor_s) * 1000


def repeated(work: Callable[[], object], repeats: int) -> Times:
    """(repeats, 2) float64 ms: wall, processor."""
    return np.array([timed(work) for _ in range(repeats)])


def line(name: str, times: Times) -> str:
    """The median and the worst of the times."""
    wall_ms, processor_ms = np.median(times, axis=0)
    return f"{name:32s} p50 {wall_ms:6.1f} ms   max {times[:, 0].max():6.1f}   processor {processor_ms:6.1f}"


def poll(store: MatchStore) -> None:
    """Everything that the Live page asks, as a page does."""
    with store.read() as snapshot:
        for question in LIVE_PAGE.values():
            question(snapshot)


def commit_times(store: MatchStore, count: int) -> Times:
    """(count, 2) float64 ms of each commit, in order: wall, processor."""
    taken = []
    for index, output in enumerate(full_match.batches(count)):
        state = full_match.state_json(index)
        taken.append(timed(partial(store.commit, output, state, is_last=index == count - 1)))
    return np.array(taken)


def report_commits(times: Times) -> None:
    for part in np.array_split(np.arange(len(times)), max(len(times) // 100, 2)):
        print(line(f"commit {part[0]:5d}-{part[-1]:5d}", times[part]))


def report_questions(store: MatchStore, repeats: int) -> None:
    with store.read() as snapshot:
        for name, question in {**LIVE_PAGE, **OTHERS}.items():
            print(line(name, repeated(partial(question, snapshot), repeats)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=full_match.BATCHES)
    parser.add_argument("--folder", type=Path, help="a match written before; default: write one")
    parser.add_argument("--repeats", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        store = MatchStore(arguments.folder or Path(temporary))
        if not store.exists:
            store.create(full_match.record())
            report_commits(commit_times(store, arguments.batches))
        with store.read() as snapshot:
            print(f"{snapshot.progress()}, {store.database.stat().st_size / 1e6:.1f} MB")
        polls = repeated(partial(poll, store), arguments.repeats)
        print(line("poll of the Live page", polls))
        report_questions(store, arguments.repeats)
        if np.median(polls[:, 0]) > POLL_LIMIT_MS:
            raise SystemExit(f"a poll took {np.median(polls[:, 0]):.0f} ms, more than {POLL_LIMIT_MS:.0f} ms")


if __name__ == "__main__":
    main()
