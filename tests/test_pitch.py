"""The pitch's geometry against the laws of the game and the keypoint labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacticeye import pitch


def _point(name: str) -> tuple[float, float]:
    x, y = pitch.keypoints_m()[pitch.KEYPOINT_NAMES.index(name)]
    return float(x), float(y)


def test_there_are_32_named_keypoints_on_the_pitch() -> None:
    points = pitch.keypoints_m()
    assert points.shape == (32, 2)
    assert len(set(pitch.KEYPOINT_NAMES)) == 32
    assert pitch.is_inside(points).all()


def test_arc_points_lie_on_the_box_line_and_on_the_circle_around_the_spot() -> None:
    points = pitch.keypoints_m()
    for numbers, spot, line_x in (((10, 11), 8, 16.5), ((18, 19), 21, 88.5)):
        for number in numbers:
            assert points[number, 0] == pytest.approx(line_x)
            assert np.hypot(*(points[number] - points[spot])) == pytest.approx(9.15)
    assert 68 - points[10, 1] == pytest.approx(26.69, abs=0.01)


def test_left_and_right_keypoints_mirror_each_other() -> None:
    for name in pitch.KEYPOINT_NAMES:
        if name.startswith("left_"):
            x, y = _point(name)
            assert _point(name.replace("left_", "right_")) == pytest.approx((105 - x, y))


def test_top_keypoints_are_on_the_far_side() -> None:
    assert _point("halfway_top") == (52.5, 68.0)
    assert _point("left_goal_line_bottom") == (0.0, 0.0)
    assert _point("circle_left") == pytest.approx((43.35, 34.0))


def test_every_keypoint_lies_on_a_marking() -> None:
    markings = pitch.markings(arc_step_m=0.02)
    for point in pitch.keypoints_m():
        assert min(_distance(point, m.points_m) for m in markings) < 0.02


def test_goal_frames_stand_on_the_goal_lines() -> None:
    frames = pitch.goal_frames_m()
    assert frames.shape == (2, 4, 3)
    assert frames[0, :, 0].tolist() == [0] * 4
    assert frames[1, 2].tolist() == pytest.approx([105, 34 + 3.66, 2.44])


def test_labelled_frames_fit_a_homography_with_these_coordinates(shared: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    labels = sorted((shared / "datasets" / "pitch-720p" / "labels").rglob("*.txt"))[:60]
    if not labels:
        pytest.skip("no pitch labels here")
    errors = []
    for path in labels:
        values = np.array(path.read_text().split()[5:], np.float64).reshape(-1, 3)
        seen = values[:, 2] > 0
        if seen.sum() < 8:
            continue
        image = values[seen, :2] * (1280, 720)
        metres = pitch.keypoints_m()[seen]
        homography, _ = cv2.findHomography(image, metres, cv2.RANSAC, 2.0)
        fitted = cv2.perspectiveTransform(image[:, None], homography)[:, 0]
        errors.extend(np.linalg.norm(fitted - metres, axis=1))
    assert len(errors) > 100
    assert float(np.median(errors)) < 0.4


def _distance(point: np.ndarray, line: np.ndarray) -> float:
    if len(line) == 1:
        return float(np.hypot(*(line[0] - point)))
    start, along = line[:-1], np.diff(line, axis=0)
    share = np.clip(((point - start) * along).sum(1) / np.maximum((along**2).sum(1), 1e-12), 0, 1)
    return float(np.linalg.norm(start + share[:, None] * along - point, axis=1).min())
