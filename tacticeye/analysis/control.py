"""The ledger of control: labels of who holds the ball become touches, touches become control spans and events.

Control of a team lasts from its first controlled touch until the opponent's first controlled touch, or until the ball
is dead, unseen or out of a live picture; the ball's flight counts for the team that played it. A touch is controlled
when the person evidently (touch.py) keeps the ball for CONTROL_S, or his team has the next touch, or the ball goes a
long way from it (PLAYED_ON_M and PLAYED_ON_S: a header or a clearance rather than a deflection), to the next touch or
out of play, or he had control already. A touch that isn't controlled changes nothing. Touches of both teams without
control in a row are a contest (CONTEST_S).

Unseen: stretches without a sighting longer than BRIDGE_S credit nobody, except where what is around them says whose
they were (gaps.py). A touch that nobody saw (hidden_touch.py) counts like one that was seen. A ball that is seen but
untouched for IDLE_S is nobody's from then on, or from before: from an uncontrolled touch on, or a touch by an unknown
person (its velocity changed with nobody near). A controlled touch by a person whose team isn't known is an UNSEEN span
with his track. The track of a team's span is the last person in control, during flight too; an owner who is covered by
a team-mate keeps the ball for COVERED_S.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from tacticeye.analysis.gaps import FLIGHT_GAP_S, LONGEST_GAP_S, is_credited
from tacticeye.analysis.holder import HolderLabel
from tacticeye.analysis.out_of_play import DEAD_UNSEEN_S, OutOfPlay, Ruling
from tacticeye.analysis.passes import make_events, make_out_events
from tacticeye.analysis.sighting import People
from tacticeye.analysis.span_line import SpanLine
from tacticeye.analysis.touch import (
    begin_touch,
    beyond_m,
    distance_m,
    extend_touch,
    is_evident,
    is_same_person,
    mark_ball,
    team_of,
)
from tacticeye.pitch import FULL_PITCH, PitchLayout
from tacticeye.possession_parts import (
    BallMarkState,
    ControlLedgerState,
    HiddenTouchState,
    TouchState,
    UnseenGapState,
)
from tacticeye.types import NO_TEAM, NO_TRACK, ControlSpan, ControlState, Event

CONTROL_S = 0.4
ROUNDING_S = 1e-6
PLAYED_ON_S, PLAYED_ON_M = 0.8, 6.0
CONTEST_S = 0.6
COVERED_S = 0.8  # two people close together are one box for so long
REOPEN_S = 0.5  # a person's touch that pauses for less is one touch
HOLE_S = 1.0  # observations further apart have nothing to do with each other
BRIDGE_S = 1.2  # a little over the second in which most balls come back into sight
UNKNOWN_CONTACT = 2.0  # evidence of a touch by nobody who is near
IDLE_S = 5.0
MAX_PENDING = 8  # touches kept while nobody gains control; of more the oldest are dropped


class ControlLedger:
    """Takes labels in order of time; `take` gives what has become final."""

    def __init__(self, state: ControlLedgerState, layout: PitchLayout = FULL_PITCH) -> None:
        self._events: list[Event] = []
        self._shot = state.shot
        self._now_s = state.now_s
        self._line = SpanLine(state.span_state, state.span_track, state.span_start_s, state.span_end_s)
        self._nobody = state.nobody
        self._owner = state.owner
        self._is_owner_touching = state.is_owner_touching
        self._owner_seen_s = state.owner_seen_s
        self._pending = list(state.pending)
        self._touch = state.touch
        self._unknown_s = state.unknown_s
        self._gaps = list(state.gaps)
        self._last_seen = state.last_seen
        self._layout = layout
        self._people: People = {}
        self._out = OutOfPlay(state.out_of_play, layout)
        self._is_metric = state.is_metric

    def state(self) -> ControlLedgerState:
        """Everything the next label needs."""
        return ControlLedgerState(
            shot=self._shot,
            now_s=self._now_s,
            span_state=self._line.state,
            span_track=self._line.track,
            span_start_s=self._line.start_s,
            span_end_s=self._line.end_s,
            nobody=self._nobody,
            owner=self._owner,
            is_owner_touching=self._is_owner_touching,
            owner_seen_s=self._owner_seen_s,
            pending=list(self._pending),
            touch=self._touch,
            unknown_s=self._unknown_s,
            gaps=list(self._gaps),
            last_seen=self._last_seen,
            out_of_play=self._out.state(),
            is_metric=self._is_metric,
        )

    def add(self, label: HolderLabel, people: People) -> None:
        """Take the final label of the next sighting."""
        sighting, t_s = label.sighting, label.sighting.t_s
        if self._shot < 0:
            self._line.begin(t_s)
            self._now_s = t_s
        elif sighting.shot != self._shot:
            self._leave_shot(t_s)
        self._shot = sighting.shot
        share_s = min(t_s - self._now_s, BRIDGE_S)
        self._now_s = t_s
        self._is_metric, self._people = sighting.is_metric, people
        if not sighting.is_live:
            if self._out.is_out_unseen(math.inf):
                self._go_out()
            self._stop(ControlState.NOT_LIVE, t_s)
        elif sighting.is_dead:
            self._judge_clearance(self._last_seen)
            self._stop(ControlState.DEAD, t_s)
        elif math.isnan(sighting.x):
            self._wake(t_s)
            self._note_unseen(t_s)
        else:
            self._wake(t_s)
            self._note_ball(label, share_s, people)

    def add_hidden(self, hidden: HiddenTouchState, people: People) -> None:
        """Take a touch that nobody saw, after all labels before hidden.until_s: touches that were seen go first."""
        touch, last_seen = hidden.touch, self._last_seen
        if self._out.is_dead or self._out.crossing is not None or last_seen is None or last_seen.t_s < hidden.from_s:
            return
        going_on = self._owner if self._is_owner_touching else self._touch
        known = [other for other in (self._owner, *self._pending, going_on) if other is not None]
        is_explained = any(other.end_s >= hidden.from_s for other in known)
        if touch is None:
            self._note_unknown(hidden.from_s)
        elif not is_explained:
            self._close_touch()
            if touch.start_s - last_seen.t_s > BRIDGE_S and self._owner is not None:
                self._gaps.append(UnseenGapState(last_seen, touch.start))
            self._judge_last(touch, people)
            self._take_touch(touch, people)
            self._close_touch()
            self._last_seen = max(last_seen, touch.end, key=lambda mark: mark.t_s)
        elif going_on is not None and going_on.track == touch.track:
            going_on = replace(going_on, end_s=touch.end_s, end=touch.end)  # he let go of it unseen
            self._owner, self._touch = (going_on, None) if self._is_owner_touching else (self._owner, going_on)
            self._last_seen = max(last_seen, touch.end, key=lambda mark: mark.t_s)

    def take(self) -> tuple[list[ControlSpan], list[Event]]:
        """What has become final since the last call, in order."""
        spans, events = self._line.spans, self._events
        self._line.spans, self._events = [], []
        return spans, events

    def open_spans(self) -> list[ControlSpan]:
        """What follows the spans taken away up to now, if nothing new is seen; the last one is who has the ball."""
        state, track = self._owner_state()
        if self._owner is not None and not self._is_ball_in_sight(self._now_s):
            state, track = ControlState.UNSEEN, NO_TRACK
        return self._line.going_on(state, track, self._now_s)

    def flush(self, end_s: float) -> None:
        """The video ends at end_s: close the last span there. Touches not yet judged are no control."""
        if self._shot < 0:
            return
        self._close_touch()
        end_s = max(end_s, self._line.end_s)
        if self._owner is not None and self._last_seen is not None and not self._is_ball_in_sight(end_s):
            self._credit_owner(self._last_seen.t_s, None)
            self._line.advance(ControlState.UNSEEN, NO_TRACK, end_s)
        self._credit_owner(end_s, None)
        self._line.close()

    # Spans

    def _owner_state(self) -> tuple[ControlState, int]:
        if self._owner is None:
            return self._nobody, NO_TRACK
        team = team_of(self._owner)
        return (ControlState.UNSEEN if team == NO_TEAM else ControlState.of_team(team)), self._owner.track

    def _credit_owner(self, until_s: float, taker: TouchState | None, between: Sequence[TouchState] = ()) -> bool:
        """Fill up to until_s with the owner's control as far as the ball was seen. False: the thread was lost."""
        state, track = self._owner_state()
        for gap in self._gaps:
            if taker is not None and is_credited(gap, self._owner, taker, between, self._is_metric):
                continue
            self._line.advance(state, track, min(gap.before.t_s, until_s))
            self._line.advance(ControlState.UNSEEN, NO_TRACK, until_s)
            return False
        self._line.advance(state, track, until_s)
        return self._owner is not None

    # What ends control without a touch

    def _leave_shot(self, t_s: float) -> None:
        """A cut, or a hole in the observations: credit what was seen, then nobody."""
        if self._out.is_out_unseen(math.inf):
            self._go_out()
        is_hole = t_s - self._now_s > HOLE_S
        since_s = self._now_s if is_hole else t_s
        if self._owner is not None and self._last_seen is not None and not self._is_ball_in_sight(self._now_s):
            since_s = self._last_seen.t_s
        self._stop(ControlState.UNSEEN, since_s)
        self._line.advance(ControlState.UNSEEN, NO_TRACK, t_s)
        self._last_seen = None
        self._out.is_dead = self._out.is_dead and not self._is_metric

    def _stop(self, state: ControlState, since_s: float) -> None:
        """Nobody has the ball from since_s on; whoever had it is credited up to then and forgotten."""
        self._close_touch()
        self._credit_owner(since_s, None)
        self._forget()
        self._nobody = state
        self._line.advance(state, NO_TRACK, self._now_s)

    def _is_ball_in_sight(self, t_s: float) -> bool:
        return self._last_seen is not None and t_s - self._last_seen.t_s <= BRIDGE_S

    def _forget(self) -> None:
        self._owner, self._touch, self._is_owner_touching = None, None, False
        self._pending, self._gaps, self._unknown_s = [], [], None
        self._out.forget()

    def _wake(self, t_s: float) -> None:
        """The picture is live and the source doesn't say dead: only a ball that went out keeps play stopped."""
        if self._nobody is not ControlState.UNSEEN and not self._out.is_dead:
            self._line.advance(self._nobody, NO_TRACK, t_s)
            self._nobody = ControlState.UNSEEN

    def _note_unseen(self, t_s: float) -> None:
        if self._out.is_out_unseen(t_s):
            self._go_out()
        if self._out.is_dead:
            unseen_s = math.inf if self._last_seen is None else t_s - self._last_seen.t_s
            is_known = self._is_metric or unseen_s <= DEAD_UNSEEN_S
            self._nobody = ControlState.DEAD if is_known else ControlState.UNSEEN
            self._line.advance(self._nobody, NO_TRACK, t_s)
        elif self._last_seen is None or t_s - self._last_seen.t_s > LONGEST_GAP_S:
            since_s = self._line.end_s if self._last_seen is None else self._last_seen.t_s
            self._stop(ControlState.UNSEEN, since_s)

    # Touches

    def _note_ball(self, label: HolderLabel, share_s: float, people: People) -> None:
        sighting, mark = label.sighting, mark_ball(label.sighting)
        if (
            sighting.is_metric
            and self._owner is None
            and self._is_new_ball(mark)
            and (beyond_m(mark, self._layout) > 0)
        ):
            self._out.is_dead, self._nobody = True, ControlState.DEAD  # it comes into sight outside: a throw-in
        if self._last_seen is not None and mark.t_s - self._last_seen.t_s > BRIDGE_S:
            self._close_touch()
            if self._owner is not None:
                self._gaps.append(UnseenGapState(self._last_seen, mark))
        before, self._last_seen = self._last_seen, mark
        if not self._is_in_play(label, mark, before, share_s):
            return
        if self._owner is not None:
            if any(person.track == self._owner.track for person in sighting.near):
                self._owner_seen_s = mark.t_s
            elif self._is_owner_covered(self._owner, label):
                label = replace(label, holder=self._owner.track)
        if label.holder < 0:
            self._close_touch()
            if label.evidence >= UNKNOWN_CONTACT:
                self._note_unknown(mark.t_s)
            self._drop_idle(mark.t_s)
        elif self._owner is not None and self._is_owner_touching and self._owner.track == label.holder:
            self._owner = extend_touch(self._owner, label, share_s)
            self._line.advance(*self._owner_state(), mark.t_s)
        else:
            self._touch_ball(label, share_s, people)

    def _is_owner_covered(self, owner: TouchState, label: HolderLabel) -> bool:
        """A team-mate seems to have the ball, but its owner was there just before and can't be seen: it may be his."""
        is_mate = label.holder not in (NO_TRACK, owner.track) and label.team == team_of(owner)
        return is_mate and self._is_owner_touching and label.sighting.t_s - self._owner_seen_s <= COVERED_S

    def _touch_ball(self, label: HolderLabel, share_s: float, people: People) -> None:
        touch, holder = self._touch, label.holder
        if touch is not None and touch.track == holder:
            touch = extend_touch(touch, label, share_s)
        else:
            self._close_touch()
            last = self._pending[-1] if self._pending else None
            if last is not None and last.track == holder and label.sighting.t_s - last.end_s <= REOPEN_S:
                touch = extend_touch(self._pending.pop(), label, share_s)
            else:
                touch = begin_touch(label, share_s)
                self._judge_last(touch, people)
        self._take_touch(touch, people)

    def _take_touch(self, touch: TouchState, people: People) -> None:
        """The touch that is going on; is it control by now?"""
        self._touch = touch
        is_owner_again = self._owner is not None and not self._pending and is_same_person(self._owner, touch, people)
        is_kept = touch.held_s >= CONTROL_S - ROUNDING_S and is_evident(touch)
        if is_kept or is_owner_again:
            self._settle(touch, self._pending, people)
            self._touch, self._is_owner_touching = None, True

    def _close_touch(self) -> None:
        if self._touch is not None:
            self._pending = [*self._pending, self._touch][-MAX_PENDING:]
        self._touch, self._is_owner_touching = None, False

    def _judge_last(self, touch: TouchState, people: People) -> None:
        """A new touch begins: was the last one, short as it was, control?"""
        if not self._pending:
            return
        last = self._pending[-1]
        team = team_of(last)
        if team != NO_TEAM and (team == team_of(touch) or self._is_played_on(last, touch.start)):
            self._settle(last, self._pending[:-1], people)
            self._is_owner_touching = False

    def _judge_clearance(self, mark: BallMarkState | None) -> None:
        """The ball goes out of play, last seen in it at mark: was the last touch, short as it was, control?"""
        self._close_touch()
        if mark is None or not self._pending:
            return
        last = self._pending[-1]
        if team_of(last) != NO_TEAM and self._is_played_on(last, mark):
            self._settle(last, self._pending[:-1], self._people)
            self._is_owner_touching = False

    def _is_played_on(self, last: TouchState, mark: BallMarkState) -> bool:
        """The ball went on from this touch to mark as nobody deflects it, and was seen on the way."""
        unseen_s = max((gap.after.t_s - gap.before.t_s for gap in self._gaps), default=0.0)
        is_far = distance_m(last.end, mark, self._is_metric) >= PLAYED_ON_M
        return mark.t_s - last.end_s >= PLAYED_ON_S and is_far and unseen_s <= FLIGHT_GAP_S

    def _settle(self, touch: TouchState, between: list[TouchState], people: People) -> None:
        """`touch` is control: fill time up to it, say what happened on the way, make it the owner."""
        between = [other for other in between if is_evident(other)]
        teams = {team_of(other) for other in between} - {NO_TEAM}
        if len(teams) > 1 and touch.start_s - between[0].start_s >= CONTEST_S:
            is_thread_kept = self._credit_owner(between[0].start_s, None)
            self._line.advance(ControlState.CONTESTED, NO_TRACK, touch.start_s)
        else:
            is_thread_kept = self._credit_owner(touch.start_s, touch, between)
        if self._owner is not None and is_thread_kept:
            n_between = len(between) + (self._unknown_s is not None)
            unseen_s = sum(gap.after.t_s - gap.before.t_s for gap in self._gaps)
            self._events += make_events(self._owner, touch, n_between, unseen_s, people, self._is_metric)
        self._owner, self._pending, self._gaps, self._unknown_s = touch, [], [], None
        self._owner_seen_s = touch.end_s
        self._line.advance(*self._owner_state(), touch.end_s)

    def _note_unknown(self, t_s: float) -> None:
        """Somebody who isn't known touched the ball."""
        last = self._pending[-1] if self._pending else self._owner
        if self._unknown_s is None and last is not None and last.end_s < t_s - REOPEN_S:
            self._unknown_s = t_s

    def _drop_idle(self, t_s: float) -> None:
        last = self._pending[-1] if self._pending else self._owner
        if last is not None and t_s - last.end_s > IDLE_S:
            since_s = t_s if self._unknown_s is None else self._unknown_s
            self._stop(ControlState.UNSEEN, last.end_s if self._pending else since_s)

    # Out of play

    def _is_new_ball(self, mark: BallMarkState) -> bool:
        return self._last_seen is None or mark.t_s - self._last_seen.t_s > BRIDGE_S

    def _is_in_play(
        self, label: HolderLabel, mark: BallMarkState, before: BallMarkState | None, share_s: float
    ) -> bool:
        """False: the label is dealt with, the ball is dead or beyond a line."""
        was_dead = self._out.is_dead
        ruling = self._out.see(label, mark, before, share_s)
        if ruling is Ruling.OUT:
            self._go_out()
        if was_dead:
            self._nobody = ControlState.DEAD
            self._line.advance(self._nobody, NO_TRACK, mark.t_s)
        if ruling is Ruling.RESTART:
            self._owner, self._nobody = self._out.taker, ControlState.UNSEEN
        return ruling in (Ruling.PLAY, Ruling.RESTART)

    def _go_out(self) -> None:
        """The ball has been out since it crossed a line."""
        crossing = self._out.crossing
        assert crossing is not None
        self._judge_clearance(crossing)
        self._events += make_out_events(self._owner, crossing, self._is_metric)
        self._stop(ControlState.DEAD, crossing.t_s)
        self._out.is_dead = True
