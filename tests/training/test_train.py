"""Training: what it writes can be used, and a run that was cut off ends as an undisturbed one."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tacticeye.demo.training_frames import write_training_frames
from tacticeye.errors import DataSetError
from tacticeye.training.fit import Run
from tacticeye.training.train import Material, train_ball, train_roles
from tacticeye.training.yolo import save_mean
from tacticeye.vision.ball_crops import BallCropDetector
from tacticeye.vision.pitch_keypoints import PitchKeypointDetector
from tacticeye.vision.role_network import RoleJudge
from tacticeye.vision.ultralytics_backend import open_for_training
from tests.training.test_datasets import write_set


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frames")
    write_training_frames(folder, 3, seed=5)
    return folder


def train(root: Path, network: str, data: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tacticeye", "train", network, "--data", str(data), "--synthetic", "0"]
    command += ["--out", str(out), "--device", "cpu", *more]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(training: subprocess.Popen[str]) -> None:
    said = training.communicate(timeout=240)[0]
    assert training.returncode == 0, said


def kill_after_an_epoch(training: subprocess.Popen[str]) -> None:
    with training:
        assert training.stdout is not None
        assert any("epoch 1 of 2" in line for line in training.stdout)
        training.kill()
    assert training.returncode == -signal.SIGKILL


def test_a_training_killed_after_an_epoch_and_resumed_ends_with_the_same_weights(
    frames: Path, root: Path, tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    finish(train(root, "pitch", frames / "pitch", whole, "--epochs", "2"))
    kill_after_an_epoch(train(root, "pitch", frames / "pitch", killed, "--epochs", "2"))
    finish(train(root, "pitch", frames / "pitch", killed, "--epochs", "2", "--resume"))
    a, b = (torch.load(folder / "pitch.pt", weights_only=True)["weights"] for folder in (whole, killed))
    assert all(torch.equal(a[name], b[name]) for name in a)
    seen = PitchKeypointDetector(whole / "pitch.pt", "cpu").detect(np.zeros((90, 160, 3), np.uint8))
    assert seen.keypoints.shape == (32, 3)
    assert seen.lines.shape == (90, 160)


def test_a_trained_ball_network_is_read_by_the_detector_of_crops(frames: Path, root: Path, tmp_path: Path) -> None:
    finish(train(root, "ball", frames, tmp_path, "--epochs", "1"))
    found = BallCropDetector(tmp_path / "ball.pt", "cpu").find([np.zeros((320, 320, 3), np.uint8)])
    assert [candidates.shape[1] for candidates in found] == [5]


def test_a_trained_role_network_is_read_by_the_judge(frames: Path, root: Path, tmp_path: Path) -> None:
    finish(train(root, "roles", frames, tmp_path, "--epochs", "1"))
    people = np.array([[10, 10, 30, 60], [50, 20, 70, 70]], np.float32)
    chances = RoleJudge(tmp_path / "roles.pt", "cpu").judge(np.zeros((90, 160, 3), np.uint8), people)
    assert chances.shape == (2, 4)


def test_roles_need_pictures_with_people(root: Path, tmp_path: Path) -> None:
    data = write_set(tmp_path / "set", {"train": {"a_1": "0 0.5 0.5 0.01 0.02"}, "val": {}})
    material = Material([(data, 1)], 0, root / "weights" / "best.pt")
    with pytest.raises(DataSetError, match="nobody is labelled"):
        train_roles(material, Run(tmp_path, "cpu"), 1)


def test_the_mean_of_two_networks_lies_halfway_between_them_and_is_read_by_the_detector(
    root: Path, tmp_path: Path
) -> None:
    shipped, other, mean = root / "weights" / "ball.pt", tmp_path / "other.pt", tmp_path / "mean.pt"
    content = torch.load(shipped, weights_only=False)
    for parameter in content["model"].parameters():
        parameter.data += 0.5
    torch.save(content, other)
    save_mean(shipped, other, mean)
    before, after = (list(open_for_training(path).parameters()) for path in (shipped, mean))
    assert all(torch.allclose(b, a + 0.25, atol=0.01) for a, b in zip(before, after, strict=True))
    assert len(BallCropDetector(mean, "cpu").find([np.zeros((64, 64, 3), np.uint8)])) == 1


def test_nothing_to_train_on_is_said_in_one_sentence(root: Path, tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="there is nothing to train on"):
        train_ball(Material([], 0, root / "weights" / "best.pt"), Run(tmp_path, "cpu"), 1)
