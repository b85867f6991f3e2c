"""The facade that pages and command line call."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tacticeye.config import AnalysisConfig, Settings
from tacticeye.errors import MatchNotFoundError, SourceError
from tacticeye.ledger import NamePlayer
from tacticeye.match_files import MatchFolder, Progress, write_record
from tacticeye.match_queue import MatchStatus
from tacticeye.match_state import MatchState
from tacticeye.service import Service
from tacticeye.store import MatchStore
from tests.browser import match_folders
from tests.browser.match_folders import make_match


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(Settings(data_dir=tmp_path / "data", max_workers=1))


@pytest.fixture
def match_id(service: Service, tmp_path: Path) -> str:
    """A match of which nothing was analysed."""
    video = tmp_path / "derby.mp4"
    video.write_bytes(b"no frames")
    return service.create_match(AnalysisConfig(source_url=str(video)), "derby")


def test_the_facade_loads_nothing_heavy() -> None:
    code = (
        "import sys, tacticeye.service; print([n for n in ('torch', 'ultralytics', 'cv2', 'av') if n in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TACTICEYE_DATA_DIR", str(tmp_path / "elsewhere"))
    assert Service.from_environment().data_dir == tmp_path / "elsewhere"


def test_a_relative_data_folder_stays_the_same_whatever_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    service = Service(Settings(data_dir=Path("data")))
    monkeypatch.chdir("/")
    assert service.data_dir == tmp_path / "data"


def test_views_of_a_match_without_results_are_empty_and_not_an_error(service: Service, match_id: str) -> None:
    live, events, heat = service.live_view(match_id), service.events_view(match_id), service.heatmap_view(match_id)
    assert (live.has_data, events.has_data, heat.has_data) == (False, False, False)
    assert (len(live.spans), len(live.events), len(events.tracks), heat.seconds.sum()) == (0, 0, 0, 0.0)
    assert list(live.spans) == ["state", "track", "start_s", "end_s"]
    assert live.card.match_id == match_id


def test_the_summary_of_a_match_without_results_has_its_shape(service: Service, match_id: str) -> None:
    summary = service.summary(match_id)
    assert summary["status"] == "stopped"
    assert summary["possession"]["percent_by_team"] == {0: None, 1: None}


def test_a_match_that_does_not_exist_is_not_found_whatever_is_asked(service: Service) -> None:
    for ask in (service.status, service.summary, service.live_view, service.events_view, service.heatmap_view,
                service.start, service.stop, service.resume, service.delete):  # fmt: skip
        with pytest.raises(MatchNotFoundError):
            ask("absent")


def test_stopping_a_match_that_stands_changes_nothing(service: Service, match_id: str) -> None:
    service.stop(match_id)
    assert service.status(match_id).status is MatchStatus.STOPPED


def test_a_match_without_results_is_discarded(service: Service, match_id: str) -> None:
    service.discard_if_empty(match_id)
    assert service.list_matches() == []
    assert not MatchFolder.of(service.data_dir, match_id).path.exists()


def test_how_fast_a_preset_is_here_is_told_by_recordings(service: Service, tmp_path: Path) -> None:
    for number, (speed, lag_s) in enumerate([(2.0, math.nan), (0.9, 5.0)]):
        video = tmp_path / f"{number}.mp4"
        video.write_bytes(b"frames")
        match_id = service.create_match(AnalysisConfig.preset("live", source_url=str(video)))
        folder = MatchFolder.of(service.data_dir, match_id)
        write_record(folder.progress, Progress(0.0, speed=speed, lag_s=lag_s))
    assert service.measured_speeds() == {"live": 2.0}


def test_the_stamp_changes_with_every_commit_and_correction_and_stays_without(tmp_path: Path) -> None:
    folder = make_match(tmp_path, "derby", "Derby", batches=2)
    service = Service(Settings(data_dir=tmp_path))
    stamps = [service.stamp("derby")]
    service.people_view("derby")
    assert service.stamp("derby") == stamps[0]
    output = match_folders._batch(2, 3.0, np.random.default_rng(1))
    MatchStore(folder.path).commit(output, MatchState("derby").to_json(), is_last=False)
    stamps.append(service.stamp("derby"))
    service.correct("derby", NamePlayer(1, "Alba"))
    stamps.append(service.stamp("derby"))
    assert len(set(stamps)) == 3


def test_keeping_a_stream_is_refused_where_other_hosts_analyse(tmp_path: Path) -> None:
    service = Service(Settings(data_dir=tmp_path, broker_url="redis://127.0.0.1:1/0"))
    with pytest.raises(SourceError, match="which keep no stream: start it without"):
        service.add_link("https://example.org/live.m3u8", "live", keep_stream=True)
    assert service.list_matches() == []
