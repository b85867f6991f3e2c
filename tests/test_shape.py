"""The shape of a team: outline, lines, zones and entries from where people stood, and what is left unknown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tacticeye import ledger
from tacticeye.corrected_metrics import read_metrics
from tacticeye.entries import ENTRIES, count_entries
from tacticeye.ledger import MergeTracks, Period, SetPeriods
from tacticeye.match_files import MatchFolder
from tacticeye.pitch import FULL_PITCH, LAYOUTS
from tacticeye.shape import TeamShape, lane_edges, team_shape
from tacticeye.shape_views import ShapeChoice, read_shape
from tacticeye.store import MatchStore
from tacticeye.types import (
    NOWHERE,
    Boxes,
    ChunkOutput,
    ControlSpan,
    ControlState,
    Event,
    EventKind,
    EventResult,
    Role,
    TrackSummary,
)
from tests.benchmarks import full_match

NOBODY = pd.DataFrame({"track": [], "second": [], "seconds": []})
# A keeper and a 4-4-2 that attacks to the right: x, y of tracks 0 to 10.
PLACES = [(4, 34), *[(25, y) for y in (14, 27, 41, 54)], *[(45, y) for y in (14, 27, 41, 54)], (60, 29), (62, 39)]


def people(seconds: int = 20, without: tuple[int, ...] = (), shift_m: float = 0.0) -> pd.DataFrame:
    """The team in every second; it moves shift_m to the right from second to second."""
    rows = [
        (track, second, 0, track == 0, x + shift_m * second, float(y))
        for second in range(seconds)
        for track, (x, y) in enumerate(PLACES)
        if track not in without
    ]
    return pd.DataFrame(rows, columns=["track", "second", "team", "is_keeper", "x", "y"])


def shape_of(table: pd.DataFrame, knows_ends: bool = True, holders: pd.DataFrame = NOBODY) -> TeamShape:
    return team_shape(table, holders, 0, FULL_PITCH, "11", knows_ends)


def test_outline_and_lines_are_those_of_the_outfield_players() -> None:
    found = shape_of(people())
    assert found.seconds == 20
    assert (found.width.mean, found.depth.mean) == (40.0, 37.0)
    assert found.back_line.mean == 25.0
    assert found.front_line.mean == pytest.approx((45 + 45 + 60 + 62) / 4)


def test_seconds_with_too_few_in_view_are_not_measured() -> None:
    assert shape_of(people(without=(4, 8))).seconds == 20
    few = shape_of(people(without=(3, 4, 8)))
    assert few.seconds == 0
    assert np.isnan(few.width.mean)


def test_lines_are_unknown_while_the_ends_are() -> None:
    found = shape_of(people(), knows_ends=False)
    assert np.isnan([found.back_line.mean, found.front_line.mean]).all()
    assert found.width.mean == 40.0


def test_the_board_shows_average_places_with_their_spread() -> None:
    players = shape_of(people(seconds=21, shift_m=0.5)).players.set_index("track")
    assert len(players) == 11
    assert players.loc[1, "x"] == pytest.approx(30.0)
    assert players.loc[1, "spread_x"] == pytest.approx(0.5 * np.arange(21).std())
    assert players.loc[1, "spread_y"] == 0.0


def test_zones_are_shares_of_the_players_time_and_of_the_time_with_the_ball() -> None:
    held = pd.DataFrame({"track": [9, 1], "second": [3, 5], "seconds": [0.75, 0.25]})
    found = shape_of(people(), holders=held)
    assert found.thirds == pytest.approx((5 / 11, 6 / 11, 0.0))
    assert found.held_thirds == pytest.approx((0.25, 0.75, 0.0))
    assert sum(found.lanes) == pytest.approx(1.0)
    assert np.isnan(shape_of(people()).held_thirds).all()


def test_half_spaces_lie_between_the_sides_of_both_areas() -> None:
    assert lane_edges(FULL_PITCH).tolist() == pytest.approx([13.84, 24.84, 43.16, 54.16])
    assert lane_edges(LAYOUTS["futsal"]).tolist() == pytest.approx([4, 8, 12, 16])


def test_entries_follow_the_ends_of_each_period_and_need_both_places() -> None:
    """The same way along the pitch four times: to the right, to the left, between the periods, and from nowhere."""
    moves = pd.DataFrame({"t_end_s": [10.0, 70.0, 55.0, 20.0], "team": 0, "track_from": [7, 7, 7, 8]})
    start = np.array([[60.0, 34.0], [60.0, 34.0], [60.0, 34.0], [np.nan, np.nan]])
    end = np.tile([95.0, 34.0], (4, 1))
    periods = (Period(0.0, 50.0, 0), Period(60.0, 90.0, 1))
    found = count_entries(moves, start, end, periods, FULL_PITCH)
    assert found[["name", "t_s", "track"]].to_numpy().tolist() == [
        ["final_third_entries", 10.0, 7],
        ["box_entries", 10.0, 7],
    ]
    size = np.array(FULL_PITCH.size_m)
    back = count_entries(moves, size - start, size - end, periods, FULL_PITCH)
    assert back["t_s"].tolist() == [70.0, 70.0]


@pytest.fixture
def folder(tmp_path: Path) -> MatchFolder:
    """Player 1 stands at x = 50 m and passes at 2 s to player 2 at x = 95 m; five frames a second for 10 s."""
    store = MatchStore(tmp_path)
    store.create(full_match.record())
    frames = np.repeat(np.arange(50), 2)
    boxes = Boxes.build(
        frame=frames, t_s=frames / 5, xyxy=np.tile([10, 10, 20, 40], (100, 1)), track=np.tile([1, 2], 50), team=0
    )
    places = np.tile(np.array([[50.0, 34.0], [95.0, 34.0]], np.float32), (50, 1))
    a_pass = Event(EventKind.PASS, EventResult.COMPLETE, 2.0, 3.0, 0, 1, 2, NOWHERE, NOWHERE, 0.9)
    store.commit(
        ChunkOutput(
            batch_idx=0, start_frame=0, end_frame=50, start_s=0.0, end_s=10.0, boxes=replace(boxes, pitch_xy=places),
            ball=[], spans=[ControlSpan(ControlState.TEAM_0, 1, 0.0, 10.0)], events=[a_pass],
            tracks=[TrackSummary(t, Role.PLAYER, 0, 1.0, 0.0, 10.0, 50) for t in (1, 2)], kits=[],
        ),
        "{}",
        is_last=True,
    )  # fmt: skip
    return MatchFolder(tmp_path)


def entries_of(folder: MatchFolder) -> dict[str, float]:
    metrics = read_metrics(folder)
    found = metrics[metrics["name"].isin([str(metric) for metric in ENTRIES])]
    return dict(zip(found["name"], found["value"], strict=True))


def test_metrics_count_entries_once_the_ends_are_told_and_of_whom_players_were_merged_into(folder: MatchFolder) -> None:
    assert entries_of(folder) == {}
    ledger.append(folder, MergeTracks(2, 3))
    ledger.append(folder, SetPeriods((Period(0.0, 10.0, 0),)))
    assert entries_of(folder) == {"box_entries": 1.0, "final_third_entries": 1.0}
    ledger.append(folder, SetPeriods((Period(0.0, 10.0, 1),)))
    assert entries_of(folder) == {}


def test_the_view_turns_both_teams_to_the_right_where_the_ends_are_told(folder: MatchFolder) -> None:
    ledger.append(folder, SetPeriods((Period(0.0, 5.0, 0), Period(5.0, 10.0, 1))))
    first, both = (read_shape(folder, ShapeChoice(period)) for period in (0, None))
    assert first.teams[0].thirds == pytest.approx((0.0, 0.5, 0.5))
    assert both.teams[0].thirds == pytest.approx((0.25, 0.5, 0.25))
    assert (first.entries, both.calibrated_s) == (((1, 1), (0, 0)), 10)
