"""Flight told from rolling, by paths that a camera beside the pitch sees."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tacticeye.demo import ball_flight as truth
from tacticeye.demo.camera import CameraView
from tacticeye.demo.figures import BALL_RADIUS_M
from tacticeye.match_state import MatchState
from tacticeye.pitch_projection import PitchProjection
from tacticeye.state_parts import BallFlightState, FrameWaiting
from tacticeye.types import BallPosition, BallSource
from tacticeye.vision.ball_flight import HISTORY_S, BallFlight
from tacticeye.vision.ball_path import LAG_S, BallDecision, BallSighting

CAMERA = CameraView.looking_at((52.5, -31.0, 19.0), (60.0, 30.0, 1.0), 1800.0)
BODY_M = 1.8
NOISE = 0.006  # body heights, what boxes of broadcast pictures show
STEP_S = 0.01
BY_RATE = pytest.mark.parametrize("hz", [6.25, 12.5, 25.0])
CALIBRATED = pytest.mark.parametrize("is_calibrated", [True, False], ids=["calibrated", "not calibrated"])
Path = NDArray[np.float64]  # (T, 3) m every STEP_S


def kicked(velocity: tuple[float, float, float], seconds: float, start: tuple[float, float] = (50.0, 30.0)) -> Path:
    return truth.path(np.array([*start, BALL_RADIUS_M]), np.array(velocity), STEP_S, round(seconds / STEP_S))


def judged(path: Path, hz: float, is_calibrated: bool, flight: BallFlight | None = None) -> list[bool | None]:
    """What is said of the ball at every analysed frame of the path."""
    projection = (
        PitchProjection(CAMERA.image_to_pitch, 0.0, (640.0, 360.0), 640.0).to_numbers() if is_calibrated else []
    )
    rng = np.random.default_rng(3)
    rows = np.arange(0, len(path), 1 / hz / STEP_S).round().astype(int)
    sightings, frames = [], []
    for row in rows.tolist():
        unit = float(CAMERA.pixels_per_metre(path[row])) * BODY_M
        x, y = (CAMERA.project(path[row]) + rng.normal(0, NOISE * unit, 2)).tolist()
        sightings.append(BallSighting(row, x, y, unit))
        frames.append(FrameWaiting(row, row * STEP_S, True, False, [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], [], projection))
    flight, answers = flight or BallFlight(BallFlightState()), []
    for i, (seen, frame) in enumerate(zip(sightings, frames, strict=True)):
        end = i + 1 + int(LAG_S * hz)
        position = BallPosition(frame.frame, frame.t_s, seen.x, seen.y, BallSource.DETECTED, 0.9)
        decision = BallDecision(frame.frame, frame.t_s, position, 0, tuple(sightings[i:end]))
        answer = flight.judge(decision, frames[i:end])
        assert answer is not None
        answers.append(answer.in_air)
    return answers


@BY_RATE
@CALIBRATED
@pytest.mark.parametrize("velocity", [(14.0, 3.0, 9.0), (-12.0, -6.0, 8.0), (4.0, 12.0, 10.0)])
def test_a_lofted_ball_is_in_the_air(hz: float, is_calibrated: bool, velocity: tuple[float, float, float]) -> None:
    flight_s = 2 * velocity[2] / truth.GRAVITY
    answers = judged(kicked(velocity, 0.95 * flight_s), hz, is_calibrated)
    assert answers.count(True) > 0.6 * len(answers)
    assert False not in answers


@BY_RATE
@CALIBRATED
@pytest.mark.parametrize("velocity", [(14.0, 3.0, 0.0), (0.0, 12.0, 0.0), (-6.0, -8.0, 0.0), (0.0, 0.0, 0.0)])
def test_a_rolling_or_resting_ball_is_on_the_ground(
    hz: float, is_calibrated: bool, velocity: tuple[float, float, float]
) -> None:
    answers = judged(kicked(velocity, 2.5), hz, is_calibrated)
    assert answers.count(False) > 0.6 * len(answers)
    assert True not in answers


@BY_RATE
@CALIBRATED
def test_a_ball_played_back_from_the_far_side_is_no_flight(hz: float, is_calibrated: bool) -> None:
    there = kicked((3.0, 11.0, 0.0), 1.2)
    back = kicked((2.0, -12.0, 0.0), 1.2, (float(there[-1, 0]), float(there[-1, 1])))
    assert True not in judged(np.concatenate([there, back]), hz, is_calibrated)


def test_a_glimpse_of_the_ball_tells_nothing() -> None:
    assert set(judged(kicked((14.0, 3.0, 9.0), 0.4), 12.5, True)) == {None}


def test_what_is_remembered_is_plain_and_bounded() -> None:
    flight = BallFlight(BallFlightState())
    judged(kicked((5.0, 1.0, 0.0), 4.0), 25.0, True, flight)
    state = MatchState("m", ball_flight=flight.state())
    assert 0 < len(state.ball_flight.seen) <= HISTORY_S * 25 + 2
    assert MatchState.from_json(state.to_json()).ball_flight == state.ball_flight
