"""One picture: the stadium, shadows, people and ball in order of depth, then the lens and the sensor.

Beside the picture it says for every person and the ball where it is drawn and how much of it can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.demo.camera import CameraView
from tacticeye.demo.figures import BALL_RADIUS_M, Sprite, ball_sprite, person_sprite, shadow_limbs
from tacticeye.demo.looks import Look
from tacticeye.demo.skeleton import Pose
from tacticeye.demo.stadium import Stadium
from tacticeye.types import Image

_NOISE_PAD = 64
_COVERED = 110  # coverage from which a pixel counts as belonging to a figure


@dataclass(frozen=True)
class Actor:
    """A person in the picture. number: its id in the scene's instances."""

    number: int
    pose: Pose
    look: Look


@dataclass(frozen=True, eq=False)
class BallInScene:
    """place_m and before_m (3,) m: centre now and when the shutter opened; spin rad."""

    place_m: NDArray[np.float64]
    before_m: NDArray[np.float64]
    spin: float = 0.0


@dataclass(frozen=True)
class Instance:
    """What is drawn of one thing. number: of the actor, -1 ball; box x1, y1, x2, y2 px, unclipped;
    visible: share of its pixels that is inside the picture and in front; inside: share inside the picture."""

    number: int
    box: tuple[float, float, float, float]
    visible: float
    inside: float


@dataclass(frozen=True)
class Optics:
    """Lens, light and sensor. shadows: (m along x, m along y per m of height, strength 0..1) for each light.

    gain: exposure per channel B, G, R; defocus_px, noise (grey levels): standard deviations; vignette 0..1: darkening
    in the corners; pan_blur_px: (x, y) px the picture moves while the shutter is open.
    """

    shadows: tuple[tuple[float, float, float], ...] = ((0.25, 0.15, 0.25), (-0.25, 0.15, 0.25))
    gain: tuple[float, float, float] = (1.1, 1.1, 1.1)
    defocus_px: float = 0.55
    noise: float = 2.0
    vignette: float = 0.18
    pan_blur_px: tuple[float, float] = (0.0, 0.0)
    saturation: float = 0.88


BALL_NUMBER = -1


def draw_scene(
    camera: CameraView, stadium: Stadium, actors: Sequence[Actor], ball: BallInScene | None, optics: Optics
) -> tuple[Image, list[Instance]]:
    """The picture before lens and sensor, and its instances (only of things that touch the picture)."""
    image = stadium.draw(camera)
    _draw_shadows(image, camera, actors, ball, optics)
    sprites: list[tuple[int, Sprite]] = []
    for actor in actors:
        sprite = person_sprite(camera, actor.pose, actor.look)
        if sprite is not None:
            sprites.append((actor.number, sprite))
    if ball is not None:
        sprite = ball_sprite(camera, ball.place_m, ball.before_m, ball.spin)
        if sprite is not None:
            sprites.append((BALL_NUMBER, sprite))
    sprites.sort(key=lambda item: -item[1].depth_m)
    owner = np.full(image.shape[:2], -2, np.int16)
    for number, sprite in sprites:
        _paint(image, owner, number, sprite)
    return image, [_instance(number, sprite, owner) for number, sprite in sprites]


def through_lens(image: Image, optics: Optics, noise: Sensor, rng: np.random.Generator) -> Image:
    """The picture as the sensor gives it: pan blur, defocus, exposure, vignette, noise."""
    blur_x, blur_y = optics.pan_blur_px
    length = float(np.hypot(blur_x, blur_y))
    if length > 1.2:
        image = np.asarray(cv2.filter2D(image, -1, _streak(blur_x, blur_y)), np.uint8)
    if optics.defocus_px > 0.2:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), optics.defocus_px), np.uint8)
    image = np.asarray(cv2.transform(image, _colour_matrix(optics)), np.uint8)
    return noise.apply(image, optics, rng)


class Sensor:
    """Noise and vignette fields of one picture size, made once. size: (width, height) px."""

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        width, height = size
        field = rng.normal(0, 1, (height + _NOISE_PAD, width + _NOISE_PAD, 3)).astype(np.float32)
        field = cv2.GaussianBlur(field, (0, 0), 0.6)
        self._noise = np.asarray(np.round(field / field.std() * 16), np.int16)
        x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
        self._corner = (np.clip(x**2 + y**2, 0, 2) / 2).astype(np.float32)
        self._vignettes: dict[float, NDArray[np.uint8]] = {}

    def apply(self, image: Image, optics: Optics, rng: np.random.Generator) -> Image:
        """A new picture with vignette and noise at a random offset of the field."""
        if optics.vignette not in self._vignettes:
            field = np.round(255 * (1 - optics.vignette * self._corner)).astype(np.uint8)
            self._vignettes = {optics.vignette: np.repeat(field[..., None], 3, axis=2)}
        dark = cv2.multiply(image, self._vignettes[optics.vignette], scale=1 / 255)
        height, width = image.shape[:2]
        x, y = (int(v) for v in rng.integers(0, _NOISE_PAD, 2))
        part = self._noise[y : y + height, x : x + width]
        return np.asarray(cv2.addWeighted(dark, 1.0, part, optics.noise / 16, 0, dtype=cv2.CV_8U), np.uint8)


def _colour_matrix(optics: Optics) -> NDArray[np.float32]:
    grey = np.tile(np.array([0.114, 0.587, 0.299]), (3, 1))
    matrix = optics.saturation * np.eye(3) + (1 - optics.saturation) * grey
    return (np.diag(optics.gain) @ matrix).astype(np.float32)


def _streak(x: float, y: float) -> NDArray[np.float32]:
    reach = int(np.ceil(max(abs(x), abs(y)) / 2)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.uint8)
    start, end = ((round((reach - s * x / 2) * 16), round((reach - s * y / 2) * 16)) for s in (1, -1))
    cv2.line(kernel, start, end, 255, 1, cv2.LINE_AA, 4)
    return np.asarray(kernel.astype(np.float32) / max(1, int(kernel.sum())), np.float32)


def _draw_shadows(
    image: Image, camera: CameraView, actors: Sequence[Actor], ball: BallInScene | None, optics: Optics
) -> None:
    for along, across, strength in optics.shadows:
        mask = np.zeros(image.shape[:2], np.uint8)
        for actor in actors:
            for ends, half in shadow_limbs(actor.pose, actor.look, (along, across)):
                _shadow_rod(mask, camera, ends, half)
        if ball is not None:
            place = ball.place_m * (1, 1, 0) + (along * ball.place_m[2], across * ball.place_m[2], 0)
            _shadow_rod(mask, camera, np.stack([place, place + np.array([0.02, 0, 0])]), BALL_RADIUS_M)
        x, y, w, h = cv2.boundingRect(mask)
        if not w or not h:
            continue
        soft = cv2.blur(mask[y : y + h, x : x + w], (3, 3))
        part = image[y : y + h, x : x + w]
        loss = cv2.multiply(part, cv2.merge([soft] * 3), scale=strength / 255)
        cv2.subtract(part, loss, dst=part)


def _shadow_rod(mask: NDArray[np.uint8], camera: CameraView, ends_m: NDArray[np.float64], half_m: float) -> None:
    px = camera.project(ends_m)
    if np.isnan(px).any() or np.abs(px).max() > 5000:
        return
    flat = max(0.15, min(1.0, np.sin(camera.tilt) + 0.3))
    thickness = max(1, round(2 * half_m * flat * float(camera.pixels_per_metre(ends_m[0]))))
    start, end = (tuple(int(v) for v in np.round(p * 8)) for p in px)
    cv2.line(mask, start, end, 255, thickness, cv2.LINE_AA, 3)


def _overlap(sprite: Sprite, width: int, height: int) -> tuple[slice, slice, slice, slice] | None:
    h, w = sprite.pixels.shape[:2]
    x1, y1 = max(sprite.left, 0), max(sprite.top, 0)
    x2, y2 = min(sprite.left + w, width), min(sprite.top + h, height)
    if x2 <= x1 or y2 <= y1:
        return None
    return (
        slice(y1, y2),
        slice(x1, x2),
        slice(y1 - sprite.top, y2 - sprite.top),
        slice(x1 - sprite.left, x2 - sprite.left),
    )


def _paint(image: Image, owner: NDArray[np.int16], number: int, sprite: Sprite) -> None:
    overlap = _overlap(sprite, image.shape[1], image.shape[0])
    if overlap is None:
        return
    rows, columns, from_rows, from_columns = overlap
    pixels = sprite.pixels[from_rows, from_columns]
    rest = cv2.merge([cv2.bitwise_not(np.ascontiguousarray(pixels[..., 3]))] * 3)
    region = image[rows, columns]
    region[:] = cv2.add(cv2.multiply(region, rest, scale=1 / 255), np.ascontiguousarray(pixels[..., :3]))
    owner[rows, columns][_mask(sprite)[from_rows, from_columns]] = number


def _mask(sprite: Sprite) -> NDArray[np.bool_]:
    """(H, W) the sprite's own pixels; a smeared ball never covers a pixel fully."""
    coverage = sprite.pixels[..., 3]
    return np.asarray(coverage >= max(1, min(_COVERED, int(coverage.max()) // 2)))


def _instance(number: int, sprite: Sprite, owner: NDArray[np.int16]) -> Instance:
    mask = _mask(sprite)
    total = max(1, int(mask.sum()))
    overlap = _overlap(sprite, owner.shape[1], owner.shape[0])
    if overlap is None:
        return Instance(number, sprite.box, 0.0, 0.0)
    rows, columns, from_rows, from_columns = overlap
    inside = mask[from_rows, from_columns]
    seen = inside & (owner[rows, columns] == number)
    return Instance(number, sprite.box, int(seen.sum()) / total, int(inside.sum()) / total)
