"""Where people and ball are taken to be at an instant, from their places about it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tacticeye.analysis.observation import FrameObservation
from tacticeye.analysis.sighting import make_sighting, move_people
from tacticeye.analysis.smoothing import smooth
from tacticeye.possession_parts import NearPersonState, PersonMotionState, SightingState
from tacticeye.types import Role

RATE_HZ = 25.0
TOUCH_S = 1.0


def touched(error_m: float, seed: int) -> tuple[NearPersonState, NearPersonState]:
    """Somebody runs at 5 m/s and turns the ball at TOUCH_S, at his feet: as seen at that instant, and smoothed."""
    rng = np.random.default_rng(seed)
    people: dict[int, PersonMotionState] = {}
    sightings: list[SightingState] = []
    for index in range(round(2 * TOUCH_S * RATE_HZ) + 1):
        t_s = index / RATE_HZ
        since_s = t_s - TOUCH_S
        way = (15.0 * since_s, 0.0) if since_s < 0 else (0.0, 12.0 * since_s)
        ball = np.array([50.0 + way[0], 30.0 + way[1]]) + rng.normal(0, error_m, 2)
        feet = np.array([[50.0 + 5.0 * since_s, 30.0]]) + rng.normal(0, error_m, (1, 2))
        number, team, role = np.array([1], np.int32), np.array([0], np.int8), np.array([Role.PLAYER], np.int8)
        observation = FrameObservation(
            index, t_s, True, index == 0, number, team, role, feet, np.ones(1), feet, ball, ball, True, True
        )
        move_people(people, observation)
        sightings.append(make_sighting(observation, 0, 1.0, people))
        if t_s >= TOUCH_S + 0.4:
            break
    index = round(TOUCH_S * RATE_HZ)
    seen = sightings[index]
    return seen.near[0], smooth(sightings, index, TOUCH_S + 0.4, error_m, people).near[0]


def test_a_touch_is_placed_better_by_the_places_around_it_than_by_its_own() -> None:
    errors = np.array([[person.distance_m for person in touched(0.4, seed)] for seed in range(40)])
    single, smoothed = np.sqrt((errors**2).mean(axis=0))
    assert smoothed < 0.6 * single


def test_the_error_that_is_left_is_known() -> None:
    persons = [touched(0.4, seed)[1] for seed in range(40)]
    spread = np.mean([(person.to_ball_x_m**2 + person.to_ball_y_m**2) / 2 for person in persons])
    assert spread == pytest.approx(persons[0].variance, rel=0.5)


def test_exact_places_stay_as_they_are() -> None:
    seen, smoothed = touched(0.01, 0)
    assert math.hypot(smoothed.to_ball_x_m - seen.to_ball_x_m, smoothed.to_ball_y_m - seen.to_ball_y_m) < 0.01
    assert smoothed.vx == pytest.approx(5.0, abs=0.2)
