"""Sightings: what possession keeps of an observation, with people's motion and the distances that matter, in metres.

Everything here is causal and per observation. `near` lists the people who could be touching the ball; referees can't.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tacticeye.analysis.observation import BODY_HEIGHT_M, IMAGE_STRETCH, FrameObservation
from tacticeye.possession_parts import NearPersonState, PersonMotionState, SightingState
from tacticeye.types import Role

NEAR_M = 4.0  # further away nobody can be touching the ball, even with the errors of a camera
MAX_NEAR = 5  # of them the nearest are enough
AIR_HALF_WIDTH_M = 0.6  # a ball in the picture before a body: header, chest, hands, or just behind him
AIR_PENALTY_M = 0.9  # added to the distance of such a ball, because "just behind him" is as likely
MOTION_MEMORY_S = 0.4  # smoothing time of people's velocity
METRE_PEOPLE = 5
TRAIL_S = 0.7  # of people's places: smoothing.py looks back so far
FORGET_S = 6.0  # people not seen for so long are forgotten

People = dict[int, PersonMotionState]


def move_people(people: People, observation: FrameObservation) -> None:
    """Update in place where everybody with a track is and how he moves; forget those long gone."""
    t_s = observation.t_s
    columns = (observation.track, observation.xy, observation.units_per_metre, observation.team)
    for track, (x, y), metre, team in zip(*(column.tolist() for column in columns), strict=True):
        if track < 0 or not math.isfinite(x + y) or not metre > 0:
            continue
        before = people.get(track)
        if before is None:
            people[track] = PersonMotionState(x, y, 0.0, 0.0, t_s, t_s, x, y, team, [t_s], [x], [y])
            continue
        elapsed_s = t_s - before.t_s
        if elapsed_s <= 0:
            continue
        gain = -math.expm1(-elapsed_s / MOTION_MEMORY_S)
        vx = before.vx + gain * ((x - before.x) / (elapsed_s * metre) - before.vx)
        vy = before.vy + gain * ((y - before.y) / (elapsed_s * metre) - before.vy)
        n_old = bisect_left(before.trail_t, t_s - TRAIL_S)
        trail = [*before.trail_t[n_old:], t_s], [*before.trail_x[n_old:], x], [*before.trail_y[n_old:], y]
        first = before.first_s, before.first_x, before.first_y
        people[track] = PersonMotionState(x, y, vx, vy, t_s, *first, team, *trail)
    for track in [track for track, person in people.items() if t_s - person.t_s > FORGET_S]:
        del people[track]


def move_to_shot(people: People) -> None:
    """A new shot begins: places and velocities of the old one mean nothing in it."""
    people.clear()


def make_sighting(observation: FrameObservation, shot: int, metre: float, people: People) -> SightingState:
    """The sighting of `observation`; metre: length of a metre (units of xy) to use where nobody is near the ball."""
    sighting = SightingState(
        frame=int(observation.frame),
        t_s=float(observation.t_s),
        shot=shot,
        is_live=bool(observation.is_live),
        is_metric=bool(observation.is_metric),
        is_dead=bool(observation.is_dead),
        x=math.nan,
        y=math.nan,
        place_x=math.nan,
        place_y=math.nan,
        metre=metre,
        is_detected=False,
        near=[],
    )
    if not observation.is_live or observation.is_dead or not observation.is_ball_seen:
        return sighting
    near, local_metre = _near_people(observation, people)
    return replace(
        sighting,
        x=float(observation.ball_xy[0]),
        y=float(observation.ball_xy[1]),
        place_x=float(observation.ball_place[0]),
        place_y=float(observation.ball_place[1]),
        metre=local_metre or metre,
        is_detected=bool(observation.ball_is_detected),
        near=near,
        pitch_x=float(observation.ball_pitch[0]),
        pitch_y=float(observation.ball_pitch[1]),
    )


def _near_people(observation: FrameObservation, people: People) -> tuple[list[NearPersonState], float]:
    """People within reach of doubt, nearest first, and the length of a metre at the ball (0.0 where unknown)."""
    is_known = (observation.units_per_metre > 0) & np.isfinite(observation.xy).all(axis=1) & (observation.track >= 0)
    if not is_known.any():
        return [], 0.0
    local_metre = 1.0 if observation.is_metric else _metre_at_ball(observation, is_known)
    dx = (observation.ball_xy[0] - observation.xy[:, 0]) / local_metre
    dy = (observation.ball_xy[1] - observation.xy[:, 1]) / local_metre
    stretch = 1.0 if observation.is_metric else IMAGE_STRETCH
    distance = np.hypot(dx, dy) if observation.is_metric else image_distance_m(dx, dy)
    is_near = (distance < NEAR_M) & (observation.role != Role.REFEREE) & is_known
    rows = np.flatnonzero(is_near)
    rows = rows[np.argsort(distance[rows], kind="stable")][:MAX_NEAR]
    near = []
    for row in rows.tolist():
        track = int(observation.track[row])
        person = people[track]
        team = int(observation.team[row])
        way = float(dx[row]), float(dy[row]) * stretch
        near.append(NearPersonState(track, team, float(distance[row]), *way, person.vx, person.vy * stretch))
    return near, local_metre


def _metre_at_ball(observation: FrameObservation, is_known: NDArray[np.bool_]) -> float:
    """The middle length of a metre among those nearest in the picture: single boxes are cut off, or aren't people."""
    away = np.hypot(*(observation.xy[is_known] - observation.ball_xy).T)
    nearest = np.argsort(away, kind="stable")[:METRE_PEOPLE]
    return float(np.median(observation.units_per_metre[is_known][nearest]))


def image_distance_m(dx: NDArray[np.float64], dy: NDArray[np.float64]) -> NDArray[np.float64]:
    """(P,) m from feet to ball in an uncalibrated picture; dx, dy (P,) in metres of the picture, dy down."""
    ground = np.hypot(dx, IMAGE_STRETCH * dy)
    outside_x = np.maximum(np.abs(dx) - AIR_HALF_WIDTH_M, 0.0)
    outside_y = np.maximum(np.maximum(dy, -BODY_HEIGHT_M - dy), 0.0)
    body = np.hypot(outside_x, IMAGE_STRETCH * outside_y) + AIR_PENALTY_M
    return np.asarray(np.minimum(ground, body), np.float64)
