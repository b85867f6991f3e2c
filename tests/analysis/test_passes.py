"""Events: what counts as a pass, an interception, a recovery, and what doesn't."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tacticeye.types import ControlState, EventKind, EventResult, Role
from tests.analysis import scenes
from tests.analysis.scenes import FAR, Person, Scene, stand

RATES = (5.0, 6.25, 12.5, 25.0, 50.0)


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("is_metric", [True, False])
def test_a_pass_runs_from_release_to_reception_between_two_of_a_team(rate_hz: float, is_metric: bool) -> None:
    outcome = scenes.play(replace(scenes.pass_scene(), is_metric=is_metric), rate_hz)
    (event,) = outcome.events
    assert (event.kind, event.result, event.team) == (EventKind.PASS, EventResult.COMPLETE, 0)
    assert (event.track_from, event.track_to) == (1, 2)
    assert event.t_start_s == pytest.approx(2.0, abs=0.25)
    assert event.t_end_s == pytest.approx(3.0, abs=0.25)
    scale = 1.0 if is_metric else scenes.PIXELS_PER_METRE
    assert event.xy_from[0] / scale == pytest.approx(40.3, abs=3.0)
    assert event.xy_to[0] / scale == pytest.approx(53.7, abs=3.0)
    assert 0.5 < event.confidence <= 1.0


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_pass_to_an_opponent_is_incomplete_and_an_interception(rate_hz: float) -> None:
    outcome = scenes.play(scenes.pass_scene(team_to=1), rate_hz)
    assert [(e.kind, e.result, e.team) for e in outcome.events] == [
        (EventKind.PASS, EventResult.INCOMPLETE, 0),
        (EventKind.INTERCEPTION, EventResult.NONE, 1),
    ]
    assert outcome.events[1].t_start_s == pytest.approx(3.0, abs=0.25)


def test_a_goalkeeper_can_receive_a_pass() -> None:
    outcome = scenes.play(scenes.pass_scene(role_to=Role.GOALKEEPER))
    assert [event.track_to for event in outcome.events] == [2]


@pytest.mark.parametrize("rate_hz", RATES)
def test_alternating_nearest_team_mates_without_flight_give_no_pass(rate_hz: float) -> None:
    swaying = tuple((t / 5, 40.4 if t % 2 else 39.6, 30.0) for t in range(61))
    away = tuple((t, 79.0 - x, y) for t, x, y in swaying)
    scene = Scene((Person(1, 0, swaying), Person(2, 0, away), *FAR), ((0.0, 39.5, 30.0),), end_s=12.0)
    for jitter_m in (0.0, 0.3):
        outcome = scenes.play(replace(scene, jitter_m=jitter_m), rate_hz)
        assert not outcome.events_of(EventKind.PASS)
        assert outcome.seconds(ControlState.TEAM_0) > 11.0


def test_a_new_track_of_the_same_person_is_no_pass() -> None:
    scene = Scene((Person(1, 0, ((0.0, 40.0, 30.0), (6.0, 58.0, 30.0))), *FAR),
                  ((0.0, 40.4, 30.0), (6.0, 58.4, 30.0)), end_s=6.0)  # fmt: skip
    observations = [
        replace(o, track=o.track + (o.track == 1).astype("int32") * 50 * (o.t_s >= 3.0)) for o in scene.observe(12.5)
    ]
    outcome = scenes.run(observations, 6.0)
    assert not outcome.events
    assert outcome.seconds(ControlState.TEAM_0) == pytest.approx(6.0, abs=0.4)


def test_a_new_track_that_appears_while_the_ball_is_pushed_ahead_is_no_pass() -> None:
    runner = Person(1, 0, ((0.0, 40.0, 30.0), (2.0, 46.0, 30.0), (4.0, 60.0, 30.0), (6.0, 66.0, 30.0)))
    ball = ((0.0, 40.4, 30.0), (2.0, 46.4, 30.0), (3.0, 58.0, 30.0), (3.8, 59.4, 30.0), (6.0, 66.4, 30.0))
    observations = [
        replace(o, track=o.track + (o.track == 1).astype("int32") * 50 * (o.t_s >= 3.0))
        for o in Scene((runner, *FAR), ball, end_s=6.0).observe(12.5)
    ]
    assert not scenes.run(observations, 6.0).events_of(EventKind.PASS)


def test_a_tackle_is_a_recovery_and_no_pass() -> None:
    tackler = Person(11, 1, ((0.0, 50.0, 30.0), (2.0, 41.0, 30.0), (2.6, 41.0, 30.4), (5.0, 52.0, 38.0)))
    scene = Scene(
        (stand(1, 0, 40.0, 30.0), tackler, *FAR),
        ((0.0, 40.4, 30.0), (2.4, 40.4, 30.0), (2.6, 41.2, 30.6), (5.0, 52.2, 38.2)),
        end_s=5.0,
    )
    outcome = scenes.play(scene)
    assert [(e.kind, e.team) for e in outcome.events] == [(EventKind.RECOVERY, 1)]


def test_one_touch_passes_all_count() -> None:
    scene = Scene(
        (stand(1, 0, 30.0, 30.0), stand(2, 0, 44.0, 30.0), stand(3, 0, 44.0, 44.0), *FAR),
        ((0.0, 30.3, 30.0), (2.0, 30.3, 30.0), (3.2, 43.8, 30.2), (4.4, 44.0, 43.7), (6.0, 44.0, 43.7)),
        end_s=6.0,
    )
    for rate_hz in RATES:
        passes = scenes.play(scene, rate_hz).events_of(EventKind.PASS)
        assert [(e.track_from, e.track_to) for e in passes] == [(1, 2), (2, 3)], rate_hz


def test_a_pass_by_or_to_a_person_of_unknown_team_is_not_claimed() -> None:
    assert not scenes.play(scenes.pass_scene(team_to=-1)).events


def test_less_sure_teams_make_less_confident_passes() -> None:
    sure = scenes.play(scenes.pass_scene()).events[0]
    observations = [
        replace(o, team=o.team - (o.track == 2).astype("int8") * (o.frame % 3 == 0))
        for o in scenes.pass_scene().observe(25.0)
    ]
    unsure = scenes.run(observations, 5.0).events[0]
    assert unsure.confidence < sure.confidence


def test_a_pass_to_where_an_opponent_is_as_near_is_less_confident() -> None:
    scene = scenes.pass_scene()
    alone = scenes.play(scene).events[0]
    in_a_duel = scenes.play(replace(scene, people=(*scene.people, stand(12, 1, 53.3, 30.3)))).events[0]
    assert (in_a_duel.track_from, in_a_duel.track_to) == (alone.track_from, alone.track_to)
    assert in_a_duel.confidence < 0.9 * alone.confidence


def test_a_pass_out_of_play_says_so() -> None:
    scene = Scene((stand(1, 0, 40.0, 60.0), *FAR), ((0.0, 40.3, 60.0), (2.0, 40.3, 60.0), (3.0, 46.0, 72.0)), end_s=5.0)
    outcome = scenes.play(scene)
    assert [(e.kind, e.result) for e in outcome.events] == [
        (EventKind.PASS, EventResult.OUT),
        (EventKind.BALL_OUT, EventResult.NONE),
    ]
