"""Possession: observations in, control spans and events out, causal with a fixed lag in seconds.

The way of an observation: sighting.py turns it into metres and people near the ball; CHANGE_LAG_S later smoothing.py
tells where they were by their places before and after, ball_motion.py how the ball's velocity changed there, holder.py
weighs who holds it, and hidden_touch.py looks for a touch in the time for which it wasn't detected; LAG_S after the
observation its label is final and control.py enters it in the ledger of touches, control and events. Whatever the rate
(5 to 50 Hz), lags and windows are seconds of video. Every step depends on the observations up to then and on nothing
else, so the result is the same however they are grouped and wherever the state was saved and read again.

Formula of control: see control.py. Of passes: see passes.py. Of who has the ball: see holder.py.
"""

from __future__ import annotations

import math
from dataclasses import replace

from tacticeye.analysis.ball_motion import (
    NEIGHBOUR_S,
    contact_at,
    find_motion,
    find_slope,
    follow_jitter,
    trusted_sides,
)
from tacticeye.analysis.control import HOLE_S, ControlLedger
from tacticeye.analysis.hidden_touch import LONGEST_S, find_hidden_touch, remember_crowd
from tacticeye.analysis.holder import HolderDecoder
from tacticeye.analysis.observation import FrameObservation
from tacticeye.analysis.sighting import make_sighting, move_people, move_to_shot
from tacticeye.analysis.smoothing import smooth
from tacticeye.analysis.touch import mark_ball
from tacticeye.pitch import FULL_PITCH, PitchLayout
from tacticeye.possession_parts import BallFlightState, PossessionState
from tacticeye.types import NO_TEAM, ControlSpan, Event

CHANGE_LAG_S = 0.4  # look-ahead of the change of velocity: two sightings at 5 Hz
LAG_S = 1.2  # look-ahead of a final label
MEMORY_S = 0.65  # earlier sightings that the change of velocity may use
LONG_S = 5.0
ROUNDING_S = 1e-6  # timestamps are sums of floats


class PossessionEngine:
    """Who has the ball. Feed observations in order of time; spans and events come out about LAG_S later, final."""

    def __init__(self, state: PossessionState, layout: PitchLayout = FULL_PITCH) -> None:
        self._shot = state.shot
        self._now_s = state.now_s
        self._metre = state.metre
        self._jitter_m = state.jitter_m
        self._people = dict(state.people)
        self._sightings = list(state.sightings)
        self._motions = list(state.motions)
        self._n_weighed = state.n_weighed
        self._decoder = HolderDecoder(state.steps, state.scores)
        self._flight = state.flight
        self._crowds = list(state.crowds)
        self._hidden = list(state.hidden)
        self._ledger = ControlLedger(state.ledger, layout)

    def state(self) -> PossessionState:
        """Everything the next observation needs, as plain data."""
        return PossessionState(
            shot=self._shot,
            now_s=self._now_s,
            metre=self._metre,
            jitter_m=self._jitter_m,
            people=dict(self._people),
            sightings=list(self._sightings),
            motions=list(self._motions),
            n_weighed=self._n_weighed,
            steps=list(self._decoder.steps),
            scores=list(self._decoder.scores),
            flight=self._flight,
            crowds=list(self._crowds),
            hidden=list(self._hidden),
            ledger=self._ledger.state(),
        )

    def update(self, observation: FrameObservation) -> tuple[list[ControlSpan], list[Event]]:
        """Take the next observation (later than the one before); give what has become final."""
        t_s = float(observation.t_s)
        if self._now_s is not None and t_s <= self._now_s:
            raise ValueError(f"observations must come in order of time: {t_s} after {self._now_s}")
        is_hole = self._now_s is not None and t_s - self._now_s > HOLE_S
        if observation.is_cut or is_hole:
            self._shot += 1
            move_to_shot(self._people)
            self._crowds.clear()
        self._now_s = t_s
        move_people(self._people, observation)
        remember_crowd(self._crowds, observation, self._crowds_since_s(t_s))
        sighting = make_sighting(observation, self._shot, self._metre, self._people)
        self._metre = sighting.metre
        self._sightings.append(sighting)
        self._jitter_m = follow_jitter(self._jitter_m, self._sightings)
        self._weigh(t_s - CHANGE_LAG_S)
        self._label(t_s - LAG_S)
        return self._ledger.take()

    def flush(self, end_s: float) -> tuple[list[ControlSpan], list[Event]]:
        """The video ends at end_s: what is left becomes final without look-ahead, spans reach to end_s."""
        self._weigh(math.inf)
        self._label(math.inf)
        self._ledger.flush(end_s)
        return self._ledger.take()

    def open_spans(self) -> list[ControlSpan]:
        """Up to the newest decided time, for the live figures; they may still change. The last: who has the ball."""
        return self._ledger.open_spans()

    def _weigh(self, until_s: float) -> None:
        """Weigh the sightings up to until_s, then forget those too old to be of use."""
        sightings, motions = self._sightings, self._motions
        while len(motions) < len(sightings) and sightings[len(motions)].t_s <= until_s + ROUNDING_S:
            index, is_seen = len(motions), not math.isnan(sightings[len(motions)].x)
            newest_s = sightings[index].t_s + CHANGE_LAG_S + ROUNDING_S
            if is_seen:
                sightings[index] = smooth(sightings, index, newest_s, self._jitter_m, self._people)
            motions.append(find_motion(sightings, index, newest_s, self._jitter_m) if is_seen else None)
        until_s -= NEIGHBOUR_S
        while self._n_weighed < len(motions) and sightings[self._n_weighed].t_s <= until_s + ROUNDING_S:
            index = self._n_weighed
            contact = contact_at(sightings, motions, index)
            motion = trusted_sides(sightings, motions, index)
            self._decoder.add(sightings[index], motion, contact, self._since_seen(index))
            self._look_for_hidden_touch(index)
            self._n_weighed += 1
        if self._n_weighed:
            oldest_s = sightings[self._n_weighed - 1].t_s - MEMORY_S
            n_old = 0
            while n_old < self._n_weighed - 1 and sightings[n_old].t_s < oldest_s:
                n_old += 1
            del sightings[:n_old]
            del motions[:n_old]
            self._n_weighed -= n_old

    def _crowds_since_s(self, t_s: float) -> float:
        """From when on people's places may still be needed."""
        oldest_s = t_s - LONGEST_S - LAG_S
        return oldest_s if self._flight is None else max(oldest_s, self._flight.mark.t_s)

    def _look_for_hidden_touch(self, index: int) -> None:
        """sightings[index] is being weighed: if it ends a stretch without detections, was the ball touched there?"""
        sighting = self._sightings[index]
        if not sighting.is_detected or math.isnan(sighting.x):
            return
        before, newest_s = self._flight, sighting.t_s + CHANGE_LAG_S + ROUNDING_S
        mark = mark_ball(sighting)
        arriving, leaving = (
            find_slope(self._sightings, index, step, newest_s, self._jitter_m, only_detected=True) for step in (-1, 1)
        )
        self._flight = BallFlightState(sighting.shot, mark, arriving)
        if before is None or before.shot != sighting.shot:
            return
        after = BallFlightState(sighting.shot, mark, leaving)
        found = find_hidden_touch(before, after, self._crowds, self._jitter_m, sighting.is_metric)
        if found is not None:
            self._hidden.append(found)

    def _since_seen(self, index: int) -> float:
        """s since the last sighting that saw the ball, LONG_S where it is further away than is remembered."""
        here = self._sightings[index]
        for other in reversed(self._sightings[:index]):
            if other.shot != here.shot:
                break
            if not math.isnan(other.x):
                return here.t_s - other.t_s
        return LONG_S

    def _label(self, until_s: float) -> None:
        for label in self._decoder.take(until_s + ROUNDING_S):
            person, t_s = self._people.get(label.holder), label.sighting.t_s
            while self._hidden and self._hidden[0].until_s <= t_s:
                hidden = self._hidden.pop(0)
                is_own_touch = hidden.touch is None and label.holder >= 0  # the turn of the ball is the holder's
                if hidden.until_s == t_s and not is_own_touch:
                    self._ledger.add_hidden(hidden, self._people)
            if person is not None and person.team != NO_TEAM:
                label = replace(label, team=person.team)  # what has been learnt of him since
            self._ledger.add(label, self._people)
