"""How much boxes have in common; all are xyxy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Boxes4 = NDArray[np.floating[Any]]


def intersections(a: Boxes4, b: Boxes4) -> Floats:
    """(A, B) float64 px^2: common area of each box of `a` (A, 4) with each of `b` (B, 4)."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    side = np.maximum(high - low, 0.0)
    return np.asarray(side[..., 0] * side[..., 1])


def overlaps(a: Boxes4, b: Boxes4) -> Floats:
    """(A, B) float64: intersection over union of each box of `a` with each of `b`."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    common = intersections(a, b)
    area_a = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    area_b = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    return np.asarray(common / np.maximum(area_a[:, None] + area_b[None] - common, 1e-9))
