"""Every place that tells figures of a match tells those that its users corrected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tacticeye.config import Settings
from tacticeye.ledger import LEDGER_NAME, MergeTracks, NotLive, PinPlayer, RejectEvent, SplitTrack, SwapTeams
from tacticeye.match_listings import EventFilter, PositionFilter
from tacticeye.service import Service
from tacticeye.types import ControlState
from tacticeye.worker import work
from tests.small_match import write_small_match

SECONDS = 8.0
NEW_TRACK = 1_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one finished match, `derby`."""
    folder = tmp_path_factory.mktemp("corrected")
    Service(Settings(data_dir=folder)).create_match(write_small_match(folder, SECONDS), "derby")
    work(folder, "derby")
    return folder


@pytest.fixture
def service(folder: Path) -> Iterator[Service]:
    """Nothing corrected yet."""
    yield Service(Settings(data_dir=folder))
    (folder / "matches" / "derby" / LEDGER_NAME).unlink(missing_ok=True)


def events(service: Service, *kinds: str) -> pd.DataFrame:
    return service.events_page("derby", EventFilter(kinds or None)).rows


def people(service: Service, track: int | None = None, team: int | None = None) -> int:
    return service.positions_page("derby", PositionFilter(track=track, team=team)).total


def test_swapped_teams_are_swapped_in_summary_possession_events_and_people(service: Service) -> None:
    summary, figures = service.summary("derby"), service.possession_figures("derby")
    passes, changes, of_team = events(service, "PASS"), events(service, "POSSESSION_CHANGE"), people(service, team=0)
    service.correct("derby", SwapTeams())
    swapped, after = service.summary("derby"), service.possession_figures("derby")
    assert swapped["possession"]["seconds_by_team"][1] == summary["possession"]["seconds_by_team"][0]
    assert swapped["passes"]["by_team"] == {0: summary["passes"]["by_team"][1], 1: summary["passes"]["by_team"][0]}
    assert after.seconds[ControlState.TEAM_1] == pytest.approx(figures.seconds[ControlState.TEAM_0])
    assert after.curve["team_1_s"].tolist() == pytest.approx(figures.curve["team_0_s"].tolist())
    assert events(service, "PASS")["team"].tolist() == (1 - passes["team"]).tolist()
    assert events(service, "POSSESSION_CHANGE")["team"].tolist() == (1 - changes["team"]).tolist()
    assert people(service, team=1) == of_team > 0


def test_a_rejected_pass_is_gone_from_events_and_counts(service: Service) -> None:
    before, passes = service.summary("derby")["passes"], events(service, "PASS")
    service.correct("derby", RejectEvent(int(passes["event_id"][0])))
    team = int(passes["team"][0])
    assert len(events(service, "PASS")) == len(passes) - 1
    assert service.summary("derby")["passes"]["attempted_by_team"][team] == before["attempted_by_team"][team] - 1


def test_merged_and_split_people_are_listed_under_the_ids_shown(service: Service) -> None:
    tracks = service.people_view("derby").players["track"].tolist()
    first, second = int(tracks[0]), int(tracks[1])
    both = people(service, track=first) + people(service, track=second)
    service.correct("derby", MergeTracks(first, second))
    assert (people(service, track=first), people(service, track=second)) == (0, both)
    service.correct("derby", SplitTrack(second, 4.0, NEW_TRACK))
    assert people(service, track=second) + people(service, track=NEW_TRACK) == both
    assert people(service, track=NEW_TRACK) > 0


def test_a_referee_by_hand_belongs_to_no_team(service: Service) -> None:
    track = int(service.people_view("derby").players["track"].iloc[0])
    service.correct("derby", PinPlayer(track, team=-1))
    rows = service.positions_page("derby", PositionFilter(track=track)).rows
    assert set(rows["team"]) == {-1}


def test_possession_of_the_api_is_that_of_the_pages(service: Service) -> None:
    service.correct("derby", NotLive(2.0, 5.0))
    figures, totals = service.possession_figures("derby"), service.live_view("derby").totals
    assert figures.seconds[ControlState.NOT_LIVE] == pytest.approx(3.0)
    assert figures.seconds == pytest.approx(totals.seconds_by_state)
    assert not events(service)["t_start_s"].between(2.0, 4.999).any()


def test_figures_counted_anew_are_those_that_were_stored(service: Service) -> None:
    stored = service.metrics("derby")
    service.correct("derby", NotLive(1000.0, 1001.0))
    pd.testing.assert_frame_equal(service.metrics("derby"), stored)


def test_metrics_follow_a_rejected_pass_and_swapped_teams(service: Service) -> None:
    passes, before = events(service, "PASS"), service.metrics("derby")
    service.correct("derby", RejectEvent(int(passes["event_id"][0])))
    service.correct("derby", SwapTeams())
    team, after = int(passes["team"][0]), service.metrics("derby")

    def attempted(metrics: pd.DataFrame, side: int) -> float:
        return float(metrics.loc[(metrics["name"] == "passes_attempted") & (metrics["team"] == side), "value"].sum())

    assert attempted(after, 1 - team) == attempted(before, team) - 1
