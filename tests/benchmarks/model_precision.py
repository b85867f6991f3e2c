"""What float32, bfloat16 and int8 do to the scores of a detector, class by class, on labelled frames.

    python -m tests.benchmarks.model_precision weights/best.pt ../shared/datasets/players-720p --imgsz 960
    python -m tests.benchmarks.model_precision weights/ball.pt ../shared/datasets/players-720p --ball

int8 is made by post-training quantisation (needs `pip install nncf`), once on frames of the demo match and once on
training frames of the data set: labels are not needed for it, but crops for --ball must lie about balls.
Prints a Markdown table: mAP50 and recall with the scores and the suppression that ship; of crops precision and recall.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from tacticeye.config import AnalysisConfig
from tacticeye.demo import demo_video
from tacticeye.training.datasets import DataSet, Split, read_picture
from tacticeye.training.evaluate import LOWEST_SCORE, ball_crops, evaluate_ball_detector, evaluate_network
from tacticeye.types import Image, Role
from tacticeye.vision.ball_crops import BallCropDetector
from tacticeye.vision.ball_search import CROP_PX
from tacticeye.vision.letterbox import Letterbox
from tacticeye.vision.network import Network
from tacticeye.vision.openvino_backend import OpenVinoNetwork, load_openvino
from tacticeye.vision.ultralytics_backend import load_for_export

CALIBRATION_FRAMES = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--imgsz", type=int, default=960)
    parser.add_argument("--ball", action="store_true", help="weights that find the ball in crops")
    options = parser.parse_args()
    data = DataSet.open(options.data)
    if options.ball:
        compare_crops(options.weights, data)
    else:
        compare_frames(options.weights, data, options.imgsz)


def compare_frames(weights: Path, data: DataSet, imgsz: int) -> None:
    """A detector of people and ball in whole frames."""
    samples = data.samples(Split.VAL)
    config = AnalysisConfig(imgsz=imgsz)
    training = [entry.image for entry in data.entries(Split.TRAIN)]
    step = max(1, len(training) // CALIBRATION_FRAMES)
    seen = {"demo": list(demo_frames()), "training": [read_picture(path) for path in training[::step]]}
    print("| precision | " + " | ".join(f"{role.name.lower()} mAP50 / recall" for role in Role) + " | people recall |")
    print("|---|" + "---|" * (len(Role) + 1))
    for name, network in networks(
        weights,
        {k: [Letterbox.fit(f.shape[0], f.shape[1], imgsz).apply(f) for f in frames] for k, frames in seen.items()},
    ):
        report = evaluate_network(network, weights, samples, config, lambda *_: None)
        rates = list(report.shipped.values())
        cells = [f"{report.classes[role].map50:.3f} / {rates[i].recall:.3f}" for i, role in enumerate(Role)]
        print(f"| {name} | " + " | ".join(cells) + f" | {rates[-1].recall:.3f} |", flush=True)


def compare_crops(weights: Path, data: DataSet) -> None:
    """A detector of the ball in crops."""
    samples = data.samples(Split.VAL)
    print("| precision | mAP50 | precision | recall |")
    print("|---|---|---|---|")
    detector = BallCropDetector(weights, "cpu", min_score=LOWEST_SCORE)
    for name, network in networks(weights, {"training": training_crops(data)}):
        detector.network = network
        report = evaluate_ball_detector(detector, samples, lambda *_: None)
        cells = (report.classes[Role.BALL].map50, report.precision, report.recall)
        print(f"| {name} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |", flush=True)


def networks(weights: Path, seen: dict[str, list[Image]]) -> Iterator[tuple[str, Network]]:
    """The same network in all precisions, by name. seen: RGB pictures that int8 takes its ranges from, by whence."""
    yield "float32", OpenVinoNetwork(weights, load_for_export)
    yield "bfloat16", OpenVinoNetwork(weights, load_for_export, may_be_coarse=True)
    for whence, pictures in seen.items():
        yield f"int8, {whence} frames", quantised(weights, pictures)


def training_crops(data: DataSet) -> list[Image]:
    """Crops about balls of training frames and beside them, as validation has them.

    Ranges taken from crops without a ball would cut its score off: nothing was then found from the score that ships.
    """
    crops = []
    for number, sample in enumerate(data.samples(Split.TRAIN)):
        image = read_picture(sample.path)
        places = [crop.corner for crop in ball_crops(sample, np.random.default_rng(number))]
        crops += [np.ascontiguousarray(image[y : y + CROP_PX, x : x + CROP_PX, ::-1]) for x, y in places]
    return crops[:: max(1, len(crops) // CALIBRATION_FRAMES)]


def demo_frames() -> Iterator[Image]:
    """About a hundred frames of the demo match."""
    with av.open(str(demo_video())) as container:
        step = max(1, container.streams.video[0].frames // CALIBRATION_FRAMES)
        for number, frame in enumerate(container.decode(video=0)):
            if number % step == 0:
                yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def quantised(weights: Path, pictures: list[Image]) -> OpenVinoNetwork:
    """The network in int8, ranges taken from RGB pictures; the decoding of boxes and scores stays in float."""
    load_openvino()
    import nncf

    network = OpenVinoNetwork(weights, load_for_export)
    shape = Counter(picture.shape for picture in pictures).most_common(1)[0][0]
    alike = [p if p.shape == shape else cv2.resize(p, shape[1::-1]) for p in pictures]
    network.model.reshape([1, *shape])
    network.model = nncf.quantize(
        network.model,
        nncf.Dataset([picture[None] for picture in alike]),
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
