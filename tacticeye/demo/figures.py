"""People and balls as small pictures with coverage: limbs around a skeleton, drawn large and scaled down.

A sprite's four channels are B, G, R already multiplied by coverage, and coverage 0..255.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.demo.camera import CameraView
from tacticeye.demo.looks import Colour, Look, Pattern
from tacticeye.demo.skeleton import Joint, Pose, joints_m

Canvas = NDArray[np.uint8]  # (H, W, 4)
BALL_RADIUS_M = 0.11
_SHIFT = 3  # OpenCV's fixed-point bits for coordinates: an eighth of a pixel
_DRAWN_HEIGHT_PX = 230  # figures are drawn about this tall before they are scaled down to their size in the picture
_SHADE = 0.66


@dataclass(frozen=True, eq=False)
class Sprite:
    """A drawn thing. pixels (H, W, 4) uint8; left, top: px of its corner; box: x1, y1, x2, y2 px around what is drawn;
    depth_m: distance from the camera, farther is painted first."""

    pixels: Canvas
    left: int
    top: int
    box: tuple[float, float, float, float]
    depth_m: float


@dataclass(frozen=True, eq=False)
class _Brush:
    """Where and how large a figure is drawn: canvas, places (16, 2) canvas px, px of one body height."""

    canvas: Canvas
    at: NDArray[np.float64]
    unit: float


def person_sprite(camera: CameraView, pose: Pose, look: Look) -> Sprite | None:
    """The person as this camera sees it, or None where no part of it can be in the picture."""
    joints = joints_m(pose, look.height_m)
    image = camera.project(joints)
    if np.isnan(image).any():
        return None
    centre = joints[[Joint.HIP_L, Joint.HIP_R]].mean(axis=0)
    metre_px = float(camera.pixels_per_metre(centre))
    margin = 0.14 * look.height_m * metre_px + 2
    left, top = (math.floor(v - margin) for v in image.min(axis=0))
    right, bottom = (math.ceil(v + margin) for v in image.max(axis=0))
    if right <= 0 or bottom <= 0 or left >= camera.width or top >= camera.height:
        return None
    scale = int(np.clip(math.ceil(_DRAWN_HEIGHT_PX / (look.height_m * metre_px)), 2, 8))
    canvas = np.zeros(((bottom - top) * scale, (right - left) * scale, 4), np.uint8)
    brush = _Brush(canvas, (image - (left, top)) * scale, look.height_m * metre_px * scale)
    facing = camera.rotation @ np.array([math.cos(pose.heading), math.sin(pose.heading), 0.0])
    _draw_body(brush, look, camera.depth_m(joints), facing)
    x, y, w, h = cv2.boundingRect(canvas[..., 3])
    box = (left + x / scale, top + y / scale, left + (x + w) / scale, top + (y + h) / scale)
    pixels = cv2.resize(canvas, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    return Sprite(np.asarray(pixels, np.uint8), left, top, box, float(camera.depth_m(centre)))


def ball_sprite(
    camera: CameraView, place_m: NDArray[np.float64], before_m: NDArray[np.float64], spin: float
) -> Sprite | None:
    """The ball, smeared from `before_m` to `place_m` (both (3,) m, its centre) while the shutter is open."""
    ends = camera.project(np.stack([before_m, place_m]))
    if np.isnan(ends).any():
        return None
    radius = BALL_RADIUS_M * float(camera.pixels_per_metre(place_m))
    low, high = ends.min(axis=0) - radius - 2, ends.max(axis=0) + radius + 2
    left, top, right, bottom = (math.floor(low[0]), math.floor(low[1]), math.ceil(high[0]), math.ceil(high[1]))
    if right <= 0 or bottom <= 0 or left >= camera.width or top >= camera.height:
        return None
    scale = int(np.clip(math.ceil(60 / (2 * radius)), 2, 12))
    steps = max(1, math.ceil(float(np.linalg.norm(ends[1] - ends[0])) / (0.4 * radius)))
    sum_of_steps = np.zeros((bottom - top, right - left, 4), np.float32)
    for step in range(steps):
        share = (step + 1) / steps
        centre = (ends[0] + (ends[1] - ends[0]) * share - (left, top)) * scale
        canvas = np.zeros(((bottom - top) * scale, (right - left) * scale, 4), np.uint8)
        _draw_ball(canvas, centre, radius * scale, spin)
        sum_of_steps += cv2.resize(canvas, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    pixels = np.round(sum_of_steps / steps).astype(np.uint8)
    (x1, y1), (x2, y2) = ends.min(axis=0) - radius, ends.max(axis=0) + radius
    return Sprite(pixels, left, top, (float(x1), float(y1), float(x2), float(y2)), float(camera.depth_m(place_m)))


def _draw_ball(canvas: Canvas, centre: NDArray[np.float64], radius: float, spin: float) -> None:
    _disc(canvas, centre, radius, (178, 182, 184))
    _disc(canvas, centre - np.array([0.12, 0.16]) * radius, radius * 0.82, (246, 248, 248))
    for k in range(3):
        angle = spin + k * math.tau / 3
        place = centre + 0.55 * radius * np.array([math.cos(angle), math.sin(angle)])
        _disc(canvas, place, 0.2 * radius, (90, 92, 96))


def _draw_body(brush: _Brush, look: Look, depth: NDArray[np.float64], facing: NDArray[np.float64]) -> None:
    left_is_far = depth[Joint.SHOULDER_L] + depth[Joint.HIP_L] > depth[Joint.SHOULDER_R] + depth[Joint.HIP_R]
    far, near = (0, 1) if left_is_far else (1, 0)
    _draw_leg(brush, look, far)
    _draw_arm(brush, look, far)
    _draw_leg(brush, look, near)
    _draw_trunk(brush, look, facing)
    _draw_head(brush, look, facing)
    _draw_arm(brush, look, near)


def _draw_leg(brush: _Brush, look: Look, side: int) -> None:
    hip, knee, ankle, toe = (brush.at[j + side] for j in (Joint.HIP_L, Joint.KNEE_L, Joint.ANKLE_L, Joint.TOE_L))
    b = look.build
    heel = ankle + 0.35 * (ankle - toe) * 0.5
    _limb(brush, heel, toe, (0.026, 0.02), look.boots)
    _limb(brush, hip + 0.4 * (knee - hip), knee, (0.046 * b, 0.034 * b), look.skin)
    calf = knee + 0.35 * (ankle - knee)
    _limb(brush, knee + 0.14 * (ankle - knee), calf, (0.032 * b, 0.036 * b), look.kit.socks)
    _limb(brush, calf, ankle, (0.036 * b, 0.022), look.kit.socks)
    _limb(brush, hip, hip + 0.66 * (knee - hip), (0.056 * b, 0.058 * b), look.kit.shorts)


def _draw_arm(brush: _Brush, look: Look, side: int) -> None:
    shoulder, elbow, hand = (brush.at[j + side] for j in (Joint.SHOULDER_L, Joint.ELBOW_L, Joint.HAND_L))
    sleeve = look.kit.second if look.kit.pattern is Pattern.SLEEVES else look.kit.shirt
    forearm = sleeve if look.has_long_sleeves else look.skin
    _limb(brush, shoulder + 0.5 * (elbow - shoulder), elbow, (0.03 * look.build, 0.025), forearm)
    _limb(brush, elbow, hand, (0.025, 0.019), forearm)
    if look.gloves is None:
        _limb(brush, hand, hand + 0.2 * (hand - elbow), (0.019, 0.018), look.skin)
    else:
        _limb(brush, hand, hand + 0.25 * (hand - elbow), (0.032, 0.03), look.gloves)
    _limb(brush, shoulder, shoulder + 0.62 * (elbow - shoulder), (0.038 * look.build, 0.036), sleeve)


def _draw_trunk(brush: _Brush, look: Look, facing: NDArray[np.float64]) -> None:
    hips, shoulders = brush.at[[Joint.HIP_L, Joint.HIP_R]], brush.at[[Joint.SHOULDER_L, Joint.SHOULDER_R]]
    u, b = brush.unit, look.build
    thighs = hips + 0.25 * (brush.at[[Joint.KNEE_L, Joint.KNEE_R]] - hips)
    _hull(brush.canvas, np.concatenate([hips, thighs]), np.array([0.052, 0.052, 0.056, 0.056]) * u * b, look.kit.shorts)
    down = (hips - shoulders).mean(axis=0)
    hem = hips + 0.08 * down
    waist = shoulders + 0.62 * (hips - shoulders)
    chest = shoulders + 0.25 * (hips - shoulders)
    ring = np.concatenate([shoulders + 0.06 * down, chest, waist, hem])
    radii = np.repeat(np.array([0.04, 0.06, 0.055, 0.056]), 2) * u * b
    _limb(brush, brush.at[Joint.NECK], brush.at[Joint.HEAD], (0.033, 0.03), look.skin)
    trunk = np.zeros(brush.canvas.shape[:2], np.uint8)
    cv2.fillConvexPoly(trunk, _fixed(_ring_points(ring, radii)), 255, shift=_SHIFT)
    _dress(brush, look, trunk, shoulders, hem, facing)


def _dress(
    brush: _Brush, look: Look, trunk: Canvas, shoulders: NDArray[np.float64], hem: NDArray[np.float64],
    facing: NDArray[np.float64],
) -> None:  # fmt: skip
    """Paint shirt, pattern and number inside the trunk's mask, then shade its lower right edge."""
    first, last = (0, 1) if shoulders[0, 0] + hem[0, 0] < shoulders[1, 0] + hem[1, 0] else (1, 0)
    corner = {(0, 0): shoulders[first], (1, 0): shoulders[last], (0, 1): hem[first], (1, 1): hem[last]}
    middle, across = (shoulders.mean(axis=0), hem.mean(axis=0)), 0.5 * (corner[1, 0] - corner[0, 0])
    wide = max(float(np.linalg.norm(across)), 0.055 * brush.unit) / max(float(np.linalg.norm(across)), 1e-6)
    across = across * min(wide, 4.0) * 1.25

    def place(u: float, v: float) -> NDArray[np.float64]:
        return np.asarray(middle[0] + (middle[1] - middle[0]) * v + across * u)

    shirt = np.zeros_like(brush.canvas)
    shirt[:] = (*look.kit.shirt, 255)
    for u1, u2, v1, v2 in _patches(look.kit.pattern):
        area = np.array([place(u1, v1), place(u2, v1), place(u2, v2), place(u1, v2)])
        cv2.fillConvexPoly(shirt, _fixed(area), (*look.kit.second, 255), shift=_SHIFT)
    if look.shirt_number and abs(facing[2]) > 0.35:
        _print_number(shirt, look, place, small=bool(facing[2] < 0))
    inner = np.roll(trunk, (-max(1, int(0.012 * brush.unit)), -max(1, int(0.022 * brush.unit))), axis=(0, 1))
    shade = (trunk > 0) & (inner == 0)
    shirt[shade, :3] = (shirt[shade, :3] * _SHADE).astype(np.uint8)
    np.copyto(brush.canvas, shirt, where=(trunk > 0)[..., None])


def _patches(pattern: Pattern) -> list[tuple[float, float, float, float]]:
    """(u1, u2, v1, v2) of the areas in the second colour; u -1..1 across the trunk, v 0..1 down it."""
    if pattern is Pattern.STRIPES:
        return [(-1.1, -0.78, -0.3, 1.3), (-0.42, -0.1, -0.3, 1.3), (0.24, 0.56, -0.3, 1.3), (0.88, 1.2, -0.3, 1.3)]
    if pattern is Pattern.HOOPS:
        return [(-1.3, 1.3, 0.1, 0.26), (-1.3, 1.3, 0.44, 0.6), (-1.3, 1.3, 0.78, 0.94)]
    if pattern is Pattern.HALVES:
        return [(0.0, 1.4, -0.4, 1.4)]
    if pattern is Pattern.BAND:
        return [(-1.4, 1.4, 0.3, 0.52)]
    return []


def _print_number(
    shirt: Canvas, look: Look, place: Callable[[float, float], NDArray[np.float64]], *, small: bool
) -> None:
    text = str(look.shirt_number)
    tile = np.zeros((64, 40 * len(text), 4), np.uint8)
    cv2.putText(tile, text, (2, 56), cv2.FONT_HERSHEY_SIMPLEX, 1.9, (*look.kit.number, 255), 6)
    half, top, bottom = (0.3, 0.2, 0.42) if small else (0.24 + 0.2 * len(text), 0.16, 0.62)
    source = np.array([(0, 0), (tile.shape[1], 0), (0, 64)], np.float32)
    goal = np.array([place(-half, top), place(half, top), place(-half, bottom)], np.float32)
    size = (shirt.shape[1], shirt.shape[0])
    warped = cv2.warpAffine(tile, cv2.getAffineTransform(source, goal), size, flags=cv2.INTER_NEAREST)
    np.copyto(shirt, warped, where=warped[..., 3:] > 127)


def _draw_head(brush: _Brush, look: Look, facing: NDArray[np.float64]) -> None:
    head, neck, u = brush.at[Joint.HEAD], brush.at[Joint.NECK], brush.unit
    up = (head - neck) / max(float(np.linalg.norm(head - neck)), 1e-6)
    side = np.array([facing[0], 0.0])
    hair = look.skin if look.is_bald else look.hair
    crown = np.stack([head + up * 0.014 * u, head - up * 0.02 * u])
    _hull(brush.canvas, crown, np.array([0.052, 0.044]) * u, hair)
    if facing[2] < 0.45:
        face = head - up * 0.014 * u + side * 0.022 * u
        jaw = face - up * 0.024 * u
        size = 0.8 if facing[2] > -0.2 else 1.0
        _hull(brush.canvas, np.stack([face, jaw]), np.array([0.04 * size, 0.032 * size]) * u, look.skin)


def _limb(
    brush: _Brush, start: NDArray[np.float64], end: NDArray[np.float64], radii: tuple[float, float], colour: Colour
) -> None:
    """A tapered rod with a shaded lower right side; radii in body heights."""
    sizes = np.array(radii) * brush.unit
    _hull(brush.canvas, np.stack([start, end]), sizes, colour)


def _hull(canvas: Canvas, places: NDArray[np.float64], radii: NDArray[np.float64], colour: Colour) -> None:
    outline = _ring_points(places, radii)
    dark = tuple(c * _SHADE for c in colour)
    cv2.fillConvexPoly(canvas, _fixed(outline), (*dark, 255), shift=_SHIFT)
    offset = np.array([-0.26, -0.14]) * float(radii.mean())
    lit = _ring_points(places + offset, radii * 0.8)
    cv2.fillConvexPoly(canvas, _fixed(lit), (*map(float, colour), 255), shift=_SHIFT)


_CIRCLE = np.stack([np.cos(np.linspace(0, math.tau, 14, endpoint=False)),
                    np.sin(np.linspace(0, math.tau, 14, endpoint=False))], axis=1)  # fmt: skip


def _ring_points(places: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convex outline (K, 2) around discs."""
    points = (places[:, None] + _CIRCLE * radii[:, None, None]).reshape(-1, 2).astype(np.float32)
    return np.asarray(cv2.convexHull(points)[:, 0], np.float64)


def _fixed(points: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.round(points * (1 << _SHIFT)).astype(np.int32)


def _disc(canvas: Canvas, centre: NDArray[np.float64], radius: float, colour: Colour) -> None:
    place = tuple(int(v) for v in np.round(centre * (1 << _SHIFT)))
    cv2.circle(canvas, place, max(1, round(radius * (1 << _SHIFT))), (*colour, 255), -1, cv2.LINE_8, _SHIFT)


def shadow_limbs(pose: Pose, look: Look, sun: tuple[float, float]) -> list[tuple[NDArray[np.float64], float]]:
    """The body's shadow on the ground as rods: ((2, 3) m, half-width m).

    sun: m of shadow along x and y per m of height.
    """
    joints = joints_m(pose, look.height_m)
    flat = joints.copy()
    flat[:, :2] += joints[:, 2:3] * np.array(sun)
    flat[:, 2] = 0.0
    j = Joint
    rods = [(j.HIP_L, j.KNEE_L, 0.07), (j.HIP_R, j.KNEE_R, 0.07), (j.KNEE_L, j.ANKLE_L, 0.05),
            (j.KNEE_R, j.ANKLE_R, 0.05), (j.SHOULDER_L, j.HIP_L, 0.14), (j.SHOULDER_R, j.HIP_R, 0.14),
            (j.SHOULDER_L, j.HAND_L, 0.05), (j.SHOULDER_R, j.HAND_R, 0.05), (j.NECK, j.HEAD, 0.1),
            (j.ANKLE_L, j.TOE_L, 0.05), (j.ANKLE_R, j.TOE_R, 0.05)]  # fmt: skip
    return [(flat[[a, b]], width) for a, b, width in rods]
