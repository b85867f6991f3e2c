"""Running totals and the shares read off them."""

from __future__ import annotations

import math

import pytest

from tacticeye.analysis import totals
from tacticeye.state_parts import Totals
from tacticeye.types import ControlSpan, ControlState, Event, EventKind, EventResult

SPANS = [
    ControlSpan(ControlState.TEAM_0, 1, 0.0, 6.0),
    ControlSpan(ControlState.UNSEEN, -1, 6.0, 8.0),
    ControlSpan(ControlState.TEAM_1, 2, 8.0, 10.0),
    ControlSpan(ControlState.DEAD, -1, 10.0, 15.0),
    ControlSpan(ControlState.TEAM_0, 3, 15.0, 15.5),
]


def make_pass(team: int, result: EventResult) -> Event:
    nowhere = (math.nan, math.nan)
    return Event(EventKind.PASS, result, 1.0, 2.0, team, 1, 2, nowhere, nowhere, 0.9)


def test_seconds_add_up_by_state_whatever_the_grouping() -> None:
    at_once = totals.add(Totals(), SPANS, [])
    one_by_one = Totals()
    for span in SPANS:
        one_by_one = totals.add(one_by_one, [span], [])
    assert at_once == one_by_one
    assert at_once.seconds_by_state[ControlState.TEAM_0] == 6.5
    assert sum(at_once.seconds_by_state.values()) == 15.5


def test_shares_are_of_the_time_in_control_and_say_how_long_that_was() -> None:
    shares = totals.shares(totals.add(Totals(), SPANS, []))
    assert shares.control_s == 8.5
    assert shares.percent_by_team == {0: pytest.approx(100 * 6.5 / 8.5), 1: pytest.approx(100 * 2 / 8.5)}
    assert (shares.dead_s, shares.unseen_s, shares.contested_s, shares.not_live_s) == (5.0, 2.0, 0.0, 0.0)


def test_the_unseen_seconds_widen_the_range_around_the_share() -> None:
    shares = totals.shares(totals.add(Totals(), SPANS, []))
    for team in (0, 1):
        assert shares.lowest_by_team[team] < shares.percent_by_team[team] < shares.highest_by_team[team]
    assert shares.lowest_by_team[0] + shares.highest_by_team[1] == pytest.approx(100.0)


def test_without_control_there_is_no_share() -> None:
    shares = totals.shares(totals.add(Totals(), [ControlSpan(ControlState.UNSEEN, -1, 0.0, 60.0)], []))
    assert shares.percent_by_team == {}
    assert shares.unseen_s == 60.0


def test_passes_count_by_team_as_attempted_and_complete() -> None:
    events = [
        make_pass(0, EventResult.COMPLETE),
        make_pass(0, EventResult.INCOMPLETE),
        make_pass(1, EventResult.OUT),
        make_pass(-1, EventResult.COMPLETE),
    ]
    result = totals.add(Totals(), [], events)
    assert result.passes_attempted_by_team == {0: 2, 1: 1}
    assert result.passes_complete_by_team == {0: 1}
    assert totals.shares(result).pass_percent_by_team == {0: pytest.approx(200 / 3), 1: pytest.approx(100 / 3)}


def test_the_current_span_says_who_has_the_ball_without_being_counted() -> None:
    current = ControlSpan(ControlState.TEAM_1, 7, 15.5, 17.0)
    result = totals.add(Totals(), SPANS, [], current)
    assert (result.current_state, result.current_track) == (ControlState.TEAM_1, 7)
    assert result.seconds_by_state[ControlState.TEAM_1] == 2.0
