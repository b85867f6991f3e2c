"""A pinhole camera with one radial lens term beside the pitch, as a vector of eleven numbers.

The pinhole has seven of them; the rest lets the picture's middle, its pixels' shape and its lens be a little off, and
much off in a crop. Priors (see estimate.py) hold back what the evidence of a frame doesn't tell. World: m, x along the
touchline, y across, z up; image: px, y down.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from tacticeye.pitch_projection import PitchProjection

Vector = NDArray[np.float64]  # (11,) of Parameter
Array = NDArray[np.float64]


class Parameter(IntEnum):
    """Places in the vector. Angles in rad, pan from the y axis towards +x, tilt below the horizon; focal as the
    logarithm of px; place in m; off-centre as shares of the lens's scale; aspect as a logarithm."""

    PAN = 0
    TILT = 1
    ROLL = 2
    LOG_FOCAL = 3
    X = 4
    Y = 5
    Z = 6
    K1 = 7
    OFF_X = 8
    OFF_Y = 9
    LOG_ASPECT = 10


N_PARAMETERS = len(Parameter)
# Step of each parameter for finite differences: small against what a pixel is worth.
STEPS = np.array([1e-5, 1e-5, 1e-5, 1e-5, 1e-3, 1e-3, 1e-3, 1e-5, 1e-5, 1e-5, 1e-5])
# Points nearer to the camera's plane than this are behind it for all that is asked here.
MIN_DEPTH_M = 1.0
_MIN_SLOPE = 0.2


@dataclass(frozen=True)
class Picture:
    """Size of the frames in px. The lens bends around the middle; its scale is half the longer side."""

    width: int
    height: int

    @property
    def scale(self) -> float:
        return max(self.width, self.height) / 2

    @property
    def middle(self) -> Array:
        return np.array([self.width / 2, self.height / 2])

    @property
    def is_crop(self) -> bool:
        """Taller than wide: cut out of a camera's picture, so its middle isn't the lens's."""
        return self.height > self.width


def rotation(vectors: Array) -> Array:
    """(M, 3, 3): rows are the right, down and forward axes in world coordinates of vectors (M, 11)."""
    pan, tilt, roll = vectors[:, 0], vectors[:, 1], vectors[:, 2]
    sin_p, cos_p, sin_t, cos_t = np.sin(pan), np.cos(pan), np.sin(tilt), np.cos(tilt)
    sin_r, cos_r = np.sin(roll), np.cos(roll)
    axes = np.empty((len(vectors), 3, 3))
    axes[:, 2, 0], axes[:, 2, 1], axes[:, 2, 2] = sin_p * cos_t, cos_p * cos_t, -sin_t
    down_x, down_y, down_z = -sin_p * sin_t, -cos_p * sin_t, -cos_t
    axes[:, 0, 0], axes[:, 0, 1] = cos_r * cos_p + sin_r * down_x, sin_r * down_y - cos_r * sin_p
    axes[:, 0, 2] = sin_r * down_z
    axes[:, 1, 0], axes[:, 1, 1] = cos_r * down_x - sin_r * cos_p, cos_r * down_y + sin_r * sin_p
    axes[:, 1, 2] = cos_r * down_z
    return axes


def project(vectors: Array, points_m: Array, picture: Picture) -> Array:
    """(M, N, 2) px of world points (N, 3) under cameras (M, 11); NaN behind the camera or where the lens folds."""
    axes = rotation(vectors)
    relative = points_m[None] - vectors[:, None, 4:7]
    seen = relative @ axes.transpose(0, 2, 1)
    depth = seen[..., 2]
    depth = np.where(depth > MIN_DEPTH_M, depth, np.nan)
    focal = np.exp(vectors[:, 3]) / picture.scale
    x = focal[:, None] * seen[..., 0] / depth
    y = (focal * np.exp(vectors[:, 10]))[:, None] * seen[..., 1] / depth
    k1 = vectors[:, 7][:, None]
    squared = x * x + y * y
    bend = np.where(1 + 3 * k1 * squared > _MIN_SLOPE, 1 + k1 * squared, np.nan)
    middle = picture.middle + vectors[:, 8:10] * picture.scale
    places = np.empty((*x.shape, 2))
    places[..., 0] = x * (bend * picture.scale) + middle[:, :1]
    places[..., 1] = y * (bend * picture.scale) + middle[:, 1:]
    return places


def differences(vector: Vector, points_m: Array, picture: Picture, free: NDArray[np.intp]) -> tuple[Array, Array]:
    """Pixels (N, 2) of the points (N, 3) and their derivatives (N, 2, F) by the parameters `free` (F,)."""
    moved = np.tile(vector, (len(free) + 1, 1))
    moved[np.arange(1, len(free) + 1), free] += STEPS[free]
    places = project(moved, points_m, picture)
    slopes = (places[1:] - places[0]) / STEPS[free][:, None, None]
    return places[0], np.moveaxis(slopes, 0, -1)


def pitch_to_straight(vector: Vector, picture: Picture) -> Array:
    """(3, 3): pitch m -> homogeneous px of the undistorted picture; depth in m."""
    axes = rotation(vector[None])[0]
    focal = np.exp(vector[3])
    middle = picture.middle + vector[8:10] * picture.scale
    inner = np.array([[focal, 0, middle[0]], [0, focal * np.exp(vector[10]), middle[1]], [0, 0, 1.0]])
    return np.asarray(inner @ np.stack([axes[:, 0], axes[:, 1], -axes @ vector[4:7]], axis=1))


def to_projection(vector: Vector, picture: Picture, error_m: float) -> PitchProjection:
    """The calibration in the form that is stored."""
    matrix = np.linalg.inv(pitch_to_straight(vector, picture))
    middle = picture.middle + vector[8:10] * picture.scale
    return PitchProjection(
        image_to_pitch=matrix / matrix[2, 2],
        k1=float(vector[7]),
        centre=(float(middle[0]), float(middle[1])),
        scale=picture.scale,
        error_m=error_m,
    )


def look_at(position_m: Array, target_m: Array, focal_px: float) -> Vector:
    """The camera at (3,) m whose axis passes through (3,) m, level, with a straight lens."""
    dx, dy, dz = target_m - position_m
    vector = np.zeros(N_PARAMETERS)
    vector[:4] = np.arctan2(dx, dy), np.arctan2(-dz, np.hypot(dx, dy)), 0.0, np.log(focal_px)
    vector[4:7] = position_m
    return vector


def camera_of(pitch_to_image: Array, picture: Picture) -> Vector | None:
    """The pinhole camera behind a homography, None where no camera above the pitch makes it.

    The two columns of a rotation are orthogonal and of equal length: two equations for the focal length (Zhang 2000).
    """
    shift = np.eye(3)
    shift[:2, 2] = -picture.middle
    h = shift @ pitch_to_image
    a, b = h[:, 0], h[:, 1]
    left = np.array([a[2] * b[2], a[2] ** 2 - b[2] ** 2])
    right = -np.array([a[:2] @ b[:2], a[:2] @ a[:2] - b[:2] @ b[:2]])
    squared = float(left @ right) / max(float(left @ left), 1e-30)
    focal = np.sqrt(squared) if squared > 0 else 3.0 * picture.scale
    focal = float(np.clip(focal, 0.5 * picture.scale, 20 * picture.scale))
    pose = np.diag([1 / focal, 1 / focal, 1.0]) @ h
    pose /= np.sqrt(np.linalg.norm(pose[:, 0]) * np.linalg.norm(pose[:, 1]))
    for sign in (1.0, -1.0):
        axes = np.column_stack([sign * pose[:, :2], np.cross(pose[:, 0], pose[:, 1])])
        u, _, v = np.linalg.svd(axes)
        turn = u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v
        position = -turn.T @ (sign * pose[:, 2])
        forward, right_axis = turn[2], turn[0]
        if position[2] > 0 and forward[2] < 0.2:
            vector = np.zeros(N_PARAMETERS)
            vector[0] = np.arctan2(forward[0], forward[1])
            vector[1] = np.arcsin(np.clip(-forward[2], -1, 1))
            vector[2] = np.arcsin(np.clip(right_axis[2] / max(np.cos(vector[1]), 1e-3) * -1.0, -1, 1))
            vector[3] = np.log(focal)
            vector[4:7] = position
            return vector
    return None
