"""People and balls by a YOLO network: real weights where they are at hand, small untrained ones otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch

from tacticeye.config import Backend
from tacticeye.errors import WeightsError
from tacticeye.types import Image, Role
from tacticeye.vision.letterbox import Letterbox
from tacticeye.vision.ultralytics_backend import repair_torchvision
from tests.vision.networks import batch, open_weights, overlap, untrained


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
def coco(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """COCO weights in a folder where a translation of them may be kept."""
    path = tmp_path_factory.mktemp("weights") / "yolov8n.pt"
    path.write_bytes((shared / "weights-coco/yolov8n.pt").read_bytes())
    return path


@pytest.mark.shared
@pytest.mark.parametrize("backend", [Backend.TORCH, Backend.OPENVINO])
@pytest.mark.usefixtures("threads")
def test_boxes_are_those_of_ultralytics_own_prediction(coco: Path, frame: Image, backend: Backend) -> None:
    ours = open_weights(coco, imgsz=640, backend=backend).detect(batch([frame]))
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
@pytest.mark.parametrize("backend", [Backend.TORCH, Backend.OPENVINO])
def test_a_frame_gives_the_same_boxes_alone_and_among_others(coco: Path, frame: Image, backend: Backend) -> None:
    detector = open_weights(coco, backend=backend)
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
    detector = open_weights(untrained(tmp_path / "named.pt", names=names))
    roles = [Role.BALL, Role.GOALKEEPER, Role.PLAYER, Role.REFEREE]
    assert detector._role_of_class[:5].tolist() == [*roles, -1]
    assert (detector._role_of_class[5:] == -1).all()


@pytest.mark.parametrize(
    ("is_end_to_end", "backend"), [(True, Backend.TORCH), (False, Backend.TORCH), (True, Backend.OPENVINO)]
)
def test_models_with_two_heads_give_boxes_in_source_pixels(
    tmp_path: Path, is_end_to_end: bool, backend: Backend
) -> None:
    names = {i: "player" if i else "ball" for i in range(80)}
    path = untrained(tmp_path / "two.pt", "yolo26n.yaml", names, is_end_to_end)
    image = np.random.default_rng(0).integers(0, 255, (360, 640, 3), np.uint8)
    detector = open_weights(path, conf=1e-9, ball_conf=1e-9, backend=backend)
    assert detector._network.traits.is_end_to_end == is_end_to_end
    boxes = detector.detect(batch([image]))
    assert (boxes.xyxy >= 0).all() and (boxes.xyxy <= [640, 360, 640, 360]).all()
    assert Role.PLAYER in boxes.role.tolist()


def test_models_that_find_no_people_are_refused(tmp_path: Path) -> None:
    path = untrained(tmp_path / "cats.pt", names={i: f"cat {i}" for i in range(80)})
    with pytest.raises(WeightsError, match="neither players nor persons"):
        open_weights(path)


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
