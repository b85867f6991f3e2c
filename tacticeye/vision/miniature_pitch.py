"""A small pitch in the corner of a picture, with a dot for everybody whose place on it is known."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.pitch import PitchLayout, markings
from tacticeye.types import Boxes, Image, Role
from tacticeye.vision.overlay import INK, REFEREE, REFERENCE_HEIGHT_PX, UNSURE, WHITE

WIDTH_PX = 250  # of the pitch, in a picture 720 px high
MARGIN_PX = 12
OPACITY = 0.72
TURF = (58, 92, 52)  # BGR


class MiniaturePitch:
    """Drawn at the lower edge, in the middle, as a television graphic would be."""

    def __init__(self, layout: PitchLayout) -> None:
        self._size_m = layout.size_m
        self._lines = [m.points_m for m in markings(1.0, layout) if len(m.points_m) > 1]
        self._ground: Image | None = None

    def draw(self, canvas: Image, people: Boxes, kits: Mapping[int, tuple[int, int, int]]) -> Image:
        """Draws into `canvas` (H, W, 3) BGR and returns it; nothing where nobody's place is known."""
        people = people.select((people.role != Role.BALL) & np.isfinite(people.pitch_xy).all(axis=1))
        if not len(people):
            return canvas
        unit = max(canvas.shape[0], canvas.shape[1] * 9 / 16) / REFERENCE_HEIGHT_PX
        ground = self._ground_for(unit)
        height, width = min(ground.shape[0], canvas.shape[0]), min(ground.shape[1], canvas.shape[1])
        top, left = canvas.shape[0] - height, (canvas.shape[1] - width) // 2
        window = canvas[top : top + height, left : left + width]
        window[:] = cv2.addWeighted(ground[:height, :width], OPACITY, window, 1 - OPACITY, 0)
        for place, team, role in zip(
            self._to_px(people.pitch_xy.astype(np.float64), unit),
            people.team.tolist(),
            people.role.tolist(),
            strict=True,
        ):
            red, green, blue = kits.get(team, UNSURE)
            colour = REFEREE if role == Role.REFEREE else (blue, green, red)
            centre = (round(float(place[0])), round(float(place[1])))
            cv2.circle(window, centre, max(round(4.5 * unit), 2), INK, -1, cv2.LINE_AA)
            cv2.circle(window, centre, max(round(3.5 * unit), 1), colour, -1, cv2.LINE_AA)
        return canvas

    def _ground_for(self, unit: float) -> Image:
        """The empty pitch, drawn once for a size of picture."""
        width = round((WIDTH_PX + 2 * MARGIN_PX) * unit)
        if self._ground is None or self._ground.shape[1] != width:
            scale = WIDTH_PX / self._size_m[0]
            ground = np.full((round((self._size_m[1] * scale + 2 * MARGIN_PX) * unit), width, 3), TURF, np.uint8)
            for line in self._lines:
                points = self._to_px(line, unit).round().astype(np.int32)
                cv2.polylines(ground, [points], False, WHITE, max(round(unit), 1), cv2.LINE_AA)
            self._ground = ground
        return self._ground

    def _to_px(self, places_m: NDArray[np.float64], unit: float) -> NDArray[np.float64]:
        """(N, 2) px of the graphic; y of the pitch goes up, of the picture down."""
        scale = WIDTH_PX / self._size_m[0]
        x = places_m[:, 0] * scale + MARGIN_PX
        y = (self._size_m[1] - places_m[:, 1]) * scale + MARGIN_PX
        return np.stack([x, y], axis=1) * unit
