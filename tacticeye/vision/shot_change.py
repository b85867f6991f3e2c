"""Shots that change little by little: dissolves and wipes, seen by looking back over the better part of a second.

From one frame to the next a dissolve changes little. Compared with a picture from a while before, moved along with the
camera, the colours have changed and nothing in it lies where it was. Small pictures, half the size of the camera's.
"""

from __future__ import annotations

import base64

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.state_parts import EarlierPicture

Grey = NDArray[np.uint8]  # (h, w)
Floats = NDArray[np.float64]

SCALE = 0.5  # of the camera's small picture
EVERY_S = 0.3  # a picture is kept that often
BACK_S = (0.45, 1.05)  # how far back is looked
# Within a shot the main camera's pictures agree by 0.55 and more, pans included; across shots by less than 0.2.
LEAST_AGREEMENT = 0.3
COLOUR_CHANGE = 0.2  # pans change the colours by less than 0.1 in that time, lights and boards by as much
LEAST_OVERLAP = 0.35  # share of the picture in which the two can be compared


class GradualChange:
    """Remembers pictures of the last second of a shot."""

    def __init__(self, earlier: list[EarlierPicture]) -> None:
        self._earlier = list(earlier)

    def state(self) -> list[EarlierPicture]:
        return list(self._earlier)

    def start_shot(self) -> None:
        """Forgets all: what comes belongs to another shot."""
        self._earlier = []

    def update(self, grey: Grey, colours: Floats, step: Floats, t_s: float) -> bool:
        """Whether this frame belongs to another shot than the pictures of a while ago.

        grey: the camera's small picture; colours: its histogram, shares; step (2, 3): how the small picture moved.
        """
        self._earlier = [_moved(picture, step) for picture in self._earlier if t_s - picture.t_s <= BACK_S[1]]
        small = np.asarray(cv2.resize(grey, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_AREA), np.uint8)
        has_changed = any(
            t_s - picture.t_s >= BACK_S[0] and _differs(picture, small, colours) for picture in self._earlier
        )
        if has_changed:
            self.start_shot()
        if not self._earlier or t_s - self._earlier[-1].t_s >= EVERY_S - 1e-9:
            self._earlier.append(EarlierPicture(t_s, _encode(small), colours.tolist(), np.eye(2, 3).tolist()))
        return has_changed


def _moved(picture: EarlierPicture, step: Floats) -> EarlierPicture:
    (a, b, x), (c, d, y) = picture.to_current
    (e, f, u), (g, h, v) = step.tolist()
    moved = [
        [e * a + f * c, e * b + f * d, e * x + f * y + u],
        [g * a + h * c, g * b + h * d, g * x + h * y + v],
    ]
    return EarlierPicture(picture.t_s, picture.grey_png, picture.colours, moved)


def _differs(picture: EarlierPicture, small: Grey, colours: Floats) -> bool:
    if 1 - float(np.minimum(np.array(picture.colours), colours).sum()) < COLOUR_CHANGE:
        return False
    before = cv2.imdecode(np.frombuffer(base64.b64decode(picture.grey_png), np.uint8), cv2.IMREAD_GRAYSCALE)
    if before is None or before.shape != small.shape:
        return False
    matrix = np.array(picture.to_current)
    matrix[:, 2] *= SCALE
    size = (small.shape[1], small.shape[0])
    there = cv2.warpAffine(np.asarray(before, np.uint8), matrix, size).astype(np.float64)
    is_covered = cv2.warpAffine(np.full(small.shape, 255, np.uint8), matrix, size) > 250
    if is_covered.mean() < LEAST_OVERLAP:
        return False
    a, b = there[is_covered], small[is_covered].astype(np.float64)
    spread = float(a.std() * b.std())
    agreement = float(((a - a.mean()) * (b - b.mean())).mean()) / spread if spread > 0 else 0.0
    return agreement < LEAST_AGREEMENT


def _encode(grey: Grey) -> str:
    return base64.b64encode(cv2.imencode(".png", grey)[1].tobytes()).decode("ascii")
