"""Pinhole cameras around the pitch: where a point of the world lands in the picture, and back.

World: metres, x along the touchline, y across, z up. Image: px, origin top-left, y down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=True)
class CameraView:
    """One picture's camera.

    position_m (x, y, z); pan in rad from the y axis towards +x; tilt in rad below the horizon; roll in rad;
    focal_px; width, height px.
    """

    position_m: tuple[float, float, float]
    pan: float
    tilt: float
    focal_px: float
    width: int = 1280
    height: int = 720
    roll: float = 0.0

    @classmethod
    def looking_at(
        cls,
        position_m: tuple[float, float, float],
        target_m: tuple[float, float, float],
        focal_px: float,
        size: tuple[int, int] = (1280, 720),
        roll: float = 0.0,
    ) -> CameraView:
        """The camera at `position_m` whose optical axis passes through `target_m`."""
        dx, dy, dz = (t - p for t, p in zip(target_m, position_m, strict=True))
        tilt = math.atan2(-dz, math.hypot(dx, dy))
        return cls(position_m, math.atan2(dx, dy), tilt, focal_px, size[0], size[1], roll)

    @cached_property
    def rotation(self) -> Points:
        """(3, 3) float64: rows are the camera's right, down and forward axes in world coordinates."""
        sin_p, cos_p, sin_t, cos_t = math.sin(self.pan), math.cos(self.pan), math.sin(self.tilt), math.cos(self.tilt)
        forward = np.array([sin_p * cos_t, cos_p * cos_t, -sin_t])
        right = np.array([cos_p, -sin_p, 0.0])
        down = np.cross(forward, right)
        sin_r, cos_r = math.sin(self.roll), math.cos(self.roll)
        return np.stack([cos_r * right + sin_r * down, cos_r * down - sin_r * right, forward])

    @cached_property
    def matrix(self) -> Points:
        """(3, 4) float64: homogeneous world to homogeneous image."""
        centre = np.array([[self.focal_px, 0, self.width / 2], [0, self.focal_px, self.height / 2], [0, 0, 1]])
        pose = np.hstack([self.rotation, -self.rotation @ np.array(self.position_m)[:, None]])
        return np.asarray(centre @ pose)

    @property
    def pitch_to_image(self) -> Points:
        """(3, 3) float64: pitch metres (z = 0) to px, homogeneous."""
        return self.matrix[:, [0, 1, 3]]

    @property
    def image_to_pitch(self) -> Points:
        """(3, 3) float64, scaled so that its last element is 1."""
        inverse = np.linalg.inv(self.pitch_to_image)
        return np.asarray(inverse / inverse[2, 2])

    def plane_to_image(self, origin_m: Points, u_m: Points, v_m: Points) -> Points:
        """(3, 3) float64: coordinates (u, v) in the plane origin + u * u_m + v * v_m to px, homogeneous."""
        columns = [self.matrix[:, :3] @ u_m, self.matrix[:, :3] @ v_m, self.matrix @ np.append(origin_m, 1.0)]
        return np.stack(columns, axis=1)

    def project(self, points_m: Points) -> Points:
        """(..., 2) float64 px for points (..., 3) m; NaN for points that aren't in front of the camera."""
        homogeneous = points_m @ self.matrix[:, :3].T + self.matrix[:, 3]
        depth = homogeneous[..., 2:3]
        return np.asarray(homogeneous[..., :2] / np.where(depth > 0.1, depth, np.nan))

    def depth_m(self, points_m: Points) -> Points:
        """(...,) float64 m: distance along the optical axis of points (..., 3)."""
        return np.asarray(points_m @ self.matrix[2, :3] + self.matrix[2, 3])

    def pixels_per_metre(self, points_m: Points) -> Points:
        """(...,) float64: size in px of a metre held parallel to the picture at points (..., 3)."""
        return np.asarray(self.focal_px / np.maximum(self.depth_m(points_m), 0.1))

    def clip_to_view(self, polygon_m: Points, margin_px: float = 60.0) -> Points:
        """(K', 3) float64 m: the part of a convex polygon (K, 3) that is in front of the camera and in the picture,
        with a margin around it."""
        row_x, row_y, row_w = self.matrix
        sides = (
            row_w - (0, 0, 0, 0.3),
            row_x + margin_px * row_w,
            (self.width + margin_px) * row_w - row_x,
            row_y + margin_px * row_w,
            (self.height + margin_px) * row_w - row_y,
        )
        for plane in sides:
            distance = polygon_m @ plane[:3] + plane[3]
            if np.all(distance > 0):
                continue
            if np.all(distance <= 0):
                return np.zeros((0, 3))
            polygon_m = _cut(polygon_m, distance)
        return polygon_m


def _cut(polygon_m: Points, distance: Points) -> Points:
    """(K', 3): the part of the polygon (K, 3) where the distance (K,) from a plane is positive."""
    kept: list[Points] = []
    for i, (a, da) in enumerate(zip(polygon_m, distance, strict=True)):
        b, db = polygon_m[(i + 1) % len(polygon_m)], distance[(i + 1) % len(polygon_m)]
        if da > 0:
            kept.append(a)
        if (da > 0) != (db > 0):
            kept.append(a + (b - a) * (da / (da - db)))
    return np.array(kept).reshape(-1, 3)
