"""Pictures of what a detector gets wrong on rendered frames, whose labels are exact and which anybody may see.

    python -m tests.benchmarks.model_failures weights/best.pt failures --frames 120 --seed 77

Each frame is another stadium, camera, light and other kits; give a seed that nothing was trained on. Counts each kind
of fault with the scores and the suppression that ship, and writes the gravest of each kind enlarged, as
KIND-NN.jpg: what is labelled in white, what was found in red. Grave is what was found with a high score though it is
wrong, and what was missed though it is large.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.config import AnalysisConfig
from tacticeye.demo.training_frames import write_training_frames
from tacticeye.training.datasets import DataSet, Sample, Split, read_picture
from tacticeye.types import Image, Role
from tacticeye.vision.box_overlap import overlaps
from tacticeye.vision.detector import open_role_judge
from tacticeye.vision.network import open_network
from tacticeye.vision.yolo_detector import Candidates, YoloDetector

WINDOW = np.array([240, 136])  # px of the frame, shown at ENLARGED times
ENLARGED = 2.5
MIN_IOU = 0.5
MIN_BALL_IOU = 0.2  # a ball of 8 px that is 3 px off
NEAR_EDGE = 8  # px of the frame: whoever shows less of himself is not pointed at
WHITE, RED = (255, 255, 255), (90, 90, 255)


@dataclass(frozen=True, eq=False)
class Fault:
    """kind: what is wrong, in words; gravity: to order by; xyxy: where; detected: all that was found in that frame."""

    kind: str
    gravity: float
    xyxy: NDArray[np.float32]
    sample: Sample
    detected: Candidates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--imgsz", type=int, default=960)
    parser.add_argument("--pictures", type=int, default=4, help="of each kind")
    options = parser.parse_args()
    config = AnalysisConfig(imgsz=options.imgsz)
    detector = YoloDetector(
        open_network(options.weights, "cpu"),
        options.weights,
        conf_threshold=config.conf_threshold,
        ball_conf_threshold=config.ball_conf_threshold,
        imgsz=config.imgsz,
        judge=open_role_judge(config),
    )
    with tempfile.TemporaryDirectory() as folder:
        write_training_frames(Path(folder), options.frames, options.seed)
        samples = DataSet.open(Path(folder)).samples(Split.TRAIN)
        by_kind: defaultdict[str, list[Fault]] = defaultdict(list)
        for sample in samples:
            for fault in faults(sample, *detector.find([read_picture(sample.path)])):
                by_kind[fault.kind].append(fault)
        labelled = {role: sum(int((sample.role == role).sum()) for sample in samples) for role in Role}
        print("labelled: " + ", ".join(f"{n} {role.name.lower()}" for role, n in labelled.items()))
        options.out.mkdir(parents=True, exist_ok=True)
        for kind, found in sorted(by_kind.items()):
            print(f"{kind}: {len(found)}")
            gravest = sorted(found, key=lambda fault: -fault.gravity)[: options.pictures]
            for number, fault in enumerate(gravest, 1):
                path = options.out / f"{kind.replace(' ', '-')}-{number:02d}.jpg"
                cv2.imwrite(str(path), picture(fault), [cv2.IMWRITE_JPEG_QUALITY, 85])


def faults(sample: Sample, detected: Candidates) -> Iterator[Fault]:
    """What is missed, what is found where nothing is, and who is taken for somebody else."""
    xyxy, score, roles = detected
    for is_ball, least in ((True, MIN_BALL_IOU), (False, MIN_IOU)):
        labels = np.flatnonzero((sample.role == Role.BALL) == is_ball)
        found = np.flatnonzero((roles == Role.BALL) == is_ball)
        iou = overlaps(xyxy[found], sample.xyxy[labels])
        free = set(range(len(labels)))
        for row in np.argsort(-score[found], kind="stable").tolist():
            i = int(found[row])
            near = max(free, key=lambda column: iou[row, column], default=None)
            name = Role(int(roles[i])).name.lower()
            if near is None or iou[row, near] < least:
                yield Fault(f"false {name}", float(score[i]), xyxy[i], sample, detected)
                continue
            free.remove(near)
            true = Role(int(sample.role[labels[near]])).name.lower()
            if true != name:
                yield Fault(f"{true} taken for {name}", float(score[i]), xyxy[i], sample, detected)
        for column in free:
            box = sample.xyxy[labels[column]]
            name = Role(int(sample.role[labels[column]])).name.lower()
            yield Fault(f"missed {name}", float(np.prod(box[2:] - box[:2])), box, sample, detected)


def picture(fault: Fault) -> Image:
    """The surroundings of a fault, with what is labelled and what was found."""
    image = read_picture(fault.sample.path)
    size = np.array(image.shape[1::-1])
    middle = (fault.xyxy[:2] + fault.xyxy[2:]) / 2
    x, y = np.clip(middle - WINDOW / 2, 0, size - WINDOW).astype(int).tolist()
    shown = cv2.resize(
        image[y : y + WINDOW[1], x : x + WINDOW[0]], None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC
    )
    xyxy, score, roles = fault.detected
    said = [f"{Role(int(r)).name.lower()} {s:.2f}" for r, s in zip(roles, score, strict=True)]
    true = [Role(int(r)).name.lower() for r in fault.sample.role]
    corner = np.array([x, y, x, y])
    for boxes, names, colour, gap in ((fault.sample.xyxy, true, WHITE, 3), (xyxy, said, RED, 0)):
        for box, name in zip(boxes - corner, names, strict=True):
            if (box[2:] < NEAR_EDGE).any() or (box[:2] > WINDOW - NEAR_EDGE).any():
                continue
            x1, y1, x2, y2 = np.rint(box * ENLARGED + np.array([-gap, -gap, gap, gap])).astype(int).tolist()
            cv2.rectangle(shown, (x1, y1), (x2, y2), colour, 1)
            at = (max(x1, 3), max(y1 - 7, 13) if colour == RED else min(y2 + 14, shown.shape[0] - 5))
            cv2.putText(shown, name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)
    return np.asarray(shown, np.uint8)


if __name__ == "__main__":
    main()
