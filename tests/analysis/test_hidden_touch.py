"""Touches that nobody saw, and what is made of a ball that is back after a moment out of sight."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ConfigDict, TypeAdapter

from tacticeye.possession_parts import PossessionState
from tacticeye.types import ControlState, EventKind, EventResult
from tests.analysis import scenes
from tests.analysis.scenes import FAR, Person, Scene, stand

STATE: TypeAdapter[tuple[PossessionState]] = TypeAdapter(
    tuple[PossessionState], config=ConfigDict(ser_json_inf_nan="constants")
)
RATES = (5.0, 6.25, 12.5, 25.0, 50.0)


def save_and_read(state: PossessionState) -> PossessionState:
    return STATE.validate_json(STATE.dump_json((state,)))[0]


def one_two() -> Scene:
    """Track 1 plays to track 2, who plays first time to track 3; nobody sees the ball around track 2."""
    return Scene(
        (stand(1, 0, 30.0, 30.0), stand(2, 0, 44.0, 30.0), stand(3, 0, 44.0, 44.0), stand(11, 1, 50.0, 37.0), *FAR),
        ((0.0, 30.3, 30.0), (2.0, 30.3, 30.0), (3.2, 43.8, 30.2), (4.4, 44.0, 43.7), (6.0, 44.0, 43.7)),
        end_s=6.0,
        hidden=((2.8, 3.6),),
    )


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("is_metric", [True, False])
def test_a_touch_that_nobody_saw_is_his_at_whom_two_flights_meet(rate_hz: float, is_metric: bool) -> None:
    outcome = scenes.play(replace(one_two(), is_metric=is_metric), rate_hz)
    passes = outcome.events_of(EventKind.PASS)
    assert [(e.track_from, e.track_to, e.result) for e in passes] == [
        (1, 2, EventResult.COMPLETE),
        (2, 3, EventResult.COMPLETE),
    ]
    assert passes[0].t_end_s == pytest.approx(3.2, abs=0.3)
    assert outcome.seconds(ControlState.TEAM_0) == pytest.approx(6.0, abs=0.3)


@pytest.mark.parametrize("rate_hz", [6.25, 25.0])
def test_saving_and_reading_the_state_while_the_ball_is_out_of_sight_changes_nothing(rate_hz: float) -> None:
    observations = replace(one_two(), jitter_m=0.1).observe(rate_hz)
    straight, resumed = scenes.run(observations, 6.0), scenes.run(observations, 6.0, save_and_read)
    assert repr(straight) == repr(resumed)


def test_a_touch_that_nobody_saw_makes_less_confident_passes() -> None:
    seen, unseen = (
        scenes.play(scene, 12.5).events_of(EventKind.PASS) for scene in (replace(one_two(), hidden=()), one_two())
    )
    assert all(after.confidence < before.confidence for before, after in zip(seen, unseen, strict=True))


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_touch_that_everybody_saw_is_not_taken_for_one_by_somebody_unknown_as_well(rate_hz: float) -> None:
    passes = scenes.play(replace(one_two(), hidden=()), rate_hz).events_of(EventKind.PASS)
    assert min(event.confidence for event in passes) > 0.75


def test_a_pass_by_an_opponent_is_not_given_to_the_team_when_he_touches_it_unseen() -> None:
    scene = one_two()
    people = tuple(replace(person, team=1) if person.track == 2 else person for person in scene.people)
    passes = scenes.play(replace(scene, people=people), 12.5).events_of(EventKind.PASS)
    assert [(e.track_from, e.track_to, e.result) for e in passes] == [
        (1, 2, EventResult.INCOMPLETE),
        (2, 3, EventResult.INCOMPLETE),
    ]


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_flight_that_goes_on_out_of_sight_is_touched_by_nobody_it_passes(rate_hz: float) -> None:
    scene = Scene(
        (stand(1, 0, 30.0, 30.0), stand(2, 0, 60.0, 30.0), stand(11, 1, 45.0, 30.4), *FAR),
        ((0.0, 30.3, 30.0), (2.0, 30.3, 30.0), (4.0, 59.7, 30.0), (6.0, 59.7, 30.0)),
        end_s=6.0,
        hidden=((2.7, 3.4),),
    )
    outcome = scenes.play(scene, rate_hz)
    assert outcome.seconds(ControlState.TEAM_1) == 0.0
    assert [(e.track_from, e.track_to) for e in outcome.events_of(EventKind.PASS)] == [(1, 2)]


@pytest.mark.parametrize("hidden", [(2.3, 2.5), (2.3, 2.6), (2.4, 2.6)])
def test_a_fast_ball_that_the_air_slows_down_is_touched_by_nobody_it_passes(hidden: tuple[float, float]) -> None:
    flight = [(1.96, 30.3, 30.0)]
    speed_m_s = 32.0
    while flight[-1][1] < 60.0 and speed_m_s > 3.0:
        t_s, x, y = flight[-1]
        flight.append((t_s + 0.04, x + 0.04 * speed_m_s, y))
        speed_m_s -= 0.04 * (3.0 + 0.013 * speed_m_s**2)
    rivals = [stand(20 + k, 1, 33.0 + 2.0 * k, 30.2) for k in range(9)]
    scene = Scene(
        (stand(1, 0, 30.0, 30.0), stand(2, 0, flight[-1][1] + 0.3, 30.0), *rivals, *FAR),
        ((0.0, 30.3, 30.0), *flight, (flight[-1][0] + 2.0, *flight[-1][1:])),
        end_s=flight[-1][0] + 2.0,
        hidden=(hidden,),
        is_metric=False,
    )
    passes = scenes.play(scene, 12.5).events_of(EventKind.PASS)
    assert [(e.track_from, e.track_to, e.result) for e in passes] == [(1, 2, EventResult.COMPLETE)]


def test_where_two_opponents_stand_together_nobody_is_said_to_have_touched_it() -> None:
    scene = one_two()
    rival = stand(12, 1, 44.1, 29.9)
    outcome = scenes.play(replace(scene, people=(*scene.people, rival)), 12.5)
    assert not any({e.track_from, e.track_to} & {2, 12} for e in outcome.events)


def hidden_dribble(until_s: float) -> Scene:
    """Track 1 runs with the ball, out of sight from 3 s until until_s."""
    runner = Person(1, 0, ((0.0, 30.0, 30.0), (10.0, 60.0, 30.0)))
    rival = Person(11, 1, ((0.0, 30.5, 33.0), (10.0, 60.5, 33.0)))
    ball = ((0.0, 30.4, 30.1), (10.0, 60.4, 30.1))
    return Scene((runner, rival, *FAR), ball, end_s=10.0, hidden=((3.0, until_s),))


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_moment_out_of_sight_between_touches_of_one_team_is_that_teams(rate_hz: float) -> None:
    outcome = scenes.play(hidden_dribble(7.0), rate_hz)
    assert outcome.seconds(ControlState.TEAM_0) == pytest.approx(10.0, abs=0.4)
    assert not outcome.events


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_long_time_out_of_sight_is_nobodys_even_between_touches_of_one_team(rate_hz: float) -> None:
    outcome = scenes.play(hidden_dribble(8.0), rate_hz)
    assert outcome.seconds(ControlState.UNSEEN) == pytest.approx(5.0, abs=0.4)


@pytest.mark.parametrize("rate_hz", [6.25, 12.5, 25.0])
def test_a_time_out_of_sight_is_nobodys_where_an_opponent_was_at_the_ball_before(rate_hz: float) -> None:
    scene = Scene(
        (stand(1, 0, 40.0, 30.0), stand(11, 1, 43.0, 30.0), *FAR),
        (
            (0.0, 40.2, 30.0),
            (2.5, 40.2, 30.0),
            (2.8, 42.8, 30.0),
            (2.9, 42.8, 30.0),
            (3.6, 40.2, 30.0),
            (9.0, 40.2, 30.0),
        ),
        end_s=9.0,
        hidden=((3.0, 6.0),),
    )
    outcome = scenes.play(scene, rate_hz)
    assert outcome.seconds(ControlState.UNSEEN) == pytest.approx(3.0, abs=0.5)


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_moment_out_of_sight_in_which_the_ball_changes_teams_is_nobodys(rate_hz: float) -> None:
    scene = Scene(
        (stand(1, 0, 40.0, 30.0), stand(11, 1, 42.5, 30.0), *FAR),
        ((0.0, 40.2, 30.0), (3.2, 40.2, 30.0), (4.8, 42.6, 30.0), (10.0, 42.6, 30.0)),
        end_s=10.0,
        hidden=((3.0, 5.0),),
    )
    outcome = scenes.play(scene, rate_hz)
    assert outcome.seconds(ControlState.UNSEEN) == pytest.approx(2.0, abs=0.4)
    assert outcome.seconds(ControlState.TEAM_0) == pytest.approx(3.0, abs=0.4)


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_flight_counts_for_the_passer_until_somebody_unknown_turns_the_ball(rate_hz: float) -> None:
    scene = Scene(
        (stand(1, 0, 30.0, 30.0), *FAR),
        ((0.0, 30.3, 30.0), (2.0, 30.3, 30.0), (4.0, 60.0, 30.0), (8.0, 60.0, 62.0), (12.0, 60.0, 62.0)),
        end_s=12.0,
    )
    outcome = scenes.play(scene, rate_hz)
    assert outcome.seconds(ControlState.TEAM_0) == pytest.approx(4.0, abs=0.4)
    assert outcome.seconds(ControlState.UNSEEN) == pytest.approx(8.0, abs=0.4)


def test_a_ball_that_nobody_touches_counts_for_nobody_in_the_long_run() -> None:
    scene = Scene(
        (stand(1, 0, 30.0, 30.0), *FAR),
        ((0.0, 30.3, 30.0), (2.0, 30.3, 30.0), (12.0, 90.0, 30.0), (62.0, 90.0, 30.0)),
        end_s=62.0,
    )
    assert scenes.play(scene, 12.5).seconds(ControlState.UNSEEN) >= 62.0 - 2.0 - 6.0


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("is_metric", [True, False])
def test_a_dribble_is_control_though_the_ball_is_only_seen_between_the_touches(rate_hz: float, is_metric: bool) -> None:
    runner = Person(1, 0, ((0.0, 20.0, 30.0), (12.0, 68.0, 30.0)))
    rival = Person(11, 1, ((0.0, 18.0, 32.5), (12.0, 66.0, 32.5)))
    ball = tuple((t / 2, 20.0 + 2.0 * t + (1.4 if t % 2 else 0.4), 30.1) for t in range(25))
    scene = Scene(
        (runner, rival, *FAR),
        ball,
        end_s=12.0,
        hidden=tuple((0.6 + t, 1.4 + t) for t in range(11)),
        jitter_m=0.1,
        is_metric=is_metric,
    )
    outcome = scenes.play(scene, rate_hz)
    assert outcome.seconds(ControlState.TEAM_0) >= 11.0
    assert outcome.seconds(ControlState.TEAM_1) == 0.0
    assert not outcome.events


def test_an_owner_who_is_covered_by_a_team_mate_makes_no_pass_of_it() -> None:
    runner = Person(1, 0, ((0.0, 30.0, 30.0), (6.0, 54.0, 30.0)))
    mate = Person(2, 0, ((0.0, 30.2, 36.0), (2.0, 38.6, 30.6), (3.3, 43.8, 30.4), (6.0, 50.0, 36.0)))
    scene = Scene(
        (runner, mate, *FAR),
        ((0.0, 30.4, 30.1), (3.2, 43.2, 30.1), (3.6, 47.2, 30.1), (4.4, 48.0, 30.1), (6.0, 54.4, 30.1)),
        end_s=6.0,
        is_metric=False,
    )
    observations = []
    for o in scene.observe(12.5):
        seen = ~((o.track == 1) & (2.6 < o.t_s < 3.3))
        columns = ("track", "team", "role", "xy", "units_per_metre", "place")
        observations.append(replace(o, **{name: getattr(o, name)[seen] for name in columns}))
    outcome = scenes.run(observations, 6.0)
    assert outcome.seconds(ControlState.TEAM_0) == pytest.approx(6.0, abs=0.4)
    assert not outcome.events
