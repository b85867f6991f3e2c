"""What commits, page polls and heatmaps cost over a match: `python -m tests.benchmarks.store_growth [--batches N]`.

Writes the match of full_match.py to a temporary folder and prints milliseconds: of a commit by batch number, of all
questions of the Live page in one transaction, and of each question at the end.
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
from tests.benchmarks import full_match

POLL_LIMIT_MS = 50.0

LIVE_PAGE: dict[str, Callable[[Snapshot], object]] = {
    "match": Snapshot.match,
    "progress": Snapshot.progress,
    "ball_coverage": Snapshot.ball_coverage,
    "control_seconds": Snapshot.control_seconds,
    "control_minutes": Snapshot.control_minutes,
    "possession_curve": Snapshot.possession_curve,
    "pass_counts": Snapshot.pass_counts,
    "event_counts": Snapshot.event_counts,
    "events, newest 50": lambda snapshot: snapshot.events(limit=50),
    "kits": Snapshot.kits,
}
OTHERS: dict[str, Callable[[Snapshot], object]] = {
    "heatmap of a team": lambda snapshot: snapshot.heatmap(team=0),
    "heatmap of a player": lambda snapshot: snapshot.heatmap(track=40),
    "heatmap of a team, 10 minutes": lambda snapshot: snapshot.heatmap(team=0, minutes=(40, 50)),
    "heatmap of all": lambda snapshot: snapshot.heatmap(),
    "all events": lambda snapshot: snapshot.events(),
    "control spans": lambda snapshot: snapshot.control_spans(),
    "tracks": Snapshot.tracks,
    "batches": Snapshot.batches,
    "ball path, 60 s": lambda snapshot: snapshot.ball_path(2700, 2760),
    "positions, 10 s": lambda snapshot: snapshot.positions(2700, 2710),
    "state": Snapshot.state_json,
}


def milliseconds(work: Callable[[], object], repeats: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(repeats,) float64 ms that `work` takes, sorted."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return np.sort(taken)


def poll(store: MatchStore) -> None:
    """Everything that the Live page asks, as a page does."""
    with store.read() as snapshot:
        for question in LIVE_PAGE.values():
            question(snapshot)


def commit_times(store: MatchStore, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(count,) float64 ms of each commit, in order."""
    taken = np.empty(count)
    for index, output in enumerate(full_match.batches(count)):
        state = full_match.state_json(index)
        start = time.perf_counter()
        store.commit(output, state, is_last=index == count - 1)
        taken[index] = (time.perf_counter() - start) * 1000
    return taken


def report_commits(taken: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    print("commit ms        p50    p90    max")
    for part in np.array_split(np.arange(len(taken)), max(len(taken) // 200, 2)):
        p50, p90 = np.percentile(taken[part], (50, 90))
        print(f"{part[0]:5d}-{part[-1]:5d}   {p50:6.1f} {p90:6.1f} {taken[part].max():6.1f}")


def report_questions(store: MatchStore, repeats: int) -> None:
    with store.read() as snapshot:
        for name, question in {**LIVE_PAGE, **OTHERS}.items():
            times = milliseconds(partial(question, snapshot), repeats)
            print(f"{name:32s} p50 {np.median(times):6.1f} ms   max {times[-1]:6.1f}")


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
        times = milliseconds(lambda: poll(store), arguments.repeats)
        print(f"poll of the Live page            p50 {np.median(times):6.1f} ms   max {times[-1]:6.1f}")
        report_questions(store, arguments.repeats)
        if np.median(times) > POLL_LIMIT_MS:
            raise SystemExit(f"a poll took {np.median(times):.0f} ms, more than {POLL_LIMIT_MS:.0f} ms")


if __name__ == "__main__":
    main()
