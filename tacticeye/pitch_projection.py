"""How one picture and the pitch belong together: a homography behind one radial distortion term, and back.

A real lens bends straight lines; the picture is first made straight (undistorted), then mapped by a homography.
    image = c + (straight - c) * (1 + k1 * |(straight - c) / scale|^2),  pitch ~ image_to_pitch * straight
Places that the model can't tell (beyond the horizon, outside the lens model's reach) are NaN, never clamped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tacticeye.types import Calibration

Points = NDArray[np.float64]

# Newton's method for the cubic of the lens: from the distorted radius three steps leave under 1e-6 px for any real
# lens.
_NEWTON_STEPS = 6
# The slope of image radius over straight radius: where it falls below this, the lens model folds and tells nothing.
_MIN_SLOPE = 0.2


@dataclass(frozen=True, eq=False)
class PitchProjection:
    """One frame's calibration.

    image_to_pitch  (3, 3) float64, homogeneous px of the undistorted picture -> m; all NaN where unknown
    k1              radial term, 0 for a straight lens
    centre          (x, y) px around which the lens bends; scale: px at which the radial term is k1 itself
    error_m         expected error of a place in the picture's middle, m; NaN unknown
    """

    image_to_pitch: Points
    k1: float = 0.0
    centre: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    error_m: float = float("nan")

    @classmethod
    def unknown(cls) -> Self:
        return cls(np.full((3, 3), np.nan))

    def to_numbers(self) -> list[float]:
        """The whole as plain numbers, empty where unknown; from_numbers takes them back."""
        if not self.is_known:
            return []
        return [*self.image_to_pitch.ravel().tolist(), self.k1, *self.centre, self.scale, self.error_m]

    @classmethod
    def from_numbers(cls, numbers: Sequence[float]) -> Self:
        """What to_numbers gave."""
        if not numbers:
            return cls.unknown()
        k1, x, y, scale, error_m = numbers[9:]
        return cls(np.array(numbers[:9]).reshape(3, 3), k1, (x, y), scale, error_m)

    @property
    def is_known(self) -> bool:
        return bool(np.isfinite(self.image_to_pitch).all())

    @cached_property
    def pitch_to_image(self) -> Points:
        """(3, 3) float64: m -> homogeneous px of the undistorted picture, positive depth in front of the camera."""
        inverse = np.linalg.inv(self.image_to_pitch)
        return np.asarray(inverse * _front_sign(self.image_to_pitch, self.centre))

    @cached_property
    def camera_m(self) -> Points | None:
        """(3,) float64 m: where the camera stands, z its height; None where unknown or no pinhole makes this picture.

        Square pixels and the lens's centre leave the focal length and the pose (Zhang 2000).
        """
        if not self.is_known:
            return None
        rows = self.pitch_to_image.tolist()
        for row, middle in zip(rows, self.centre, strict=False):
            row[:] = [value - middle * depth for value, depth in zip(row, rows[2], strict=True)]
        (ax, bx, cx), (ay, by, cy), (az, bz, cz) = rows
        # The pitch's axes are orthogonal and of equal length: two equations for the focal length squared.
        left, right = (az * bz, az**2 - bz**2), (ax * bx + ay * by, ax**2 + ay**2 - bx**2 - by**2)
        squared = -(left[0] * right[0] + left[1] * right[1]) / max(left[0] ** 2 + left[1] ** 2, 1e-30)
        if not squared > 0:
            return None
        focal = math.sqrt(squared)
        x_axis, y_axis, shift = (ax / focal, ay / focal, az), (bx / focal, by / focal, bz), (cx / focal, cy / focal, cz)
        size = math.sqrt(math.hypot(*x_axis) * math.hypot(*y_axis))
        x_axis, y_axis, shift = (tuple(value / size for value in axis) for axis in (x_axis, y_axis, shift))
        up = _cross(x_axis, y_axis)
        whole = sum(value * value for value in up)
        sides = (_cross(y_axis, up), _cross(up, x_axis), up)
        x, y, z = (-sum(s * t for s, t in zip(side, shift, strict=True)) / whole for side in sides)
        return np.array([x, y, abs(z)])

    def to_pitch(self, points_px: Points) -> Points:
        """(..., 2) float64 m for points (..., 2) px; NaN above the horizon, where unknown, and for NaN."""
        if not self.is_known:
            return np.full(np.shape(points_px), np.nan)
        homogeneous = _homogeneous(undistort(points_px, self.k1, self.centre, self.scale)) @ self.image_to_pitch.T
        depth = homogeneous[..., 2:] * np.sign(self._depth_at_foot)
        return np.asarray(homogeneous[..., :2] / np.where(depth > 0, homogeneous[..., 2:], np.nan))

    def to_image(self, points_m: Points) -> Points:
        """(..., 2) float64 px for places (..., 2) m; NaN behind the camera and where the lens model folds."""
        if not self.is_known:
            return np.full(np.shape(points_m), np.nan)
        homogeneous = _homogeneous(np.asarray(points_m, np.float64)) @ self.pitch_to_image.T
        depth = homogeneous[..., 2:]
        return distort(homogeneous[..., :2] / np.where(depth > 0, depth, np.nan), self.k1, self.centre, self.scale)

    @property
    def _depth_at_foot(self) -> float:
        """Third coordinate of a point that lies low in the picture, so on the ground."""
        low = np.array([self.centre[0], self.centre[1] + 0.5 * self.scale, 1.0])
        return float(self.image_to_pitch[2] @ low)


def _cross(a: tuple[float, ...], b: tuple[float, ...]) -> tuple[float, ...]:
    """Of two vectors of three: numpy's takes longer than all the rest of `camera_m`."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def projection_of(calibration: Calibration, row: int) -> PitchProjection:
    """The projection in a row of the table."""
    if not np.isfinite(calibration.image_to_pitch[row]).all():
        return PitchProjection.unknown()
    x, y = calibration.centre[row].tolist()
    return PitchProjection(
        calibration.image_to_pitch[row],
        float(calibration.k1[row]),
        (x, y),
        float(calibration.scale[row]),
        float(calibration.error_m[row]),
    )


def _front_sign(image_to_pitch: Points, centre: tuple[float, float]) -> float:
    """+1 or -1: the sign that makes depths of places in the picture's lower middle positive."""
    low = np.array([centre[0], centre[1] + 1.0, 1.0])
    place = image_to_pitch @ low
    inverse = np.linalg.inv(image_to_pitch)
    return float(np.sign((inverse @ (place / place[2]))[2]))


def undistort(points_px: Points, k1: float, centre: tuple[float, float], scale: float) -> Points:
    """(..., 2) px of the straight picture for points (..., 2) px of the real one; NaN where the lens model folds."""
    points = np.asarray(points_px, np.float64)
    if k1 == 0:
        return points
    from_centre = (points - centre) / scale
    radius = np.linalg.norm(from_centre, axis=-1, keepdims=True)
    straight = radius.copy()
    for _ in range(_NEWTON_STEPS):
        slope = 1 + 3 * k1 * straight**2
        straight = straight - (straight * (1 + k1 * straight**2) - radius) / np.where(slope > _MIN_SLOPE, slope, np.nan)
    factor = np.divide(straight, radius, out=np.ones_like(radius), where=radius > 1e-12)
    return np.asarray(centre + from_centre * factor * scale)


def distort(points_px: Points, k1: float, centre: tuple[float, float], scale: float) -> Points:
    """(..., 2) px of the real picture for points (..., 2) px of the straight one; NaN where the lens model folds."""
    if k1 == 0:
        return points_px
    from_centre = points_px - centre
    squared = ((from_centre / scale) ** 2).sum(axis=-1, keepdims=True)
    factor = np.where(1 + 3 * k1 * squared > _MIN_SLOPE, 1 + k1 * squared, np.nan)
    return np.asarray(centre + from_centre * factor)


def fit_homography(source: Points, target: Points) -> Points:
    """(3, 3) float64 that maps (N, 2) source to (N, 2) target, N >= 4, least squares of the algebraic error.

    The normalised direct linear transform (Hartley and Zisserman, Multiple View Geometry, 4.4). Raises ValueError for
    fewer than four points or points that leave it undetermined (three of four on one line).
    """
    if len(source) < 4 or len(source) != len(target):
        raise ValueError(f"a homography needs four pairs of points, got {len(source)} and {len(target)}")
    from_source, from_target = _normaliser(source), _normaliser(target)
    a = _homogeneous(source) @ from_source.T
    b = _homogeneous(target) @ from_target.T
    zero = np.zeros_like(a)
    rows = np.concatenate([np.hstack([a, zero, -b[:, :1] * a]), np.hstack([zero, a, -b[:, 1:2] * a])])
    _, singular, vectors = np.linalg.svd(rows, full_matrices=True)
    if singular[7] < 1e-7 * singular[0]:
        raise ValueError("the points don't fix a homography: three of four lie on one line")
    matrix = np.linalg.inv(from_target) @ vectors[8].reshape(3, 3) @ from_source
    return np.asarray(matrix / matrix[2, 2]) if abs(matrix[2, 2]) > 1e-12 else np.asarray(matrix)


def _normaliser(points: Points) -> Points:
    """(3, 3): shifts the points' mean to the origin and their mean distance from it to the square root of 2."""
    middle = points.mean(axis=0)
    spread = float(np.linalg.norm(points - middle, axis=1).mean()) or 1.0
    factor = np.sqrt(2) / spread
    return np.array([[factor, 0, -factor * middle[0]], [0, factor, -factor * middle[1]], [0, 0, 1.0]])


def _homogeneous(points: Points) -> Points:
    return np.concatenate([points, np.ones((*points.shape[:-1], 1))], axis=-1)


def visible_area(projection: PitchProjection, size: tuple[int, int], per_side: int = 12) -> Points:
    """(K, 2) float64 m: outline of the ground that a picture of `size` (width, height) px shows, up to the horizon.

    Empty where the calibration is unknown. Not clipped to the pitch.
    """
    if not projection.is_known:
        return np.zeros((0, 2))
    width, height = size
    steps = np.linspace(0, 1, per_side, endpoint=False)
    top = _ground_begins(projection, size)
    corners = np.array([(0, top), (width, top), (width, height), (0, height)], np.float64)
    outline = np.concatenate([a + steps[:, None] * (b - a) for a, b in _sides(corners)])
    places = projection.to_pitch(outline)
    return np.asarray(places[np.isfinite(places).all(axis=1)])


def _sides(corners: Points) -> Sequence[tuple[Points, Points]]:
    return list(zip(corners, np.roll(corners, -1, axis=0), strict=True))


# Ground farther than this is no pitch any more; near the horizon a pixel is many metres.
_FARTHEST_M = 250.0


def _ground_begins(projection: PitchProjection, size: tuple[int, int]) -> float:
    """px: the highest row all of whose points are ground within reach."""
    points = _all_over(size)
    places = projection.to_pitch(points)
    is_ground = np.asarray((np.abs(places) < _FARTHEST_M).all(axis=(1, 2)))
    below = np.logical_and.accumulate(is_ground[::-1])[::-1]
    return float(points[np.argmax(below), 0, 1]) if below.any() else float(size[1])


@lru_cache(maxsize=8)
def _all_over(size: tuple[int, int]) -> Points:
    """(73, 9, 2) px: points all over a picture of that size, row by row."""
    return np.stack(np.meshgrid(np.linspace(0, size[0], 9), np.linspace(0, size[1], 73)), axis=-1)
