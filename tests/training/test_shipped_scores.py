"""The weights that ship keep what they promise on matches that nothing was trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tacticeye.config import PRESETS, AnalysisConfig, Backend
from tacticeye.training.datasets import DataSet, Split
from tacticeye.training.evaluate import DetectionReport, evaluate_ball, evaluate_pitch, evaluate_players
from tacticeye.types import Role

EXACT = AnalysisConfig(imgsz=PRESETS["detailed"]["imgsz"], device="cpu", backend=Backend.OPENVINO)

pytestmark = pytest.mark.shared


def players(root: Path, data: Path) -> DetectionReport:
    samples = DataSet.open(data).samples(Split.VAL)
    return evaluate_players(root / "weights" / "best.pt", samples, EXACT, lambda *_: None)


def test_people_and_ball_of_side_line_cameras(root: Path, shared: Path) -> None:
    report = players(root, shared / "datasets" / "players-720p")
    map50 = {role: report.classes[role].map50 for role in Role}
    assert map50[Role.PLAYER] >= 0.97
    assert map50[Role.GOALKEEPER] >= 0.85
    assert map50[Role.REFEREE] >= 0.90
    assert map50[Role.BALL] >= 0.55


def test_people_and_ball_of_broadcasts(root: Path, shared: Path) -> None:
    report = players(root, shared / "datasets" / "broadcast")
    rates = {name.split(",")[0]: rate for name, rate in report.shipped.items()}
    assert report.classes[Role.PLAYER].map50 >= 0.92
    assert report.classes[Role.REFEREE].map50 >= 0.85
    assert rates["people"].recall >= 0.93 and rates["people"].precision >= 0.93
    assert rates["ball"].recall >= 0.6


def test_the_ball_in_crops_at_full_resolution(root: Path, shared: Path) -> None:
    samples = DataSet.open(shared / "datasets" / "players-1080p").samples(Split.VAL)
    report = evaluate_ball(root / "weights" / "ball.pt", samples, EXACT, lambda *_: None)
    assert report.recall >= 0.85 and report.precision >= 0.90


@pytest.mark.parametrize("name", ["pitch-720p", "broadcast-pitch"])
def test_the_pitch_in_single_frames(root: Path, shared: Path, name: str) -> None:
    samples = DataSet.open(shared / "datasets" / name).samples(Split.VAL)
    figures = evaluate_pitch(root / "weights" / "pitch.pt", samples, EXACT, lambda *_: None).figures()
    assert figures["found"] >= 0.95 * figures["images"]
    assert figures["median_m"] <= 0.5 and figures["p95_m"] <= 2.0
