"""Milliseconds a frame of each network and backend, side by side in one run, as a Markdown table.

    python -m tests.benchmarks.model_speed weights/best.pt weights/ball.pt --pitch weights/pitch.pt --roles \\
        weights/roles.pt

"Wall" is the time a caller waits, pictures already letterboxed; "processor" adds up all threads, and is what to compare
on a busy machine. Rounds of all settings take turns, and the median of the rounds is told.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from tacticeye.config import Backend
from tacticeye.types import Image
from tacticeye.vision.network import Network, open_network
from tacticeye.vision.openvino_backend import OpenVinoNetwork
from tacticeye.vision.pitch_keypoints import open_pitch_network
from tacticeye.vision.role_network import RoleJudge
from tacticeye.vision.ultralytics_backend import load_for_export

SIZES = {320: (320, 320), 640: (384, 640), 960: (544, 960), 1280: (736, 1280)}
BATCHES = (1, 8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, nargs="+")
    parser.add_argument("--sizes", type=int, nargs="+", choices=list(SIZES), default=[640, 960, 1280])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pitch", type=Path, help="weights that find the pitch's landmarks")
    parser.add_argument("--roles", type=Path, help="weights that tell roles by company")
    options = parser.parse_args()
    print("| network | backend | size | batch | wall ms a frame | processor ms a frame |")
    print("|---|---|---|---|---|---|")
    for weights in options.weights:
        networks: dict[str, Network] = {
            "torch float32": open_network(weights, "cpu", Backend.TORCH),
            "OpenVINO float32": open_network(weights, "cpu", Backend.OPENVINO),
            "OpenVINO bfloat16": OpenVinoNetwork(weights, load_for_export, may_be_coarse=True),
        }
        for size in options.sizes:
            report(weights.name, networks, SIZES[size], options.rounds)
    if options.pitch:
        for size in options.sizes:
            networks = {
                "torch float32": open_pitch_network(options.pitch, "cpu", Backend.TORCH),
                "OpenVINO float32": open_pitch_network(options.pitch, "cpu", Backend.OPENVINO),
            }
            report(options.pitch.name, networks, SIZES[size], options.rounds)
    if options.roles:
        report_roles(options.roles, options.rounds)


def report(name: str, networks: dict[str, Network], size: tuple[int, int], rounds: int) -> None:
    """One row a backend and batch."""
    pictures = list(np.random.default_rng(0).integers(0, 255, (max(BATCHES), *size, 3), np.uint8))
    settings = [(backend, batch) for backend in networks for batch in BATCHES]
    taken: dict[tuple[str, int], list[tuple[float, float]]] = {setting: [] for setting in settings}
    for number in range(rounds + 1):
        for backend, batch in settings:
            measured = measure(networks[backend], pictures[:batch])
            if number:  # the first round compiles
                taken[backend, batch].append(measured)
    for (backend, batch), figures in taken.items():
        wall, processor = np.median(np.array(figures), axis=0)
        print(f"| {name} | {backend} | {size[1]} x {size[0]} | {batch} | {wall:.1f} | {processor:.1f} |", flush=True)


def report_roles(weights: Path, rounds: int) -> None:
    """One row: 22 people of a frame of 1280 x 720, their pictures cut out of it too."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (720, 1280, 3), np.uint8)
    corner = rng.uniform((0, 0), (1250, 660), (22, 2))
    people = np.hstack([corner, corner + np.array([24, 55])]).astype(np.float32)
    judge = RoleJudge(weights, "cpu")
    taken = []
    for _ in range(rounds + 1):
        before = time.perf_counter(), time.process_time()
        for _ in range(20):
            judge.judge(image, people)
        taken.append(((time.perf_counter() - before[0]) * 50, (time.process_time() - before[1]) * 50))
    wall, processor = np.median(np.array(taken[1:]), axis=0)
    print(f"| {weights.name} | torch float32 | 22 people | 1 | {wall:.1f} | {processor:.1f} |")


def measure(network: Network, pictures: list[Image]) -> tuple[float, float]:
    """Wall and processor ms a picture, each call with all of `pictures`, eight pictures or more."""
    calls = max(1, 8 // len(pictures))
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(calls):
        network.predict(pictures)
    n = calls * len(pictures)
    return 1000 * (time.perf_counter() - wall) / n, 1000 * (time.process_time() - processor) / n


if __name__ == "__main__":
    main()
