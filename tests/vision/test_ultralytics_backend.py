"""YOLO weights as a detector: real weights where they are at hand, small untrained ones otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tacticeye.errors import ConfigurationError, WeightsError
from tacticeye.types import FrameBatch, Image, Role
from tacticeye.vision import ultralytics_backend
from tacticeye.vision.ultralytics_backend import (
    Letterbox,
    UltralyticsDetector,
    available_cores,
    find_device,
    load_ultralytics,
    repair_torchvision,
)


def batch(images: list[Image]) -> FrameBatch:
    numbers = np.arange(len(images), dtype=np.int64)
    return FrameBatch(0, 0, len(images), 0.0, 1.0, numbers, numbers / 25, images)


def open_weights(path: Path, imgsz: int = 320, conf: float = 0.3, ball_conf: float = 0.1) -> UltralyticsDetector:
    return UltralyticsDetector(path, conf_threshold=conf, ball_conf_threshold=ball_conf, imgsz=imgsz, device="cpu")


def untrained(path: Path, architecture: str, names: dict[int, str] | None = None, is_end_to_end: bool = False) -> Path:
    """Weights file of a model that has learned nothing; the architecture comes with the package."""
    load_ultralytics()
    from ultralytics import YOLO

    torch.manual_seed(0)
    model: Any = YOLO(architecture)
    if names is not None:
        model.model.names = names
    if is_end_to_end:
        model.model.model[-1].end2end = True
    model.save(path)
    return path


@pytest.fixture
def threads() -> Iterator[None]:
    """Puts torch's threads back after code that changes them."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def frame(shared: Path) -> Image:
    """The first frame of a real clip."""
    with av.open(str(shared / "clips/inter_napoli_720p25.mp4")) as container:
        return np.asarray(next(container.decode(video=0)).to_ndarray(format="bgr24"), np.uint8)


@pytest.fixture(scope="module")
def coco(shared: Path) -> Path:
    return shared / "weights-coco/yolov8n.pt"


def overlap(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N, M) IoU of boxes (N, 4) and (M, 4)."""
    sides = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    shared_area = np.prod(np.clip(sides, 0, None), axis=2, dtype=np.float64)
    area = [np.prod(x[:, 2:] - x[:, :2], axis=1) for x in (a, b)]
    return np.asarray(shared_area / (area[0][:, None] + area[1][None] - shared_area), np.float64)


@pytest.mark.shared
@pytest.mark.usefixtures("threads")
def test_boxes_are_those_of_ultralytics_own_prediction(coco: Path, frame: Image) -> None:
    ours = open_weights(coco, imgsz=640).detect(batch([frame]))
    people = ours.select(ours.role == Role.PLAYER)
    repair_torchvision()
    from ultralytics import YOLO

    model: Any = YOLO(str(coco))
    result = model.predict(frame, imgsz=640, conf=0.3, iou=0.5, classes=[0], verbose=False)[0].boxes
    theirs, score = result.xyxy.numpy(), result.conf.numpy()
    nearest = np.abs(people.xyxy[None] - theirs[:, None]).max(axis=2)
    assert len(theirs) == len(people) > 8
    assert nearest.min(axis=1).max() < 1
    np.testing.assert_allclose(people.score[nearest.argmin(axis=1)], score, atol=1e-3)


@pytest.mark.shared
def test_a_frame_gives_the_same_boxes_alone_and_among_others(coco: Path, frame: Image) -> None:
    detector = open_weights(coco)
    alone = detector.detect(batch([frame]))
    among = detector.detect(batch([frame[:, ::-1].copy(), frame, frame[:300].copy()]))
    rows = among.select(among.frame == 1)
    np.testing.assert_array_equal(rows.xyxy, alone.xyxy)
    np.testing.assert_array_equal(rows.score, alone.score)


@pytest.mark.shared
def test_rows_are_ordered_inside_the_image_and_without_doubles(coco: Path, frame: Image) -> None:
    boxes = open_weights(coco, conf=0.05, ball_conf=0.001).detect(batch([frame, frame]))
    assert (np.diff(boxes.frame) >= 0).all()
    for number in (0, 1):
        rows = boxes.select(boxes.frame == number)
        assert (np.diff(rows.score) <= 0).all()
        people = rows.select(rows.role != Role.BALL)
        assert np.triu(overlap(people.xyxy, people.xyxy), 1).max() <= 0.5001
        assert (rows.role == Role.BALL).sum() <= 8
    assert boxes.xyxy.dtype == np.float32
    assert (boxes.xyxy >= 0).all() and (boxes.xyxy <= [1280, 720, 1280, 720]).all()


@pytest.mark.shared
def test_people_and_ball_have_thresholds_of_their_own(coco: Path, frame: Image) -> None:
    boxes = open_weights(coco, conf=0.6, ball_conf=0.001).detect(batch([frame]))
    is_ball = boxes.role == Role.BALL
    assert (boxes.score[~is_ball] >= 0.6).all()
    assert is_ball.any() and boxes.score[is_ball].min() < 0.6


@pytest.mark.shared
def test_a_batch_without_images_finds_nothing(coco: Path) -> None:
    assert len(open_weights(coco).detect(batch([]))) == 0


def test_class_names_of_many_data_sets_become_roles(tmp_path: Path) -> None:
    names = {0: "Football", 1: "GK", 2: "Player", 3: "ref", 4: "coach"}
    names |= {i: f"other {i}" for i in range(5, 80)}
    detector = open_weights(untrained(tmp_path / "named.pt", "yolov8n.yaml", names))
    roles = [Role.BALL, Role.GOALKEEPER, Role.PLAYER, Role.REFEREE]
    assert detector._role_of_class[:5].tolist() == [*roles, -1]
    assert (detector._role_of_class[5:] == -1).all()


@pytest.mark.parametrize("is_end_to_end", [True, False])
def test_models_with_two_heads_give_boxes_in_source_pixels(tmp_path: Path, is_end_to_end: bool) -> None:
    names = {i: "player" if i else "ball" for i in range(80)}
    path = untrained(tmp_path / "two.pt", "yolo26n.yaml", names, is_end_to_end)
    image = np.random.default_rng(0).integers(0, 255, (360, 640, 3), np.uint8)
    detector = open_weights(path, conf=1e-9, ball_conf=1e-9)
    assert detector._is_end_to_end == is_end_to_end
    boxes = detector.detect(batch([image]))
    assert (boxes.xyxy >= 0).all() and (boxes.xyxy <= [640, 360, 640, 360]).all()
    assert Role.PLAYER in boxes.role.tolist()


def test_models_that_find_no_people_are_refused(tmp_path: Path) -> None:
    path = untrained(tmp_path / "cats.pt", "yolov8n.yaml", {i: f"cat {i}" for i in range(80)})
    with pytest.raises(WeightsError, match="neither players nor persons"):
        open_weights(path)


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


@pytest.mark.parametrize(("height", "width"), [(720, 1280), (406, 720), (1280, 720), (574, 1280), (1080, 1920)])
def test_the_letterbox_is_whole_strides_and_maps_back(height: int, width: int) -> None:
    letterbox = Letterbox.fit(height, width, 640)
    assert letterbox.height % 32 == 0 and letterbox.width % 32 == 0
    assert max(letterbox.height, letterbox.width) == 640
    picture = letterbox.apply(np.full((height, width, 3), (10, 20, 30), np.uint8))
    inside = (picture == (30, 20, 10)).all(axis=2)
    y, x = np.nonzero(inside)
    corners = np.array([[x.min(), y.min(), x.max() + 1, y.max() + 1]], np.float32)
    np.testing.assert_allclose(letterbox.to_source(corners, height, width), [[0, 0, width, height]], atol=2)


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
        "import sys, numpy as np; from pathlib import Path; from tacticeye.types import FrameBatch\n"
        "from tacticeye.vision.ultralytics_backend import UltralyticsDetector\n"
        f"d = UltralyticsDetector(Path({str(coco)!r}), conf_threshold=.3, ball_conf_threshold=.1, imgsz=320)\n"
        "d.detect(FrameBatch(0, 0, 1, 0., 1., np.zeros(1, int), np.zeros(1), [np.zeros((90, 160, 3), np.uint8)]))\n"
        "print('torchvision' in sys.modules)"
    )
    assert _run(code) == "False"
