"""The possession engine: who has the ball, when nobody does, and that nothing but the observations decides."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter

from tacticeye.analysis.possession import PossessionEngine
from tacticeye.possession_parts import PossessionState
from tacticeye.types import ControlSpan, ControlState, Event, EventKind, EventResult, Role
from tests.analysis import scenes
from tests.analysis.scenes import FAR, Person, Scene, stand
from tests.benchmarks import score_tracking

STATE: TypeAdapter[tuple[PossessionState]] = TypeAdapter(
    tuple[PossessionState], config=ConfigDict(ser_json_inf_nan="constants")
)
RATES = (5.0, 6.25, 12.5, 25.0, 50.0)


def save_and_read(state: PossessionState) -> PossessionState:
    return STATE.validate_json(STATE.dump_json((state,)))[0]


def assert_contiguous(spans: list[ControlSpan], start_s: float, end_s: float) -> None:
    assert spans[0].start_s == start_s
    assert spans[-1].end_s == end_s
    for before, after in pairwise(spans):
        assert before.end_s == after.start_s
        assert before.end_s > before.start_s
        assert (before.state, before.track) != (after.state, after.track)


@pytest.mark.parametrize("rate_hz", RATES)
def test_the_flight_of_a_pass_counts_for_the_passing_team_until_the_first_touch(rate_hz: float) -> None:
    outcome = scenes.play(scenes.pass_scene(team_to=1), rate_hz)
    assert outcome.seconds(ControlState.TEAM_0) == pytest.approx(3.0, abs=0.25)
    assert outcome.seconds(ControlState.TEAM_1) == pytest.approx(2.0, abs=0.25)


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("is_metric", [True, False])
def test_spans_follow_on_each_other_from_the_first_observation_to_the_end(rate_hz: float, is_metric: bool) -> None:
    scene = replace(scenes.long_scene(), is_metric=is_metric, cuts=(21.0,), not_live=((21.0, 21.6),), end_s=31.0)
    outcome = scenes.run(scene.observe(rate_hz), 31.5)
    assert_contiguous(outcome.spans, 0.0, 31.5)


def test_a_ball_that_was_never_seen_credits_nobody() -> None:
    outcome = scenes.play(replace(scenes.pass_scene(), hidden=((0.0, 9.0),)))
    assert [(span.state, span.start_s, span.end_s) for span in outcome.spans] == [(ControlState.UNSEEN, 0.0, 5.0)]
    assert not outcome.events


@pytest.mark.parametrize("rate_hz", RATES)
def test_one_sighting_then_a_minute_unseen_credits_nobody_for_the_minute(rate_hz: float) -> None:
    scene = Scene((stand(1, 0, 40.0, 30.0), *FAR), ((0.0, 40.3, 30.0),), end_s=60.0, hidden=((0.1, 60.1),))
    outcome = scenes.play(scene, rate_hz)
    assert outcome.seconds(ControlState.UNSEEN) >= 59.5


def test_a_long_unseen_spell_in_the_middle_is_taken_out_of_both_teams_time() -> None:
    scene = Scene((stand(1, 0, 40.0, 30.0), *FAR), ((0.0, 40.3, 30.0),), end_s=11.0, hidden=((3.0, 8.0),))
    outcome = scenes.play(scene)
    assert outcome.seconds(ControlState.UNSEEN) == pytest.approx(5.0, abs=0.3)
    assert outcome.seconds(ControlState.TEAM_0) == pytest.approx(6.0, abs=0.3)


def test_a_short_unseen_spell_is_bridged() -> None:
    scene = Scene((stand(1, 0, 40.0, 30.0), *FAR), ((0.0, 40.3, 30.0),), end_s=10.0, hidden=((3.0, 3.8),))
    assert scenes.play(scene).seconds(ControlState.TEAM_0) == pytest.approx(10.0, abs=0.3)


def test_an_unseen_flight_between_a_known_passer_and_a_known_receiver_counts_for_the_passer() -> None:
    scene = Scene(
        (stand(1, 0, 30.0, 30.0), stand(2, 1, 65.0, 30.0), *FAR),
        ((0.0, 30.3, 30.0), (3.0, 30.3, 30.0), (5.0, 64.7, 30.0), (8.0, 64.7, 30.0)),
        end_s=8.0,
        hidden=((3.2, 4.8),),
    )
    outcome = scenes.play(scene)
    assert outcome.seconds(ControlState.TEAM_0) == pytest.approx(5.0, abs=0.3)
    assert outcome.seconds(ControlState.UNSEEN) == 0.0


def test_a_goalkeeper_can_own_the_ball() -> None:
    scene = Scene((stand(1, 1, 3.0, 34.0, Role.GOALKEEPER), *FAR), ((0.0, 3.3, 34.0),), end_s=4.0)
    assert scenes.play(scene).seconds(ControlState.TEAM_1) == pytest.approx(4.0, abs=0.3)


def test_a_referee_never_owns_the_ball() -> None:
    scene = Scene((stand(1, 0, 40.0, 30.0, Role.REFEREE), *FAR), ((0.0, 40.2, 30.0),), end_s=4.0)
    assert {span.state for span in scenes.play(scene).spans} == {ControlState.UNSEEN}


def test_a_person_of_unknown_team_holds_the_ball_for_neither_team() -> None:
    scene = Scene((stand(1, -1, 40.0, 30.0), *FAR), ((0.0, 40.2, 30.0),), end_s=4.0)
    outcome = scenes.play(scene)
    assert {span.state for span in outcome.spans} == {ControlState.UNSEEN}
    assert outcome.spans[-1].track == 1


def test_a_ball_that_flies_past_a_player_without_changing_its_way_is_not_his() -> None:
    scene = Scene(
        (stand(1, 0, 30.0, 30.0), stand(2, 0, 60.0, 30.0), stand(11, 1, 45.0, 30.8), *FAR),
        ((0.0, 30.3, 30.0), (2.0, 30.3, 30.0), (4.0, 59.7, 30.0), (6.0, 59.7, 30.0)),
        end_s=6.0,
    )
    for rate_hz in RATES:
        assert scenes.play(scene, rate_hz).seconds(ControlState.TEAM_1) == 0.0


def test_a_deflection_does_not_change_control() -> None:
    scene = Scene(
        (stand(1, 0, 30.0, 30.0), stand(2, 0, 52.0, 36.0), stand(11, 1, 45.0, 30.4), *FAR),
        ((0.0, 30.3, 30.0), (2.0, 30.3, 30.0), (3.0, 45.0, 30.0), (3.5, 51.7, 35.8), (6.0, 51.7, 35.8)),
        end_s=6.0,
    )
    assert scenes.play(scene).seconds(ControlState.TEAM_1) == 0.0


def test_play_that_is_not_live_belongs_to_nobody() -> None:
    scene = Scene(
        (stand(1, 0, 40.0, 30.0), *FAR), ((0.0, 40.3, 30.0),), end_s=9.0, not_live=((3.0, 6.0),), cuts=(3.0, 6.0)
    )
    outcome = scenes.play(scene)
    assert outcome.seconds(ControlState.NOT_LIVE) == pytest.approx(3.0, abs=0.05)
    assert outcome.seconds(ControlState.TEAM_0) == pytest.approx(6.0, abs=0.3)


def test_a_cut_breaks_a_flight() -> None:
    outcome = scenes.play(replace(scenes.pass_scene(), cuts=(2.6,)))
    assert not outcome.events_of(EventKind.PASS)


def test_a_hole_in_the_observations_is_unseen() -> None:
    observations = [o for o in scenes.pass_scene().observe(25.0) if not 0.8 < o.t_s < 1.9]
    outcome = scenes.run(observations, 5.0)
    assert outcome.seconds(ControlState.UNSEEN) == pytest.approx(1.1, abs=0.1)
    assert_contiguous(outcome.spans, 0.0, 5.0)


def test_out_of_play_stops_the_clock_until_the_ball_is_played_back_in() -> None:
    scene = Scene(
        (stand(1, 0, 40.0, 60.0), stand(12, 1, 46.0, 68.4), stand(13, 1, 46.0, 55.0), *FAR),
        (
            (0.0, 40.3, 60.0), (2.0, 40.3, 60.0), (3.0, 44.0, 70.0), (5.0, 46.0, 68.6), (10.0, 46.0, 68.6),
            (11.0, 46.0, 55.3), (13.0, 46.0, 55.3),
        ),
        end_s=13.0,
    )  # fmt: skip
    outcome = scenes.play(scene)
    assert outcome.seconds(ControlState.DEAD) == pytest.approx(7.4, abs=0.5)
    assert outcome.seconds(ControlState.TEAM_0) == pytest.approx(2.8, abs=0.4)
    assert [event.team for event in outcome.events_of(EventKind.BALL_OUT)] == [0]
    assert [(e.team, e.track_from, e.track_to) for e in outcome.events_of(EventKind.PASS) if e.track_to >= 0] == [
        (1, 12, 13)
    ]


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("is_told_dead", [False, True])
def test_who_clears_the_ball_out_at_first_touch_has_won_it_before(rate_hz: float, is_told_dead: bool) -> None:
    scene = Scene(
        (stand(1, 0, 30.0, 20.0), stand(11, 1, 50.0, 20.0), *FAR),
        ((0.0, 30.3, 20.0), (2.0, 30.3, 20.0), (3.2, 49.8, 20.0), (4.6, 40.0, -1.5), (8.0, 40.0, -4.0)),
        end_s=8.0,
    )
    observations = scene.observe(rate_hz)
    if is_told_dead:
        nowhere = np.full(2, np.nan)
        observations = [replace(o, is_dead=True, ball_xy=nowhere) if o.t_s > 4.4 else o for o in observations]
    outcome = scenes.run(observations, 8.0)
    (won,) = outcome.events_of(EventKind.INTERCEPTION)
    assert (won.team, won.track_to) == (1, 11)
    assert won.t_start_s == pytest.approx(3.2, abs=0.3)
    assert outcome.seconds(ControlState.TEAM_1) == pytest.approx(1.2, abs=0.4)
    assert [event.team for event in outcome.events_of(EventKind.BALL_OUT)] == ([] if is_told_dead else [1])


def test_a_source_that_says_dead_is_believed() -> None:
    observations = [replace(o, is_dead=2.0 <= o.t_s < 4.0) for o in scenes.pass_scene().observe(25.0)]
    assert scenes.run(observations, 5.0).seconds(ControlState.DEAD) == pytest.approx(2.0, abs=0.05)


def test_mirrored_teams_give_mirrored_results() -> None:
    scene = scenes.long_scene()
    straight, mirrored = scenes.play(scene), scenes.play(scenes.mirrored(scene))
    swap = {0: 1, 1: 0, -1: -1}
    assert [(s.state.team, s.track) for s in straight.spans] == [(swap[s.state.team], s.track) for s in mirrored.spans]
    assert [s.end_s for s in straight.spans] == [s.end_s for s in mirrored.spans]
    assert [(e.kind, e.result, e.team, e.track_to) for e in straight.events] == [
        (e.kind, e.result, swap[e.team], e.track_to) for e in mirrored.events
    ]


@settings(max_examples=10, deadline=None)
@given(st.floats(0.0, 20_000.0))
def test_a_shift_in_time_shifts_the_result_and_nothing_else(start_s: float) -> None:
    scene = scenes.pass_scene()
    straight = scenes.play(scene)
    shifted = scenes.run(replace(scene, start_s=start_s, end_s=start_s + scene.end_s).observe(25.0), start_s + 5.0)
    assert [(s.state, s.track) for s in straight.spans] == [(s.state, s.track) for s in shifted.spans]
    for before, after in zip(straight.spans, shifted.spans, strict=True):
        assert after.end_s - start_s == pytest.approx(before.end_s, abs=0.05)


@pytest.mark.parametrize("is_metric", [True, False])
def test_the_rate_does_not_change_totals_or_passes(is_metric: bool) -> None:
    scene = replace(scenes.long_scene(), is_metric=is_metric)
    reference = scenes.play(scene, 25.0)
    for rate_hz in RATES:
        outcome = scenes.play(scene, rate_hz)
        for state in ControlState:
            assert outcome.seconds(state) == pytest.approx(reference.seconds(state), abs=1.0), (rate_hz, state)
        assert [(e.track_from, e.track_to, e.result) for e in outcome.events_of(EventKind.PASS)] == [
            (1, 2, EventResult.COMPLETE),
            (2, 3, EventResult.COMPLETE),
            (3, 11, EventResult.INCOMPLETE),
            (11, 12, EventResult.COMPLETE),
            (12, 20, EventResult.COMPLETE),
        ]


@pytest.mark.parametrize("rate_hz", [6.25, 25.0])
def test_saving_and_reading_the_state_anywhere_changes_nothing(rate_hz: float) -> None:
    scene = replace(scenes.long_scene(), jitter_m=0.2, cuts=(21.0,), not_live=((21.0, 21.6),))
    observations = scene.observe(rate_hz)
    straight = scenes.run(observations, scene.end_s)
    resumed = scenes.run(observations, scene.end_s, save_and_read)
    assert repr(straight) == repr(resumed)


def test_the_state_survives_json_bit_for_bit() -> None:
    engine = PossessionEngine(PossessionState())
    for observation in replace(scenes.long_scene(), jitter_m=0.2).observe(25.0)[:190]:
        engine.update(observation)
    text = STATE.dump_json((engine.state(),))
    assert STATE.dump_json(STATE.validate_json(text)) == text
    assert repr(STATE.validate_json(text)[0]) == repr(engine.state())


def test_memory_does_not_grow_with_the_length_of_the_match() -> None:
    scene = replace(scenes.long_scene(), jitter_m=0.3)
    engine = PossessionEngine(PossessionState())
    sizes = []
    for half_minute in range(6):
        for observation in replace(scene, start_s=30.0 * half_minute, end_s=30.0 * (half_minute + 1)).observe(10.0)[1:]:
            engine.update(observation)
        sizes.append(len(STATE.dump_json((engine.state(),))))
    assert max(sizes[1:]) < 1.3 * sizes[0]


def test_results_come_out_with_a_fixed_lag() -> None:
    engine = PossessionEngine(PossessionState())
    seen_at = [
        observation.t_s
        for observation in scenes.pass_scene().observe(25.0)
        if any(event.kind is EventKind.PASS for event in engine.update(observation)[1])
    ]
    assert len(seen_at) == 1
    assert 3.0 < seen_at[0] < 3.0 + 1.2 + 0.6


def test_the_current_span_names_who_has_the_ball_now() -> None:
    engine = PossessionEngine(PossessionState())
    for observation in scenes.pass_scene(team_to=1).observe(25.0):
        engine.update(observation)
    current = engine.open_spans()[-1]
    assert (current.state, current.track) == (ControlState.TEAM_1, 2)
    assert current.end_s == pytest.approx(5.0 - 1.2, abs=0.1)


def test_observations_out_of_order_are_refused() -> None:
    engine = PossessionEngine(PossessionState())
    first, second = scenes.pass_scene().observe(25.0)[:2]
    engine.update(second)
    with pytest.raises(ValueError, match="order of time"):
        engine.update(first)


def test_a_dribble_is_one_possession() -> None:
    runner = Person(1, 0, ((0.0, 30.0, 30.0), (6.0, 66.0, 30.0)))
    steps = tuple((t / 2, 30.0 + 3.0 * t + (1.6 if t % 2 else 0.5), 30.1) for t in range(13))
    outcome = scenes.play(Scene((runner, *FAR), steps, end_s=6.0))
    assert [(span.state, span.track) for span in outcome.spans if span.end_s - span.start_s > 0.3] == [
        (ControlState.TEAM_0, 1)
    ]
    assert not outcome.events


def hits_and_passes(folder: Path, events: list[Event]) -> tuple[int, int]:
    """How many of a match's completed passes were found, and how many were said to be."""
    truth = pd.read_parquet(folder / "events.parquet")
    wanted = truth[(truth.type == "pass") & (truth.success == True)]  # noqa: E712
    complete = [e for e in events if e.kind is EventKind.PASS and e.result is EventResult.COMPLETE]
    releases = zip(wanted.from_player.to_numpy(int), wanted.start_frame.to_numpy(int), strict=True)
    hits = sum(
        any(e.track_from == player and abs(e.t_start_s * 25 - frame) <= 25 for e in complete)
        for player, frame in releases
    )
    return hits, len(complete)


@pytest.mark.shared
def test_the_measured_match_is_read_as_its_events_say(shared: Path) -> None:
    folder = shared / "tracking" / "metrica_game3_clip"
    frames = pd.read_parquet(folder / "frames.parquet")
    spans, events, _ = score_tracking.analyse(frames, 25.0)
    hits, n_complete = hits_and_passes(folder, events)
    assert hits >= 20
    assert n_complete <= 22
    held = {team: sum(s.end_s - s.start_s for s in spans if s.state.team == team) for team in (0, 1)}
    assert 100 * held[0] / (held[0] + held[1]) == pytest.approx(91.0, abs=4.0)


@pytest.mark.shared
def test_the_measured_match_with_the_errors_of_a_camera_keeps_most_of_its_passes(shared: Path) -> None:
    folder = shared / "tracking" / "metrica_game3_clip"
    frames = pd.read_parquet(folder / "frames.parquet")
    found = []
    for seed in range(4):
        noisy = frames.copy()
        noisy[["x_m", "y_m"]] += np.random.default_rng(seed).normal(0, 0.4, (len(frames), 2))
        found.append(hits_and_passes(folder, score_tracking.analyse(noisy, 25.0)[1]))
    hits, n_complete = np.sum(found, axis=0)
    assert 2 * hits / (n_complete + 4 * 22) >= 0.85
