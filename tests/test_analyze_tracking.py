"""`analyze-tracking`: positions in, possession, passes and events out; as a file, and as a match of the library."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tacticeye.__main__ import main
from tacticeye.config import Settings
from tacticeye.match_queue import MatchStatus
from tacticeye.pitch import YARD_M
from tacticeye.service import Service
from tacticeye.store import MatchStore
from tacticeye.types import Role
from tests.tracking_scenes import AWAY_IDS, HOME_IDS, passing

Output = pytest.CaptureFixture[str]


def analyse(table: pd.DataFrame, folder: Path, *arguments: str, fps: float = 25.0) -> dict[str, Any]:
    path, out = folder / "frames.parquet", folder / "out.json"
    table.to_parquet(path)
    data = ("--data-dir", str(folder / "data"))
    assert main([*data, "analyze-tracking", str(path), "--fps", str(fps), "--out", str(out), *arguments]) == 0
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def refusal(table: pd.DataFrame, folder: Path, capsys: Output, fps: str = "25") -> str:
    path = folder / "frames.parquet"
    table.to_parquet(path)
    assert main(["analyze-tracking", str(path), "--fps", fps, "--out", str(folder / "out.json")]) == 1
    message = capsys.readouterr().err
    assert len(message.splitlines()) == 1
    return message


def test_passes_and_turnovers_are_found_with_their_players_and_frames(tmp_path: Path) -> None:
    found = analyse(passing(), tmp_path)
    assert [(p["from_player"], p["to_player"], p["team"]) for p in found["passes"]] == [
        (2, 3, 0), (3, 4, 0), (14, 13, 1), (13, 12, 1)
    ]  # fmt: skip
    assert [(t["from_team"], t["to_team"]) for t in found["turnovers"]] == [(0, 1)]
    assert abs(found["passes"][0]["frame"] - 1.2 * 25) <= 8
    assert {c["team"] for c in found["control"]} == {0, 1}
    first = found["events"][0]
    assert first["kind"] == "PASS" and np.hypot(first["from_xy"][0] - 30, first["from_xy"][1] - 20) < 3


@pytest.mark.parametrize("fps", [5.0, 12.5, 50.0])
def test_the_rate_of_the_data_does_not_change_what_is_found(tmp_path: Path, fps: float) -> None:
    found = analyse(passing(fps=fps), tmp_path, fps=fps)
    assert [(p["from_player"], p["to_player"]) for p in found["passes"]] == [(2, 3), (3, 4), (14, 13), (13, 12)]


def test_every_second_frame_is_understood_whichever_rate_is_given(tmp_path: Path) -> None:
    table = passing(fps=50.0)
    table = table[table["frame"] % 4 == 0].assign(t_seconds=lambda rows: rows["frame"] / 50.0)
    by_number = analyse(table, tmp_path, fps=50.0)
    by_row = analyse(table, tmp_path, fps=12.5)
    assert by_row == by_number
    assert len(by_number["passes"]) == 4


def test_periods_whose_frames_begin_anew_do_not_run_into_each_other(tmp_path: Path) -> None:
    found = analyse(pd.concat([passing(), passing(period=2)]), tmp_path)
    assert len(found["passes"]) == 8


def test_missing_values_and_columns_that_are_not_needed_do_no_harm(tmp_path: Path) -> None:
    table = passing().drop(columns=["visible", "period"])
    table["x_m"] = table["x_m"].mask((table["player_id"] == 13) & (table["frame"] < 50))
    table.loc[table["player_id"] == -1, "team_id"] = np.nan
    table.loc[0, "y_m"] = np.inf
    assert len(analyse(table, tmp_path)["passes"]) == 4


def test_a_ball_that_is_shown_as_out_of_play_belongs_to_nobody(tmp_path: Path) -> None:
    table = passing()
    table.loc[(table["player_id"] == -1) & (table["frame"] >= 150), "visible"] = False
    found = analyse(table, tmp_path)
    assert max(c["end_frame"] for c in found["control"]) <= 151


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda t: t.drop(columns="x_m"), "x_m"),
        (lambda t: t.iloc[:0], "no rows"),
        (lambda t: t.assign(team_id=7), "team_id"),
        (lambda t: t.assign(player_id="ten"), "player_id"),
        (lambda t: t.assign(frame=t["frame"] + 0.5), "frame"),
        (lambda t: t.assign(x_m=t["x_m"] / 105, y_m=t["y_m"] / 68), "metres"),
        (lambda t: t.assign(x_m=t["x_m"] * 100, y_m=t["y_m"] * 100), "metres"),
        (lambda t: t.assign(x_m=np.nan), "no person"),
    ],
)
def test_what_is_no_table_of_positions_is_refused_in_one_sentence(
    tmp_path: Path, capsys: Output, change: Any, named: str
) -> None:
    assert named in refusal(change(passing(1)), tmp_path, capsys)


def test_files_that_are_no_table_are_refused_in_one_sentence(tmp_path: Path, capsys: Output) -> None:
    text = tmp_path / "frames.parquet"
    text.write_text("nothing of the kind")
    for path in (text, tmp_path / "none.parquet"):
        assert main(["analyze-tracking", str(path), "--out", str(tmp_path / "out.json")]) == 1
        assert str(path) in capsys.readouterr().err
    assert not (tmp_path / "out.json").exists()


def test_a_rate_that_can_not_be_is_refused(tmp_path: Path, capsys: Output) -> None:
    assert "tracking_fps" in refusal(passing(1), tmp_path, capsys, fps="0")


def test_with_an_id_it_becomes_a_match_that_has_finished_and_tells_the_same(tmp_path: Path) -> None:
    stored = analyse(passing(), tmp_path, "--match-id", "derby")
    assert stored == analyse(passing(), tmp_path)
    service = Service(Settings(data_dir=tmp_path / "data"))
    card = service.status("derby")
    assert (card.status, card.share, card.preview_path) == (MatchStatus.FINISHED, 1.0, None)
    assert service.summary("derby")["passes"]["by_team"] == {0: 2, 1: 2}
    assert len(service.events_view("derby").events) == len(stored["events"])
    assert service.heatmap_view("derby", team=0).seconds.sum() == pytest.approx(4 * 12.0, rel=0.02)
    with MatchStore(tmp_path / "data" / "matches" / "derby").read() as snapshot:
        people = snapshot.positions()
        tracks = snapshot.tracks().set_index("track")
    keeper = people[people["track"] == HOME_IDS[0]]
    assert keeper["pitch_x"].mean() == pytest.approx(5.0, abs=0.3)
    assert keeper["pitch_y"].mean() == pytest.approx(34.0, abs=0.1)
    assert tracks.index[tracks["role"] == Role.GOALKEEPER].tolist() == [HOME_IDS[0], AWAY_IDS[0]]


def test_a_pitch_of_another_size_is_told_in_metres_or_yards(tmp_path: Path) -> None:
    table = passing().assign(x_m=lambda rows: rows["x_m"] * 90 / 105, y_m=lambda rows: rows["y_m"] - 7)
    sizes = {"metres": "90x54", "yards": f"{90 / YARD_M:.4f}x{54 / YARD_M:.4f}yd"}
    metres, yards = (analyse(table, tmp_path, "--match-id", name, "--pitch-size", sizes[name]) for name in sizes)
    assert metres == yards and len(metres["passes"]) == 4
    assert np.hypot(*np.subtract(metres["events"][0]["from_xy"], (30 * 90 / 105, 13))) < 3
    service = Service(Settings(data_dir=tmp_path / "data"))
    assert service.pitch.layout("metres").size_m == (90.0, 54.0)
    with MatchStore(tmp_path / "data" / "matches" / "metres").read() as snapshot:
        people, tracks = snapshot.positions(), snapshot.tracks().set_index("track")
    passer = people[people["track"] == HOME_IDS[1]]
    assert passer["pitch_y"].mean() == pytest.approx(54 - 13, abs=0.1)
    assert tracks.index[tracks["role"] == Role.GOALKEEPER].tolist() == [HOME_IDS[0], AWAY_IDS[0]]


def test_a_match_that_was_killed_half_way_is_resumed_to_the_same_result(tmp_path: Path) -> None:
    table = passing(90)
    whole = analyse(table, tmp_path, "--match-id", "whole")
    folder = tmp_path / "data"
    command = [sys.executable, "-m", "tacticeye", "--data-dir", str(folder), "analyze-tracking"]
    command += [str(tmp_path / "frames.parquet"), "--match-id", "killed"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    store = MatchStore(folder / "matches" / "killed")
    while process.poll() is None and store.last_batch() < 1:
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert 0 < store.last_batch() < 5, "killed too late to show anything"
    assert main(["--data-dir", str(folder), "resume", "killed"]) == 0
    with store.read() as resumed, MatchStore(folder / "matches" / "whole").read() as undisturbed:
        for question in ("control_spans", "events", "positions", "tracks"):
            pd.testing.assert_frame_equal(getattr(resumed, question)(), getattr(undisturbed, question)())
    assert len(whole["passes"]) > 50


def metrica_csv(table: pd.DataFrame, ids: tuple[int, ...], side: str) -> str:
    """The layout of Metrica's CSV: three lines of headings, shares of the pitch."""
    wide_x = table.pivot(index="frame", columns="player_id", values="x_m") / 105
    wide_y = table.pivot(index="frame", columns="player_id", values="y_m") / 68
    names = [str(k + 1) for k in range(len(ids))]
    head = [
        ",,," + ",".join(f"{side}," for _ in ids) + ",",
        ",,," + ",".join(f"{name}," for name in names) + ",",
        "Period,Frame,Time [s]," + ",".join(f"Player{name}," for name in names) + ",Ball,",
    ]
    rows = [
        f"1,{frame + 1},{(frame + 1) / 25:.2f},"
        + ",".join(f"{float(x[number]):.5f},{float(y[number]):.5f}" for number in (*ids, -1))
        for frame, x, y in zip(wide_x.index.tolist(), wide_x.to_dict("records"), wide_y.to_dict("records"), strict=True)
    ]
    return "\n".join([*head, *rows]) + "\n"


# kloppy leaves its files to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_files_of_a_provider_are_read_through_kloppy(tmp_path: Path) -> None:
    pytest.importorskip("kloppy", reason="the optional extra kloppy isn't installed")
    table = passing()
    files = [tmp_path / "home.csv", tmp_path / "away.csv"]
    files[0].write_text(metrica_csv(table, HOME_IDS, "Home"))
    files[1].write_text(metrica_csv(table, AWAY_IDS, "Away"))
    out = tmp_path / "out.json"
    assert main(["analyze-tracking", *map(str, files), "--provider", "metrica-csv", "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    assert [p["team"] for p in found["passes"]] == [0, 0, 1, 1]
    assert len(found["players"]) == 8


def test_an_unknown_provider_is_told_which_are_known(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "frames.parquet"
    passing(1).to_parquet(path)
    assert main(["analyze-tracking", str(path), "--provider", "someone", "--out", str(tmp_path / "out.json")]) == 1
    assert "metrica-csv" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_files_that_are_not_the_providers_are_refused_in_one_sentence(tmp_path: Path, capsys: Output) -> None:
    pytest.importorskip("kloppy", reason="the optional extra kloppy isn't installed")
    for name in ("home.csv", "away.csv"):
        (tmp_path / name).write_text("no positions here\n")
    files = [str(tmp_path / name) for name in ("home.csv", "away.csv")]
    for provider in ("metrica-csv", "tracab", "skillcorner", "sportec"):
        assert main(["analyze-tracking", *files, "--provider", provider, "--out", str(tmp_path / "out.json")]) == 1
        assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.shared
def test_the_measured_match_scores_as_promised(shared: Path, tmp_path: Path) -> None:
    folder, out = shared / "tracking" / "metrica_game3_clip", tmp_path / "out.json"
    assert main(["analyze-tracking", str(folder / "frames.parquet"), "--fps", "25", "--out", str(out)]) == 0
    scored = subprocess.run(
        [sys.executable, str(shared / "scoring" / "score_events.py"), str(folder), str(out)],
        capture_output=True,
        text=True,
        check=True,
    )
    score = json.loads(scored.stdout)
    assert score["frame_acc"] >= 0.97
    assert score["pass_F1"] >= 0.93
