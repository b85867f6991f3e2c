"""Training: what it writes can be used, and a run that was cut off ends as an undisturbed one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tacticeye.demo.training_frames import write_training_frames
from tacticeye.errors import DataSetError
from tacticeye.training.fit import EpochReport, Run
from tacticeye.training.train import Material, train_ball, train_pitch
from tacticeye.vision.ball_crops import BallCropDetector
from tacticeye.vision.pitch_keypoints import PitchKeypointDetector


class CutOffError(Exception):
    """Stands for a power cut after an epoch."""


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frames")
    write_training_frames(folder, 3, seed=5)
    return folder


def test_a_training_cut_off_after_an_epoch_and_resumed_ends_with_the_same_weights(
    frames: Path, root: Path, tmp_path: Path
) -> None:
    material = Material([(frames / "pitch", 1)], 0, root / "weights" / "best.pt")

    def cut(report: EpochReport) -> None:
        if report.epoch == 1:
            raise CutOffError

    whole = train_pitch(material, Run(tmp_path / "whole", "cpu"), 2)
    with pytest.raises(CutOffError):
        train_pitch(material, Run(tmp_path / "cut", "cpu"), 2, on_epoch=cut)
    resumed = train_pitch(material, Run(tmp_path / "cut", "cpu", resume=True), 2)
    a, b = (torch.load(path, weights_only=True)["weights"] for path in (whole, resumed))
    assert all(torch.equal(a[name], b[name]) for name in a)
    seen = PitchKeypointDetector(whole, "cpu").detect(np.zeros((90, 160, 3), np.uint8))
    assert seen.keypoints.shape == (32, 3)
    assert seen.lines.shape == (90, 160)


def test_a_trained_ball_network_is_read_by_the_detector_of_crops(frames: Path, root: Path, tmp_path: Path) -> None:
    material = Material([(frames, 1)], 0, root / "weights" / "best.pt")
    weights = train_ball(material, Run(tmp_path, "cpu"), 1)
    found = BallCropDetector(weights, "cpu").find([np.zeros((320, 320, 3), np.uint8)])
    assert [candidates.shape[1] for candidates in found] == [5]


def test_nothing_to_train_on_is_said_in_one_sentence(root: Path, tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="there is nothing to train on"):
        train_ball(Material([], 0, root / "weights" / "best.pt"), Run(tmp_path, "cpu"), 1)
