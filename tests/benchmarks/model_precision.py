"""What float32, bfloat16 and int8 do to the scores of a detector, class by class, on labelled frames.

    python -m tests.benchmarks.model_precision weights/best.pt ../shared/datasets/players-720p --imgsz 960

int8 is made by post-training quantisation (needs `pip install nncf`), once on frames of the demo match and once on
training frames of the data set: what is labelled is not needed for it. Prints a Markdown table: mAP50 and recall with
the scores and the suppression that ship.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from tacticeye.config import AnalysisConfig
from tacticeye.demo import demo_video
from tacticeye.training.datasets import DataSet, Split, read_picture
from tacticeye.training.evaluate import evaluate_network
from tacticeye.types import Image, Role
from tacticeye.vision.letterbox import Letterbox
from tacticeye.vision.network import Network
from tacticeye.vision.openvino_backend import OpenVinoNetwork, load_openvino

CALIBRATION_FRAMES = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--imgsz", type=int, default=960)
    options = parser.parse_args()
    data = DataSet.open(options.data)
    samples = data.samples(Split.VAL)
    config = AnalysisConfig(imgsz=options.imgsz)
    training = [entry.image for entry in data.entries(Split.TRAIN)]
    step = max(1, len(training) // CALIBRATION_FRAMES)
    networks: dict[str, Network] = {
        "float32": OpenVinoNetwork(options.weights),
        "bfloat16": OpenVinoNetwork(options.weights, may_be_coarse=True),
        "int8, demo frames": quantised(options.weights, list(demo_frames()), options.imgsz),
        "int8, training frames": quantised(
            options.weights, [read_picture(path) for path in training[::step]], options.imgsz
        ),
    }
    print("| precision | " + " | ".join(f"{role.name.lower()} mAP50 / recall" for role in Role) + " | people recall |")
    print("|---|" + "---|" * (len(Role) + 1))
    for name, network in networks.items():
        report = evaluate_network(network, options.weights, samples, config, lambda *_: None)
        rates = list(report.shipped.values())
        cells = [f"{report.classes[role].map50:.3f} / {rates[i].recall:.3f}" for i, role in enumerate(Role)]
        print(f"| {name} | " + " | ".join(cells) + f" | {rates[-1].recall:.3f} |", flush=True)


def demo_frames() -> Iterator[Image]:
    """About a hundred frames of the demo match."""
    with av.open(str(demo_video())) as container:
        step = max(1, container.streams.video[0].frames // CALIBRATION_FRAMES)
        for number, frame in enumerate(container.decode(video=0)):
            if number % step == 0:
                yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def quantised(weights: Path, frames: list[Image], imgsz: int) -> OpenVinoNetwork:
    """The network in int8, ranges taken from `frames`; the decoding of boxes and scores stays in float."""
    load_openvino()
    import nncf

    network = OpenVinoNetwork(weights)
    pictures = [Letterbox.fit(frame.shape[0], frame.shape[1], imgsz).apply(frame)[None] for frame in frames]
    shape = max({p.shape for p in pictures}, key=lambda s: sum(p.shape == s for p in pictures))
    pictures = [p if p.shape == shape else cv2.resize(p[0], (shape[2], shape[1]))[None] for p in pictures]
    network.model.reshape(shape)
    network.model = nncf.quantize(
        network.model,
        nncf.Dataset(pictures),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(pictures),
        ignored_scope=nncf.IgnoredScope(names=_decoding(network.model)),
    )
    return network


def _decoding(model: Any) -> list[str]:
    """Names of the operations of the head that turn its convolutions into boxes and scores."""
    operations = model.get_ordered_ops()
    sigmoids = [op.get_friendly_name() for op in operations if op.get_type_name() == "Sigmoid"]
    head = sigmoids[-1].split("/", 1)[0]
    return [
        op.get_friendly_name()
        for op in operations
        if op.get_type_name() == "Sigmoid" or op.get_friendly_name().startswith((f"{head}/", f"{head}.dfl"))
    ]


if __name__ == "__main__":
    main()
