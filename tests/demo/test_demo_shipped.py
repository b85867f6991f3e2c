"""The rendering that ships: complete, small, and everything a demo should show."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pandas as pd
import pytest

from tacticeye.demo import demo_folder, demo_video
from tacticeye.types import Role


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((demo_folder() / "demo.truth.json").read_text())
    return document


def test_the_door_stays_light(root: Path) -> None:
    code = "import sys, tacticeye.demo as d; d.demo_video(); print(sorted({'cv2', 'av', 'numpy'} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert out.stdout.strip() == "[]"


def test_the_video_is_a_minute_and_a_few_megabytes(truth: dict[str, Any]) -> None:
    assert demo_video().stat().st_size < 8_000_000
    with av.open(str(demo_video())) as container:
        assert container.streams.video[0].frames == truth["n_frames"] == 1500


def test_one_replay_cuts_the_match(truth: dict[str, Any]) -> None:
    spans = [c for c in truth["control"] if c["state"] == "not_live_view"]
    assert len(spans) == 1
    assert truth["cuts"] == [spans[0]["t_start"], spans[0]["t_end"]]
    assert 3 <= spans[0]["t_end"] - spans[0]["t_start"] <= 5


def test_control_is_contiguous_and_both_teams_have_the_ball(truth: dict[str, Any]) -> None:
    control = truth["control"]
    assert control[0]["t_start"] == 0
    assert control[-1]["t_end"] == truth["duration_s"]
    assert all(a["t_end"] == b["t_start"] for a, b in pairwise(control))
    seconds = {s: sum(c["t_end"] - c["t_start"] for c in control if c["state"] == s) for s in "AB"}
    assert min(seconds.values()) > 10


def test_passes_begin_under_their_own_team_s_control(truth: dict[str, Any]) -> None:
    for sent in truth["passes"]:
        middle = (sent["t_release"] + sent["t_end"]) / 2
        state = next(c["state"] for c in truth["control"] if c["t_start"] <= middle < c["t_end"])
        assert state == sent["team"]


def test_there_is_something_to_find(truth: dict[str, Any]) -> None:
    kinds = [event["kind"] for event in truth["events"]]
    complete = [p for p in truth["passes"] if p["outcome"] == "complete" and p["kind"] != "shot"]
    assert 13 <= len(complete) <= 26
    assert kinds.count("interception") >= 3
    assert kinds.count("shot") == 2
    for kind in ("save", "throw_in", "goal_kick"):
        assert kinds.count(kind) == 1


def test_people_and_ball_have_the_size_of_a_broadcast(truth: dict[str, Any]) -> None:
    tracks = pd.read_parquet(demo_folder() / "demo.tracks.parquet")
    live = tracks[~tracks["is_replay"] & (tracks["inside"] > 0.99)]
    people, ball = live[live["role"] != Role.BALL], live[live["role"] == Role.BALL]
    height = (people["y2"] - people["y1"]).to_numpy()
    assert np.percentile(height, 2) > 22
    assert np.percentile(height, 98) < 115
    assert 4 < np.median((ball["y2"] - ball["y1"]).to_numpy()) < 12
    share = len([b for b in truth["ball"] if b["visible"]]) / truth["n_frames"]
    assert 0.7 < share < 0.95
    assert (demo_folder() / "demo.tracks.parquet").stat().st_size < 3_000_000


def test_all_files_of_the_truth_are_there() -> None:
    names = {path.name for path in Path(demo_folder()).iterdir()}
    assert {
        "demo.mp4",
        "demo.truth.json",
        "demo.tracks.parquet",
        "demo.boxes.parquet",
        "demo.homographies.npz",
    } <= names
