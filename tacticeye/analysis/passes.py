"""Events from touches: passes, interceptions, recoveries, balls out of play.

PASS          the ball leaves a person of a team and flies: at least FLIGHT_M and FLIGHT_S. COMPLETE when the next to
              control it is another person of that team, INCOMPLETE when it is an opponent, OUT when it leaves the
              pitch. t_start_s is the release, t_end_s the reception.
INTERCEPTION  an opponent's control that ends such a flight; t_start_s is his first touch.
RECOVERY      an opponent's control without a flight before it: a tackle, a dribble lost, a ball won in a contest.
confidence    square root of: how sure each of both touches is (logistic in its evidence) and its team, times DEFLECTED
              for every touch in between that was not judged to be control; times UNSEEN_FLIGHT where most of the flight
              wasn't seen. The root makes it a probability: tests/benchmarks/reliability.py compares it with event data.
"""

from __future__ import annotations

import math

from tacticeye.analysis.sighting import People
from tacticeye.analysis.touch import distance_m, is_same_person, team_of, team_share
from tacticeye.possession_parts import BallMarkState, TouchState
from tacticeye.types import NO_TEAM, Event, EventKind, EventResult

FLIGHT_M = 1.5  # shorter is a ball that changes feet, or the error of the picture
FLIGHT_S = 0.1
DEFLECTED = 0.7
UNSEEN_FLIGHT = 0.8
EVIDENCE_SCALE = 2.0


def is_flight(start: BallMarkState, end: BallMarkState, is_metric: bool) -> bool:
    """The ball flew from start to end rather than changed feet."""
    return end.t_s - start.t_s >= FLIGHT_S and distance_m(start, end, is_metric) >= FLIGHT_M


def make_events(
    owner: TouchState, taker: TouchState, between: int, unseen_s: float, people: People, is_metric: bool
) -> list[Event]:
    """What happened when control went from owner to taker.

    between: uncontrolled touches on the way; unseen_s: s of the flight in which the ball wasn't seen.
    """
    teams = team_of(owner), team_of(taker)
    if NO_TEAM in teams or is_same_person(owner, taker, people):
        return []
    flew = is_flight(owner.end, taker.start, is_metric)
    confidence = math.sqrt(touch_confidence(owner) * touch_confidence(taker) * DEFLECTED**between)
    if unseen_s > 0.5 * (taker.start_s - owner.end_s):
        confidence *= UNSEEN_FLIGHT
    events = []
    if flew:
        result = EventResult.COMPLETE if teams[0] == teams[1] else EventResult.INCOMPLETE
        events.append(_pass(owner, taker.track, taker.start, result, confidence, is_metric))
    if teams[0] != teams[1]:
        kind = EventKind.INTERCEPTION if flew else EventKind.RECOVERY
        place = (taker.start.place_x, taker.start.place_y)
        events.append(
            Event(
                kind,
                EventResult.NONE,
                taker.start_s,
                max(taker.start_s, taker.end_s),
                teams[1],
                owner.track,
                taker.track,
                place,
                place,
                confidence,
                pitch_from=_pitch(taker.start, is_metric),
                pitch_to=_pitch(taker.start, is_metric),
            )
        )
    return events


def make_out_events(owner: TouchState | None, crossing: BallMarkState, is_metric: bool) -> list[Event]:
    """The ball left the pitch at `crossing` after `owner` had it (None: nobody known)."""
    place = (crossing.place_x, crossing.place_y)
    track, team, confidence = (-1, NO_TEAM, 0.5) if owner is None else (owner.track, team_of(owner), 0.0)
    events = []
    if owner is not None:
        confidence = touch_confidence(owner)
        if team != NO_TEAM and is_flight(owner.end, crossing, is_metric):
            events.append(_pass(owner, -1, crossing, EventResult.OUT, confidence, is_metric))
    events.append(
        Event(
            EventKind.BALL_OUT,
            EventResult.NONE,
            crossing.t_s,
            crossing.t_s,
            team,
            track,
            -1,
            place,
            place,
            confidence,
            pitch_from=_pitch(crossing, is_metric),
            pitch_to=_pitch(crossing, is_metric),
        )
    )
    return events


def touch_confidence(touch: TouchState) -> float:
    """0..1: how sure it is that this person touched the ball and that his team is right."""
    return team_share(touch) / (1.0 + math.exp(-max(touch.evidence, 0.0) / EVIDENCE_SCALE))


def _pitch(mark: BallMarkState, is_metric: bool) -> tuple[float, float]:
    return (mark.x, mark.y) if is_metric else (mark.pitch_x, mark.pitch_y)


def _pass(
    owner: TouchState, track_to: int, end: BallMarkState, result: EventResult, confidence: float, is_metric: bool
) -> Event:
    start = (owner.end.place_x, owner.end.place_y)
    return Event(
        EventKind.PASS,
        result,
        owner.end_s,
        end.t_s,
        team_of(owner),
        owner.track,
        track_to,
        start,
        (end.place_x, end.place_y),
        confidence,
        pitch_from=_pitch(owner.end, is_metric),
        pitch_to=_pitch(end, is_metric),
    )
