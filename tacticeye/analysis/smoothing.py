"""Where people and ball really were at an instant: their places about it, taken together.

Single places err by centimetres (tracking systems) to half a metre (a camera), and a touch is judged by where everybody
is at one instant. A person runs evenly for PERSON_WINDOW_S on either side; a ball flies evenly up to a touch and evenly
from it on, so two straight lines that meet at the instant are fitted to it. How far the lines are believed against the
single place depends on the error of single places, which follow_jitter (ball_motion.py) estimates from the data.

Only where places are metres. Feet in a picture are lower edges of boxes: they err for many frames alike, which isn't
smoothed away, and on a labelled broadcast a person who only shadowed the ball came to move with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from tacticeye.analysis.ball_motion import WINDOW_S, jumps
from tacticeye.analysis.sighting import People
from tacticeye.possession_parts import NearPersonState, PersonMotionState, SightingState

PERSON_WINDOW_S = 0.2
PERSON_MODEL_M = 0.05  # what a person deviates from running evenly for so long
BALL_MODEL_M = 0.15  # and a ball from its two lines
ROUNDING_S = 1e-6


def smooth(
    sightings: Sequence[SightingState], index: int, newest_s: float, jitter_m: float, people: People
) -> SightingState:
    """sightings[index], a seen ball, with the people near it where they and the ball really were."""
    here = sightings[index]
    if not here.near:
        return here
    if not here.is_metric:
        return replace(here, near=[replace(person, variance=2.0 * jitter_m * jitter_m) for person in here.near])
    ball_x, ball_y, ball_variance = _smooth_ball(sightings, index, newest_s, jitter_m)
    near = []
    for person in here.near:
        known = people.get(person.track)
        own = None if known is None else _smooth_person(known, here.t_s, newest_s, jitter_m)
        x_m, y_m = person.to_ball_x_m + ball_x, person.to_ball_y_m + ball_y
        vx, vy, variance = person.vx, person.vy, jitter_m * jitter_m
        if own is not None:
            dx, dy, vx, vy, variance = own
            x_m, y_m = x_m - dx, y_m - dy
        away_m, variance = math.hypot(x_m, y_m), variance + ball_variance
        near.append(NearPersonState(person.track, person.team, away_m, x_m, y_m, vx, vy, variance))
    near.sort(key=lambda person: person.distance_m)
    return replace(here, near=near)


def _smooth_person(
    person: PersonMotionState, t_s: float, newest_s: float, jitter_m: float
) -> tuple[float, float, float, float, float] | None:
    """Way from his place at t_s to the smoothed one (m), velocity (m/s), variance of the place; None: unknown then."""
    rows = [
        (t - t_s, x, y)
        for t, x, y in zip(person.trail_t, person.trail_x, person.trail_y, strict=True)
        if abs(t - t_s) <= PERSON_WINDOW_S + ROUNDING_S and t <= newest_s
    ]
    at = [(x, y) for t, x, y in rows if abs(t) <= ROUNDING_S]
    if not at or len(rows) < 3:
        return None
    x0, y0 = at[0]
    n = len(rows)
    mean_t = sum(t for t, _, _ in rows) / n
    mean_x = sum(x - x0 for _, x, _ in rows) / n
    mean_y = sum(y - y0 for _, _, y in rows) / n
    spread = sum((t - mean_t) ** 2 for t, _, _ in rows)
    vx = sum((t - mean_t) * (x - x0) for t, x, _ in rows) / spread
    vy = sum((t - mean_t) * (y - y0) for t, _, y in rows) / spread
    trust, variance = _trust(jitter_m, 1.0 / n + mean_t * mean_t / spread, PERSON_MODEL_M)
    return trust * (mean_x - vx * mean_t), trust * (mean_y - vy * mean_t), vx, vy, variance


def _smooth_ball(
    sightings: Sequence[SightingState], index: int, newest_s: float, jitter_m: float
) -> tuple[float, float, float]:
    """Way (m) from the ball's place to the smoothed one, and the variance of that."""
    here = sightings[index]
    if not here.is_detected:
        return 0.0, 0.0, jitter_m * jitter_m
    n, sum_x, sum_y, left = 1.0, 0.0, 0.0, 1.0
    for step in (-1, 1):
        k, nearer = index + step, here
        t1 = t2 = tx = ty = 0.0
        while 0 <= k < len(sightings):
            other = sightings[k]
            offset_s = other.t_s - here.t_s
            if other.shot != here.shot or other.t_s > newest_s or abs(offset_s) > WINDOW_S + ROUNDING_S:
                break
            if jumps(*((other, nearer) if step < 0 else (nearer, other)), jitter_m):
                break
            if not math.isnan(other.x) and other.is_detected:
                nearer = other
                x, y = other.x - here.x, other.y - here.y
                n, left, sum_x, sum_y = n + 1, left + 1, sum_x + x, sum_y + y
                t1, t2, tx, ty = t1 + offset_s, t2 + offset_s**2, tx + offset_s * x, ty + offset_s * y
            k += step
        if t2 > 0:
            left -= t1 * t1 / t2
            sum_x -= t1 / t2 * tx
            sum_y -= t1 / t2 * ty
    trust, variance = _trust(jitter_m, 1.0 / left, BALL_MODEL_M)
    return trust * sum_x / left, trust * sum_y / left, variance


def _trust(jitter_m: float, share: float, model_m: float) -> tuple[float, float]:
    """How far to go from the single place to the fitted one, and the variance of where one ends up.

    share: of a single place's variance that the fitted one has. The fit is part of the single place's error, the
    model's is not.
    """
    single = jitter_m * jitter_m
    gained = single * (1.0 - share)  # what the fit takes off the variance
    trust = gained / (gained + model_m * model_m) if gained > 0 else 0.0
    return trust, single - trust * gained
