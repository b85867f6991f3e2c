"""Exports: other programs read them, corrections are in them, and nobody's name breaks them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import numpy as np
import pandas as pd
import pytest
from kloppy import metrica, sportscode

from tacticeye import ledger
from tacticeye.action_files import metrica_events, metrica_metadata, spadl_actions
from tacticeye.clip_cutter import write_clips
from tacticeye.config import AnalysisConfig
from tacticeye.errors import ExportError
from tacticeye.export import export_json
from tacticeye.export_files import KINDS, tables, write_export
from tacticeye.labels import Labels
from tacticeye.ledger import MergeTracks, NameTeam, Period, RejectEvent, SetPeriods, SwapTeams
from tacticeye.library import read_card
from tacticeye.match_files import MatchFolder, write_record
from tacticeye.pass_charts import pass_network
from tacticeye.people_views import read_people
from tacticeye.pitch import LAYOUTS
from tacticeye.team_colours import team_colours
from tacticeye.texts import get_texts
from tacticeye.types import Boxes
from tacticeye.video_sources import LocalFileSource
from tests.browser import match_folders
from tests.browser.match_folders import make_match, stand_as
from tests.small_match import FPS, write_small_match

# kloppy leaves the files open that it has read.
leaves_files_open = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
HOSTILE = "A & <B> \x07 'team'"


@pytest.fixture
def folder(tmp_path: Path) -> MatchFolder:
    made = make_match(tmp_path, "derby", "Derby", batches=4)
    stand_as(made, "finished")
    return made


@pytest.fixture
def on_pitch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MatchFolder:
    """The same match with every player's place on the pitch known."""
    return placed_match(tmp_path, monkeypatch, "11")


def placed_match(data_dir: Path, monkeypatch: pytest.MonkeyPatch, pitch_kind: str) -> MatchFolder:
    """As large as the picture, on a pitch of that kind."""
    people, size_m = match_folders._people, LAYOUTS[pitch_kind].size_m

    def placed(times: np.ndarray, random: np.random.Generator) -> Boxes:
        boxes = people(times, random)
        places = boxes.feet_xy / (1280, 720) * size_m
        return Boxes(**{**boxes.__dict__, "pitch_xy": places.astype(np.float32)})

    monkeypatch.setattr(match_folders, "_people", placed)
    return make_match(data_dir, "placed", "Placed", batches=4, pitch_kind=pitch_kind)


def test_a_match_of_nine_a_side_is_drawn_and_told_on_its_own_pitch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = placed_match(tmp_path, monkeypatch, "9")
    full = placed_match(tmp_path / "full", monkeypatch, "11")
    view, colours = read_people(read_card(tmp_path, folder), folder), team_colours({}, is_dark=False)
    assert view.is_on_pitch
    assert view.size == LAYOUTS["9"].size_m
    ground = pass_network(view, 0, colours, Labels(get_texts("en"))).spec["layer"][0]["data"]["values"]
    assert max(point["gx"] for point in ground) == 73
    assert {grid.shape for grid in view.stays.values()} == {(10, 16)}
    # SPADL knows one size of pitch, and kloppy's places are shares of it: both have what happened at the same place.
    for kind, name in (("spadl", "a.csv"), ("events", "b.zip")):
        write_export(folder, kind, tmp_path / f"nine {name}")
        write_export(full, kind, tmp_path / f"full {name}")
    nine, eleven = (pd.read_csv(tmp_path / f"{size} a.csv") for size in ("nine", "full"))
    places = ["start_x", "start_y", "end_x", "end_y"]
    assert nine[places].to_numpy() == pytest.approx(eleven[places].to_numpy(), abs=0.02)
    with zipfile.ZipFile(tmp_path / "nine b.zip") as archive:
        assert b"<Width>73</Width>" in archive.read("metadata.xml")
        shares = [event["start"]["x"] for event in json.loads(archive.read("events.json"))["data"][1:]]
    with zipfile.ZipFile(tmp_path / "full b.zip") as archive:
        full_shares = [event["start"]["x"] for event in json.loads(archive.read("events.json"))["data"][1:]]
    assert [share or -1 for share in shares] == pytest.approx([share or -1 for share in full_shares], abs=1e-3)


def test_corrections_are_in_every_export(folder: MatchFolder) -> None:
    before = export_json(folder.path, {"boxes"})
    ledger.append(folder, SwapTeams())
    ledger.append(folder, MergeTracks(1, 2))
    ledger.append(folder, RejectEvent(0))
    after = export_json(folder.path, {"boxes"})
    assert len(after["events"]) == len(before["events"]) - 1
    assert [box["team"] for box in after["boxes"]] == [1 - box["team"] for box in before["boxes"]]
    assert not [box for box in after["boxes"] if box["track"] == 1]
    assert len(tables(folder)["events"]) == len(after["events"])


def test_events_carry_their_period_once_the_user_has_told_any(folder: MatchFolder) -> None:
    assert {event["period"] for event in export_json(folder.path)["events"]} == {None}
    ledger.append(folder, SetPeriods((Period(0.0, 4.0, 1), Period(6.0, 12.0, 0))))
    exported, made = export_json(folder.path), tables(folder)
    assert exported["periods"][1] == {"number": 2, "start_s": 6.0, "end_s": 12.0, "to_right": 0}
    assert made["periods"].to_dict("records") == exported["periods"]
    expected = [1 if e["start_s"] < 4 else 2 if e["start_s"] >= 6 else None for e in exported["events"]]
    assert len(set(expected)) == 3
    assert [event["period"] for event in exported["events"]] == expected
    assert [None if pd.isna(number) else number for number in made["events"]["period"]] == expected


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_tables_are_read_back_with_all_rows(folder: MatchFolder, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "tables.zip"
    write_export(folder, kind, out)
    with zipfile.ZipFile(out) as archive:
        content = {name.partition(".")[0]: io.BytesIO(archive.read(name)) for name in archive.namelist()}
    read = pd.read_csv if kind == "csv" else pd.read_parquet
    for name, table in tables(folder).items():
        assert len(read(content[name])) == len(table), name


def test_the_database_is_copied_whole(folder: MatchFolder, tmp_path: Path) -> None:
    out = tmp_path / "copy.duckdb"
    write_export(folder, "duckdb", out)
    with duckdb.connect(str(out), read_only=True) as connection:
        counted = connection.execute("SELECT COUNT(*) FROM positions").fetchone()
    assert counted == (len(tables(folder)["boxes"]),)


@leaves_files_open[0]
@leaves_files_open[1]
def test_kloppy_reads_the_events(folder: MatchFolder, tmp_path: Path) -> None:
    ledger.append(folder, NameTeam(0, HOSTILE))
    out = tmp_path / "events.xml"
    write_export(folder, "sportscode", out)
    dataset = sportscode.load(str(out))
    events = tables(folder)["events"].sort_values("t_start_s")
    assert [code.timestamp.total_seconds() for code in dataset.codes] == pytest.approx(
        events["t_start_s"].tolist(), abs=1e-3
    )
    assert ElementTree.parse(out).getroot().tag == "file"


@leaves_files_open[0]
@leaves_files_open[1]
def test_kloppy_reads_the_tracking(on_pitch: MatchFolder, tmp_path: Path) -> None:
    out = tmp_path / "tracking.zip"
    write_export(on_pitch, "tracking", out)
    with zipfile.ZipFile(out) as archive:
        archive.extractall(tmp_path)
    dataset = metrica.load_tracking_csv(
        home_data=str(tmp_path / "home.csv"), away_data=str(tmp_path / "away.csv"), coordinates="metrica"
    )
    boxes = tables(on_pitch)["boxes"]
    first = boxes[boxes["t_s"] == 0.0].set_index("track")
    frame = dataset.records[0]
    assert len(dataset.records) == boxes["t_s"].nunique()
    assert len(frame.players_data) == 22
    for player, data in frame.players_data.items():
        assert data.coordinates is not None
        assert data.coordinates.x * 105 == pytest.approx(first.loc[player.jersey_no, "pitch_x"], abs=0.01)


def test_spadl_actions_have_the_columns_and_ranges_that_socceraction_demands(
    on_pitch: MatchFolder, tmp_path: Path
) -> None:
    out = tmp_path / "actions.csv"
    write_export(on_pitch, "spadl", out)
    actions = pd.read_csv(out)
    events = tables(on_pitch)["events"]
    # As in socceraction.spadl.schema, which takes no others.
    assert set(actions) == {
        "game_id", "original_event_id", "action_id", "period_id", "time_seconds", "team_id", "player_id", "start_x",
        "start_y", "end_x", "end_y", "bodypart_id", "bodypart_name", "type_id", "type_name", "result_id", "result_name",
    }  # fmt: skip
    assert not actions.isna().any(axis=None)
    assert actions[["start_x", "end_x"]].to_numpy().max() <= 105
    assert actions[["start_y", "end_y"]].to_numpy().max() <= 68
    passes = actions[actions["type_name"] == "pass"]
    assert len(passes) == (events["kind"] == "PASS").sum() > 0
    assert actions["time_seconds"].is_monotonic_increasing


def test_spadl_names_restarts_by_their_pass_and_whoever_wins_the_ball_acts() -> None:
    actions = spadl_actions(_events_with_a_corner(), "derby")
    assert actions["type_name"].tolist() == ["corner_crossed", "interception", "dribble", "shot"]
    assert actions["player_id"].tolist() == [4, 15, 15, 15]
    assert actions["result_name"].tolist() == ["fail", "success", "success", "fail"]
    assert actions["end_x"].tolist() == [98.0, 98.0, 60.0, 3.0]


@pytest.mark.parametrize(("team", "after_s", "result"), [(0, 50.0, "success"), (1, 50.0, "fail"), (0, 900.0, "fail")])
def test_spadl_calls_a_shot_a_goal_only_where_the_other_team_kicks_off_next(
    team: int, after_s: float, result: str
) -> None:
    events = _events_with_a_corner()
    start_s = 20.0 + after_s
    kick_off = [("KICK_OFF", "", start_s, start_s), ("PASS", "COMPLETE", start_s, start_s + 1)]
    rows = [(*told, team, 4, 5, 52.5, 34.0, 45.0, 30.0, 5 + index) for index, told in enumerate(kick_off)]
    played = pd.concat([events, pd.DataFrame(rows, columns=events.columns)], ignore_index=True)
    actions = spadl_actions(played, "derby")
    assert actions.loc[actions["type_name"] == "shot", "result_name"].tolist() == [result]


@leaves_files_open[0]
@leaves_files_open[1]
@pytest.mark.filterwarnings("ignore:Could not determine orientation")
def test_kloppy_reads_the_actions_as_events(tmp_path: Path) -> None:
    names = Labels(get_texts("en"), (HOSTILE, ""))
    players = pd.DataFrame({"track": [4, 15], "team": [0, 1]})
    (tmp_path / "events.json").write_bytes(metrica_events(_events_with_a_corner(), names))
    (tmp_path / "metadata.xml").write_bytes(metrica_metadata(players, 40.0, names, {15: 7}))
    dataset = metrica.load_event(str(tmp_path / "events.json"), str(tmp_path / "metadata.xml"), coordinates="metrica")
    assert [e.event_name for e in dataset.events] == [
        "START",
        "pass",
        "recovery",
        "carry",
        "SHOT",
    ]
    corner, won = dataset.events[1:3]
    assert corner.qualifiers[0].value.value == "CORNER_KICK"
    assert (won.player.name, won.player.jersey_no, won.coordinates.y) == ("#15", 7, 0.5)
    assert dataset.metadata.teams[0].name == "A & <B>  'team'"


@leaves_files_open[0]
@leaves_files_open[1]
@pytest.mark.filterwarnings("ignore:Could not determine orientation")
def test_kloppy_reads_the_events_of_a_match_whose_pitch_is_unknown(folder: MatchFolder, tmp_path: Path) -> None:
    out = tmp_path / "events.zip"
    write_export(folder, "events", out)
    with zipfile.ZipFile(out) as archive:
        archive.extractall(tmp_path)
    dataset = metrica.load_event(str(tmp_path / "events.json"), str(tmp_path / "metadata.xml"))
    events = tables(folder)["events"].sort_values("t_start_s")
    read = [event for event in dataset.events if event.event_type.value == "PASS"]
    told = events[events["kind"] == "PASS"]
    assert [event.timestamp.total_seconds() for event in read] == pytest.approx(told["t_start_s"].tolist(), abs=1e-3)
    assert [int(event.player.player_id) for event in read] == told["track_from"].tolist()
    assert [event.coordinates for event in read] == [None] * len(read)


def test_spadl_turns_the_second_half_so_that_the_first_team_attacks_to_the_right() -> None:
    events = _events_with_a_corner()
    halves = (Period(0.0, 11.1, 0), Period(11.1, 19.0, 1))
    actions = spadl_actions(events, "derby", halves)
    assert actions["type_name"].tolist() == ["corner_crossed", "interception", "dribble"]
    assert actions["period_id"].tolist() == [1, 1, 2]
    assert actions["time_seconds"].tolist() == pytest.approx([10.0, 11.0, 0.1])
    assert actions["start_x"].tolist() == [105.0, 98.0, 105.0 - 98.0]
    assert actions["end_y"].tolist() == [34.0, 34.0, 68.0 - 30.0]


@leaves_files_open[0]
@leaves_files_open[1]
def test_kloppy_reads_periods_and_ends(on_pitch: MatchFolder, tmp_path: Path) -> None:
    ledger.append(on_pitch, SetPeriods((Period(0.0, 5.0, 1), Period(6.0, 11.0, 0))))
    for kind in ("events", "tracking"):
        write_export(on_pitch, kind, tmp_path / f"{kind}.zip")
        with zipfile.ZipFile(tmp_path / f"{kind}.zip") as archive:
            archive.extractall(tmp_path)
    events = metrica.load_event(str(tmp_path / "events.json"), str(tmp_path / "metadata.xml"))
    told = tables(on_pitch)["events"]
    assert events.metadata.orientation.value == "away-home"
    assert sum(event.period.id == 2 for event in events) == told["t_start_s"].between(6.0, 11.0).sum() > 0
    tracking = metrica.load_tracking_csv(home_data=str(tmp_path / "home.csv"), away_data=str(tmp_path / "away.csv"))
    t_s = np.unique(tables(on_pitch)["boxes"]["t_s"])
    assert sum(frame.period.id == 2 for frame in tracking) == ((t_s >= 6.0) & (t_s < 11.0)).sum()


def _events_with_a_corner() -> pd.DataFrame:
    """A corner from the right that is intercepted, carried away and shot at the other end."""
    rows = [
        ("CORNER_KICK", "", 10.0, 10.0, 0, 4, -1, 105.0, 0.0, 105.0, 0.0),
        ("PASS", "INCOMPLETE", 10.0, 11.0, 0, 4, 15, 105.0, 0.0, 98.0, 34.0),
        ("INTERCEPTION", "", 11.0, 11.2, 1, 4, 15, 98.0, 34.0, 98.0, 34.0),
        ("CARRY", "", 11.2, 16.0, 1, 15, -1, 98.0, 34.0, 60.0, 30.0),
        ("SHOT", "", 20.0, 21.0, 1, 15, -1, 20.0, 30.0, 3.0, 34.0),
    ]
    columns = ["kind", "result", "t_start_s", "t_end_s", "team", "track_from", "track_to", "x", "y", "to_x", "to_y"]
    return pd.DataFrame(rows, columns=columns).assign(event_id=range(len(rows)))


@pytest.mark.parametrize("kind", ["tracking", "spadl"])
def test_what_needs_the_pitch_says_so_without_one(folder: MatchFolder, tmp_path: Path, kind: str) -> None:
    with pytest.raises(ExportError, match="isn't calibrated"):
        write_export(folder, kind, tmp_path / "out")


def test_the_command_line_writes_every_format(folder: MatchFolder, tmp_path: Path, root: Path) -> None:
    for kind in set(KINDS) - {"tracking", "spadl", "csv", "parquet", "duckdb"}:
        out = tmp_path / f"out.{kind}"
        run = subprocess.run(
            [sys.executable, "-m", "tacticeye", "--data-dir", str(tmp_path), "export", "derby", "--format", kind,
             "--out", str(out)],
            cwd=root, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        assert out.stat().st_size > 100


def test_clips_are_cut_where_the_events_are(tmp_path: Path) -> None:
    made = make_match(tmp_path, "clips", "Clips", batches=4)
    config = write_small_match(tmp_path, seconds=12)
    write_record(made.config, AnalysisConfig(source_url=config.source_url))
    shots = tables(made)["events"]
    kind = shots["kind"].iloc[0]
    n = write_clips(made, tmp_path / "clips.zip", kinds=[kind], before_s=0.4, after_s=0.4)
    assert n == int((shots["kind"] == kind).sum())
    with zipfile.ZipFile(tmp_path / "clips.zip") as archive:
        assert len(archive.namelist()) == n
        clips = [Path(archive.extract(name, tmp_path)) for name in archive.namelist()]
    for clip in clips:
        with LocalFileSource(clip) as source:
            times = [frame.t_s for frame in source.get_frame_generator()]
        assert len(times) > 10
        assert np.diff(times) == pytest.approx(1 / FPS, abs=0.001)


def test_clips_of_a_video_that_is_gone_are_refused_in_a_sentence(folder: MatchFolder, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="isn't here"):
        write_clips(folder, tmp_path / "clips.zip")
