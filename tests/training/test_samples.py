"""What is shown to a network in training: labels stay with what they label, whatever happens to the picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from tacticeye import pitch
from tacticeye.config import AnalysisConfig
from tacticeye.demo.training_frames import write_training_frames
from tacticeye.training import augment, kits
from tacticeye.training.datasets import DataSet, Split
from tacticeye.training.pitch_samples import FLIPPED, PitchSamples, with_lines
from tacticeye.training.role_samples import NOBODY, RoleSamples, with_false_alarms
from tacticeye.types import Role
from tacticeye.vision.box_overlap import overlaps
from tacticeye.vision.detector import open_detector
from tacticeye.vision.pitch_keypoints import peaks
from tacticeye.vision.yolo_detector import YoloDetector


def test_a_box_follows_what_it_surrounds_under_a_random_view() -> None:
    rng = np.random.default_rng(3)
    followed = 0
    for _ in range(30):
        picture = np.zeros((360, 640, 3), np.uint8)
        x, y = rng.integers(60, 560), rng.integers(60, 280)
        picture[y : y + 40, x : x + 20] = 255
        matrix = augment.random_view(
            rng, (640, 360), (480, 320), float(rng.uniform(0.6, 1.6)), np.array([320.0, 180.0])
        )
        seen = augment.warp(picture, matrix, (480, 320))
        xyxy, keep = augment.warp_boxes(np.array([[x, y, x + 20, y + 40]], np.float32), matrix, (480, 320), 0.99)
        if not keep[0]:
            continue
        rows, columns = np.nonzero(seen[..., 0] > 200)
        # The box around a slightly turned rectangle is somewhat larger than what is seen of it.
        assert abs(columns.min() - xyxy[0, 0]) < 6 and abs(columns.max() - xyxy[0, 2]) < 6
        assert abs(rows.min() - xyxy[0, 1]) < 6 and abs(rows.max() - xyxy[0, 3]) < 6
        followed += 1
    assert followed > 10


def test_dressing_changes_the_shirt_in_the_box_and_neither_grass_nor_neighbours() -> None:
    grass, shirt = (40, 140, 40), (30, 30, 200)
    picture = np.full((200, 200, 3), grass, np.uint8)
    picture[50:80, 60:80] = shirt  # the upper half of a person in the box below
    picture[50:80, 120:140] = shirt  # somebody else
    before = picture.copy()
    kits.dress(np.random.default_rng(5), picture, np.array([[55, 44, 85, 104]], np.float32), shirt_only=True)
    is_changed = (picture != before).any(-1)
    assert is_changed[55:73, 60:80].all()
    is_changed[50:80, 60:80] = False
    assert not is_changed.any()


def test_a_player_who_stands_free_becomes_a_referee_unlike_all_others_and_one_in_a_crowd_does_not() -> None:
    grass, shirt = (40, 140, 40), (30, 30, 200)
    picture = np.full((240, 320, 3), grass, np.uint8)
    boxes = np.array([[40, 60, 64, 124], [200, 60, 224, 124], [216, 60, 240, 124]], np.float32)
    for x1, y1, x2, y2 in boxes.astype(int):
        picture[y1:y2, x1:x2] = shirt
    before, players = picture.copy(), np.full(3, Role.PLAYER, np.int8)
    roles = kits.make_referees(np.random.default_rng(1), picture, boxes, players, most=3)
    assert roles.tolist() == [Role.REFEREE, Role.PLAYER, Role.PLAYER]
    assert (picture[75:85, 42:62] != before[75:85, 42:62]).any(-1).all()
    assert (picture[:, 150:] == before[:, 150:]).all()


def test_both_sides_get_kits_of_their_own_and_nobody_else_does() -> None:
    picture = np.full((300, 400, 3), (40, 140, 40), np.uint8)
    boxes = np.array([[20 + 60 * i, 60, 44 + 60 * i, 124] for i in range(6)], np.float32)
    shirts = [(200, 30, 30)] * 2 + [(30, 30, 200)] * 2 + [(20, 20, 20), (230, 230, 230)]
    for (x1, y1, x2, y2), shirt in zip(boxes.astype(int), shirts, strict=True):
        picture[y1:y2, x1:x2] = shirt
    role = np.array([Role.PLAYER] * 4 + [Role.REFEREE, Role.GOALKEEPER], np.int8)
    changed = 0
    for seed in range(20):
        dyed = picture.copy()
        kits.dress_sides(np.random.default_rng(seed), dyed, boxes, role)
        colours = dyed[80, boxes[:, 0].astype(int) + 12].astype(int)
        assert (colours[0] == colours[1]).all() and (colours[2] == colours[3]).all()
        assert (colours[4:] == picture[80, boxes[4:, 0].astype(int) + 12]).all()
        assert np.abs(colours[0] - colours[2]).sum() > 60
        changed += (colours[:4] != picture[80, boxes[:4, 0].astype(int) + 12]).any()
    assert changed >= 18


def test_people_for_the_role_network_come_with_their_kind_and_their_frame(tmp_path: Path) -> None:
    write_training_frames(tmp_path, 4, seed=11)
    samples = DataSet.open(tmp_path).samples(Split.TRAIN)
    shown = RoleSamples(samples, [2] * len(samples))
    kinds: list[int] = []
    for key in shown.batches(0, 0, 4):
        people = shown.load(key)
        n = len(people["kind"])
        assert people["img"].shape == (n, 3, 40, 60) and people["places"].shape == (n, 8)
        assert set(people["frames"].tolist()) <= set(range(4))
        kinds += people["kind"].tolist()
    assert set(kinds) == {0, 1, 2}
    assert kinds.count(1) > 4 * kinds.count(2) > 0


def test_what_a_detector_sees_where_nobody_is_labelled_becomes_nobody(root: Path, tmp_path: Path) -> None:
    write_training_frames(tmp_path, 1, seed=11)
    (whole,) = DataSet.open(tmp_path).samples(Split.TRAIN)
    detector = open_detector(AnalysisConfig(model_path=str(root / "weights" / "best.pt"), device="cpu"))
    assert isinstance(detector, YoloDetector)
    tallest = int(np.argmax(np.where(whole.role == Role.BALL, 0, whole.xyxy[:, 3] - whole.xyxy[:, 1])))
    rest = np.arange(len(whole.role)) != tallest
    without = replace(whole, role=whole.role[rest], xyxy=whole.xyxy[rest])
    added = with_false_alarms(without, detector)
    false = added.xyxy[added.role == NOBODY]
    assert overlaps(false, whole.xyxy[tallest : tallest + 1]).max() > 0.5
    assert (added.role[: len(without.role)] == without.role).all()


def test_mirroring_a_pitch_renames_each_keypoint_to_its_counterpart() -> None:
    places = pitch.keypoints_m()
    mirrored = np.column_stack([pitch.LENGTH_M - places[:, 0], places[:, 1]])
    assert np.allclose(places[list(FLIPPED)], mirrored)


def test_keypoints_and_painted_lines_of_a_pitch_stay_together_under_random_views(tmp_path: Path) -> None:
    write_training_frames(tmp_path, 4, seed=11)
    folder = tmp_path / "pitch"
    samples = with_lines(DataSet.open(folder).samples(Split.TRAIN), folder / "homographies.json")
    shown = PitchSamples(samples, [4] * len(samples))
    on_paint = []
    spots = (8, 21)
    for key in shown.batches(0, 0, 8):
        batch = shown.load(key)
        for points, lines in zip(batch["points"].numpy(), batch["lines"].numpy(), strict=True):
            wide = cv2.dilate(lines, np.ones((5, 5), np.uint8))
            for number, (x, y) in enumerate(points):
                if np.isfinite(x) and number not in spots:
                    on_paint.append(wide[int(y), int(x)] > 60)
    assert len(on_paint) > 20
    assert np.mean(on_paint) > 0.97


def test_the_peak_of_a_gaussian_is_found_between_cells() -> None:
    x, y = np.meshgrid(np.arange(40) + 0.5, np.arange(30) + 0.5)
    heat = np.exp(-((x - 12.3) ** 2 + (y - 8.85) ** 2) / (2 * 1.5**2)).astype(np.float32)
    found = peaks(heat[None])[0]
    assert np.allclose(found[:2], (12.3, 8.85), atol=0.01)
