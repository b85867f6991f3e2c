"""The part of the command line that trains and measures networks: its options, and what it prints."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from tacticeye import progress_bar
from tacticeye.config import PRESETS, AnalysisConfig, Backend, Settings, find_weights

MEASURED = ("players", "ball", "pitch")
NETWORKS = (*MEASURED, "roles")
SPLITS = ("train", "val", "test", "all")


def add_train_options(parser: argparse.ArgumentParser) -> None:
    """Options of `train`."""
    parser.add_argument("network", choices=NETWORKS, help="what the weights shall find")
    parser.add_argument("--data", action="append", default=[], metavar="DIR[=TIMES]",
                        help="labelled images in YOLO's format, how often an epoch shows each; repeatable")  # fmt: skip
    parser.add_argument("--synthetic", type=int, default=160, metavar="N", help="rendered frames to add (default: 160)")
    parser.add_argument("--epochs", type=int, metavar="N", help="default: see tacticeye/training/train.py")
    parser.add_argument("--start", type=Path, default=Path(AnalysisConfig().model_path), metavar="FILE",
                        help="weights of a detector to begin with (default: those that ship)")  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, metavar="N",
                        help="draws the views; use another to go on from your own weights (default: 0)")  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the run (default: runs/NETWORK)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps")
    parser.add_argument("--resume", action="store_true", help="go on with the run in that folder")


def train(settings: Settings, options: argparse.Namespace) -> int:
    """Trains a network and says where its weights are. Raises DataSetError, WeightsError, ConfigurationError."""
    from tacticeye.training import train as recipes
    from tacticeye.training.fit import EpochReport, Run

    material = recipes.Material(
        [_times(text) for text in options.data], options.synthetic, options.start, views_seed=options.seed
    )
    run = Run(options.out or Path("runs") / options.network, options.device, options.resume)
    start = {
        "players": recipes.train_players,
        "ball": recipes.train_ball,
        "pitch": recipes.train_pitch,
        "roles": recipes.train_roles,
    }

    def on_epoch(report: EpochReport) -> None:
        parts = ", ".join(f"{name} {value:.3f}" for name, value in report.loss.items())
        print(f"epoch {report.epoch} of {report.epochs}: {parts} ({report.seconds:.0f} s)", flush=True)

    with progress_bar.on(sys.stderr, "training") as bar:
        weights = start[options.network](
            material, run, options.epochs, lambda epoch, step, steps: bar.show_count(step, steps), on_epoch
        )
    measured = "players --roles" if options.network == "roles" else f"{options.network} --weights"
    print(f"{weights}; measure it with: python -m tacticeye evaluate {measured} {weights} --data DIR")
    return 0


def _times(text: str) -> tuple[Path, int]:
    """A folder and how often its pictures are shown: DIR or DIR=TIMES."""
    folder, _, times = text.rpartition("=")
    return (Path(folder), int(times)) if folder and times.isdecimal() else (Path(text), 1)


def add_evaluate_options(parser: argparse.ArgumentParser) -> None:
    """Options of `evaluate`."""
    shipped = AnalysisConfig()
    parser.add_argument("network", choices=MEASURED, help="what the weights find")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="default: those that ship")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="labelled images in YOLO's format")
    parser.add_argument("--split", choices=SPLITS, default="val", help="default: val")
    parser.add_argument("--roles", type=Path, default=Path(shipped.role_model_path), metavar="FILE",
                        help="players: weights that tell roles by company (default: those that ship; where there is "
                        "no such file, the detector is measured alone)")  # fmt: skip
    size = PRESETS["detailed"]["imgsz"]
    parser.add_argument("--imgsz", type=int, default=size, metavar="PX",
                        help=f"players: longer side at which a frame is seen (default: {size}, as the preset detailed; "
                        f"the others: {shipped.imgsz})")  # fmt: skip
    parser.add_argument("--device", default=shipped.device, help="auto, cpu, cuda, cuda:1 or mps")
    parser.add_argument("--backend", type=Backend, choices=list(Backend), default=shipped.backend)
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="write pictures of the N worst images too")
    parser.add_argument("--out", type=Path, default=Path("worst"), metavar="DIR", help="where to (default: worst/)")


def evaluate(settings: Settings, options: argparse.Namespace) -> int:
    """Measures a network on labelled images. Raises DataSetError, WeightsError, ConfigurationError."""
    from tacticeye.training.datasets import DataSet, Split, check_no_leak

    config = AnalysisConfig(
        imgsz=options.imgsz, device=options.device, backend=options.backend, role_model_path=str(options.roles)
    )
    data = DataSet.open(options.data)
    split = None if options.split == "all" else Split(options.split)
    if split is not None:
        check_no_leak([data])
    samples = data.samples(split)
    # Imported after the labels were checked: torch takes seconds to load.
    from tacticeye.training import evaluate as measure
    from tacticeye.training import failures

    shipped = {"players": config.model_path, "ball": config.ball_model_path, "pitch": config.pitch_model_path}
    weights = options.weights or find_weights(shipped[options.network])
    with progress_bar.on(sys.stderr, "measuring") as bar:
        run: dict[str, Callable[..., measure.Report]]
        run = {"players": measure.evaluate_players, "ball": measure.evaluate_ball, "pitch": measure.evaluate_pitch}
        report = run[options.network](weights, samples, config, bar.show_count)
    if options.worst:
        failures.write_failures(report.failures, options.out, options.worst)
    if options.json:
        print(json.dumps(report.figures()))
        return 0
    print(report.table())
    for failure in failures.worst(report.failures, options.worst):
        print(f"{failure.path.name}: {failure.text}")
    return 0
