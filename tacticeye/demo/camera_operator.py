"""The people behind the cameras: a main camera that follows play smoothly, and a closer one for the replay."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tacticeye import pitch
from tacticeye.demo.camera import CameraView
from tacticeye.demo.play import Play

MAIN_POSITION_M = (52.5, -31.0, 19.0)
_PERSON_M = 1.8
_EAGERNESS = 2.1  # rad/s of the critically damped follow: how quickly the camera catches up with the ball
_ZOOM_EAGERNESS = 0.7
_SHAKE_RAD, _SHAKE_S = 0.00035, 0.25  # standard deviation of the hand's tremor, and how long it lasts
_REPLAY_PERSON_PX = 120.0


def film(play: Play, seed: int, size: tuple[int, int]) -> list[CameraView]:
    """One camera for every frame of the video, the replay's included."""
    views = _follow_play(play, np.random.default_rng((seed, 101)), size)
    replay = play.replay
    if replay is not None:
        for frame in range(replay.first, replay.stop):
            views[frame] = _replay_view(play, frame, size)
    return views


def _follow_play(play: Play, rng: np.random.Generator, size: tuple[int, int]) -> list[CameraView]:
    dt = 1 / play.fps
    ball = play.ball[:, :2]
    place, speed = ball[0].copy(), np.zeros(2)
    focal, focal_speed = _wanted_focal(place, 0.0, size), 0.0
    shake = np.zeros(2)
    views = []
    for frame in range(play.n_frames):
        place, speed = place + speed * dt, speed + _pull(ball[frame] - place, speed, _EAGERNESS) * dt
        focal_pull = _pull(_wanted_focal(place, frame * dt, size) - focal, focal_speed, _ZOOM_EAGERNESS)
        focal, focal_speed = focal + focal_speed * dt, focal_speed + float(focal_pull) * dt
        shake += -shake * dt / _SHAKE_S + _SHAKE_RAD * math.sqrt(2 * dt / _SHAKE_S) * rng.normal(0, 1, 2)
        x = float(np.clip(place[0], 15, pitch.LENGTH_M - 15))
        y = float(0.62 * np.clip(place[1], 0, pitch.WIDTH_M) + 0.38 * 27)
        view = CameraView.looking_at(MAIN_POSITION_M, (x, y, 1.0), focal, size)
        views.append(replace(view, pan=view.pan + float(shake[0]), tilt=view.tilt + float(shake[1])))
    return views


def _pull(gap: np.ndarray | float, speed: np.ndarray | float, eagerness: float) -> np.ndarray | float:
    return eagerness**2 * gap - 2 * eagerness * speed


def _wanted_focal(ball_xy: np.ndarray, t_s: float, size: tuple[int, int]) -> float:
    """px: people at the ball about a twelfth of the picture high, a little more or less as the match goes on."""
    distance = math.hypot(ball_xy[0] - MAIN_POSITION_M[0], ball_xy[1] - MAIN_POSITION_M[1], MAIN_POSITION_M[2])
    share = 0.079 + 0.009 * math.sin(t_s / 4.7)
    focal = share * size[1] * distance / _PERSON_M
    return float(np.clip(focal, 1.85 * size[1], 3.4 * size[1]))


def _replay_view(play: Play, frame: int, size: tuple[int, int]) -> CameraView:
    """Closer and lower, on the side of the goal that was shot at, following the moment shown."""
    replay = play.replay
    assert replay is not None
    first, last = play.moment(replay.first), play.moment(replay.stop - 1)
    is_right = play.ball_at(last)[0] > pitch.MIDDLE_X_M
    position = (82.0 if is_right else pitch.LENGTH_M - 82.0, -13.0, 8.0)
    moment = play.moment(frame)
    window = np.clip(np.linspace(moment - 12, moment + 12, 9), first - 10, last + 10)
    place = np.mean([play.ball_at(m)[:2] for m in window], axis=0)
    place = np.clip(place, (4, 6), (pitch.LENGTH_M - 4, pitch.WIDTH_M - 6))
    distance = math.dist(position, (*place, 1.0))
    focal = _REPLAY_PERSON_PX / 720 * size[1] * distance / _PERSON_M
    return CameraView.looking_at(position, (float(place[0]), float(place[1]), 1.0), focal, size)
