"""Does the confidence of a pass mean something? Reliability of completed passes in tracking data against event data.

usage: python -m tests.benchmarks.reliability TRACKING_FOLDER SCORER.py [--match NAME ...] [--noisy] [--plot FILE.svg]

Prints for each tenth of confidence how many passes there are, their mean confidence and the share that the event data
confirm (same passer within a second), then the expected calibration error: the mean distance of the two, weighted by
number. Event data leave passes out too, so the share is a lower bound.
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd

from tacticeye.types import EventKind, EventResult
from tests.benchmarks.score_tracking import MATCHES, analyse

BINS = 10
SIZE_PX = 320


def confirmed(folder: Path, scorer: Path, is_noisy: bool) -> tuple[np.ndarray, np.ndarray]:
    """(confidence, is confirmed) of every completed pass found in a match."""
    spec = importlib.util.spec_from_file_location("scorer", scorer)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{scorer}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    frames, _ = module.read_frames(str(folder))
    fps = 10.0 if folder.name.startswith("skillcorner") else 25.0
    _, events, _ = analyse(module.noisy(frames) if is_noisy else frames, fps)
    truth = pd.read_parquet(folder / "events.parquet")
    truth = truth[(truth["type"] == "pass") & truth["success"].fillna(False).astype(bool)].dropna(
        subset=["from_player"]
    )
    left = list(zip((truth["start_frame"] / fps).tolist(), truth["from_player"].astype(int).tolist(), strict=True))
    rows = []
    for event in events:
        if event.kind is not EventKind.PASS or event.result is not EventResult.COMPLETE:
            continue
        near = [p for p in left if p[1] == event.track_from and abs(p[0] - event.t_start_s) <= 1.0]
        if near:
            left.remove(min(near, key=lambda p: abs(p[0] - event.t_start_s)))
        rows.append((event.confidence, bool(near)))
    table = np.array(rows, np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1] > 0


def draw(path: Path, means: list[float], shares: list[float], counts: list[int]) -> None:
    """The reliability plot as SVG: a dot a tenth, as large as its number."""
    most = max(counts)
    dots = "".join(
        f'<circle cx="{m * SIZE_PX:.1f}" cy="{(1 - s) * SIZE_PX:.1f}" r="{3 + 9 * (n / most) ** 0.5:.1f}" fill="#27c"/>'
        for m, s, n in zip(means, shares, counts, strict=True)
    )
    axes = f'<path d="M0 0V{SIZE_PX}H{SIZE_PX}M0 {SIZE_PX}L{SIZE_PX} 0" stroke="#888" fill="none"/>'
    box = f"-10 -10 {SIZE_PX + 20} {SIZE_PX + 20}"
    path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{axes}{dots}</svg>\n')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tracking", type=Path)
    parser.add_argument("scorer", type=Path)
    parser.add_argument("--match", action="append")
    parser.add_argument("--noisy", action="store_true")
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    parts = [confirmed(options.tracking / m, options.scorer, options.noisy) for m in options.match or MATCHES]
    confidence, is_right = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    means, shares, counts, error = [], [], [], 0.0
    for k in range(BINS):
        within = (np.minimum(confidence, 1 - 1e-9) * BINS).astype(int) == k
        if within.any():
            means.append(float(confidence[within].mean()))
            shares.append(float(is_right[within].mean()))
            counts.append(int(within.sum()))
            error += counts[-1] / len(confidence) * abs(means[-1] - shares[-1])
            print(
                f"{k / BINS:.1f}-{(k + 1) / BINS:.1f}: n {counts[-1]:4} mean {means[-1]:.2f} confirmed {shares[-1]:.2f}"
            )
    print(f"passes {len(confidence)}, expected calibration error {error:.3f}")
    if options.plot is not None:
        draw(options.plot, means, shares, counts)


if __name__ == "__main__":
    main()
