"""Events that follow from others, metrics that add up, and what possession may mean."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacticeye.analysis import metrics
from tacticeye.analysis.definitions import PossessionDefinition, defined_share
from tacticeye.analysis.metrics import STRING_GAP_S
from tacticeye.analysis.play import Play, PlayAnalysis
from tacticeye.analysis.play_events import PlayEvents
from tacticeye.possession_parts import PlayEventsState, PossessionState
from tacticeye.state_parts import Totals
from tacticeye.types import ControlSpan, ControlState, Event, EventKind, EventResult, Metric, Role
from tests.analysis.scenes import Person, Scene, long_scene, play, stand

LEFT_KEEPER, RIGHT_KEEPER = stand(1, 0, 4.0, 34.0, Role.GOALKEEPER), stand(20, 1, 101.0, 34.0, Role.GOALKEEPER)


def analyse(scene: Scene, rate_hz: float = 25.0) -> Play:
    analysis, found = PlayAnalysis(PossessionState(), PlayEventsState()), Play()
    for observation in scene.observe(rate_hz):
        found.extend(analysis.update(observation))
    found.extend(analysis.flush(scene.end_s))
    return found


def kinds(found: Play) -> list[str]:
    return [event.kind.value for event in found.events]


def a_pass(t_s: float, team: int = 0, result: EventResult = EventResult.COMPLETE) -> Event:
    nowhere = (math.nan, math.nan)
    return Event(EventKind.PASS, result, t_s, t_s + 1, team, 2, 3, nowhere, nowhere, 0.9)


def test_who_gets_the_ball_and_plays_it_elsewhere_has_carried_it() -> None:
    runner = Person(3, 0, ((0.0, 60.0, 30.0), (3.0, 60.0, 30.0), (6.0, 72.0, 30.0)))
    scene = Scene(
        people=(stand(2, 0, 45.0, 30.0), runner, stand(4, 0, 85.0, 40.0), LEFT_KEEPER, RIGHT_KEEPER),
        ball=((0.0, 45.2, 30), (1.5, 45.2, 30), (2.5, 59.7, 30), (3.0, 60.3, 30), (6.0, 72.3, 30), (7.0, 84.8, 40),
              (9.0, 84.8, 40)),
        end_s=9.0,
    )  # fmt: skip
    (carry,) = [event for event in analyse(scene).events if event.kind is EventKind.CARRY]
    assert (carry.track_from, carry.team) == (3, 0)
    assert carry.pitch_from[0] == pytest.approx(60, abs=1.5)
    assert carry.pitch_to[0] == pytest.approx(72, abs=1.5)


def test_a_fast_ball_that_the_keeper_stops_before_the_goal_is_a_shot() -> None:
    scene = Scene(
        people=(stand(5, 0, 88.0, 30.0), LEFT_KEEPER, RIGHT_KEEPER),
        ball=((0.0, 88.2, 30), (8.0, 88.2, 30), (8.7, 100.8, 33.8), (11.0, 100.8, 33.8)),
        end_s=11.0,
    )
    found = analyse(scene)
    assert "SHOT" in kinds(found)
    assert "PASS" not in kinds(found)


def test_a_throw_in_is_told_by_where_the_ball_comes_back_into_play() -> None:
    scene = Scene(
        people=(stand(5, 0, 40.0, -0.5), stand(6, 0, 44.0, 12.0), stand(30, 1, 60.0, 20.0), LEFT_KEEPER, RIGHT_KEEPER),
        ball=((0.0, 40.0, 0.2), (4.0, 40.0, 0.2), (4.8, 43.8, 11.8), (7.0, 43.8, 11.8)),
        end_s=7.0,
        hidden=((0.0, 4.0),),
    )
    found = analyse(scene)
    assert "THROW_IN" in kinds(found)
    (passed,) = [event for event in found.events if event.kind is EventKind.PASS]
    assert (passed.track_from, passed.track_to) == (5, 6)


def test_without_metres_there_are_neither_carries_nor_restarts_nor_entries() -> None:
    found = analyse(Scene(**{**vars(long_scene()), "is_metric": False}))
    assert set(kinds(found)) <= {"PASS", "INTERCEPTION", "RECOVERY"}
    assert not {row.name for row in found.metrics} & {Metric.FINAL_THIRD_ENTRIES, Metric.BOX_ENTRIES}


@pytest.mark.parametrize(
    ("n", "metric"), [(2, None), (3, Metric.STRINGS_3), (6, Metric.STRINGS_6), (9, Metric.STRINGS_9)]
)
def test_completed_passes_in_a_row_are_a_string_until_one_fails(n: int, metric: Metric | None) -> None:
    events = PlayEvents(PlayEventsState())
    played = [a_pass(2.0 * k) for k in range(n)] + [a_pass(2.0 * n, result=EventResult.INCOMPLETE)]
    _, rows = events.add([], played)
    assert [row.name for row in rows] == ([] if metric is None else [metric])


def test_a_string_ends_where_the_next_pass_comes_too_late() -> None:
    events = PlayEvents(PlayEventsState())
    in_time = [a_pass(2.0 * k) for k in range(3)]
    late = a_pass(in_time[-1].t_end_s + STRING_GAP_S + 0.1)
    _, rows = events.add([], [*in_time, late, a_pass(late.t_end_s + STRING_GAP_S - 0.1)])
    assert [row.name for row in rows] == [Metric.STRINGS_3]
    assert not events.close()


def test_a_restart_ends_a_string_and_its_pass_begins_the_next() -> None:
    events = PlayEvents(PlayEventsState())
    before, after = [a_pass(2.0 * k) for k in range(3)], [a_pass(12.0 + 2.0 * k) for k in range(3)]
    throw = replace(after[0], pitch_from=(40.0, 0.2), pitch_to=(44.0, 9.0))
    _, rows = events.add([], before)
    assert not rows
    found, rows = events.add([ControlSpan(ControlState.DEAD, -1, 6.0, 11.5)], [throw, *after[1:]])
    assert [event.kind for event in found][:2] == [EventKind.THROW_IN, EventKind.PASS]
    assert [row.name for row in [*rows, *events.close()]] == [Metric.STRINGS_3, Metric.STRINGS_3]


def test_control_of_all_minutes_adds_up_to_the_spans() -> None:
    spans = [
        ControlSpan(ControlState.TEAM_0, 3, 10.0, 130.5),
        ControlSpan(ControlState.TEAM_1, 9, 130.5, 180.25),
        ControlSpan(ControlState.DEAD, -1, 180.25, 200.0),
    ]
    rows = [row for row in metrics.count(spans, []) if row.name is Metric.CONTROL_MS]
    assert sum(row.value for row in rows if row.team == 0) == 120500
    assert sum(row.value for row in rows if row.team == 1) == 49750
    assert [row.minute for row in rows if row.team == 0] == [0, 1, 2]


def test_metrics_of_a_match_agree_with_its_events() -> None:
    found = analyse(long_scene())
    complete = [e for e in found.events if e.kind is EventKind.PASS and e.result is EventResult.COMPLETE]
    rows = [row for row in found.metrics if row.name is Metric.PASSES_COMPLETE]
    assert len(complete) > 2
    assert sum(row.value for row in rows) == len(complete)
    held_s = sum(s.end_s - s.start_s for s in found.spans if s.state.team >= 0)
    control = sum(row.value for row in found.metrics if row.name is Metric.CONTROL_MS)
    assert control == pytest.approx(1000 * held_s, abs=2 * len(found.spans))


@given(
    # Whole milliseconds, as frames give: the smallest numbers that floats know are no lengths of time.
    st.dictionaries(st.sampled_from(list(ControlState)), st.integers(0, 5_000_000).map(lambda ms: ms / 1000)),
    st.integers(0, 500),
    st.integers(0, 500),
    st.sampled_from(list(PossessionDefinition)),
)
@settings(max_examples=60, deadline=None)
def test_shares_lie_within_their_range_and_add_up(
    seconds: dict[ControlState, float], first: int, second: int, definition: PossessionDefinition
) -> None:
    totals = Totals(seconds_by_state=seconds, passes_attempted_by_team={0: first, 1: second})
    share = defined_share(totals, definition)
    if not share.percent_by_team:
        return
    assert sum(share.percent_by_team.values()) + share.contested_percent == pytest.approx(100)
    for team in (0, 1):
        assert share.lowest_by_team[team] <= share.percent_by_team[team] + 1e-9
        assert share.percent_by_team[team] <= share.highest_by_team[team] + 1e-9


@given(
    st.lists(st.tuples(st.floats(20, 85), st.floats(5, 60)), min_size=3, max_size=6, unique=True), st.integers(0, 99)
)
@settings(max_examples=15, deadline=None)
def test_a_ball_that_is_never_seen_credits_nobody_wherever_people_are(
    places: list[tuple[float, float]], seed: int
) -> None:
    people = tuple(stand(k + 1, (k + seed) % 2, x, y) for k, (x, y) in enumerate(places))
    outcome = play(Scene(people, ((0.0, 50.0, 30.0),), 6.0, hidden=((0.0, 7.0),)), 10.0)
    assert not outcome.events
    assert outcome.seconds(ControlState.TEAM_0) + outcome.seconds(ControlState.TEAM_1) == 0


@given(st.floats(0.3, 1.4), st.floats(0.4, 2.0), st.integers(0, 1))
@settings(max_examples=15, deadline=None)
def test_team_mates_who_take_turns_at_being_nearest_make_no_pass_without_a_flight(
    apart_m: float, period_s: float, team: int
) -> None:
    times = [k * period_s for k in range(int(8 / period_s) + 1)]
    ways = [
        tuple((t, 50.0 + side * (apart_m if k % 2 else 0.2), 30.0) for k, t in enumerate(times)) for side in (-1, 1)
    ]
    people = (Person(1, team, ways[0]), Person(2, team, tuple((t, 100.4 - x, y) for t, x, y in ways[0])))
    scene = Scene((*people, stand(90, 1 - team, 90.0, 10.0)), ((0.0, 50.2, 30.0),), 8.0)
    assert not play(scene).events_of("PASS")


def test_a_ball_whose_track_jumps_was_touched_by_who_stands_where_it_goes_on() -> None:
    """A header: the flight to it ends short of him, the flight from it begins at him."""
    scene = Scene(
        people=(stand(1, 0, 30.0, 30.0), stand(11, 1, 54.0, 33.0), stand(2, 0, 75.0, 33.0)),
        ball=((0.0, 30.2, 30), (2.0, 30.2, 30), (3.99, 54.0, 29.0), (4.0, 54.2, 33.0), (5.6, 74.8, 33.0),
              (8.0, 74.8, 33.0)),
        end_s=8.0,
    )  # fmt: skip
    changes = [event.track_to for event in play(scene).events_of("INTERCEPTION", "RECOVERY")]
    assert changes == [11, 2]
