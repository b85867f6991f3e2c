"""Measuring networks: what is asked of them, and what is told of the answers."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tacticeye.__main__ import main
from tacticeye.demo import demo_video
from tacticeye.pitch import keypoints_m
from tacticeye.training.average_precision import match_middles
from tacticeye.training.datasets import DataSet, Sample, Split
from tacticeye.training.evaluate import BALL_DRAWS, ball_crops
from tacticeye.training.failures import worst, write_failures
from tacticeye.types import Role
from tests.training.test_datasets import PITCH, PLAYERS, write_set
from tests.vision.networks import untrained


def sample(balls: list[tuple[float, float]], people: list[tuple[float, float]], size: tuple[int, int]) -> Sample:
    boxes = [(x - 6, y - 6, x + 6, y + 6) for x, y in balls] + [(x - 15, y - 80, x + 15, y) for x, y in people]
    role = np.array([Role.BALL] * len(balls) + [Role.PLAYER] * len(people), np.int8)
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    return Sample(Path("a_1.jpg"), *size, role, xyxy, np.zeros((0, 32, 3), np.float32))


def test_each_labelled_ball_gets_a_crop_about_it_and_its_image_one_without() -> None:
    one = sample([(900, 500)], [(200, 300), (1000, 520)], (1920, 1080))
    for seed in range(20):
        about, beside = ball_crops(one, np.random.default_rng(seed))
        middle = (about.labels[0, :2] + about.labels[0, 2:]) / 2
        assert np.linalg.norm(middle - 160) <= 61
        assert len(beside.labels) == 0
        for crop in (about, beside):
            assert 0 <= crop.corner[0] <= 1600 and 0 <= crop.corner[1] <= 760


def test_crops_are_the_same_for_the_same_seed() -> None:
    one = sample([(900, 500)], [(200, 300)], (1920, 1080))
    first, second = (ball_crops(one, np.random.default_rng(3)) for _ in range(2))
    assert [c.corner for c in first] == [c.corner for c in second]


def test_an_image_whose_ball_is_not_labelled_gives_no_crops() -> None:
    assert ball_crops(sample([], [(200, 300)], (1920, 1080)), np.random.default_rng(0)) == []


def test_a_ball_is_found_where_its_middle_is_whatever_its_box() -> None:
    labels = np.array([(100, 100, 110, 110)], np.float32)
    seen = np.array([(99, 99, 121, 121), (103, 103, 113, 113), (106, 100, 116, 110)], np.float32)
    found = match_middles(seen, np.array([0.9, 0.5, 0.7], np.float32), labels)
    assert found.is_hit[:, 0].tolist() == [False, True, False]
    assert match_middles(seen, np.array([0.9, 0.5, 0.7], np.float32), labels[:0]).is_hit.sum() == 0


def frames(folder: Path, labels: dict[str, str]) -> Path:
    """A data set of frames of the demo match."""
    write_set(folder, {"val": labels}, PLAYERS)
    video = cv2.VideoCapture(str(demo_video()))
    for name in labels:
        cv2.imwrite(str(folder / "images" / f"{name}.jpg"), video.read()[1])
    video.release()
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["evaluate", *arguments])
    return code, capsys.readouterr().out


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    names = {0: "ball", 1: "goalkeeper", 2: "player", 3: "referee"} | {i: f"other {i}" for i in range(4, 80)}
    return untrained(tmp_path / "any.pt", names=names)


@pytest.mark.parametrize("network", ["players", "ball"])
def test_scores_are_one_line_for_programs(
    tmp_path: Path, weights: Path, capsys: pytest.CaptureFixture[str], network: str
) -> None:
    data = frames(tmp_path / "set", {"a_1": "0 0.5 0.5 0.01 0.02\n2 0.3 0.5 0.03 0.2", "b_1": "2 0.4 0.4 0.1 0.1"})
    code, out = run(capsys, network, "--weights", str(weights), "--data", str(data), "--imgsz", "320", "--json")
    figures = json.loads(out)
    assert code == 0 and out.count("\n") == 1
    assert set(figures) == {"images", "map50", "map50_95", "precision", "recall"}
    assert figures["images"] == (2 if network == "players" else 2 * BALL_DRAWS)
    assert set(figures["map50"]) == ({"ball", "player"} if network == "players" else {"ball"})


def test_the_table_tells_what_ships_and_the_worst_images_are_drawn(
    tmp_path: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = frames(tmp_path / "set", {"a_1": "2 0.3 0.5 0.03 0.2", "b_1": "2 0.4 0.4 0.1 0.1\n2 0.6 0.4 0.1 0.1"})
    arguments = ["--weights", str(weights), "--data", str(data), "--imgsz", "320", "--worst", "1"]
    code, out = run(capsys, "players", *arguments, "--out", str(tmp_path / "worst"))
    assert code == 0 and "people, role ignored, from 0.3" in out
    (picture,) = (tmp_path / "worst").iterdir()
    assert picture.name == "01-b_1.jpg"


def recorded_landmarks(folder: Path, error_px: float) -> tuple[Path, Path]:
    """A data set with one pitch from a made-up camera, and landmarks recorded for it, `error_px` off."""
    pitch_to_image = np.array([[9.0, 1.5, 180], [0.2, -6.0, 600], [0.0002, 0.002, 1]])
    points = np.column_stack([keypoints_m(), np.ones(32)]) @ pitch_to_image.T
    xy = points[:, :2] / points[:, 2:]
    is_inside = ((xy > 0) & (xy < (1280, 720))).all(axis=1)
    shares = np.where(is_inside[:, None], xy / (1280, 720), 0)
    label = "0 0.5 0.5 1 1 " + " ".join(
        f"{x:.8f} {y:.8f} {2 * int(i)}" for (x, y), i in zip(shares, is_inside, strict=True)
    )
    write_set(folder, {"val": {"a_1": label}}, PITCH.replace("train", "val"), (1280, 720))
    rows = np.flatnonzero(is_inside)
    seen = {"frame": np.zeros(len(rows)), "keypoint": rows, "x": xy[rows, 0] + error_px, "y": xy[rows, 1]}
    pq.write_table(pa.table(seen | {"confidence": np.full(len(rows), 0.9)}), folder / "landmarks.parquet")
    return folder, folder / "landmarks.parquet"


def test_pitch_figures_are_told_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, landmarks = recorded_landmarks(tmp_path / "set", 1.0)
    code, out = run(capsys, "pitch", "--weights", str(landmarks), "--data", str(data), "--json")
    figures = json.loads(out)
    assert code == 0 and set(figures) == {"images", "found", "median_m", "p95_m"}
    assert figures["images"] == 1 and figures["found"] in (0, 1)


def test_images_without_fault_are_not_among_the_worst(tmp_path: Path) -> None:
    assert worst([], 3) == [] and write_failures([], tmp_path / "none", 3) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--weights", "nowhere.pt"], "no such file"),
        (["--imgsz", "1000"], "imgsz"),
        (["--split", "test"], "no images for the split test"),
    ],
)
def test_faults_are_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    data = frames(tmp_path / "set", {"a_1": "2 0.3 0.5 0.03 0.2"})
    assert main(["evaluate", "players", "--data", str(data), *arguments]) == 1
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1


def test_a_match_in_two_splits_stops_the_measurement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_set(tmp_path / "set", {"train": {"derby_1": ""}, "val": {"derby_2": "2 0.5 0.5 0.1 0.1"}})
    assert main(["evaluate", "players", "--data", str(tmp_path / "set")]) == 1
    assert "the match derby is in both train and val" in capsys.readouterr().err


@pytest.mark.shared
def test_the_shipped_detector_finds_people_of_real_frames(shared: Path, root: Path, tmp_path: Path) -> None:
    from tacticeye.config import AnalysisConfig
    from tacticeye.training.evaluate import evaluate_players

    samples = DataSet.open(shared / "datasets/broadcast").samples(Split.VAL)[::6]
    report = evaluate_players(root / "weights/best.pt", samples, AnalysisConfig(device="cpu"), lambda *_: None)
    assert report.images == 4
    assert report.classes[Role.PLAYER].map50 > 0.8
