"""The pitch as a grid of one-metre cells: which of them a frame shows, and counts on them made smooth.

Grids are (rows, columns): row 0 along the near touchline (y = 0), column 0 at the left goal line (x = 0).
"""

from __future__ import annotations

import math
import zlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tacticeye.pitch_projection import PitchProjection

CELL_M = 1.0
# What is in view changes over metres, not over one: it is asked for blocks of cells, a quarter of the work.
_BLOCK = 2
# Feet this near to the picture's edge may be cut off with the box.
_EDGE_PX = 2.0

Grid = NDArray[np.float64]


def grid_shape(size_m: tuple[float, float]) -> tuple[int, int]:
    """(rows, columns) of the grid that covers a pitch of (length, width) m."""
    return math.ceil(size_m[1] / CELL_M), math.ceil(size_m[0] / CELL_M)


def cells_in_view(
    projection: PitchProjection, picture: tuple[int, int], size_m: tuple[float, float]
) -> NDArray[np.bool_]:
    """(rows, columns) bool: whether feet in the cell would be in a picture of (width, height) px; none where
    unknown.
    """
    rows, columns = grid_shape(size_m)
    x, y = np.meshgrid(_middles(columns), _middles(rows))
    pixels = projection.to_image(np.stack([x, y], axis=-1))
    with np.errstate(invalid="ignore"):
        inside = (pixels >= _EDGE_PX).all(axis=-1) & (pixels <= np.array(picture) - _EDGE_PX).all(axis=-1)
    whole = inside.repeat(_BLOCK, axis=0).repeat(_BLOCK, axis=1)
    return np.asarray(whole[:rows, :columns])


def _middles(n: int) -> NDArray[np.float64]:
    return np.asarray((np.arange(math.ceil(n / _BLOCK)) + 0.5) * _BLOCK * CELL_M)


def pack(counts: NDArray[np.int64]) -> bytes:
    """A grid of counts as few bytes; equal grids give equal bytes."""
    return zlib.compress(np.ascontiguousarray(counts, "<i8").tobytes(), 6)


def unpack(data: bytes, shape: tuple[int, int]) -> NDArray[np.int64]:
    """The grid that was packed."""
    return np.frombuffer(zlib.decompress(data), "<i8").reshape(shape).astype(np.int64)


def smooth(grid: Grid, sigma_m: float) -> Grid:
    """Gaussian blur with nothing beyond the edges: the sums of two grids blurred alike may be divided."""
    rows, columns = grid.shape
    return np.asarray(_blur(rows, sigma_m) @ grid @ _blur(columns, sigma_m))


@lru_cache(maxsize=8)
def _blur(n: int, sigma_m: float) -> Grid:
    """(n, n), symmetric: what each cell in a line of them gives each other; up to three sigma away."""
    reach = math.ceil(3 * sigma_m / CELL_M)
    apart = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * CELL_M / sigma_m) ** 2)
    return np.asarray(np.where(apart <= reach, np.exp(-0.5 * (apart * CELL_M / sigma_m) ** 2), 0.0) / kernel.sum())


def exposure_corrected(counts: Grid, in_view: Grid, least_in_view: float, sigma_m: float) -> Grid:
    """Counts a look: smoothed counts over smoothed looks; NaN for cells looked at less than `least_in_view` times.

    Without it a heatmap shows where the camera pointed (counts are of frames, `in_view` of the frames that showed the
    cell).
    """
    seen = smooth(in_view, sigma_m)
    rate = np.divide(smooth(counts, sigma_m), seen, out=np.zeros_like(seen), where=seen > 0)
    return np.asarray(np.where(in_view >= max(least_in_view, 1.0), rate, np.nan))
