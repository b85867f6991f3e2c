"""The ball in crops, by networks that have learned nothing: places, order, independence, faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacticeye.config import Backend
from tacticeye.errors import WeightsError
from tacticeye.types import Image
from tacticeye.vision.ball_crops import BallCropDetector
from tests.vision.networks import overlap, untrained

BACKENDS = [Backend.TORCH, Backend.OPENVINO]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    names = {0: "ball"} | {i: f"other {i}" for i in range(1, 80)}
    return untrained(tmp_path_factory.mktemp("weights") / "ball.pt", names=names)


def crops() -> list[Image]:
    random = np.random.default_rng(0)
    return [
        random.integers(0, 255, (height, width, 3), np.uint8) for height, width in ((320, 320), (320, 300), (90, 70))
    ]


@pytest.mark.parametrize("backend", BACKENDS)
def test_candidates_lie_in_their_crop_by_falling_score_without_doubles(weights: Path, backend: Backend) -> None:
    found = BallCropDetector(weights, "cpu", backend, min_score=1e-9).find(crops())
    assert len(found) == 3
    for rows, crop in zip(found, crops(), strict=True):
        height, width = crop.shape[:2]
        assert rows.dtype == np.float32 and rows.shape[1] == 5 and 0 < len(rows) <= 8
        assert (rows[:, :4] >= 0).all() and (rows[:, :4] <= [width, height, width, height]).all()
        assert (np.diff(rows[:, 4]) <= 0).all()
        assert np.triu(overlap(rows[:, :4], rows[:, :4]), 1).max() <= 0.3001


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_crop_gives_the_same_candidates_alone_and_among_others(weights: Path, backend: Backend) -> None:
    detector = BallCropDetector(weights, "cpu", backend, min_score=1e-9)
    together = detector.find(crops())
    for crop, expected in zip(crops(), together, strict=True):
        np.testing.assert_array_equal(detector.find([crop])[0], expected)
    assert detector.find([]) == []


def test_weak_candidates_are_left_out(weights: Path) -> None:
    assert [rows.shape for rows in BallCropDetector(weights, "cpu", min_score=0.99).find(crops())] == [(0, 5)] * 3


def test_weights_without_a_ball_are_refused(tmp_path: Path) -> None:
    path = untrained(tmp_path / "cats.pt", names={i: f"cat {i}" for i in range(80)})
    with pytest.raises(WeightsError, match="no class for the ball, only cat 0, cat 1"):
        BallCropDetector(path, "cpu")


def test_missing_weights_are_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such file"):
        BallCropDetector(tmp_path / "ball.pt", "cpu")
