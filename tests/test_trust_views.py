"""Trust figures: counted in each batch, added up over the match, told in plain words where there is no football."""

from __future__ import annotations

from pathlib import Path

import pytest

from tacticeye.config import Settings
from tacticeye.match_analyzer import run_match_analysis
from tacticeye.match_state import MatchState, Progress
from tacticeye.run_record import NO_FOOTBALL, verdict
from tacticeye.service import Service
from tacticeye.state_parts import Totals
from tacticeye.store import MatchStore
from tacticeye.trust_figures import TrustScore
from tacticeye.types import ControlState
from tests.small_match import write_small_match


def test_a_small_match_is_seen_whole(tmp_path: Path) -> None:
    run_match_analysis("small", write_small_match(tmp_path, 4.0), data_dir=tmp_path)
    score = Service(Settings(data_dir=tmp_path)).trust_score("small")
    assert score is not None and score.weakest == "team"  # which takes some seconds to tell
    with MatchStore(tmp_path / "matches" / "small").read() as snapshot:
        counts = snapshot.stat_totals()
    assert counts["ball_detected"] + counts["ball_interpolated"] + counts["ball_unseen"] == counts["frames_analysed"]
    assert (counts["ids_new"], counts["seconds_not_live"]) == (6, 0.0)
    assert counts["people_tracked"] / counts["frames_live"] == pytest.approx(6.0, abs=0.2)


def test_a_match_without_results_has_no_score(tmp_path: Path) -> None:
    service = Service(Settings(data_dir=tmp_path))
    service.create_match(write_small_match(tmp_path, 1.0), "new")
    assert service.trust_score("new") is None


def analysed(**seconds: float) -> MatchState:
    by_state = {ControlState(name): value for name, value in seconds.items()}
    return MatchState("m", progress=Progress(is_finished=True), totals=Totals(seconds_by_state=by_state))


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
