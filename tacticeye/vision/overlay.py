"""The analysed frame as people see it: rings under the feet in team colours, track numbers, the ball and its owner."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from tacticeye.types import NO_TRACK, BallPosition, BallSource, Boxes, Image, Role

Colour = tuple[int, int, int]  # BGR

WHITE: Colour = (255, 255, 255)
INK: Colour = (28, 24, 22)
UNSURE: Colour = (165, 165, 165)
REFEREE: Colour = (40, 205, 255)
BALL: Colour = (60, 230, 255)
OWNER: Colour = (90, 60, 255)

# Sizes are drawn for a picture 720 px high and grow with it; lines below one pixel stay one.
REFERENCE_HEIGHT_PX = 720
FONT = cv2.FONT_HERSHEY_DUPLEX
RING_HEIGHT_RATIO = 0.36  # of its width: a circle on the ground seen from a main camera
RING_START_DEG, RING_END_DEG = -40, 220  # open at the back, where the legs are
# A ring this dark is lost on grass, so dark kits get a light rim.
DARK_LUMA = 70
JPEG_QUALITY = 82


def annotate(
    image: Image,
    boxes: Boxes,
    kits: Mapping[int, tuple[int, int, int]],
    ball: BallPosition | None = None,
    owner: int = NO_TRACK,
    caption: str = "",
) -> Image:
    """A copy of `image` with the people of that frame, the ball, the track `owner` and `caption` drawn on it.

    kits: RGB 0..255 by team; people of other teams are grey, referees yellow.
    """
    canvas = image.copy()
    unit = max(image.shape[0], image.shape[1] * 9 / 16) / REFERENCE_HEIGHT_PX
    colours = {team: (blue, green, red) for team, (red, green, blue) in kits.items()}
    people = boxes.select(boxes.role != Role.BALL)
    # Those further away first, so that nearer rings and numbers lie on top.
    people = people.select(np.argsort(people.xyxy[:, 3], kind="stable"))
    for corners, team, role, track in zip(
        people.xyxy.tolist(), people.team.tolist(), people.role.tolist(), people.track.tolist(), strict=True
    ):
        colour = REFEREE if role == Role.REFEREE else colours.get(team, UNSURE)
        _draw_ring(canvas, corners, colour, unit)
        if track != NO_TRACK:
            _draw_number(canvas, corners, str(track), colour, unit)
        if track != NO_TRACK and track == owner:
            _draw_pointer(canvas, (corners[0] + corners[2]) / 2, corners[1] - 7 * unit, OWNER, 1.25 * unit)
    if ball is not None:
        _draw_ball(canvas, ball, unit)
    if caption:
        _draw_caption(canvas, caption, unit)
    return canvas


def encode_jpeg(image: Image, max_width: int = 960) -> bytes:
    """`image` as JPEG, scaled down to `max_width` px where it is wider."""
    height, width = image.shape[:2]
    if width > max_width:
        size = (max_width, max(round(height * max_width / width), 1))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


def _thickness(px: float) -> int:
    return max(round(px), 1)


def _luma(colour: Colour) -> float:
    return 0.114 * colour[0] + 0.587 * colour[1] + 0.299 * colour[2]


def _ring_radius(corners: Sequence[float], unit: float) -> float:
    """Px. Boxes widen when people run, so the height limits it."""
    x1, y1, x2, y2 = corners
    return 1.15 * min(max((x2 - x1) / 2, 7 * unit), 0.3 * max(y2 - y1, 20 * unit))


def _draw_ring(canvas: Image, corners: Sequence[float], colour: Colour, unit: float) -> None:
    x1, _, x2, y2 = corners
    radius = _ring_radius(corners, unit)
    centre = (round((x1 + x2) / 2), round(y2))
    axes = (_thickness(radius), _thickness(radius * RING_HEIGHT_RATIO))
    rim = WHITE if _luma(colour) < DARK_LUMA else INK
    for line, stroke in ((rim, 4.2), (colour, 2.6)):
        cv2.ellipse(canvas, centre, axes, 0, RING_START_DEG, RING_END_DEG, line, _thickness(stroke * unit), cv2.LINE_AA)


def _draw_number(canvas: Image, corners: Sequence[float], text: str, colour: Colour, unit: float) -> None:
    scale = 0.36 * unit
    (width, height), _ = cv2.getTextSize(text, FONT, scale, 1)
    x = round((corners[0] + corners[2]) / 2 - width / 2)
    y = round(corners[3] + RING_HEIGHT_RATIO * _ring_radius(corners, unit) + 6 * unit + height)
    pad_x, pad_y = _thickness(4 * unit), _thickness(2.5 * unit)
    _draw_plate(canvas, (x - pad_x, y - height - pad_y, x + width + pad_x, y + pad_y), colour)
    ink = INK if _luma(colour) > 120 else WHITE
    cv2.putText(canvas, text, (x, y), FONT, scale, ink, _thickness(unit * 0.8), cv2.LINE_AA)


def _draw_plate(canvas: Image, corners: tuple[int, int, int, int], colour: Colour) -> None:
    """A filled rectangle with round ends."""
    x1, y1, x2, y2 = corners
    radius = (y2 - y1) // 2
    middle = y1 + radius
    cv2.line(canvas, (x1 + radius // 2, middle), (x2 - radius // 2, middle), colour, max(2 * radius, 1), cv2.LINE_AA)


def _draw_pointer(canvas: Image, x: float, tip_y: float, colour: Colour, unit: float, rim: Colour = INK) -> None:
    """A triangle that stands on its tip; a bright rim is broad, so that it shows."""
    half, height = 7 * unit, 11 * unit
    outline = np.array([[x, tip_y], [x - half, tip_y - height], [x + half, tip_y - height]]).round().astype(np.int32)
    cv2.fillPoly(canvas, [outline], colour, cv2.LINE_AA)
    cv2.polylines(canvas, [outline], True, rim, _thickness(unit if rim == INK else 2.5 * unit), cv2.LINE_AA)


def _draw_ball(canvas: Image, ball: BallPosition, unit: float) -> None:
    """A pointer above the ball, with a white rim while it flies; where its place is only inferred, none."""
    if not (math.isfinite(ball.x) and math.isfinite(ball.y)):
        return
    centre = (round(ball.x), round(ball.y))
    cv2.circle(canvas, centre, _thickness(9 * unit), INK, _thickness(3 * unit), cv2.LINE_AA)
    cv2.circle(canvas, centre, _thickness(9 * unit), BALL, _thickness(1.6 * unit), cv2.LINE_AA)
    if ball.source is BallSource.DETECTED:
        _draw_pointer(canvas, ball.x, ball.y - 13 * unit, BALL, unit, WHITE if ball.in_air else INK)


def _draw_caption(canvas: Image, text: str, unit: float) -> None:
    """White text on a translucent band at the lower left."""
    scale = 0.55 * unit
    (width, height), base = cv2.getTextSize(text, FONT, scale, 1)
    pad = _thickness(9 * unit)
    top = max(canvas.shape[0] - height - base - 2 * pad, 0)
    band = canvas[top:, : min(width + 2 * pad, canvas.shape[1])]
    band[:] = (band * 0.3 + np.array(INK) * 0.7).astype(np.uint8)
    cv2.putText(canvas, text, (pad, canvas.shape[0] - pad - base // 2), FONT, scale, WHITE, 1, cv2.LINE_AA)
