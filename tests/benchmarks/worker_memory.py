"""Resident memory of an analysis over a long match: `python -m tests.benchmarks.worker_memory [--minutes 20]`.

Prints a curve, one line for each tenth of the match, and what a commit costs at its beginning and its end.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import psutil

from tacticeye.match_analyzer import analyze_local_file
from tacticeye.types import AnalysisProgress, ChunkOutput
from tests.benchmarks.long_match import loop_demo


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=int, default=20)
    options = arguments.parse_args()
    process = psutil.Process()
    curve: list[tuple[float, float, float]] = []
    analysed_at = 0.0

    def on_batch_complete(match_id: str, output: ChunkOutput) -> None:
        nonlocal analysed_at
        curve.append((output.end_s, process.memory_info().rss / 2**20, output.processing_time_ms))

    def on_progress(match_id: str, progress: AnalysisProgress) -> None:
        if progress.batch_idx % 60 == 0:
            print(f"{progress.t_s / 60:6.1f} min  {progress.speed:4.1f} x real time", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        video, boxes = loop_demo(Path(folder), options.minutes)
        started = time.monotonic()
        analyze_local_file(
            video,
            data_dir=Path(folder) / "data",
            model_path=str(boxes),
            analysis_hz=5.0,
            batch_size_seconds=2.0,
            on_progress=on_progress,
            on_batch_complete=on_batch_complete,
        )
        took_s = time.monotonic() - started
    print(f"{options.minutes} min of video in {took_s:.0f} s\n  video min   resident MB   batch ms")
    for tenth in range(10):
        part = curve[len(curve) * tenth // 10 : len(curve) * (tenth + 1) // 10]
        print(f"  {part[-1][0] / 60:9.1f} {max(p[1] for p in part):13.0f} {sum(p[2] for p in part) / len(part):10.0f}")


if __name__ == "__main__":
    main()
