"""Everything that stands still: grass, painted lines, goals, boards and stands, drawn for a camera.

Surfaces are textures on planes in the world; lines are vector shapes, so they stay sharp at any zoom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye import pitch
from tacticeye.demo.camera import CameraView
from tacticeye.demo.looks import Colour, bgr, contrasting
from tacticeye.types import Image

GRASS_PX_PER_M = 8
_SURROUND_M = 45.0  # grass texture beyond the lines, so that the camera never sees its edge below the boards
_BOARD_GAP_M = 4.0
_BOARD_HEIGHT_M = 0.95
_WORDS = (
    "TACTIC EYE",
    "OPEN PITCH",
    "AURORA",
    "NORDWIND",
    "KICKHAUS",
    "VELA",
    "MERIDIAN",
    "ALPENGLUT",
    "TERRA",
    "BLUEFIN",
)


@dataclass(frozen=True)
class StadiumStyle:
    """stripe_m: width of the mown stripes, 0 none; stripe_contrast 0..1; crowd_density 0..1; is_sunny: hard shadows."""

    grass: Colour = (52, 122, 84)
    stripe_m: float = 5.83
    stripe_contrast: float = 0.1
    are_stripes_across: bool = True
    crowd_density: float = 0.95
    crowd_brightness: float = 0.9
    seat: Colour = (120, 84, 60)
    run_off: Colour = (60, 110, 80)
    is_sunny: bool = False


def random_style(rng: np.random.Generator) -> StadiumStyle:
    """Grass from yellowish to bluish green, stripes of several kinds, full or empty stands."""
    grass = bgr(rng.uniform(0.22, 0.36), rng.uniform(0.45, 0.78), rng.uniform(0.36, 0.6))
    return StadiumStyle(
        grass=grass,
        stripe_m=float(rng.choice([0.0, 4.0, 5.5, 5.83, 9.0, 10.5])),
        stripe_contrast=float(rng.uniform(0.03, 0.16)),
        are_stripes_across=bool(rng.random() < 0.75),
        crowd_density=float(rng.uniform(0.15, 0.95)),
        crowd_brightness=float(rng.uniform(0.35, 1.0)),
        seat=bgr(rng.random(), rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.6)),
        run_off=grass if rng.random() < 0.6 else bgr(rng.random(), rng.uniform(0.1, 0.6), rng.uniform(0.2, 0.6)),
        is_sunny=bool(rng.random() < 0.35),
    )


@dataclass(frozen=True, eq=False)
class _Surface:
    """A textured rectangle: texture (H, W, 3); origin_m corner of its first pixel, u_m and v_m its two edges, (3,) m;
    outward (3,): away from the pitch; face_m (3,): a camera that lies outward of this point doesn't see the surface."""

    texture: Image
    origin_m: NDArray[np.float64]
    u_m: NDArray[np.float64]
    v_m: NDArray[np.float64]
    outward: NDArray[np.float64]
    face_m: NDArray[np.float64]


class Stadium:
    """Textures made once from a style and a seed, drawn for any camera."""

    def __init__(self, style: StadiumStyle, rng: np.random.Generator) -> None:
        self.style = style
        self._grass = _grass_texture(style, rng)
        self._walls = _walls(style, rng)
        self._lines = [_painted(m.points_m) for m in pitch.markings()]
        self._line_value = float(rng.uniform(0.62, 0.85))

    def draw(self, camera: CameraView) -> Image:
        """(H, W, 3) the empty stadium: sky, grass, lines, boards, stands, goals."""
        image = np.full((camera.height, camera.width, 3), (96, 88, 84), np.uint8)
        low = np.array([-_SURROUND_M, -_SURROUND_M, 0.0])
        size = np.array([pitch.LENGTH_M, pitch.WIDTH_M]) + 2 * _SURROUND_M
        ground = _Surface(self._grass, low, np.array([size[0], 0, 0]), np.array([0, size[1], 0]),
                          np.array([0, 0, -1.0]), np.zeros(3))  # fmt: skip
        _draw_surface(image, camera, ground)
        self._draw_lines(image, camera)
        for wall in sorted(self._walls, key=lambda w: -float(camera.depth_m(w.origin_m + (w.u_m + w.v_m) / 2))):
            _draw_surface(image, camera, wall)
        for frame in pitch.goal_frames_m():
            _draw_goal(image, camera, frame)
        return image

    def _draw_lines(self, image: Image, camera: CameraView) -> None:
        mask = np.zeros((camera.height * 2, camera.width * 2), np.uint8)
        size = np.array([camera.width, camera.height])
        for shapes in self._lines:
            px = camera.project(shapes)
            is_in_front = ~np.isnan(px).any(axis=(1, 2))
            touches = (px.max(axis=1) > -60).all(axis=1) & (px.min(axis=1) < size + 60).all(axis=1)
            is_plain = is_in_front & (np.abs(px) < 4 * camera.width).all(axis=(1, 2))
            for polygon in np.round(px[is_plain & touches] * 16).astype(np.int32):
                cv2.fillConvexPoly(mask, polygon, 255, cv2.LINE_8, 3)
            for polygon_m in shapes[~is_plain & (touches | ~is_in_front)]:
                _fill(mask, camera, polygon_m)
        small = cv2.resize(mask, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
        x, y, w, h = cv2.boundingRect(small)
        if not w or not h:
            return
        part = image[y : y + h, x : x + w]
        paint = cv2.merge([cv2.multiply(small[y : y + h, x : x + w], 1.0, scale=self._line_value)] * 3)
        white = np.full_like(part, (236, 240, 238))
        change = cv2.multiply(cv2.subtract(white, part), paint, scale=1 / 255)
        cv2.add(part, change, dst=part)


def _painted(points_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """(K, 4 or 12, 3) float64 m: convex pieces of paint along a marking's points; a single point gives a spot."""
    if len(points_m) == 1:
        angles = np.linspace(0, math.tau, 12, endpoint=False)
        flat = (points_m + 0.11 * np.stack([np.cos(angles), np.sin(angles)], axis=1))[None]
    else:
        start, end = points_m[:-1], points_m[1:]
        along = (end - start) / np.linalg.norm(end - start, axis=1, keepdims=True) * pitch.LINE_WIDTH_M / 2
        side = np.stack([-along[:, 1], along[:, 0]], axis=1)
        a, b = start - along, end + along
        flat = np.stack([a + side, b + side, b - side, a - side], axis=1)
    return np.concatenate([flat, np.zeros((*flat.shape[:2], 1))], axis=2)


def _fill(mask: NDArray[np.uint8], camera: CameraView, polygon_m: NDArray[np.float64]) -> None:
    """Fill the part of a polygon (K, 3) m that is in the picture, on a mask of twice its size."""
    corners = camera.clip_to_view(polygon_m)
    if len(corners) >= 3:
        cv2.fillConvexPoly(mask, np.round(camera.project(corners) * 16).astype(np.int32), 255, cv2.LINE_8, 3)


def _draw_surface(image: Image, camera: CameraView, surface: _Surface) -> None:
    if float((np.array(camera.position_m) - surface.face_m) @ surface.outward) > -1e-9:
        return
    corners = surface.origin_m + np.array([0 * surface.u_m, surface.u_m, surface.u_m + surface.v_m, surface.v_m])
    visible = camera.clip_to_view(corners)
    if len(visible) < 3:
        return
    px = camera.project(visible)
    height, width = surface.texture.shape[:2]
    to_image = camera.plane_to_image(surface.origin_m, surface.u_m / width, surface.v_m / height)
    size = (camera.width, camera.height)
    mask = np.zeros((camera.height, camera.width), np.uint8)
    cv2.fillPoly(mask, [np.round(px * 8).astype(np.int32)], 255, cv2.LINE_8, 3)
    x, y, w, h = cv2.boundingRect(mask)
    if not w or not h:
        return
    shift = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1.0]])
    size = (w, h)
    warped = cv2.warpPerspective(
        surface.texture, shift @ to_image, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    cv2.copyTo(warped, mask[y : y + h, x : x + w], image[y : y + h, x : x + w])


def _grass_texture(style: StadiumStyle, rng: np.random.Generator) -> Image:
    width = round((pitch.LENGTH_M + 2 * _SURROUND_M) * GRASS_PX_PER_M)
    height = round((pitch.WIDTH_M + 2 * _SURROUND_M) * GRASS_PX_PER_M)
    x = np.arange(width) / GRASS_PX_PER_M - _SURROUND_M
    y = np.arange(height) / GRASS_PX_PER_M - _SURROUND_M
    light = np.ones((height, width), np.float32)
    if style.stripe_m:
        along = x if style.are_stripes_across else y
        wave = np.tanh(6 * np.sin(np.pi * along / style.stripe_m)).astype(np.float32) * style.stripe_contrast
        light += wave[None, :] if style.are_stripes_across else wave[:, None]
    for cells, strength in ((6, 0.05), (40, 0.04), (240, 0.035), (700, 0.05)):
        small = rng.normal(0, strength, (max(2, cells * height // width), cells)).astype(np.float32)
        light += cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    grass = light[..., None] * np.array(style.grass, np.float32)
    outside = ((x < -3.2) | (x > pitch.LENGTH_M + 3.2))[None, :] | ((y < -3.2) | (y > pitch.WIDTH_M + 3.2))[:, None]
    grass[outside] = (0.92 + 0.3 * (light[outside, None] - 1)) * np.array(style.run_off, np.float32)
    return np.clip(grass, 1, 255).astype(np.uint8)


def _walls(style: StadiumStyle, rng: np.random.Generator) -> list[_Surface]:
    """Boards and sloping stands behind the far touchline and both goal lines."""
    length, width, gap = pitch.LENGTH_M, pitch.WIDTH_M, _BOARD_GAP_M
    up = np.array([0, 0, _BOARD_HEIGHT_M])
    sides = (
        (np.array([-gap - 2, width + gap, 0.0]), np.array([length + 2 * gap + 4, 0, 0]), np.array([0, 1.0, 0])),
        (np.array([-gap - 2, -gap, 0.0]), np.array([0, width + 2 * gap, 0]), np.array([-1.0, 0, 0])),
        (np.array([length + gap + 2, width + gap, 0.0]), np.array([0, -(width + 2 * gap), 0]), np.array([1.0, 0, 0])),
    )
    made: list[_Surface] = []
    for corner, along, outward in sides:
        metres = float(np.linalg.norm(along))
        wide = along * 1.7
        start = corner - 0.35 * along
        made.append(_Surface(_crowd_texture(style, rng), start + 39.0 * outward + (0, 0, 26.5), wide,
                             -36.0 * outward - np.array([0, 0, 25.0]), outward, corner))  # fmt: skip
        wall = np.full((8, 64, 3), tuple(int(c * 0.6) for c in style.seat), np.uint8)
        made.append(_Surface(wall, start + 3.0 * outward + (0, 0, 1.7), wide, np.array([0, 0, -1.7]), outward, corner))
        made.append(_Surface(_board_texture(metres, rng), corner + up, along, -up, outward, corner))
    return made


def _crowd_texture(style: StadiumStyle, rng: np.random.Generator) -> Image:
    """Rows of seats with small blurred spectators: heads and shoulders only, never a standing figure."""
    width, height, rows = 2600, 640, 40
    texture = np.full((height, width, 3), style.seat, np.float32) * 0.8
    step = height // rows
    texture[::step] *= 0.5
    texture[1::step] *= 0.7
    for row in range(rows):
        n = int(style.crowd_density * width / 11)
        centres = (rng.choice(width // 10, n, replace=n > width // 10) * 10 + rng.integers(-2, 3, n)).astype(int)
        y = row * step + step // 2 + 3
        for x in centres:
            coat = np.array(bgr(rng.random(), rng.uniform(0, 0.6), rng.uniform(0.1, 0.75)), np.float64)
            skin = np.array((110, 140, 180)) * rng.uniform(0.4, 1.1)
            cv2.circle(texture, (int(x), y + 3), 4, coat.tolist(), -1)
            cv2.circle(texture, (int(x), y - 3), 2, skin.tolist(), -1)
    aisles = rng.integers(0, width, 9)
    for x in aisles:
        texture[:, x : x + 16] = (105, 105, 108)
    texture = cv2.GaussianBlur(texture * style.crowd_brightness, (0, 0), 1.1)
    return np.asarray(np.clip(texture, 1, 255), np.uint8)


def _board_texture(metres: float, rng: np.random.Generator) -> Image:
    px = 40
    texture = np.zeros((px, round(metres * px / 1.0), 3), np.uint8)
    panel = round(7.5 * px)
    for start in range(0, texture.shape[1], panel):
        colour = bgr(rng.random(), rng.uniform(0.0, 0.9), rng.uniform(0.15, 0.85))
        texture[:, start : start + panel] = colour
        word = _WORDS[int(rng.integers(len(_WORDS)))]
        cv2.putText(texture, word, (start + 16, 29), cv2.FONT_HERSHEY_DUPLEX, 0.85, contrasting(colour), 2, cv2.LINE_AA)
    return np.asarray(np.maximum(cv2.GaussianBlur(texture, (0, 0), 0.7), 1), np.uint8)


def _draw_goal(image: Image, camera: CameraView, frame_m: NDArray[np.float64]) -> None:
    outward = -1.0 if frame_m[0, 0] == 0 else 1.0
    back = frame_m + np.array([outward * 2.0, 0, 0])
    back[1:3, 0] -= outward * 0.9
    net = image.copy()
    for a, b, c, d in ((frame_m[0], frame_m[1], back[1], back[0]), (frame_m[3], frame_m[2], back[2], back[3]),
                       (frame_m[1], frame_m[2], back[2], back[1]), (back[0], back[3], back[2], back[1])):  # fmt: skip
        for share in np.linspace(0, 1, 15):
            _line(net, camera, a + (d - a) * share, b + (c - b) * share, 0.02, (205, 208, 208))
            _line(net, camera, a + (b - a) * share, d + (c - d) * share, 0.02, (205, 208, 208))
    cv2.addWeighted(net, 0.38, image, 0.62, 0, dst=image)
    for a, b in pairwise(frame_m):
        _line(image, camera, a, b, 0.12, (238, 240, 240))


def _line(
    image: Image, camera: CameraView, a: NDArray[np.float64], b: NDArray[np.float64], width_m: float, colour: Colour
) -> None:
    ends = camera.project(np.stack([a, b]))
    if np.isnan(ends).any() or np.abs(ends).max() > 20000:
        return
    thickness = max(1, round(width_m * float(camera.pixels_per_metre((a + b) / 2))))
    start, end = (tuple(int(v) for v in p) for p in np.round(ends * 8))
    cv2.line(image, start, end, colour, thickness, cv2.LINE_AA, 3)
