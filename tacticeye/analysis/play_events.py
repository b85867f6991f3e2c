"""What touches alone don't tell, from the events in order: carries, shots, clearances, restarts, entries, pass strings.

All lengths are metres on the pitch, so but for pass strings nothing is found while places are unknown.
CARRY         somebody gets the ball and plays it CARRY_M or further away, CARRY_S or later
SHOT          a fast ball from SHOT_RANGE_M or nearer that the opponent stops at the goal mouth, or that goes out there
CLEARANCE     a long ball out of the own end that no team-mate gets
restarts      the first pass after a break (dead, or unseen for BREAK_S), named after where it is played: KICK_OFF,
              THROW_IN, CORNER_KICK, GOAL_KICK (own goal area, side known); elsewhere FREE_KICK, but only where the ball
              was dead without having gone out
entry         a pass or carry that ends in the final third, or in the penalty area, and began outside it
pass string   completed passes of one team in a row, ended by a turnover, a ball out, a restart, a pass that fails, or
              STRING_GAP_S without one
Sides come from where the goalkeepers are. One of a known team will do; while two contradict each other, or none is
seen, what depends on sides isn't told.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from tacticeye.analysis.metrics import MINUTE_S, STRING_GAP_S, entries_between, string_metric
from tacticeye.analysis.observation import FrameObservation
from tacticeye.pitch import FULL_PITCH, PitchLayout
from tacticeye.possession_parts import BreakState, PlayEventsState, ReceptionState
from tacticeye.types import (
    NO_TEAM,
    NO_TRACK,
    ControlSpan,
    ControlState,
    Event,
    EventKind,
    EventResult,
    MetricRow,
    Role,
)

CARRY_M, CARRY_S = 3.0, 0.4
SHOT_RANGE_M, SHOT_SPEED_M_S = 35.0, 10.0
MOUTH_M = 3.0  # beside the goal
KEEPER_M = 8.0  # in front of the goal line the ball is stopped
CLEARED_FROM_M, CLEARED_M = 25.0, 20.0
BREAK_S = 3.0
RESTART_WAIT_S = 3.0  # from the break's end to the pass
SPOT_M, CORNER_M, TOUCHLINE_M = 1.5, 2.5, 1.5
OUT_TIMING_S = 0.5
PLACE_SURE, FREE_SURE = 0.9, 0.6
SIDE_MEMORY_S = 15.0
SIDE_LEAST = 0.5

BREAKS = (ControlState.DEAD, ControlState.UNSEEN, ControlState.NOT_LIVE)
TURNOVERS = (EventKind.INTERCEPTION, EventKind.RECOVERY)


class PlayEvents:
    """Takes observations, spans and events in order; gives the events with what follows from them, and metric rows."""

    def __init__(self, state: PlayEventsState, layout: PitchLayout = FULL_PITCH) -> None:
        self._layout = layout
        self._reception = state.reception
        self._break = state.last_break
        self._sides = list(state.sides)
        self._seen_s = state.seen_s
        self._string, self._string_end_s = state.string, state.string_end_s
        self._out_s = state.out_s

    def state(self) -> PlayEventsState:
        return PlayEventsState(
            self._reception,
            self._break,
            list(self._sides),
            self._seen_s,
            self._string,
            self._string_end_s,
            self._out_s,
        )

    def watch(self, observation: FrameObservation) -> None:
        """Follow on which side the goalkeepers stay; x of the pitch, +1 the right end."""
        elapsed_s = 0.0 if self._seen_s is None else observation.t_s - self._seen_s
        self._seen_s = observation.t_s
        keepers = (observation.role == Role.GOALKEEPER) & (observation.team >= 0)
        if not keepers.any():
            return
        gain = -math.expm1(-min(elapsed_s, 1.0) / SIDE_MEMORY_S)
        for team, x in zip(observation.team[keepers].tolist(), observation.on_pitch[keepers, 0].tolist(), strict=True):
            if math.isfinite(x):
                end = float(np.clip(4 * x / self._layout.length_m - 2, -1.0, 1.0))
                self._sides[team] += gain * (end - self._sides[team])

    def add(self, spans: Iterable[ControlSpan], events: Iterable[Event]) -> tuple[list[Event], list[MetricRow]]:
        """The events, named more closely where they can be, with further ones, and rows that aren't sums of events."""
        for span in spans:
            if span.state in BREAKS:
                is_out = self._out_s is not None and abs(self._out_s - span.start_s) <= OUT_TIMING_S
                before = self._break
                is_out |= before is not None and before.is_out and before.end_s == span.start_s
                self._break = BreakState(span.state, span.start_s, span.end_s, is_out)
        found: list[Event] = []
        rows: list[MetricRow] = []
        for event in events:
            restarts = self._restart(event)
            if restarts:
                rows += self._end_string()
            found += restarts
            found += self._carry(event)
            found.append(self._named(event))
            rows += self._follow_string(event)
            self._remember(event)
        for event in found:
            rows += self._entries(event)
        return found, rows

    def close(self) -> list[MetricRow]:
        """The match ends: the string that is going on is final."""
        return self._end_string()

    # Carries and restarts

    def _carry(self, event: Event) -> list[Event]:
        got, self_x = self._reception, event.pitch_from[0]
        if got is None or got.track != event.track_from or event.kind not in (EventKind.PASS, EventKind.SHOT):
            return []
        way_m = math.hypot(self_x - got.x, event.pitch_from[1] - got.y)
        if not way_m >= CARRY_M or event.t_start_s - got.t_s < CARRY_S:
            return []
        return [
            Event(
                EventKind.CARRY,
                EventResult.NONE,
                got.t_s,
                event.t_start_s,
                event.team,
                event.track_from,
                NO_TRACK,
                (got.place_x, got.place_y),
                event.xy_from,
                event.confidence,
                pitch_from=(got.x, got.y),
                pitch_to=event.pitch_from,
            )
        ]

    def _restart(self, event: Event) -> list[Event]:
        ended = self._break
        if event.kind is not EventKind.PASS or ended is None:
            return []
        self._break = None
        is_long = ended.end_s - ended.start_s >= BREAK_S or ended.state is ControlState.DEAD
        if not is_long or event.t_start_s - ended.end_s > RESTART_WAIT_S or math.isnan(sum(event.pitch_from)):
            return []
        kind, sure = self._restart_kind(event, ended)
        if kind is None:
            return []
        at_once = replace(event, kind=kind, result=EventResult.NONE, t_end_s=event.t_start_s, track_to=NO_TRACK)
        sure *= event.confidence
        return [replace(at_once, xy_to=event.xy_from, pitch_to=event.pitch_from, confidence=sure)]

    def _restart_kind(self, event: Event, ended: BreakState) -> tuple[EventKind | None, float]:
        (x, y), (length_m, width_m) = event.pitch_from, self._layout.size_m
        from_end, from_side = min(x, length_m - x), min(y, width_m - y)
        if math.hypot(x - length_m / 2, y - width_m / 2) <= SPOT_M:
            return EventKind.KICK_OFF, PLACE_SURE
        if math.hypot(from_end, from_side) <= CORNER_M:
            return EventKind.CORNER_KICK, PLACE_SURE
        if from_side <= TOUCHLINE_M:
            return EventKind.THROW_IN, PLACE_SURE
        is_in_goal_area = from_end <= self._layout.goal_area_depth_m + SPOT_M and (
            abs(y - width_m / 2) <= self._layout.goal_area_width_m / 2 + SPOT_M
        )
        side = self._side(event.team)
        if is_in_goal_area and side != 0 and (x > length_m / 2) == (side > 0):
            return EventKind.GOAL_KICK, PLACE_SURE
        if ended.state is ControlState.DEAD and not ended.is_out:
            return EventKind.FREE_KICK, FREE_SURE
        return None, 0.0

    def _remember(self, event: Event) -> None:
        if event.kind is EventKind.BALL_OUT:
            self._reception, self._out_s = None, event.t_start_s
            return
        if event.kind is EventKind.PASS and event.result is not EventResult.COMPLETE:
            self._reception = None  # the opponent's own event tells where he got it
            return
        self._reception = ReceptionState(event.track_to, event.t_end_s if event.kind is EventKind.PASS else
                                         event.t_start_s, *event.pitch_to, *event.xy_to)  # fmt: skip

    # Shots and clearances

    def _named(self, event: Event) -> Event:
        side = self._side(event.team)
        if event.kind is not EventKind.PASS or event.result is EventResult.COMPLETE or side == 0:
            return event
        # Along the way that the team plays: own goal line 0, the other at length_m.
        length_m, width_m = self._layout.size_m
        start_x, end_x = (x if side < 0 else length_m - x for x in (event.pitch_from[0], event.pitch_to[0]))
        way_m = math.hypot(event.pitch_to[0] - event.pitch_from[0], event.pitch_to[1] - event.pitch_from[1])
        speed = way_m / max(event.t_end_s - event.t_start_s, 0.1)
        off_middle = abs(event.pitch_to[1] - width_m / 2)
        from_goal = math.hypot(length_m - start_x, event.pitch_from[1] - width_m / 2)
        is_at_mouth = end_x >= length_m - KEEPER_M and off_middle <= self._layout.goal_width_m / 2 + MOUTH_M
        if from_goal <= SHOT_RANGE_M and speed >= SHOT_SPEED_M_S and is_at_mouth:
            return replace(event, kind=EventKind.SHOT, result=EventResult.NONE)
        if start_x <= CLEARED_FROM_M and way_m >= CLEARED_M and end_x > start_x:
            return replace(event, kind=EventKind.CLEARANCE, result=EventResult.NONE)
        return event

    def _side(self, team: int) -> int:
        """-1 where the team defends the left end, 1 the right one, 0 unknown."""
        if team == NO_TEAM or self._sides[0] * self._sides[1] > 0:
            return 0
        lead = self._sides[team] - self._sides[1 - team]
        return 0 if abs(lead) < SIDE_LEAST else int(math.copysign(1, lead))

    # What isn't a sum over events

    def _entries(self, event: Event) -> list[MetricRow]:
        is_pass = event.kind is EventKind.PASS and event.result is EventResult.COMPLETE
        side = self._side(event.team)
        if side == 0 or not (is_pass or event.kind is EventKind.CARRY):
            return []
        minute = int(event.t_end_s // MINUTE_S)
        entered = entries_between(event.pitch_from, event.pitch_to, side < 0, self._layout)
        return [MetricRow(minute, event.team, event.track_from, metric, 1.0) for metric in entered]

    def _follow_string(self, event: Event) -> list[MetricRow]:
        if event.kind is not EventKind.PASS or event.result is not EventResult.COMPLETE:
            return self._end_string()
        team, n = self._string
        is_next = event.team == team and event.t_start_s - self._string_end_s <= STRING_GAP_S
        ended = [] if is_next else self._end_string()
        self._string, self._string_end_s = (event.team, n + 1 if is_next else 1), event.t_end_s
        return ended

    def _end_string(self) -> list[MetricRow]:
        (team, n), self._string = self._string, (NO_TEAM, 0)
        metric = string_metric(n)
        minute = int(max(self._string_end_s, 0.0) // MINUTE_S)
        return [] if metric is None else [MetricRow(minute, team, NO_TRACK, metric, 1.0)]
