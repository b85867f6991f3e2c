"""Pictures of a painted pitch with the exact camera behind them, and landmarks as a network might see them."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye import pitch
from tacticeye.types import Image
from tacticeye.vision.calibration.camera_model import Parameter, Picture, Vector, look_at, project

PICTURE = Picture(1280, 720)
KEYPOINTS_M = pitch.keypoints_m()


def camera(
    target_m: tuple[float, float] = (60.0, 30.0),
    position_m: tuple[float, float, float] = (52.5, -34.0, 17.0),
    focal_px: float = 1900.0,
    k1: float = 0.0,
) -> Vector:
    vector = look_at(np.array(position_m), np.array([*target_m, 0.0]), focal_px)
    vector[Parameter.K1] = k1
    return vector


def paint(vector: Vector, seed: int = 0) -> Image:
    """Grass with white lines as the camera sees them, and some noise."""
    rng = np.random.default_rng(seed)
    image = np.empty((PICTURE.height, PICTURE.width, 3), np.float32)
    image[:] = (50, 120, 60)
    for marking in pitch.markings():
        corners = marking.points_m
        for a, b in pairwise(corners):
            steps = np.linspace(0, 1, max(2, round(float(np.hypot(*(b - a))) / 0.5)))[:, None]
            ground = np.column_stack([a + steps * (b - a), np.zeros(len(steps))])
            places = project(vector[None], ground, PICTURE)[0]
            places = places[np.isfinite(places).all(axis=1) & (np.abs(places) < 5000).all(axis=1)]
            if len(places) > 1:
                fixed = np.round(places * 16).astype(np.int32)[:, None]
                cv2.polylines(image, [fixed], False, (225, 230, 225), 2, cv2.LINE_AA, 4)
    return np.clip(image + rng.normal(0, 5, image.shape), 0, 255).astype(np.uint8)


def landmarks(vector: Vector, noise_px: float = 3.0, seen_share: float = 0.8, seed: int = 1) -> NDArray[np.float64]:
    """(32, 3): x, y px, confidence of the landmarks in the picture; the rest has confidence 0."""
    rng = np.random.default_rng(seed)
    places = project(vector[None], np.column_stack([KEYPOINTS_M, np.zeros(32)]), PICTURE)[0]
    inside = np.isfinite(places).all(axis=1) & (places > 0).all(axis=1) & (places < [1280, 720]).all(axis=1)
    seen = inside & (rng.random(32) < seen_share)
    return np.column_stack([np.nan_to_num(places) + rng.normal(0, noise_px, (32, 2)), seen * 0.9])


def ground_in_view(vector: Vector) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places (N, 2) m on the pitch that the camera shows, and where (N, 2) px."""
    x, y = np.meshgrid(np.linspace(2, 103, 25), np.linspace(2, 66, 17))
    places = np.column_stack([x.ravel(), y.ravel()])
    pixels = project(vector[None], np.column_stack([places, np.zeros(len(places))]), PICTURE)[0]
    inside = np.isfinite(pixels).all(axis=1) & (pixels > 0).all(axis=1) & (pixels < [1280, 720]).all(axis=1)
    return places[inside], pixels[inside]
