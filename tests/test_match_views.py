"""What pages see of a match that was analysed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacticeye.config import AnalysisConfig, Settings
from tacticeye.errors import StorageError
from tacticeye.match_analyzer import run_match_analysis
from tacticeye.match_files import MatchFolder
from tacticeye.match_views import LiveView
from tacticeye.service import Service
from tacticeye.types import ChunkOutput, ControlState, EventKind
from tacticeye.worker import work
from tests.small_match import HEIGHT, WIDTH, write_small_match

SECONDS = 12.0


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """A service with one finished match, `derby`."""
    folder = tmp_path_factory.mktemp("views")
    service = Service(Settings(data_dir=folder))
    service.create_match(write_small_match(folder, SECONDS), "derby")
    work(folder, "derby")
    return service


def test_the_live_view_tells_of_one_moment(service: Service) -> None:
    view = service.live_view("derby")
    assert view.has_data
    assert view.spans["end_s"].max() == pytest.approx(SECONDS, abs=0.1)
    of_spans = (view.spans["end_s"] - view.spans["start_s"]).groupby(view.spans["state"]).sum()
    for state in ControlState:
        assert view.totals.seconds_by_state.get(state, 0.0) == pytest.approx(of_spans.get(state.value, 0.0), abs=1e-6)
    assert view.coverage is not None
    assert view.coverage.frames_decided == view.stats["frames_analysed"]
    assert sorted(view.kits) == [0, 1]


def test_while_a_match_is_analysed_the_spans_reach_as_far_as_the_totals(tmp_path: Path) -> None:
    service, views = Service(Settings(data_dir=tmp_path)), list[LiveView]()

    def look(match_id: str, output: ChunkOutput) -> None:
        views.append(service.live_view(match_id))

    config = write_small_match(tmp_path, SECONDS, batch_size_seconds=2.0, on_batch_complete=look)
    run_match_analysis("derby", config, data_dir=tmp_path)
    assert len(views) > 3
    for view in views[1:]:  # within the first two seconds nothing is decided
        assert view.spans["start_s"].tolist() == [0.0, *view.spans["end_s"].tolist()[:-1]]
        assert sum(view.totals.seconds_by_state.values()) == pytest.approx(view.spans["end_s"].max())


def test_the_feed_has_the_newest_event_first_and_the_events_page_the_oldest(service: Service) -> None:
    feed, page = service.live_view("derby").events, service.events_view("derby").events
    assert len(page) > 3
    assert np.all(np.diff(feed["t_start_s"]) <= 0)
    assert np.all(np.diff(page["t_start_s"]) >= 0)


def test_events_are_picked_by_kind_and_team(service: Service) -> None:
    everything = service.events_view("derby").events
    picked = service.events_view("derby", kinds=[EventKind.PASS], teams=[1]).events
    assert len(picked) == ((everything["kind"] == "PASS") & (everything["team"] == 1)).sum()
    assert len(service.events_view("derby", teams=[]).events) == 0


def test_the_heatmap_of_everybody_is_that_of_both_teams_and_the_unsure(service: Service) -> None:
    everybody = service.heatmap_view("derby")
    parts = sum(service.heatmap_view("derby", team=team).seconds for team in (0, 1, -1))
    assert everybody.seconds.sum() == pytest.approx(6 * SECONDS, rel=0.05)
    np.testing.assert_allclose(everybody.seconds, parts)
    assert (everybody.width, everybody.height) == (WIDTH, HEIGHT)


def test_the_page_and_the_summary_agree(service: Service) -> None:
    view, summary = service.live_view("derby"), service.summary("derby")
    assert summary["status"] == view.card.status.value == "finished"
    assert summary["passes"]["by_team"] == {team: view.totals.passes_complete_by_team.get(team, 0) for team in (0, 1)}


def test_a_database_that_is_none_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "derby.mp4").write_bytes(b"no frames")
    service = Service(Settings(data_dir=tmp_path))
    match_id = service.create_match(AnalysisConfig(source_url=str(tmp_path / "derby.mp4")))
    MatchFolder.of(tmp_path, match_id).database.write_bytes(b"This is no database." * 1000)
    for ask in (service.live_view, service.events_view, service.heatmap_view, service.summary):
        with pytest.raises(StorageError, match="database"):
            ask(match_id)
