"""PitchCalibrator: the camera followed through the frames of a match, causal, its memory plain data.

Within a shot the camera is a belief that is moved by the measured motion and drawn back to the painted lines at every
analysed frame (an iterated extended Kalman filter), so it neither drifts nor jumps; what the frames of a shot share,
the camera's place and lens, is learned as they go by. The network that knows landmarks is asked only to begin, and now
and then whether what is followed is still true.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tacticeye.pitch import FULL_PITCH, PitchLayout, keypoints_m, markings
from tacticeye.pitch_projection import PitchProjection
from tacticeye.state_parts import CalibrationState, CameraBelief
from tacticeye.types import Boxes, Image
from tacticeye.vision.calibration import certainty
from tacticeye.vision.calibration.camera_model import N_PARAMETERS, Parameter, Picture, Vector, project, to_projection
from tacticeye.vision.calibration.estimate import Belief, Measurements, fit
from tacticeye.vision.calibration.evidence import PitchEvidence
from tacticeye.vision.calibration.finder import PitchFinder
from tacticeye.vision.calibration.priors import usual_cameras
from tacticeye.vision.calibration.still import (
    KEYPOINT_SIGMA_PX,
    StillFit,
    find_camera,
    seen_keypoints,
    weighed,
)
from tacticeye.vision.calibration.white_lines import LineView, look_for_lines, sample_lines
from tacticeye.vision.camera import FrameMotion

Array = NDArray[np.float64]

# The network is asked this often while the camera is followed, s of video; while it is lost, at first often, then ever
# less: half of the time since it was lost, between these two. A look costs as much as following for two seconds.
CHECK_EVERY_S = 4.8
SEARCH_EVERY_S, SEARCH_SELDOM_S = 0.4, 2.0
# Share of the asked line samples that show a line: true cameras reach 0.57 to 1.0 on real footage.
MIN_SUPPORT = 0.5
MIN_SUPPORT_TO_GO_ON = 0.35
# With fewer samples in view the share says little, in either way.
FEWEST_ASKED = 20
LOST_AFTER_S = 0.8
MAX_ERROR_M = 2.0
# Camera motion is measured to about a pixel of a 1280 px wide picture; where it isn't, this is how far it may be off.
MOTION_SIGMA_PX, UNKNOWN_MOTION_SIGMA_PX = 1.5, 30.0
REACH_PX = (5.0, 24.0)
# What stays the same within a shot is allowed to wander a little, or old errors would be believed for ever; per s^0.5.
PLACE_WANDERS_M, LENS_WANDERS, MIDDLE_WANDERS = 0.05, 0.0005, 0.0003
# Landmarks farther than this from where the followed camera shows them contradict it, px of a 1280 px wide picture.
CONTRADICTION_PX = 30.0
PLACE_LEARNED_AFTER_S = 2.0
# How far the main camera may stand from where it was, m: another one stands elsewhere.
SAME_PLACE_M = 1.5
_FLOOR_M = 0.05  # lines are painted no straighter


class PitchCalibrator:
    """Follows the pitch through one match. finder: the network, None where there is none: then nothing is found."""

    def __init__(self, state: CalibrationState, finder: PitchFinder | None, layout: PitchLayout = FULL_PITCH) -> None:
        self._state = state
        self._finder = finder
        self._layout = layout
        self._keypoints_m = keypoints_m(layout)
        self._samples = sample_lines(markings(layout=layout))

    def state(self) -> CalibrationState:
        return self._state

    def update(self, image: Image, frame: int, t_s: float, people: Boxes, motion: FrameMotion) -> PitchProjection:
        """The calibration of the frame at `t_s`; unknown where it can't be told. Frames come in the order of time."""
        picture = Picture(image.shape[1], image.shape[0])
        before = self._state
        if motion.is_cut:
            before = replace(
                before, shot=before.shot + 1, camera=None, doubtful_since_s=math.nan, good_since_s=math.nan,
                looked_s=math.nan, lost_since_s=math.nan, contradictions=0,
            )  # fmt: skip
        if not motion.is_live:
            self._state = replace(before, camera=None, good_since_s=math.nan, t_s=t_s)
            return PitchProjection.unknown()
        step_s = 0.0 if math.isnan(before.t_s) else t_s - before.t_s
        belief = None if before.camera is None else _moved(_belief(before.camera), motion, step_s, picture)
        self._state = replace(before, t_s=t_s)
        is_unsure = not math.isnan(before.doubtful_since_s) or before.contradictions > 0
        evidence = self._ask(image, frame, t_s, is_lost=belief is None or is_unsure)
        if belief is None:
            return self._begin(image, t_s, people, evidence)
        return self._go_on(image, t_s, people, belief, evidence)

    def _ask(self, image: Image, frame: int, t_s: float, is_lost: bool) -> PitchEvidence | None:
        if self._finder is None:
            return None
        lost_s = 0.0 if math.isnan(self._state.lost_since_s) else t_s - self._state.lost_since_s
        wait_s = min(max(SEARCH_EVERY_S, lost_s / 2), SEARCH_SELDOM_S) if is_lost else CHECK_EVERY_S
        if t_s - self._state.looked_s < wait_s - 1e-6:
            return None
        self._state = replace(self._state, looked_s=t_s)
        return self._finder.look(frame, image)

    def _begin(self, image: Image, t_s: float, people: Boxes, evidence: PitchEvidence | None) -> PitchProjection:
        found = None if evidence is None else self._find(image, people, evidence)
        if found is None:
            if math.isnan(self._state.lost_since_s):
                self._state = replace(self._state, lost_since_s=t_s)
            return PitchProjection.unknown()
        self._state = replace(
            self._state,
            camera=_plain(found.belief),
            good_since_s=t_s,
            lost_since_s=math.nan,
            doubtful_since_s=math.nan,
            contradictions=0,
        )
        return self._answer(found.belief, Picture(image.shape[1], image.shape[0]))

    def _find(self, image: Image, people: Boxes, evidence: PitchEvidence) -> StillFit | None:
        """A camera from this frame alone, if it is credible."""
        picture = Picture(image.shape[1], image.shape[0])
        usual = usual_cameras(picture, self._layout.size_m)
        if self._state.place is not None:
            usual.insert(0, _belief(self._state.place))
        found = find_camera(image, evidence, usual, self._samples, self._keypoints_m, people.xyxy)
        if found is None or not certainty.is_plausible(found.belief.mean, picture):
            return None
        is_supported = found.lines.support >= MIN_SUPPORT and found.lines.asked >= FEWEST_ASKED
        if (
            not is_supported
            or found.lines.spread < 2
            or not certainty.people_fit(found.belief.mean, people.xyxy, picture)
        ):
            return None
        error = certainty.error_m(found.belief, picture, self._layout.size_m)
        return found if error < MAX_ERROR_M else None

    def _go_on(
        self, image: Image, t_s: float, people: Boxes, belief: Belief, evidence: PitchEvidence | None
    ) -> PitchProjection:
        picture = Picture(image.shape[1], image.shape[0])
        if evidence is not None and self._is_contradicted(belief, evidence, picture):
            found = self._find(image, people, evidence)
            if found is not None:
                return self._begin(image, t_s, people, evidence)
        belief, lines = self._drawn_to_lines(image, people, belief, evidence)
        state = self._state
        is_asked = lines.asked >= FEWEST_ASKED
        if is_asked and lines.support < MIN_SUPPORT_TO_GO_ON:
            since = t_s if math.isnan(state.doubtful_since_s) else state.doubtful_since_s
            is_lost = t_s - since > LOST_AFTER_S
            self._state = replace(
                state, camera=None if is_lost else _plain(belief), doubtful_since_s=math.nan if is_lost else since,
                good_since_s=math.nan,
            )  # fmt: skip
            return PitchProjection.unknown()
        good_since_s = t_s if math.isnan(state.good_since_s) else state.good_since_s
        self._state = replace(
            state,
            camera=_plain(belief),
            doubtful_since_s=math.nan,
            good_since_s=good_since_s,
            place=_plain(_learned(belief)) if t_s - good_since_s > PLACE_LEARNED_AFTER_S else state.place,
        )
        return self._answer(belief, picture)

    def _is_contradicted(self, belief: Belief, evidence: PitchEvidence, picture: Picture) -> bool:
        """Whether the network, twice in a row, sees the landmarks elsewhere."""
        seen = seen_keypoints(evidence, self._keypoints_m, picture)
        if len(seen.sigma) < 3:
            return False
        ground = np.column_stack([seen.places_m, np.zeros(len(seen.sigma))])
        off = np.linalg.norm(project(belief.mean[None], ground, picture)[0] - seen.observed, axis=1)
        is_off = float(np.median(np.nan_to_num(off, nan=1e4))) > CONTRADICTION_PX * picture.scale / 640
        count = self._state.contradictions + 1 if is_off else 0
        self._state = replace(self._state, contradictions=count)
        return count >= 2

    def _drawn_to_lines(
        self, image: Image, people: Boxes, belief: Belief, evidence: PitchEvidence | None
    ) -> tuple[Belief, LineView]:
        """The belief after the lines, and the landmarks where the network was asked, of this frame."""
        picture = Picture(image.shape[1], image.shape[0])
        unit = picture.scale / 640
        reach = float(np.clip(2.5 * _wander_px(belief, picture) + 3 * unit, REACH_PX[0] * unit, REACH_PX[1] * unit))
        lines = look_for_lines(image, belief.mean, self._samples, people.xyxy, reach)
        parts = [weighed(lines.measurements, picture)] if lines.support >= MIN_SUPPORT_TO_GO_ON else []
        if evidence is not None and self._state.contradictions == 0:
            seen = seen_keypoints(evidence, self._keypoints_m, picture)
            parts.append(replace(seen, sigma=seen.sigma + KEYPOINT_SIGMA_PX * unit).measurements())
        if not parts or not sum(len(part) for part in parts):
            return belief, lines
        return fit(belief.mean, belief, Measurements.join(parts), picture, steps=2).belief, lines

    def _answer(self, belief: Belief, picture: Picture) -> PitchProjection:
        error = certainty.error_m(belief, picture, self._layout.size_m)
        if not error < MAX_ERROR_M or not certainty.is_plausible(belief.mean, picture):
            return PitchProjection.unknown()
        return to_projection(belief.mean, picture, math.hypot(error, _FLOOR_M))


def _belief(camera: CameraBelief) -> Belief:
    return Belief(np.array(camera.mean), np.array(camera.covariance).reshape(N_PARAMETERS, N_PARAMETERS))


def _plain(belief: Belief) -> CameraBelief:
    return CameraBelief(belief.mean.tolist(), belief.covariance.ravel().tolist())


def _learned(belief: Belief) -> Belief:
    """What the next shot of the same camera may count on: its place and lens, not where it looks."""
    deviations = np.sqrt(np.diag(belief.covariance))
    deviations[:4] = 0.7, 0.35, 0.03, 0.6
    deviations[4:7] = SAME_PLACE_M
    deviations[7] = 0.012
    return Belief.of_deviations(belief.mean, np.maximum(deviations, 1e-4))


def _wander_px(belief: Belief, picture: Picture) -> float:
    """px: how far the picture may be off by what is unsure about pan, tilt and zoom."""
    focal = math.exp(belief.mean[Parameter.LOG_FOCAL])
    variance = np.diag(belief.covariance)
    turn = focal * math.sqrt(variance[Parameter.PAN] + variance[Parameter.TILT])
    return min(turn, picture.scale)


def _moved(belief: Belief, motion: FrameMotion, step_s: float, picture: Picture) -> Belief:
    """The belief after the camera's motion: turned and zoomed as measured, less sure by what that is off."""
    mean = belief.mean if not motion.is_known else _turned(belief.mean, motion.previous_to_current, picture)
    sigma = (MOTION_SIGMA_PX if motion.is_known else UNKNOWN_MOTION_SIGMA_PX) * picture.scale / 640
    focal = math.exp(mean[Parameter.LOG_FOCAL])
    noise = np.zeros(N_PARAMETERS)
    noise[:4] = sigma / focal, sigma / focal, 0.3 * sigma / picture.scale, sigma / picture.scale
    root_s = math.sqrt(max(step_s, 0.0))
    noise[4:] = [PLACE_WANDERS_M * root_s] * 3 + [LENS_WANDERS * root_s] + [MIDDLE_WANDERS * root_s] * 2 + [0.0]
    return Belief(mean, belief.covariance + np.diag(noise**2))


def _turned(vector: Vector, step: Array, picture: Picture) -> Vector:
    """The camera turned and zoomed so that what it saw moves in the picture as `step` (2, 3) says."""
    x, y = np.meshgrid(np.linspace(0.1, 0.9, 4) * picture.width, np.linspace(0.35, 0.95, 3) * picture.height)
    points = np.column_stack([x.ravel(), y.ravel()])
    places = to_projection(vector, picture, float("nan")).to_pitch(points)
    known = np.isfinite(places).all(axis=1) & (np.abs(places).max(axis=1) < 400)
    if known.sum() < 4:
        return vector
    target = points[known] @ step[:, :2].T + step[:, 2]
    seen = Measurements.of_points(places[known], target, np.full(known.sum(), 1.0))
    deviations = np.array([0.5, 0.5, 0.05, 0.5, *[1e-6] * 7])
    return fit(vector, Belief.of_deviations(vector, deviations), seen, picture, steps=2).belief.mean
