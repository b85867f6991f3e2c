"""A touch that nobody saw: the ball goes out of sight in one flight and comes back in another.

Two questions, each a log-likelihood ratio. Was it touched? A free ball keeps its velocity up to drag and arrives where
the mean of its velocities before and after takes it. By whom? Somebody to whom the first flight leads, continued, and
from whom the second one comes, continued backwards, at the same time or later (then he kept it in between). An answer
needs a person of a known team who explains it better than everybody who isn't of that team. Only sightings that were
detected count; interpolated places, straight by construction, would hide the touch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacticeye.analysis.ball_motion import (
    AIR_CHANGE_M_S,
    FREE_CHANGE_M_S,
    TOUCHED_CHANGE_M_S,
    WINDOW_S,
    contact_evidence,
)
from tacticeye.analysis.holder import FREE_AREA_M2, FREE_TIME_S, HELD_DEVIATION_M
from tacticeye.analysis.observation import IMAGE_STRETCH, FrameObservation
from tacticeye.analysis.sighting import image_distance_m
from tacticeye.possession_parts import (
    BallFlightState,
    BallMarkState,
    CrowdState,
    HiddenTouchState,
    SlopeState,
    TouchState,
)
from tacticeye.types import NO_TEAM, Role

LONGEST_S = 2.0  # longer out of sight, the ball may have been touched by several
SHORTEST_S = 0.15  # shorter, the change of velocity at the sightings shows the touch
DRAG_M_S2 = 3.0  # a rolling ball slows down about so fast
AIR_DRAG_PER_M = 0.013  # and a flying one by so much times its speed squared
UNKNOWN_LEAST = 2.0  # a touch by nobody in particular must be so certain
MISSING_PER_S = 0.5  # a ball at somebody's feet is out of sight more often than one in flight
PERSON_LEAST = 0.0
TEAM_SURE = 2.0 / 3.0  # twice as likely as the other team's touch
SPACING_S = 0.09  # of the memory of people: ten a second will do
SHARE_S = 0.1  # what an unseen touch stands for
EVIDENCE = 1.0  # it is inferred, so it counts as a weak touch
SPEED_MOST_M_S = 40.0  # faster isn't a ball


def remember_crowd(crowds: list[CrowdState], observation: FrameObservation, since_s: float) -> None:
    """Update in place: while the ball isn't detected, where people are; what is older than since_s is forgotten."""
    while crowds and crowds[0].t_s < since_s:
        del crowds[0]
    t_s = float(observation.t_s)
    is_detected = observation.is_ball_seen and observation.ball_is_detected
    if is_detected or not observation.is_live or observation.is_dead or (crowds and t_s - crowds[-1].t_s < SPACING_S):
        return
    rows = (observation.track >= 0) & (observation.role != Role.REFEREE) & np.isfinite(observation.xy).all(axis=1)
    crowds.append(
        CrowdState(
            t_s,
            observation.track[rows].tolist(),
            observation.team[rows].tolist(),
            observation.xy[rows, 0].tolist(),
            observation.xy[rows, 1].tolist(),
            observation.place[rows, 0].tolist(),
            observation.place[rows, 1].tolist(),
        )
    )


def find_hidden_touch(
    before: BallFlightState, after: BallFlightState, crowds: Sequence[CrowdState], jitter_m: float, is_metric: bool
) -> HiddenTouchState | None:
    """The touch between two detections in a row, None where none is evident.

    before.slope is the velocity up to the first, after.slope that from the second on.
    """
    from_s, until_s = before.mark.t_s, after.mark.t_s
    crowds = [crowd for crowd in crowds if from_s < crowd.t_s < until_s]
    if not crowds or not SHORTEST_S <= until_s - from_s <= LONGEST_S:
        return None
    if before.slope is None or after.slope is None or max(_speed(before.slope), _speed(after.slope)) > SPEED_MOST_M_S:
        return None
    stretch = 1.0 if is_metric else IMAGE_STRETCH
    touched = _touched(before.mark, before.slope, after.mark, after.slope, jitter_m, stretch)
    gap_s = until_s - from_s
    if touched + MISSING_PER_S * gap_s + math.log(math.expm1(gap_s / FREE_TIME_S)) < 0:
        return None
    nobody = HiddenTouchState(from_s, until_s, None) if touched >= UNKNOWN_LEAST else None
    known: dict[int, _Fit] = {}
    for crowd in crowds:
        arriving = _fits(crowd, before.mark, before.slope, jitter_m, stretch)
        leaving = _fits(crowd, after.mark, after.slope, jitter_m, stretch)
        _note(known, crowd, arriving, leaving)
    if not known:
        return nobody
    shares = _team_shares(list(known.values()))
    team = 0 if shares[0] > shares[1] else 1
    best = max((fit for fit in known.values() if fit.team == team), key=lambda fit: fit.total, default=None)
    if best is None or best.total < PERSON_LEAST or shares[team] < TEAM_SURE:
        return nobody
    return HiddenTouchState(from_s, until_s, best.as_touch(shares, 0.5 * (before.mark.metre + after.mark.metre)))


def _team_shares(fits: Sequence[_Fit]) -> tuple[float, float]:
    """Probability of each team, given that one of these people touched it; of an unknown team is as likely as not."""
    most = max(fit.total for fit in fits)
    weights = [0.0, 0.0]
    for fit in fits:
        weight = math.exp(fit.total - most)
        for team in (0, 1):
            weights[team] += 0.5 * weight if fit.team == NO_TEAM else weight * (fit.team == team)
    return weights[0] / sum(weights), weights[1] / sum(weights)


def _speed(slope: SlopeState) -> float:
    return math.hypot(slope.vx, slope.vy)


def _touched(
    first: BallMarkState, before: SlopeState, second: BallMarkState, after: SlopeState, jitter_m: float, stretch: float
) -> float:
    """Log-likelihood ratio touched : free, of the change of velocity and of the way between two detections."""
    gap_s = second.t_s - first.t_s
    metre = 0.5 * (first.metre + second.metre)
    noise = before.variance + after.variance
    # The two slopes belong to the middles of their windows.
    slowing_m_s2 = DRAG_M_S2 + AIR_DRAG_PER_M * _speed(before) ** 2
    drag = (slowing_m_s2 * (gap_s + WINDOW_S)) ** 2
    vertical = FREE_CHANGE_M_S if stretch == 1.0 else AIR_CHANGE_M_S
    total = 0.0
    for change, mean, way, free in (
        (after.vx - before.vx, 0.5 * (after.vx + before.vx), (second.x - first.x) / metre, FREE_CHANGE_M_S),
        (after.vy - before.vy, 0.5 * (after.vy + before.vy), stretch * (second.y - first.y) / metre, vertical),
    ):
        total += contact_evidence(change, free**2 + drag + noise)
        way_variance = 2.0 * jitter_m**2 + (0.5 * gap_s) ** 2 * (free**2 + drag + noise)
        total += contact_evidence(way - mean * gap_s, way_variance, 0.5 * gap_s * TOUCHED_CHANGE_M_S)
    return total


@dataclass
class _Fit:
    """How well a person explains the touch: when the ball best came to him, and when it best left him then."""

    track: int
    team: int
    arriving: float
    start: BallMarkState
    total: float
    start_then: BallMarkState
    end: BallMarkState

    def as_touch(self, shares: tuple[float, float], metre: float) -> TouchState:
        """shares: how sure each team is. metre: length of one in units of x, y."""
        held_s = self.end.t_s - self.start_then.t_s
        votes = [0.0, *(share * (held_s + SHARE_S) for share in shares)]
        start, end = (
            BallMarkState(mark.t_s, mark.x, mark.y, mark.place_x, mark.place_y, metre)
            for mark in (self.start_then, self.end)
        )
        return TouchState(self.track, votes, start.t_s, end.t_s, held_s, EVIDENCE, start, end)


def _note(
    known: dict[int, _Fit], crowd: CrowdState, arriving: NDArray[np.float64], leaving: NDArray[np.float64]
) -> None:
    """Take one more instant into account, in order of time."""
    for row, (track, team) in enumerate(zip(crowd.track, crowd.team, strict=True)):
        came, left = float(arriving[row]), float(leaving[row])
        mark = BallMarkState(crowd.t_s, crowd.x[row], crowd.y[row], crowd.place_x[row], crowd.place_y[row], 1.0)
        fit = known.get(track)
        if fit is None:
            known[track] = _Fit(track, team, came, mark, came + left, mark, mark)
            continue
        fit.team = team if team != NO_TEAM else fit.team
        if came > fit.arriving:
            fit.arriving, fit.start = came, mark
        if fit.arriving + left > fit.total:
            fit.total, fit.start_then, fit.end = fit.arriving + left, fit.start, mark


def _fits(
    crowd: CrowdState, mark: BallMarkState, slope: SlopeState, jitter_m: float, stretch: float
) -> NDArray[np.float64]:
    """(P,) log-likelihood ratio of each person being where the flight leads at the crowd's time, against anywhere."""
    away_s = crowd.t_s - mark.t_s
    dx = (mark.x - np.asarray(crowd.x)) / mark.metre + slope.vx * away_s
    dy = (mark.y - np.asarray(crowd.y)) / mark.metre + slope.vy * away_s / stretch
    distance = np.hypot(dx, dy) if stretch == 1.0 else image_distance_m(dx, dy)
    variance = HELD_DEVIATION_M**2 + 2.0 * jitter_m**2 + (0.5 * FREE_CHANGE_M_S * away_s) ** 2
    variance += slope.variance * away_s**2
    return np.asarray(math.log(FREE_AREA_M2 / (2.0 * math.pi * variance)) - 0.5 * distance**2 / variance, np.float64)
