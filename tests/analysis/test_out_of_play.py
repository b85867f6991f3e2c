"""Balls out of play and restarts in a calibrated picture, where only a ball on the ground can be placed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tacticeye.analysis.play import Play, PlayAnalysis
from tacticeye.pitch import LAYOUTS
from tacticeye.possession_parts import PlayEventsState, PossessionState
from tacticeye.types import ControlState, Event, EventKind, EventResult, Metric, Role
from tests.analysis.scenes import Person, Scene, stand

RATES = (6.25, 12.5, 25.0)
KEEPER = stand(1, 0, 4.0, 34.0, Role.GOALKEEPER)


def analyse(scene: Scene, rate_hz: float = 12.5) -> Play:
    analysis, found = PlayAnalysis(PossessionState(), PlayEventsState()), Play()
    for observation in scene.observe(rate_hz):
        found.extend(analysis.update(observation))
    found.extend(analysis.flush(scene.end_s))
    return found


def of(found: Play, kind: EventKind) -> list[Event]:
    return [event for event in found.events if event.kind is kind]


def dead_s(found: Play) -> float:
    return sum(span.end_s - span.start_s for span in found.spans if span.state is ControlState.DEAD)


def out_and_thrown_in() -> Scene:
    """Track 2 plays over the touchline y = 0 at 2.5 s; track 5 of the others throws to track 6 at 9 s."""
    thrower = Person(5, 1, ((0.0, 40.0, 6.0), (4.0, 40.0, 6.0), (7.0, 42.5, -0.4)))
    return Scene(
        people=(stand(2, 0, 40.0, 12.0), thrower, stand(6, 1, 50.0, 8.0), KEEPER),
        ball=((0.0, 40.0, 11.7), (1.5, 40.0, 11.7), (2.7, 42.0, -1.0), (3.5, 42.5, -2.0), (6.5, 42.5, -2.0),
              (7.0, 42.5, -0.2), (9.0, 42.5, -0.2), (9.7, 49.8, 7.8), (12.0, 49.8, 7.8)),
        end_s=12.0,
        is_metric=False,
        is_calibrated=True,
    )  # fmt: skip


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_ball_that_rolls_over_the_line_is_out_until_it_is_thrown_in(rate_hz: float) -> None:
    found = analyse(out_and_thrown_in(), rate_hz)
    (out,), (throw,) = of(found, EventKind.BALL_OUT), of(found, EventKind.THROW_IN)
    assert (out.team, out.track_from) == (0, 2)
    assert out.t_start_s == pytest.approx(2.6, abs=0.3)
    assert out.pitch_from == pytest.approx((42.0, -0.9), abs=0.8)
    assert (throw.team, throw.track_from) == (1, 5)
    assert [event.result for event in of(found, EventKind.PASS)] == [EventResult.OUT, EventResult.COMPLETE]
    assert dead_s(found) == pytest.approx(6.6, abs=0.5)


def test_without_calibration_the_same_picture_tells_of_no_line() -> None:
    found = analyse(replace(out_and_thrown_in(), is_calibrated=False))
    assert not of(found, EventKind.BALL_OUT)
    assert dead_s(found) == 0.0


def test_where_the_picture_leaves_a_ball_beyond_the_line_it_is_out_and_dead_until_it_is_played() -> None:
    scene = replace(out_and_thrown_in(), not_live=((3.6, 6.8),), cuts=(3.6, 6.8))
    found = analyse(scene)
    assert [len(of(found, kind)) for kind in (EventKind.BALL_OUT, EventKind.THROW_IN)] == [1, 1]
    assert dead_s(found) == pytest.approx(6.6 - 3.2, abs=0.6)


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_high_ball_that_seems_outside_on_its_way_is_in_play(rate_hz: float) -> None:
    scene = Scene(
        people=(stand(2, 0, 30.0, 60.0), stand(3, 0, 60.0, 60.0), stand(9, 1, 45.0, 50.0), KEEPER),
        ball=((0.0, 30.0, 60.0), (1.5, 30.0, 60.0), (1.9, 38.0, 68.0), (2.0, 40.0, 70.5), (2.1, 42.0, 76.0),
              (3.1, 56.0, 76.0), (3.2, 57.0, 70.0), (3.4, 59.8, 60.2), (6.0, 59.8, 60.2)),
        end_s=6.0,
        is_metric=False,
        is_calibrated=True,
    )  # fmt: skip
    found = analyse(scene, rate_hz)
    assert not of(found, EventKind.BALL_OUT)
    assert [(e.track_from, e.track_to) for e in of(found, EventKind.PASS)] == [(2, 3)]


def test_a_cross_that_flies_over_the_line_for_long_before_it_is_headed_wide_is_out_only_then() -> None:
    scene = Scene(
        people=(stand(2, 0, 90.0, 62.0), stand(3, 0, 98.0, 36.0), stand(9, 1, 90.0, 50.0), KEEPER),
        ball=((0.0, 90.0, 61.8), (2.0, 90.0, 61.8), (2.3, 95.0, 68.0), (2.6, 100.0, 70.0), (3.2, 107.0, 62.0),
              (3.6, 107.0, 50.0), (4.0, 110.0, 40.0), (4.6, 109.0, 33.0), (4.8, 106.8, 30.0), (9.0, 106.8, 30.0)),
        end_s=9.0,
        is_metric=False,
        is_calibrated=True,
    )  # fmt: skip
    (out,) = of(analyse(scene), EventKind.BALL_OUT)
    assert out.t_start_s == pytest.approx(4.9, abs=0.3)


def test_a_spare_ball_beside_the_pitch_is_not_the_one_that_went_out() -> None:
    scene = replace(
        out_and_thrown_in(),
        ball=((0.0, 40.0, 11.7), (3.0, 40.0, 11.7), (3.01, 60.0, -1.5), (8.0, 60.0, -1.5)),
        end_s=8.0,
        hidden=((2.9, 3.1),),
    )
    assert not of(analyse(scene), EventKind.BALL_OUT)


def test_a_winger_whose_ball_seems_a_metre_outside_is_still_playing() -> None:
    winger = Person(2, 0, ((0.0, 30.0, -0.9), (6.0, 60.0, -0.9)))
    scene = Scene((winger, stand(9, 1, 45.0, 20.0), KEEPER), ((0.0, 30.3, -0.9), (6.0, 60.3, -0.9)), end_s=6.0,
                  is_metric=False, is_calibrated=True)  # fmt: skip
    found = analyse(scene)
    assert not of(found, EventKind.BALL_OUT)
    assert dead_s(found) == 0.0


def test_a_ball_that_is_not_seen_for_long_after_it_went_out_is_unseen_and_no_longer_dead() -> None:
    found = analyse(replace(out_and_thrown_in(), hidden=((4.0, 30.0),), end_s=30.0))
    assert dead_s(found) == pytest.approx(16.4, abs=0.5)


def test_one_goalkeeper_in_a_calibrated_picture_tells_which_third_is_entered() -> None:
    scene = Scene(
        people=(stand(2, 0, 55.0, 30.0), stand(3, 0, 80.0, 30.0), KEEPER),
        ball=((0.0, 55.2, 30.0), (9.0, 55.2, 30.0), (10.5, 79.8, 30.0), (12.0, 79.8, 30.0)),
        end_s=12.0,
        is_metric=False,
        is_calibrated=True,
    )
    entered = [(row.team, row.track) for row in analyse(scene).metrics if row.name is Metric.FINAL_THIRD_ENTRIES]
    assert entered == [(0, 2)]


def test_a_smaller_pitch_has_its_lines_elsewhere() -> None:
    scene = replace(out_and_thrown_in(), people=(stand(2, 0, 30.0, 10.0), stand(3, 0, 47.0, 10.0)), end_s=6.0,
                    ball=((0.0, 30.2, 10.0), (2.0, 30.2, 10.0), (3.0, 43.0, 10.0), (6.0, 43.0, 10.0)))  # fmt: skip
    analysis, found = PlayAnalysis(PossessionState(), PlayEventsState(), LAYOUTS["futsal"]), Play()
    for observation in scene.observe(12.5):
        found.extend(analysis.update(observation))
    found.extend(analysis.flush(scene.end_s))
    assert of(found, EventKind.BALL_OUT)
    assert not of(analyse(scene), EventKind.BALL_OUT)
