"""People and passes as the pages show them: counts, places, strings; read from a real match."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tacticeye import ledger, pass_charts, people_views
from tacticeye.config import Settings
from tacticeye.labels import Labels
from tacticeye.ledger import MergeTracks, Period, PinPlayer, SplitTrack
from tacticeye.match_files import MatchFolder
from tacticeye.people_views import PeopleView
from tacticeye.service import Service
from tacticeye.team_colours import team_colours
from tacticeye.texts import get_texts
from tacticeye.types import Role
from tests.browser.match_folders import make_match, stand_as

LABELS = Labels(get_texts("en"))
COLOURS = team_colours({}, is_dark=False)


@pytest.fixture
def folder(tmp_path: Path) -> MatchFolder:
    made = make_match(tmp_path, "derby", "Derby", batches=12)
    stand_as(made, "finished")
    return made


def read(folder: MatchFolder) -> PeopleView:
    return Service(Settings(data_dir=folder.path.parents[1])).people_view(folder.match_id)


def test_passes_are_told_as_played_to_the_right_and_from_nowhere_outside_the_periods() -> None:
    table = passes((0, "COMPLETE", 5.0), (1, "COMPLETE", 5.0), (0, "COMPLETE", 25.0))
    table = table.assign(x=90.0, y=10.0, to_x=100.0, to_y=10.0)
    turned = people_views.to_right(table, (Period(0.0, 20.0, 0),), (105.0, 68.0))
    assert turned["x"].tolist()[:2] == [90.0, 15.0]
    assert turned["to_y"].tolist()[:2] == [10.0, 58.0]
    assert np.isnan(turned["x"].iloc[2])
    zones = people_views.pass_zones(turned, (105.0, 68.0)).set_index("team")
    assert (zones.at[1, "zone"], zones.at[1, "way"]) == (0, -1)


def passes(*rows: tuple[int, str, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["team", "result", "t_start_s"])
    return table.assign(t_end_s=table["t_start_s"] + 1.0, kind="PASS")


def test_every_player_is_there_with_the_time_he_was_seen(folder: MatchFolder) -> None:
    view = read(folder)
    assert len(view.players) == 22
    assert view.players["seconds_seen"].between(35.5, 36.5).all()
    assert view.players["passes"].sum() == len(view.passes)
    assert not view.is_on_pitch
    assert view.players["distance_m"].isna().all()


def test_places_without_a_calibrated_pitch_are_shares_of_the_picture(folder: MatchFolder) -> None:
    places = read(folder).places
    assert places[["x", "y"]].to_numpy().min() >= 0
    assert places[["x", "y"]].to_numpy().max() <= 1


def test_merging_two_ids_changes_table_and_network(folder: MatchFolder) -> None:
    before = read(folder)
    pairs = people_views.pass_pairs(before.passes, 0)
    pair = pairs[pairs["track_from"] != pairs["track_to"]].iloc[0]
    track, into = int(pair["track_from"]), int(pair["track_to"])
    ledger.append(folder, MergeTracks(track, into))
    after = read(folder)
    assert len(after.players) == len(before.players) - 1
    seen = before.players.set_index("track")["seconds_seen"]
    assert after.players.set_index("track")["seconds_seen"][into] == pytest.approx(seen[track] + seen[into])
    assert track not in set(after.passes["track_from"]) | set(after.passes["track_to"])
    assert len(after.passes) < len(before.passes), "a pass to himself is none"


def test_a_split_divides_what_was_seen_where_it_was_made(folder: MatchFolder) -> None:
    ledger.append(folder, SplitTrack(3, 6.0, ledger.FIRST_SPLIT_TRACK))
    seconds = read(folder).players.set_index("track")["seconds_seen"]
    assert seconds[3] == pytest.approx(6.0, abs=0.3)
    assert seconds[ledger.FIRST_SPLIT_TRACK] == pytest.approx(30.0, abs=0.3)


def test_a_referee_is_no_player(folder: MatchFolder) -> None:
    ledger.append(folder, PinPlayer(5, None, Role.REFEREE))
    assert 5 not in set(read(folder).players["track"])


def test_strings_of_passes_end_with_the_first_that_is_lost() -> None:
    table = people_views.pass_strings(
        passes((0, "COMPLETE", 0), (0, "COMPLETE", 2), (0, "INCOMPLETE", 4), (0, "COMPLETE", 6), (1, "COMPLETE", 8))
    )
    assert table["n"].tolist() == [2, 1, 1]
    assert table["t_end_s"].iloc[0] == 3.0


def test_a_ball_lost_ends_a_string_and_a_carry_does_not() -> None:
    table = passes(*[(0, "COMPLETE", t) for t in range(0, 14, 2)])
    assert people_views.string_counts(people_views.pass_strings(table)) == {"3-5": 0, "6-8": 1, "9+": 0}
    carried = table.assign(kind=["PASS"] * 3 + ["CARRY"] + ["PASS"] * 3)
    assert people_views.pass_strings(carried)["n"].tolist() == [6]
    lost = table.assign(kind=["PASS"] * 3 + ["RECOVERY"] + ["PASS"] * 3)
    assert people_views.pass_strings(lost)["n"].tolist() == [3, 3]


def test_a_string_begins_with_the_pass_of_a_restart() -> None:
    played = passes(*[(0, "COMPLETE", t) for t in range(0, 12, 2)])
    throw = pd.DataFrame([(0, "", 6.0, 6.0, "THROW_IN")], columns=list(played.columns))
    assert people_views.pass_strings(pd.concat([played, throw]))["n"].tolist() == [3, 3]


def test_tempo_is_passes_by_minute_with_the_ball() -> None:
    spans = pd.DataFrame(
        {"state": ["team_0", "dead", "team_0"], "start_s": [0.0, 20.0, 50.0], "end_s": [20.0, 50.0, 60.0]}
    )
    first, second = people_views.pass_tempo(passes((0, "COMPLETE", 0), (0, "INCOMPLETE", 2)), spans)
    assert first == pytest.approx(4.0)
    assert np.isnan(second)


def test_passes_are_counted_by_third_and_direction() -> None:
    table = passes((0, "COMPLETE", 0), (0, "INCOMPLETE", 2), (0, "COMPLETE", 4)).assign(
        x=[10.0, 90.0, np.nan], y=[5.0, 5.0, np.nan], to_x=[30.0, np.nan, np.nan], to_y=[6.0, np.nan, np.nan]
    )
    zones = people_views.pass_zones(table, (105.0, 68.0))
    rows = {(row.zone, str(row.way)): (row.n, row.complete) for row in zones.itertuples()}
    assert rows == {(0, "1.0"): (1, 1), (2, "nan"): (1, 0), (-1, "nan"): (1, 1)}


def test_the_network_has_a_line_for_two_who_passed_either_way(folder: MatchFolder) -> None:
    view = read(folder)
    rows = pass_charts.pass_network(view, 0, COLOURS, LABELS).rows
    edges, nodes = rows[rows["part"] == "edge"], rows[rows["part"] == "node"]
    assert edges["n"].sum() == people_views.pass_pairs(view.passes, 0)["n"].sum()
    assert edges["pair"].is_unique
    assert {track for pair in edges["pair"] for track in pair.split("-")} == {str(int(t)) for t in nodes["track"]}


def test_the_matrix_adds_up_to_the_completed_passes(folder: MatchFolder) -> None:
    view = read(folder)
    matrix = pass_charts.pass_matrix(view, 1, LABELS)
    assert matrix.to_numpy().sum() == people_views.pass_pairs(view.passes, 1)["n"].sum()


def test_figures_of_a_team_without_passes_are_empty(folder: MatchFolder) -> None:
    view = PeopleView(read(folder).card, passes=read(folder).passes.iloc[:0])
    assert pass_charts.pass_network(view, 0, COLOURS, LABELS).rows.empty
    assert pass_charts.pass_matrix(view, 0, LABELS).empty
