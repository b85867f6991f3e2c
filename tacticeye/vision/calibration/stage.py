"""PitchStage: the calibration as the batch processor uses it: boxes in, the same boxes with their places out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tacticeye.pitch import OUTSIDE_MARGIN_M, PitchLayout, is_inside
from tacticeye.pitch_projection import PitchProjection
from tacticeye.state_parts import CalibrationState
from tacticeye.types import Boxes, Calibration, Image, Role
from tacticeye.vision.calibration.calibrator import PitchCalibrator
from tacticeye.vision.calibration.finder import PitchFinder
from tacticeye.vision.camera import FrameMotion


@dataclass(frozen=True, eq=False)
class _Row:
    frame: int
    t_s: float
    projection: PitchProjection
    motion: FrameMotion
    shot: int


class PitchStage:
    """Gives boxes their places on the pitch and keeps, for each frame, how it was done until the batch takes it."""

    def __init__(self, state: CalibrationState, finder: PitchFinder | None, layout: PitchLayout) -> None:
        self._calibrator = PitchCalibrator(state, finder, layout)
        self._layout = layout
        self._rows: list[_Row] = []

    def place(self, image: Image, frame: int, t_s: float, boxes: Boxes, motion: FrameMotion) -> Boxes:
        """The boxes of one frame with pitch_xy of their feet; NaN where uncalibrated or off the pitch, never
        clamped.
        """
        people = boxes.select(boxes.role != Role.BALL)
        projection = self._calibrator.update(image, frame, t_s, people, motion)
        self._rows.append(_Row(frame, t_s, projection, motion, self._calibrator.state().shot))
        return replace(boxes, pitch_xy=places_of(boxes, projection, self._layout))

    def newest(self) -> PitchProjection:
        """The projection of the frame placed last."""
        return self._rows[-1].projection

    def take_rows(self) -> Calibration:
        """Rows of all frames since the last call."""
        rows, self._rows = self._rows, []
        return _table(rows)

    def state(self) -> CalibrationState:
        return self._calibrator.state()


def places_of(boxes: Boxes, projection: PitchProjection, layout: PitchLayout) -> np.ndarray:
    """(N, 2) float32 m: where the feet of the boxes are; NaN where unknown or farther than the margin off the pitch."""
    places = projection.to_pitch(boxes.feet_xy)
    places[~is_inside(places, OUTSIDE_MARGIN_M, layout.size_m)] = np.nan
    return places.astype(np.float32)


def _table(rows: Sequence[_Row]) -> Calibration:
    known = [row.projection.is_known for row in rows]
    table = Calibration.empty(len(rows))
    for i, row in enumerate(rows):
        table.frame[i], table.t_s[i], table.shot[i] = row.frame, row.t_s, row.shot
        table.image_to_shot[i], table.is_followed[i] = row.motion.image_to_shot, row.motion.is_known
        if known[i]:
            p = row.projection
            table.image_to_pitch[i], table.k1[i], table.error_m[i] = p.image_to_pitch, p.k1, p.error_m
            table.centre[i], table.scale[i] = p.centre, p.scale
    return table
