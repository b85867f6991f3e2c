"""Changes to a labelled picture that a detector should not mind: view, light, weather, lenses, compression.

Pictures are (H, W, 3) uint8 BGR; boxes (N, 4) float32 xyxy px; every function draws from the generator it is given.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.types import Image

Matrix = NDArray[np.float64]
GREY = (114, 114, 114)


def random_view(
    rng: np.random.Generator, size: tuple[int, int], canvas: tuple[int, int], scale: float, centre: NDArray[np.float64]
) -> Matrix:
    """(3, 3) source px -> canvas px: a window of the picture at `scale`, slightly turned, sheared, maybe mirrored.

    size, canvas: width, height px. centre (2,) source px: what should come near the middle of the canvas.
    """
    width, height = canvas
    angle = np.deg2rad(rng.normal(0, 1.5))
    stretch = float(np.exp(rng.normal(0, 0.04)))
    shear = float(rng.normal(0, 0.02))
    linear = scale * np.array([[np.cos(angle), -np.sin(angle) + shear], [np.sin(angle), np.cos(angle) * stretch]])
    if rng.random() < 0.5:
        linear[:, 0] *= -1
    middle = np.array([width, height]) / 2 + rng.uniform(-0.2, 0.2, 2) * (width, height)
    shift = middle - linear @ centre
    # Where the scaled picture is as large as the canvas, keep the canvas inside it; else the picture inside the canvas.
    corners = np.array([(0, 0), (size[0], 0), (0, size[1]), size], float) @ linear.T + shift
    low, high = corners.min(0), corners.max(0)
    for axis, room in enumerate((width, height)):
        slack = (high[axis] - low[axis]) - room
        if slack >= 0:
            shift[axis] -= max(low[axis], 0) + min(high[axis] - room, 0)
        else:
            shift[axis] += rng.uniform(0, -slack) - low[axis]
    return np.array([[*linear[0], shift[0]], [*linear[1], shift[1]], [0, 0, 1]])


def warp(image: Image, matrix: Matrix, canvas: tuple[int, int]) -> Image:
    """The picture under (3, 3) source -> canvas px, grey where there is none."""
    interpolation = cv2.INTER_AREA if abs(np.linalg.det(matrix[:2, :2])) < 0.2 else cv2.INTER_LINEAR
    border = cv2.BORDER_CONSTANT
    moved = cv2.warpAffine(image, matrix[:2], canvas, flags=interpolation, borderMode=border, borderValue=GREY)
    return np.asarray(moved, np.uint8)


def warp_boxes(
    xyxy: NDArray[np.float32], matrix: Matrix, canvas: tuple[int, int], min_inside: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Boxes on the canvas, clipped, and which of them stay: those with `min_inside` of their area inside, 0..1."""
    corners = xyxy[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2) @ matrix[:2, :2].T + matrix[:2, 2]
    whole = np.hstack([corners.min(1), corners.max(1)])
    limit = np.array([*canvas, *canvas], float)
    clipped = np.clip(whole, 0, limit)
    area = np.prod(whole[:, 2:] - whole[:, :2], axis=1)
    inside = np.prod(clipped[:, 2:] - clipped[:, :2], axis=1)
    return clipped.astype(np.float32), inside >= np.maximum(min_inside * area, 4.0)


def change_light(rng: np.random.Generator, image: Image) -> Image:
    """White balance, gamma, contrast and saturation; now and then night, haze or rain."""
    gain = np.exp(rng.normal(0, 0.07, 3)) * np.exp(rng.normal(0, 0.1))
    gamma = float(np.exp(rng.normal(0, 0.22)))
    contrast = float(np.exp(rng.normal(0, 0.15)))
    level = np.arange(256, dtype=np.float32) / 255
    curve = np.clip((level**gamma - 0.45) * contrast + 0.45, 0, 1)
    haze = float(rng.uniform(0.1, 0.45)) if rng.random() < 0.08 else 0.0
    curve = curve * (1 - haze) + haze * rng.uniform(0.6, 0.85)
    if rng.random() < 0.1:
        curve = curve * rng.uniform(0.4, 0.75)
    table = np.clip(curve[:, None] * gain[None] * 255, 0, 255).astype(np.uint8)
    image = np.asarray(cv2.LUT(image, table[None].reshape(1, 256, 3)), np.uint8)
    if rng.random() < 0.5:
        hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
        hsv[..., 0] = (hsv[..., 0].astype(np.int16) + int(rng.normal(0, 5))) % 180
        hsv[..., 1] = cv2.convertScaleAbs(hsv[..., 1], alpha=float(np.exp(rng.normal(0, 0.3))))
        image = np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR), np.uint8)
    if rng.random() < 0.04:
        image = _rain(rng, image)
    if rng.random() < 0.05:
        image = np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
    return image


def _rain(rng: np.random.Generator, image: Image) -> Image:
    height, width = image.shape[:2]
    drops = (rng.random((height, width)) > rng.uniform(0.995, 0.999)).astype(np.float32)
    length = int(rng.integers(7, 21))
    kernel = np.zeros((length, length), np.float32)
    cv2.line(kernel, (int(rng.integers(length // 3, length)), 0), (length // 3, length - 1), 1.0)
    streaks = cv2.filter2D(drops, -1, kernel)
    return np.asarray(np.clip(image + 60 * np.clip(streaks, 0, 1)[..., None], 0, 255), np.uint8)


def degrade(rng: np.random.Generator, image: Image) -> Image:
    """What lens, sensor and codec leave: blur or motion blur, noise, low resolution, over-sharpening, JPEG."""
    chance = rng.random()
    if chance < 0.15:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.4))), np.uint8)
    elif chance < 0.27:
        length = int(rng.integers(3, 10))
        kernel = np.zeros((length, length), np.float32)
        angle = rng.normal(0, 0.4)
        middle = (length - 1) / 2
        reach = np.array([np.cos(angle), np.sin(angle)]) * middle
        start, stop = np.rint(middle - reach).astype(int), np.rint(middle + reach).astype(int)
        cv2.line(kernel, tuple(start.tolist()), tuple(stop.tolist()), 1.0)
        image = np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)
    elif chance < 0.42:
        share = float(rng.uniform(0.45, 0.9))
        size = image.shape[1::-1]
        small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        image = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    elif chance < 0.5:
        soft = cv2.GaussianBlur(image, (0, 0), 1.5)
        image = np.asarray(cv2.addWeighted(image, 1.6, soft, -0.6, 0), np.uint8)
    if rng.random() < 0.2:
        noise = rng.normal(0, rng.uniform(2, 9), (image.shape[0] // 2, image.shape[1] // 2, 1)).astype(np.float32)
        grown = cv2.resize(noise, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)[..., None]
        image = np.asarray(np.clip(image + grown, 0, 255), np.uint8)
    if rng.random() < 0.45:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(18, 85))]
        image = np.asarray(cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], cv2.IMREAD_COLOR), np.uint8)
    return image
