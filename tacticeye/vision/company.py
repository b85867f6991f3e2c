"""How a person looks among all the others of his frame, and what detector and company make of him together.

Pictures and numbers for the role network (role_network.py), without torch: recorded boxes are replayed without it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.types import Image, Role
from tacticeye.vision.letterbox import PADDING_GREY

FloatArray = NDArray[np.float32]
Floats = NDArray[np.float64]

# What somebody is, in the order of the network's answers; the last is a false alarm, or somebody who takes no part.
ROLES = (Role.GOALKEEPER, Role.PLAYER, Role.REFEREE)
N_KINDS = len(ROLES) + 1
# A person's picture, and beside it one of what is around him; px.
HEIGHT_PX, PERSON_WIDTH_PX, AROUND_WIDTH_PX = 40, 20, 40
N_PLACES = 8

MARGIN = 0.05  # of a box's height and width, around the person in his picture
LEAST_SHAPE = 0.45  # width of a picture by the height of the box: legs together make a narrow box
AROUND = 4.0  # box heights that the picture of the surroundings holds
FAR = 20.0  # box heights; further neighbours are as good as none


def person_pictures(image: Image, xyxy: FloatArray) -> NDArray[np.uint8]:
    """(N, 40, 60, 3) uint8 RGB: each person, and beside it what is around him, grey beyond the image."""
    halves = [image]
    for _ in range(2):  # so that shrinking skips no pixel
        halves.append(np.asarray(cv2.resize(halves[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8))
    size = xyxy[:, 2:] - xyxy[:, :2]
    middle = (xyxy[:, :2] + xyxy[:, 2:]) / 2
    height = size[:, 1]
    width = np.maximum(size[:, 0], LEAST_SHAPE * height)
    pictures = np.empty((len(xyxy), HEIGHT_PX, PERSON_WIDTH_PX + AROUND_WIDTH_PX, 3), np.uint8)
    for picture, centre, w, h in zip(pictures, middle, width, height, strict=True):
        picture[:, :PERSON_WIDTH_PX] = _cut(
            halves, centre, (1 + 2 * MARGIN) * np.array([w, h], np.float64), PERSON_WIDTH_PX
        )
        picture[:, PERSON_WIDTH_PX:] = _cut(halves, centre, AROUND * np.array([h, h], np.float64), AROUND_WIDTH_PX)
    return pictures[..., ::-1].copy()


def _cut(halves: list[Image], centre: FloatArray, extent: Floats, width_px: int) -> NDArray[np.uint8]:
    """(40, width_px, 3): what lies within `extent` px around `centre`, from the picture nearest in size."""
    shrunk = float(extent[1]) / HEIGHT_PX
    level = 0 if shrunk < 1.5 else 1 if shrunk < 3 else 2
    x, y = (centre - extent / 2) / 2**level
    scale_x, scale_y = 2**level * np.array([width_px, HEIGHT_PX]) / np.maximum(extent, 1)
    matrix = np.array([[scale_x, 0, -x * scale_x], [0, scale_y, -y * scale_y]])
    grey = (PADDING_GREY, PADDING_GREY, PADDING_GREY)
    return np.asarray(cv2.warpAffine(halves[level], matrix, (width_px, HEIGHT_PX), borderValue=grey), np.uint8)


def places_among(xyxy: FloatArray) -> FloatArray:
    """(N, N_PLACES) float32: where each stands among the others, in box heights of the middle one of them.

    x and y from the middle of all, log of height, shape, distance to the nearest, shares of people further left and
    further back, how many they are; each about -1 to 1.
    """
    size = np.maximum(xyxy[:, 2:] - xyxy[:, :2], 1)
    x, y = (xyxy[:, 0] + xyxy[:, 2]) / 2, xyxy[:, 3]
    unit = np.median(size[:, 1])
    away = np.hypot(x[:, None] - x, y[:, None] - y) / unit
    np.fill_diagonal(away, FAR)
    columns = (
        (x - np.median(x)) / unit / 10,
        (y - np.median(y)) / unit / 5,
        np.log(size[:, 1] / unit),
        size[:, 0] / size[:, 1] - LEAST_SHAPE,
        np.minimum(away.min(axis=1), FAR) / 10,
        (x < x[:, None]).mean(axis=1) - 0.5,
        (y < y[:, None]).mean(axis=1) - 0.5,
        np.full(len(x), len(x) / 20),
    )
    places = np.column_stack(columns).astype(np.float32)
    assert places.shape[1] == N_PLACES
    return places


def agreed_scores(scores: FloatArray, chances: FloatArray) -> FloatArray:
    """(3, K) what detector and company say of K places together: the geometric mean of both, brought back to what
    the detector's best score was, less where nobody seems to be.

    scores (3, K) of the detector, chances (K, N_KINDS) by company, both in the order of ROLES.
    """
    both = np.sqrt(np.maximum(scores, 1e-4) * np.maximum(chances[:, :-1].T, 1e-4))
    share = both / both.sum(axis=0)
    return np.asarray(share * scores.max(axis=0) * np.sqrt(1 - chances[:, -1]), np.float32)
