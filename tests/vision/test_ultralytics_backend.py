"""YOLO weights loaded by torch: damaged and hostile files, devices, threads, and what stands in for torchvision."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tacticeye.errors import ConfigurationError, WeightsError
from tacticeye.vision import ultralytics_backend
from tacticeye.vision.ultralytics_backend import TorchNetwork, available_cores, find_device
from tests.vision.networks import open_weights, overlap, untrained


@pytest.fixture(scope="module")
def coco(shared: Path) -> Path:
    return shared / "weights-coco/yolov8n.pt"


@pytest.mark.parametrize(("kind", "task"), [("seg", "segment"), ("pose", "pose"), ("cls", "classify")])
def test_models_of_another_kind_are_refused(tmp_path: Path, kind: str, task: str) -> None:
    path = untrained(tmp_path / f"{kind}.pt", f"yolov8n-{kind}.yaml")
    with pytest.raises(WeightsError, match=task):
        open_weights(path)


def _missing(folder: Path) -> Path:
    return folder / "yolov8n.pt"


def _empty(folder: Path) -> Path:
    (folder / "empty.pt").touch()
    return folder / "empty.pt"


def _text(folder: Path) -> Path:
    (folder / "text.pt").write_text("these are no weights\n" * 50)
    return folder / "text.pt"


def _truncated(folder: Path) -> Path:
    torch.save({"weight": torch.zeros(1000)}, folder / "whole.pt")
    whole = (folder / "whole.pt").read_bytes()
    (folder / "truncated.pt").write_bytes(whole[: len(whole) // 2])
    return folder / "truncated.pt"


def _plain_tensors(folder: Path) -> Path:
    torch.save({"weight": torch.zeros(3)}, folder / "tensors.pt")
    return folder / "tensors.pt"


def _other_suffix(folder: Path) -> Path:
    (folder / "model.onnx").write_bytes(b"onnx")
    return folder / "model.onnx"


@pytest.mark.parametrize("make", [_missing, _empty, _text, _truncated, _plain_tensors, _other_suffix, lambda p: p])
def test_unusable_files_are_said_in_one_sentence(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path)
    with pytest.raises(WeightsError) as caught:
        open_weights(path)
    assert caught.value.path == path
    assert str(caught.value).startswith(f"The weights {path} can't be used: ") and "\n" not in str(caught.value)


def test_weights_that_bring_code_along_never_run_it(tmp_path: Path) -> None:
    class Intruder:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "ran",))

    torch.save({"model": Intruder()}, tmp_path / "intruder.pt")
    with pytest.raises(WeightsError):
        open_weights(tmp_path / "intruder.pt")
    assert not (tmp_path / "ran").exists()


def test_devices_that_are_not_there_are_refused() -> None:
    assert find_device("cpu").type == "cpu"
    for name in ("cuda:97", "toaster", "meta"):
        with pytest.raises(ConfigurationError, match="device"):
            find_device(name)


def _run(code: str, **environment: str) -> str:
    """Standard output of `code` in a new process."""
    settings = {**os.environ, **environment}
    done = subprocess.run([sys.executable, "-c", code], env=settings, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_loading_keeps_every_core_and_stays_offline(tmp_path: Path) -> None:
    code = (
        "import os; os.environ.pop('OMP_NUM_THREADS', None)\n"
        "from tacticeye.vision import ultralytics_backend as b; b.load_ultralytics()\n"
        "from ultralytics import settings; from ultralytics.utils import ONLINE, AUTOINSTALL, USER_CONFIG_DIR\n"
        "print(b.torch.get_num_threads(), os.environ.get('OMP_NUM_THREADS'), ONLINE, AUTOINSTALL, settings['sync'])\n"
        "print(USER_CONFIG_DIR)"
    )
    figures, folder = _run(code, XDG_CACHE_HOME=str(tmp_path)).splitlines()
    assert figures == f"{available_cores()} None False False False"
    assert Path(folder).is_relative_to(tmp_path / "tacticeye")


def test_a_home_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code = (
        "from tacticeye.vision import ultralytics_backend as b; b.load_ultralytics()\n"
        "from ultralytics.utils import USER_CONFIG_DIR; print(USER_CONFIG_DIR)"
    )
    folder = Path(_run(code, XDG_CACHE_HOME=str(tmp_path / "file"), TMPDIR=str(tmp_path)))
    assert folder.is_relative_to(tmp_path) and folder.is_dir()


def test_threads_chosen_by_the_user_are_kept() -> None:
    code = (
        "from tacticeye.vision import ultralytics_backend as b; b.load_ultralytics(); print(b.torch.get_num_threads())"
    )
    assert _run(code, OMP_NUM_THREADS="1") == "1"


def test_torchvision_suppresses_boxes_even_without_its_compiled_operators() -> None:
    code = (
        "from tacticeye.vision import ultralytics_backend as b; b.repair_torchvision()\n"
        "import torch, torchvision\n"
        "boxes = torch.tensor([[0., 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30], [0, 0, 10, 9]])\n"
        "print(torchvision.ops.nms(boxes, torch.tensor([.5, .9, .1, .4]), .5).tolist())"
    )
    assert _run(code) == "[1, 2]"


def test_the_stand_in_agrees_with_the_definition() -> None:
    random = np.random.default_rng(0)
    corner = random.uniform(0, 50, (200, 2))
    boxes = np.hstack([corner, corner + random.uniform(5, 30, (200, 2))]).astype(np.float32)
    score = random.uniform(0, 1, 200).astype(np.float32)
    kept: list[int] = []
    for row in np.argsort(-score):
        if not kept or overlap(boxes[[row]], boxes[kept]).max() <= 0.5:
            kept.append(int(row))
    answer = ultralytics_backend._suppress_tensors(torch.from_numpy(boxes), torch.from_numpy(score), 0.5)
    assert answer.tolist() == kept


@pytest.mark.shared
def test_detection_leaves_torchvision_alone(coco: Path) -> None:
    code = (
        "import sys, numpy as np; from pathlib import Path; from tests.vision.networks import open_weights, batch\n"
        f"open_weights(Path({str(coco)!r})).detect(batch([np.zeros((90, 160, 3), np.uint8)]))\n"
        "print('torchvision' in sys.modules)"
    )
    assert _run(code) == "False"


def test_an_answer_does_not_depend_on_the_others_in_its_group(tmp_path: Path) -> None:
    """What a GPU does, on the processor: groups of one fixed size, filled up where pictures are few."""
    path = untrained(tmp_path / "any.pt")
    network = TorchNetwork(path, torch.device("cpu"))
    network._group = 4
    random = np.random.default_rng(0)
    pictures = list(random.integers(0, 255, (6, 64, 96, 3), np.uint8))
    together = network.predict(pictures)
    for first, n in ((0, 1), (2, 3), (5, 1)):
        for answer, expected in zip(network.predict(pictures[first : first + n]), together[first:], strict=False):
            np.testing.assert_array_equal(answer, expected)


def test_pictures_of_several_sizes_are_answered_in_order(tmp_path: Path) -> None:
    path = untrained(tmp_path / "any.pt")
    network = TorchNetwork(path, torch.device("cpu"))
    network._group = 4
    random = np.random.default_rng(0)
    sizes = [(64, 96), (64, 96), (96, 96), (64, 96)]
    pictures = [random.integers(0, 255, (*size, 3), np.uint8) for size in sizes]
    answers = network.predict(pictures)
    assert [a.shape[1] for a in answers] == [h * w * 21 // 1024 for h, w in sizes]
    np.testing.assert_array_equal(answers[3], network.predict([pictures[3]])[0])
