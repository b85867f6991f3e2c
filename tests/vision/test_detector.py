"""Which detector a setting opens."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tacticeye.config import AnalysisConfig
from tacticeye.errors import WeightsError
from tacticeye.types import Boxes
from tacticeye.vision.ball_crops import BallCropDetector
from tacticeye.vision.detector import open_ball_finder, open_detector, open_role_judge
from tacticeye.vision.replay_detector import ReplayDetector, write_boxes
from tacticeye.vision.role_network import RoleNetwork, save_role_network
from tests.vision.networks import untrained


def test_recorded_boxes_are_replayed(tmp_path: Path) -> None:
    write_boxes(tmp_path / "Boxes.PARQUET", Boxes.empty())
    detector = open_detector(AnalysisConfig(model_path=str(tmp_path / "Boxes.PARQUET")))
    assert isinstance(detector, ReplayDetector)


def test_replaying_does_not_load_torch(tmp_path: Path) -> None:
    write_boxes(tmp_path / "boxes.parquet", Boxes.empty())
    code = (
        "import sys; from tacticeye.config import AnalysisConfig; from tacticeye.vision.detector import open_detector;"
        f"open_detector(AnalysisConfig(model_path={str(tmp_path / 'boxes.parquet')!r}));"
        "sys.exit('torch' in sys.modules or 'ultralytics' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_missing_weights_are_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such file"):
        open_detector(AnalysisConfig(model_path=str(tmp_path / "yolov8n.pt")))


@pytest.mark.shared
def test_weights_open_a_model(shared: Path) -> None:
    config = AnalysisConfig(model_path=str(shared / "weights-coco/yolov8n.pt"), imgsz=320, device="cpu")
    assert not isinstance(open_detector(config), ReplayDetector)


def test_the_ball_is_sought_in_crops_where_there_is_a_model_for_it(tmp_path: Path) -> None:
    path = untrained(tmp_path / "ball.pt", names={0: "ball"} | {i: f"other {i}" for i in range(1, 80)})
    assert isinstance(open_ball_finder(AnalysisConfig(ball_model_path=str(path), device="cpu")), BallCropDetector)
    assert open_ball_finder(AnalysisConfig(ball_model_path=str(tmp_path / "none.pt"))) is None
    replay = AnalysisConfig(model_path="boxes.parquet", ball_model_path=str(path))
    assert open_ball_finder(replay) is None


def test_roles_are_told_by_company_where_there_is_a_model_for_it(tmp_path: Path) -> None:
    save_role_network(RoleNetwork(), tmp_path / "own.pt")
    assert open_role_judge(AnalysisConfig(role_model_path=str(tmp_path / "own.pt"), device="cpu")) is not None
    assert open_role_judge(AnalysisConfig(role_model_path=str(tmp_path / "none.pt"))) is None


def test_weights_that_ship_are_found_from_any_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_role_judge(AnalysisConfig(device="cpu")) is not None
    assert open_ball_finder(AnalysisConfig(device="cpu")) is not None
