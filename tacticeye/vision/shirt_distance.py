"""How different two shirts look, from the features of vision/appearance.py."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LAB_SCALE = 40.0  # Lab distance of shirts that differ for sure


def shirt_distances(a: Floats, b: Floats) -> Floats:
    """(A, B) float64, 0 alike to 1 different, NaN where either is NaN. Features: mean Lab, then a histogram."""
    difference = a[:, None, :] - b[None, :, :]
    lab = np.sqrt(0.25 * difference[..., 0] ** 2 + difference[..., 1] ** 2 + difference[..., 2] ** 2) / LAB_SCALE
    histogram = np.abs(difference[..., 3:]).sum(axis=2) / 2
    return np.asarray(0.5 * np.minimum(lab, 1.0) + 0.5 * np.minimum(histogram, 1.0))
