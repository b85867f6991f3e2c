"""Trust figures: counted in each batch, added up over the match, told in plain words where there is no football."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tacticeye.config import Settings
from tacticeye.match_analyzer import run_match_analysis
from tacticeye.match_state import MatchState, Progress
from tacticeye.run_record import NO_FOOTBALL, verdict
from tacticeye.service import Service
from tacticeye.state_parts import Totals
from tacticeye.trust_figures import TrustFigures, TrustScore
from tacticeye.types import ControlState
from tests.small_match import write_small_match


def test_a_small_match_is_seen_whole(tmp_path: Path) -> None:
    run_match_analysis("small", write_small_match(tmp_path, 4.0), data_dir=tmp_path)
    view = Service(Settings(data_dir=tmp_path)).trust_view("small")
    assert view.has_data
    shares = view.overall.ball_detected + view.overall.ball_interpolated + view.overall.ball_unseen
    assert shares == pytest.approx(1.0)
    assert view.overall.ball_detected > 0.8
    assert view.overall.people == pytest.approx(6.0, abs=0.2)
    assert view.overall.not_live_s == 0.0
    assert view.overall.ids_per_minute == pytest.approx(6 * 60 / 4, rel=0.02)
    assert view.batches["end_s"].is_monotonic_increasing
    assert view.batches["ids_per_minute"].iloc[1:].tolist() == [0.0] * (len(view.batches) - 1)


def test_a_match_without_results_has_no_figures(tmp_path: Path) -> None:
    service = Service(Settings(data_dir=tmp_path))
    service.create_match(write_small_match(tmp_path, 1.0), "new")
    view = service.trust_view("new")
    assert not view.has_data
    assert math.isnan(view.overall.ball_detected)


def test_counts_of_batches_add_up_to_those_of_the_match() -> None:
    one = {"ball_detected": 3.0, "ball_unseen": 1.0, "seconds_covered": 2.0, "seconds_not_live": 1.0, "ids_new": 2.0}
    two = {"ball_detected": 1.0, "ball_unseen": 3.0, "seconds_covered": 2.0, "seconds_not_live": 0.0, "ids_new": 1.0}
    both = TrustFigures.of({name: one[name] + two[name] for name in one})
    assert both.ball_detected == 0.5
    assert both.ids_per_minute == 60.0
    assert both.not_live_s == 1.0


def analysed(**seconds: float) -> MatchState:
    by_state = {ControlState(name): value for name, value in seconds.items()}
    return MatchState("m", progress=Progress(is_finished=True), totals_now=Totals(seconds_by_state=by_state))


def test_a_video_of_something_else_ends_with_a_plain_sentence() -> None:
    assert verdict(analysed(not_live=58.0, unseen=2.0)) == NO_FOOTBALL


def test_a_match_with_long_replays_is_still_a_match() -> None:
    assert verdict(analysed(not_live=58.0, team_0=2.0)) == ""
    assert verdict(analysed(not_live=10.0, unseen=50.0)) == ""


def test_the_score_is_that_of_the_weakest_of_ball_people_and_teams() -> None:
    counts = {"ball_detected": 60, "ball_interpolated": 20, "ball_unseen": 20, "people_tracked": 95,
              "people_with_team": 83, "people_boxes": 100}  # fmt: skip
    assert TrustScore.of(counts) == TrustScore(0.8, "ball")
    assert TrustScore.of({**counts, "people_with_team": 50}) == TrustScore(0.5, "team")
    assert TrustScore.of({"people_boxes": 100}) is None
