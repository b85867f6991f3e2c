"""What went wrong in which picture: to order pictures by, and to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.training.average_precision import Found, match, match_middles
from tacticeye.training.datasets import Sample, read_picture

Boxes4 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Failure:
    """What went wrong in one image. badness: to order by; missed, wrong (n, 4) float32 px: what to look at."""

    path: Path
    badness: float
    text: str
    missed: Boxes4
    wrong: Boxes4


def failure_of(sample: Sample, detected: Boxes4, found: Found, is_asked: NDArray[np.bool_]) -> Failure:
    """What a picture's matches leave of its labels and detections.

    detected (N, 4) px and found: of the same boxes; is_asked (M,): labels that should have been found.
    """
    labels, is_hit = sample.xyxy[is_asked], found.is_hit[:, 0]
    is_found = match_middles(labels, np.ones(len(labels), np.float32), detected[is_hit]).is_hit[:, 0]
    is_found |= match(labels, np.ones(len(labels), np.float32), detected[is_hit]).is_hit[:, 0]
    missed, wrong = labels[~is_found], detected[~is_hit]
    return Failure(
        sample.path, len(missed) + len(wrong), f"{len(missed)} missed, {len(wrong)} false alarms", missed, wrong
    )


def write_failures(failures: Sequence[Failure], folder: Path, n: int) -> list[Path]:
    """Pictures of the `n` worst images, what was missed in red and false alarms in yellow; as NN-NAME.jpg."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, failure in enumerate(worst(failures, n), 1):
        image = read_picture(failure.path)
        for boxes, colour in ((failure.missed, (0, 0, 255)), (failure.wrong, (0, 255, 255))):
            for x1, y1, x2, y2 in np.rint(boxes).astype(int).tolist():
                cv2.rectangle(image, (x1 - 2, y1 - 2), (x2 + 2, y2 + 2), colour, 2)
        path = folder / f"{number:02d}-{failure.path.stem}.jpg"
        cv2.imwrite(str(path), image)
        written.append(path)
    return written


def worst(failures: Sequence[Failure], n: int) -> list[Failure]:
    """The `n` worst images, worst first, those without fault left out."""
    return [f for f in sorted(failures, key=lambda f: -f.badness) if f.badness > 0][:n]
