"""Over time: the camera is followed by motion and lines, forgotten at cuts, and never guessed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacticeye.match_state import MatchState
from tacticeye.pitch_projection import PitchProjection
from tacticeye.state_parts import CalibrationState
from tacticeye.types import Boxes, Image
from tacticeye.vision.calibration.calibrator import PitchCalibrator
from tacticeye.vision.calibration.camera_model import Vector
from tacticeye.vision.calibration.evidence import GivenEvidence
from tacticeye.vision.camera import FrameMotion
from tests.vision.calibration.scenes import camera, ground_in_view, landmarks, paint

STEP_S = 0.08


class OneLook:
    """Sees the landmarks in the frames named, nothing in the others."""

    def __init__(self, seen: dict[int, NDArray[np.float64]]) -> None:
        self._seen = seen
        self.asked: list[int] = []

    def look(self, frame: int, image: Image) -> GivenEvidence:
        self.asked.append(frame)
        return GivenEvidence.of_keypoints(self._seen.get(frame, np.zeros((32, 3))))


def still(is_cut: bool = False, is_live: bool = True, dx: float = 0.0) -> FrameMotion:
    step = np.array([[1.0, 0.0, dx], [0.0, 1.0, 0.0]])
    return FrameMotion(step, np.eye(2, 3), is_cut, is_live)


def panning(frame: int) -> Vector:
    return camera((45.0 + 0.35 * frame, 32.0), k1=0.03)


def shift_px(frame: int) -> float:
    """How far the picture moved since the frame before, as the motion stage measures it, a pixel off."""
    places, before = ground_in_view(panning(frame - 1))
    both, now = ground_in_view(panning(frame))
    index = {tuple(p): i for i, p in enumerate(places.tolist())}
    moves = [now[i, 0] - before[index[tuple(p)], 0] for i, p in enumerate(both.tolist()) if tuple(p) in index]
    return float(np.median(moves)) + 1.0


def median_error_m(projection: PitchProjection, vector: Vector) -> float:
    places, pixels = ground_in_view(vector)
    return float(np.median(np.linalg.norm(projection.to_pitch(pixels) - places, axis=1)))


def test_a_panning_camera_is_followed_from_one_look_without_drifting() -> None:
    calibrator = PitchCalibrator(CalibrationState(), OneLook({0: landmarks(panning(0))}))
    errors = []
    for frame in range(25):
        motion = still(is_cut=True) if frame == 0 else still(dx=shift_px(frame))
        found = calibrator.update(paint(panning(frame), frame), frame, frame * STEP_S, Boxes.empty(), motion)
        errors.append(median_error_m(found, panning(frame)))
    assert max(errors) < 0.15
    assert max(np.abs(np.diff(errors))) < 0.1


def test_the_expected_error_is_small_but_no_smaller_than_the_real_one() -> None:
    calibrator = PitchCalibrator(CalibrationState(), OneLook({0: landmarks(camera())}))
    found = calibrator.update(paint(camera()), 0, 0.0, Boxes.empty(), still(is_cut=True))
    assert median_error_m(found, camera()) < found.error_m < 0.3


def test_a_cut_ends_what_was_known_and_numbers_the_shot() -> None:
    calibrator = PitchCalibrator(CalibrationState(), OneLook({0: landmarks(camera())}))
    picture = paint(camera())
    assert calibrator.update(picture, 0, 0.0, Boxes.empty(), still(is_cut=True)).is_known
    assert not calibrator.update(picture, 1, STEP_S, Boxes.empty(), still(is_cut=True)).is_known
    assert calibrator.state().shot == 1


def test_outside_the_match_view_nothing_is_asked_or_told() -> None:
    finder = OneLook({0: landmarks(camera())})
    calibrator = PitchCalibrator(CalibrationState(), finder)
    found = calibrator.update(paint(camera()), 0, 0.0, Boxes.empty(), still(is_cut=True, is_live=False))
    assert not found.is_known
    assert finder.asked == []


def test_grass_without_lines_is_given_up_within_a_second() -> None:
    calibrator = PitchCalibrator(CalibrationState(), OneLook({0: landmarks(camera())}))
    calibrator.update(paint(camera()), 0, 0.0, Boxes.empty(), still(is_cut=True))
    bare = np.full((720, 1280, 3), (50, 120, 60), np.uint8)
    known = [calibrator.update(bare, n, n * STEP_S, Boxes.empty(), still()).is_known for n in range(1, 14)]
    assert not any(known)
    assert calibrator.state().camera is None


def test_people_twice_as_large_as_people_refuse_a_camera() -> None:
    calibrator = PitchCalibrator(CalibrationState(), OneLook({0: landmarks(camera())}))
    giants = Boxes.build(frame=0, t_s=0.0, xyxy=[(x, 150, x + 80, 450) for x in (200, 500, 800, 1000)])
    assert not calibrator.update(paint(camera()), 0, 0.0, giants, still(is_cut=True)).is_known


def test_the_network_is_asked_seldom_while_the_camera_is_followed() -> None:
    finder = OneLook({0: landmarks(camera())})
    calibrator = PitchCalibrator(CalibrationState(), finder)
    picture = paint(camera())
    for n in range(70):
        calibrator.update(picture, n, n * STEP_S, Boxes.empty(), still(is_cut=n == 0))
    assert len(finder.asked) == 2


def test_the_network_is_asked_ever_less_while_nothing_is_found() -> None:
    finder = OneLook({})
    calibrator = PitchCalibrator(CalibrationState(), finder)
    bare = np.full((720, 1280, 3), (50, 120, 60), np.uint8)
    for n in range(250):
        calibrator.update(bare, n, n * STEP_S, Boxes.empty(), still(is_cut=n == 0))
    gaps_s = np.diff(finder.asked) * STEP_S
    assert gaps_s[0] < 0.5
    assert 1.9 < gaps_s[-1] < 2.2


def test_going_on_from_the_stored_state_changes_nothing() -> None:
    looks = {0: landmarks(panning(0)), 8: landmarks(panning(8))}
    whole = PitchCalibrator(CalibrationState(), OneLook(looks))
    parts = PitchCalibrator(CalibrationState(), OneLook(looks))
    for frame in range(6):
        picture = paint(panning(frame), frame)
        motion = still(is_cut=True) if frame == 0 else still(dx=shift_px(frame))
        a = whole.update(picture, frame, frame * STEP_S, Boxes.empty(), motion)
        b = parts.update(picture, frame, frame * STEP_S, Boxes.empty(), motion)
        text = MatchState("m", calibration=parts.state()).to_json()
        parts = PitchCalibrator(MatchState.from_json(text).calibration, OneLook(looks))
        assert a.image_to_pitch.tobytes() == b.image_to_pitch.tobytes()
