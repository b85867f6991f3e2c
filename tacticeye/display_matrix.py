"""How the pictures stored in a video are turned for display."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tacticeye.types import Image


@dataclass(frozen=True)
class Display:
    """Stored pictures of stored_width x stored_height px are transposed, then mirrored, to become displayed ones."""

    stored_width: int
    stored_height: int
    is_transposed: bool = False
    flips_x: bool = False
    flips_y: bool = False

    @classmethod
    def from_matrix(cls, stored_width: int, stored_height: int, matrix: NDArray[np.int32]) -> Self:
        """From the display matrix of a stream; one that isn't made of quarter turns is taken for the nearest.

        matrix: (9,) int32, a b u c d v x y w, for row vectors with y down: x' = a x + c y, y' = b x + d y.
        """
        a, b, _, c, d = (int(value) for value in matrix[:5])
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(stored_width, stored_height, False, a < 0, d < 0)
        return cls(stored_width, stored_height, True, c < 0, b < 0)

    @property
    def width(self) -> int:
        """Of the displayed picture, px."""
        return self.stored_height if self.is_transposed else self.stored_width

    @property
    def height(self) -> int:
        """Of the displayed picture, px."""
        return self.stored_width if self.is_transposed else self.stored_height

    @property
    def rotation(self) -> int:
        """Degrees clockwise: 0, 90, 180, 270; of a mirrored picture the turn that goes with a left-right mirror."""
        if self.is_transposed:
            return 90 if self.flips_x else 270
        return 180 if self.flips_y else 0

    def apply(self, stored: Image) -> Image:
        """(H, W, 3) uint8 as displayed, contiguous."""
        image = stored.transpose(1, 0, 2) if self.is_transposed else stored
        return np.ascontiguousarray(image[:: -1 if self.flips_y else 1, :: -1 if self.flips_x else 1])
