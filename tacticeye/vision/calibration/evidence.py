"""What a network has seen of the pitch in one picture, as the calibration takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class PitchEvidence(Protocol):
    """keypoints (32, 3) float64: x, y px of the source image, confidence 0..1, in the order of pitch.KEYPOINT_NAMES.

    lines (h, w) uint8: 0..255, how surely painted line passes there, empty (0, 0) where there is no such map;
    line_scale: px of the source image per cell of the map; line_origin: px (x, y) of the outer corner of its first
    cell.
    """

    @property
    def keypoints(self) -> NDArray[np.float64]: ...

    @property
    def lines(self) -> NDArray[np.uint8]: ...

    @property
    def line_scale(self) -> float: ...

    @property
    def line_origin(self) -> tuple[float, float]: ...


@dataclass(frozen=True, eq=False)
class GivenEvidence:
    """Evidence from labels, clicks or truth; fields as above."""

    keypoints: NDArray[np.float64]
    lines: NDArray[np.uint8]
    line_scale: float = 1.0
    line_origin: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def of_keypoints(cls, keypoints: NDArray[np.float64]) -> GivenEvidence:
        return cls(keypoints, np.zeros((0, 0), np.uint8))
