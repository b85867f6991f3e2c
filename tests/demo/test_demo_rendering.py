"""Rendered frames and their truth: short renderings, compared with the pixels and with the camera."""

from __future__ import annotations

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pandas as pd
import pytest

from tacticeye.demo.camera import CameraView
from tacticeye.demo.figures import person_sprite
from tacticeye.demo.looks import Kit, random_look
from tacticeye.demo.render import SIZE, DemoRenderer, render_demo
from tacticeye.demo.scene import BALL_NUMBER
from tacticeye.demo.skeleton import Joint, Pose, joints_m
from tacticeye.demo.training_frames import write_training_frames
from tacticeye.types import Role

SECONDS = 1.2


@pytest.fixture(scope="module")
def renderer() -> DemoRenderer:
    return DemoRenderer(4, SECONDS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    progress: list[tuple[int, int]] = []
    render_demo(
        folder, seed=4, duration_s=SECONDS, name="short", on_progress=lambda done, n: progress.append((done, n))
    )
    assert progress[-1] == (30, 30)
    return folder


def test_the_same_seed_gives_the_same_pixels(renderer: DemoRenderer) -> None:
    again = DemoRenderer(4, SECONDS)
    for number in (20, 7):
        assert np.array_equal(renderer.frame(number).image, again.frame(number).image)


def test_boxes_hold_the_drawn_figures_tightly(renderer: DemoRenderer) -> None:
    rendered = renderer.frame(10)
    people = [i for i in rendered.instances if i.number != BALL_NUMBER and i.inside == 1 and i.visible == 1]
    assert len(people) >= 5
    for person in people:
        x1, y1, x2, y2 = (round(v) for v in person.box)
        box = rendered.clean[y1:y2, x1:x2].astype(int)
        grass = (
            rendered.clean[y1:y2, [max(x1 - 4, 0), min(x2 + 4, SIZE[0] - 1)]].astype(int).mean(axis=1, keepdims=True)
        )
        differs = np.abs(box - grass).sum(axis=2) > 60
        assert 0.2 < differs.mean() < 0.98
        assert differs[:3].any()
        assert differs[:, :3].any()
        assert differs[:, -3:].any()


def test_figures_of_all_sizes_get_boxes_of_their_height() -> None:
    rng = np.random.default_rng(1)
    look = random_look(rng, Kit((200, 30, 30), (0, 0, 9), (9, 9, 9), (9, 9, 9), (255, 255, 255)), 8)
    for focal in (800.0, 3000.0, 9000.0):
        camera = CameraView.looking_at((52, -30, 10), (52, 30, 1), focal)
        sprite = person_sprite(camera, Pose(52, 30, 1.0), look)
        assert sprite is not None
        expected = look.height_m * float(camera.pixels_per_metre(np.array([52, 30, 1.0])))
        assert sprite.box[3] - sprite.box[1] == pytest.approx(expected, rel=0.12)


def test_a_standing_body_has_its_feet_down_and_its_head_up() -> None:
    joints = joints_m(Pose(10, 20, 0.7, speed=5, phase=1.0), 1.8)
    assert joints[:, 2].min() > -0.02
    assert joints[Joint.HEAD, 2] > 1.5
    assert np.hypot(*(joints[Joint.HIP_L, :2] - (10, 20))) < 0.2


def test_the_homography_maps_feet_and_ball_to_their_places(folder: Path) -> None:
    cameras = np.load(folder / "short.homographies.npz")
    tracks = pd.read_parquet(folder / "short.tracks.parquet")
    ball = tracks[(tracks["person"] == -1) & (tracks["z_m"] < 0.15)]
    assert len(ball) > 5
    inside = ball[(ball["x1"] > 1) & (ball["x2"] < SIZE[0] - 1)]
    corners = inside[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
    true_m = inside[["x_m", "y_m"]].to_numpy(np.float64)
    for frame, box, true in zip(inside["frame"].to_numpy(), corners, true_m, strict=True):
        middle = np.array([[[(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]]])
        place = cv2.perspectiveTransform(middle, cameras["image_to_pitch"][frame])[0, 0]
        assert np.hypot(*(place - true)) < 0.5  # the ball's centre is 11 cm above the grass


def test_the_markings_are_painted_where_the_homography_says(renderer: DemoRenderer) -> None:
    rendered = renderer.frame(0)
    angles = np.linspace(0, 2 * np.pi, 60)
    circle = np.stack([52.5 + 9.15 * np.cos(angles), 34 + 9.15 * np.sin(angles), 0 * angles], axis=1)
    inner = np.stack([52.5 + 8.4 * np.cos(angles), 34 + 8.4 * np.sin(angles), 0 * angles], axis=1)
    on, off = (_brightness(rendered.clean, rendered.camera.project(p)) for p in (circle, inner))
    assert np.nanmedian(on) > np.nanmedian(off) + 25


def test_the_video_has_the_frames_of_the_truth(folder: Path) -> None:
    truth = json.loads((folder / "short.truth.json").read_text())
    with av.open(str(folder / "short.mp4")) as container:
        frames = [frame.time for frame in container.decode(video=0)]
    assert len(frames) == truth["n_frames"] == len(truth["ball"]) == 30
    assert frames[-1] == pytest.approx(29 / 25)


def test_recorded_boxes_lie_near_the_true_ones(folder: Path) -> None:
    boxes = pd.read_parquet(folder / "short.boxes.parquet")
    tracks = pd.read_parquet(folder / "short.tracks.parquet")
    assert list(boxes.columns) == ["frame", "t_s", "x1", "y1", "x2", "y2", "score", "role"]
    assert boxes["frame"].is_monotonic_increasing
    people, true = boxes[boxes["role"] != Role.BALL], tracks[tracks["person"] >= 0]
    assert 0.8 < len(people) / (true["visible"] > 0.2).sum() <= 1.0
    merged = people.merge(true, on=["frame", "role"])
    near = np.abs(merged["x1_x"] - merged["x1_y"]) + np.abs(merged["y2_x"] - merged["y2_y"]) < 12
    assert merged[near].groupby(["frame", "x1_x"]).ngroups == len(people)


def test_training_frames_are_labelled_and_repeatable(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_training_frames(tmp_path / name, 2, seed=9)
    names = (tmp_path / "one" / "train.txt").read_text().split()
    assert names == ["./images/demo_9_00000.jpg", "./images/demo_9_00001.jpg"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        label = tmp_path / "one" / "labels" / f"{Path(name).stem}.txt"
        rows = np.loadtxt(label, ndmin=2)
        assert set(rows[:, 0]) <= {0, 1, 2, 3}
        assert len(rows) >= 2
        assert ((rows[:, 1:] >= 0) & (rows[:, 1:] <= 1)).all()


def _brightness(image: np.ndarray, places: np.ndarray) -> np.ndarray:
    values = np.full(len(places), np.nan)
    for i, (x, y) in enumerate(places):
        if 0 <= x < image.shape[1] and 0 <= y < image.shape[0]:
            values[i] = image[int(y), int(x)].mean()
    return values
