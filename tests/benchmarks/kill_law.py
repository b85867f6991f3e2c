"""The kill law at length: `python -m tests.benchmarks.kill_law [--kills 200]` kills the worker over and over.

Compares every table byte for byte with an undisturbed run of the same video, and says how it went.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from tacticeye.config import AnalysisConfig
from tacticeye.store import MatchStore
from tests.benchmarks.long_match import loop_demo
from tests.kills import analyse_undisturbed, analyse_with_kills


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        # Every second kill lets one batch through, sometimes more: a minute of play takes about 40 kills.
        video, boxes = loop_demo(data_dir, times=max(1, options.kills // 40))
        config = AnalysisConfig(source_url=str(video), model_path=str(boxes), analysis_hz=6.25, batch_size_seconds=0.6)
        started = time.monotonic()
        expected = analyse_undisturbed(data_dir, "calm", config)
        calm_s = time.monotonic() - started
        batches = MatchStore(data_dir / "matches" / "calm").last_batch() + 1
        disturbed = analyse_with_kills(data_dir, "killed", config, options.kills, random.Random(options.seed), batches)
        print(f"{options.kills} kills, {time.monotonic() - started - calm_s:.0f} s (undisturbed {calm_s:.0f} s)")
        for table, digest in expected.items():
            print(f"  {table:14} {'equal' if disturbed[table] == digest else 'DIFFERENT'}")
        sys.exit(disturbed != expected)


if __name__ == "__main__":
    main()
