"""Camera motion, cuts and the live gate, on real footage and on pictures moved by a known amount."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import TypeAdapter

from tacticeye.state_parts import CameraState
from tacticeye.types import Boxes, Image
from tacticeye.vision.camera import CameraMotion, FrameMotion, compose, invert

STATE = TypeAdapter(CameraState)


def decode(path: Path, hz: float, start_s: float = 0.0, end_s: float = 1e9) -> Iterator[tuple[float, Image]]:
    """Frames of a clip with their times, about `hz` of them a second."""
    next_s = start_s
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            time_s = float(frame.time or 0.0)
            if time_s >= end_s:
                return
            if time_s >= next_s - 1e-3:
                next_s = time_s + 1 / hz
                yield time_s, np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def follow(path: Path, hz: float, start_s: float = 0.0, end_s: float = 1e9) -> list[tuple[float, FrameMotion]]:
    camera = CameraMotion(CameraState())
    return [(t_s, camera.update(image, t_s, Boxes.empty())) for t_s, image in decode(path, hz, start_s, end_s)]


def people(heights: list[float], t_s: float = 0.0) -> Boxes:
    """People of those heights in px side by side."""
    return Boxes.build(frame=0, t_s=t_s, xyxy=[[40 * i, 300, 40 * i + 20, 300 + h] for i, h in enumerate(heights)])


def pitch_picture(seed: int = 0, ground: tuple[int, int, int] = (40, 130, 60)) -> NDArray[np.uint8]:
    """(900, 1600, 3) BGR: `ground` with white marks and a noisy stand, larger than a frame so that it can be panned."""
    random = np.random.default_rng(seed)
    picture = np.full((900, 1600, 3), ground, np.uint8)
    stand = random.integers(0, 255, (12, 100, 3), np.uint8)
    picture[:200] = cv2.resize(stand, (1600, 200), interpolation=cv2.INTER_NEAREST)
    for x, y, radius in random.integers((50, 250, 10), (1550, 850, 60), (40, 3)).tolist():
        cv2.circle(picture, (x, y), radius, (230, 235, 230), 3)
    return np.asarray(cv2.GaussianBlur(picture, (5, 5), 0), np.uint8)


def window(picture: NDArray[np.uint8], x: int, y: int = 50) -> Image:
    return np.ascontiguousarray(picture[y : y + 720, x : x + 1280])


@pytest.mark.parametrize("shift_px", [4, 40, 200])
def test_a_pan_is_measured_in_source_pixels(shift_px: int) -> None:
    picture = pitch_picture()
    camera = CameraMotion(CameraState())
    camera.update(window(picture, 60), 0.0, Boxes.empty())
    motion = camera.update(window(picture, 60 + shift_px), 0.2, Boxes.empty())
    assert motion.is_known and not motion.is_cut
    corner = motion.previous_to_current @ np.array([700.0, 400.0, 1.0])
    np.testing.assert_allclose(corner, [700 - shift_px, 400], atol=2)


def test_a_zoom_maps_back_to_the_first_frame_of_the_shot() -> None:
    picture = pitch_picture()
    camera = CameraMotion(CameraState())
    camera.update(window(picture, 100), 0.0, Boxes.empty())
    for step in range(1, 6):
        zoom = np.array([[1.02**step, 0, -5 * step], [0, 1.02**step, -4 * step]])
        image = np.asarray(cv2.warpAffine(window(picture, 100), zoom, (1280, 720)), np.uint8)
        motion = camera.update(image, 0.1 * step, Boxes.empty())
    places = np.array([[300.0, 300, 1], [900, 500, 1], [640, 100, 1]])
    now = places @ zoom.T
    np.testing.assert_allclose(now @ motion.image_to_shot[:, :2].T + motion.image_to_shot[:, 2], places[:, :2], atol=3)


def test_a_logo_that_stands_still_does_not_hide_the_pan() -> None:
    picture = pitch_picture(seed=3)
    logo = np.random.default_rng(1).integers(0, 255, (60, 300, 3), np.uint8)
    camera = CameraMotion(CameraState())
    for step in range(4):
        image = window(picture, 60 + 30 * step)
        image[20:80, 40:340] = logo
        motion = camera.update(image, 0.2 * step, Boxes.empty())
    np.testing.assert_allclose(motion.previous_to_current[:, 2], [-30, 0], atol=2)


def test_people_who_run_do_not_count_as_camera_motion() -> None:
    picture = pitch_picture()
    camera = CameraMotion(CameraState())
    for step in range(2):
        image = window(picture, 60)
        crowd = [[100 + 60 * i + 20 * step, 400, 130 + 60 * i + 20 * step, 480] for i in range(18)]
        for x1, y1, x2, y2 in crowd:
            image[y1:y2, x1:x2] = np.random.default_rng(x1 - 20 * step).integers(0, 255, (80, 30, 3), np.uint8)
        motion = camera.update(image, 0.2 * step, Boxes.build(frame=step, t_s=0.2 * step, xyxy=crowd))
    np.testing.assert_allclose(motion.previous_to_current, np.eye(2, 3), atol=0.5)


def blend(first: Image, second: Image, share: float) -> Image:
    """`first` on its way to `second`: dissolving."""
    return np.asarray(cv2.addWeighted(first, 1 - share, second, share, 0), np.uint8)


def wipe(first: Image, second: Image, share: float) -> Image:
    """`first` on its way to `second`: pushed over from the left."""
    edge = round(share * first.shape[1])
    return np.ascontiguousarray(np.hstack([second[:, :edge], first[:, edge:]]))


def close_up() -> Image:
    """A picture of something else: a shirt before a blurred crowd."""
    crowd = np.random.default_rng(9).integers(0, 160, (9, 16, 3), np.uint8)
    picture = np.asarray(cv2.resize(crowd, (1280, 720), interpolation=cv2.INTER_CUBIC), np.uint8)
    picture[200:, 400:900] = (150, 60, 40)
    return picture


@pytest.mark.parametrize("change", [blend, wipe])
@pytest.mark.parametrize("hz", [25.0, 5.0])
def test_a_shot_that_changes_little_by_little_ends_within_a_second(change: Callable[..., Image], hz: float) -> None:
    live, other = pitch_picture(), close_up()
    camera = CameraMotion(CameraState())
    cuts, views = [], []
    for i in range(int(4 * hz)):
        t_s = i / hz
        image = change(window(live, 60 + int(20 * t_s)), other, min(max((t_s - 1.5) / 0.8, 0.0), 1.0))
        motion = camera.update(image, t_s, people([70.0] * 8, t_s) if t_s < 1.9 else Boxes.empty())
        cuts += [t_s] if motion.is_cut else []
        views.append(motion.is_live)
    assert [t_s for t_s in cuts if 1.5 < t_s < 2.8], cuts
    assert views[0] and not views[-1]


def test_pans_and_zooms_of_the_match_view_are_no_cuts() -> None:
    picture = pitch_picture()
    camera = CameraMotion(CameraState())
    cuts = []
    for i in range(75):
        x = 150 + 140 * np.sin(i / 12)
        zoomed = cv2.resize(window(picture, int(x)), None, fx=1 + 0.003 * i, fy=1 + 0.003 * i)
        cuts.append(camera.update(np.asarray(zoomed[:720, :1280], np.uint8), i / 12.5, people([70.0] * 8)).is_cut)
    assert cuts == [True] + [False] * 74


def test_the_first_frame_begins_a_shot_at_the_identity() -> None:
    motion = CameraMotion(CameraState()).update(window(pitch_picture(), 0), 3.0, Boxes.empty())
    assert motion.is_cut and motion.is_known
    np.testing.assert_array_equal(motion.previous_to_current, np.eye(2, 3))
    np.testing.assert_array_equal(motion.image_to_shot, np.eye(2, 3))


def test_a_blank_picture_leaves_the_motion_unknown() -> None:
    camera = CameraMotion(CameraState())
    blank = np.full((720, 1280, 3), 90, np.uint8)
    camera.update(blank, 0.0, Boxes.empty())
    motion = camera.update(blank, 0.2, Boxes.empty())
    assert not motion.is_known and not motion.is_cut
    np.testing.assert_array_equal(motion.previous_to_current, np.eye(2, 3))


def test_a_frame_of_another_size_begins_a_new_shot() -> None:
    camera = CameraMotion(CameraState())
    camera.update(window(pitch_picture(), 0), 0.0, Boxes.empty())
    assert camera.update(np.zeros((720, 720, 3), np.uint8), 0.2, Boxes.empty()).is_cut


def test_inverse_and_composition_undo_each_other() -> None:
    matrix = np.array([[1.1, -0.2, 30.0], [0.2, 1.1, -7.0]])
    np.testing.assert_allclose(compose(matrix, invert(matrix)), np.eye(2, 3), atol=1e-12)


def test_state_through_json_at_any_frame_changes_nothing() -> None:
    picture, other = pitch_picture(), pitch_picture(seed=9, ground=(90, 90, 90))
    images = [window(picture, 10 * i) for i in range(6)] + [window(other, 15 * i) for i in range(4)]
    whole = CameraMotion(CameraState())
    expected = [whole.update(image, 0.1 * i, people([70.0] * 6)) for i, image in enumerate(images)]
    state = CameraState()
    for i, image in enumerate(images):
        camera = CameraMotion(state)
        motion = camera.update(image, 0.1 * i, people([70.0] * 6))
        state = STATE.validate_python(json.loads(json.dumps(asdict(camera.state()))))
        np.testing.assert_array_equal(motion.image_to_shot, expected[i].image_to_shot)
        np.testing.assert_array_equal(motion.previous_to_current, expected[i].previous_to_current)
        assert (motion.is_cut, motion.is_live) == (expected[i].is_cut, expected[i].is_live)
    assert json.dumps(asdict(state)) == json.dumps(asdict(whole.state()))
    assert [m.is_cut for m in expected] == [i in (0, 6) for i in range(10)]


@pytest.mark.shared
@pytest.mark.parametrize("hz", [5.0, 25.0])
def test_cuts_of_a_real_broadcast_are_found_at_any_rate(shared: Path, hz: float) -> None:
    motions = follow(shared / "clips/liverpool_brighton_cuts.mp4", hz)
    cuts = [t_s for t_s, motion in motions if motion.is_cut]
    for true_s in (6.42, 8.46, 10.38):
        assert any(0 <= cut_s - true_s < 1.5 / hz for cut_s in cuts), true_s
    assert not [t_s for t_s in cuts if 0 < t_s < 6.4 or t_s > 10.6], "the match view before and after has no cut"


@pytest.mark.shared
@pytest.mark.parametrize(("hz", "end_s"), [(5.0, 33.0), (25.0, 4.0)])
def test_pans_of_a_single_shot_are_not_cuts(shared: Path, hz: float, end_s: float) -> None:
    motions = follow(shared / "clips/inter_napoli_720p25.mp4", hz, end_s=end_s)
    assert [t_s for t_s, motion in motions if motion.is_cut] == [motions[0][0]]
    assert all(motion.is_known and motion.is_live for _, motion in motions)


@pytest.mark.shared
def test_five_and_twenty_five_frames_a_second_see_the_same_pan(shared: Path) -> None:
    clip = shared / "clips/inter_napoli_720p25.mp4"
    slow = dict(follow(clip, 5.0, start_s=20.0, end_s=21.5))
    fast = dict(follow(clip, 25.0, start_s=20.0, end_s=21.5))
    last = max(slow)
    shifts = [motions[last].image_to_shot @ np.array([640.0, 360.0, 1.0]) for motions in (slow, fast)]
    assert np.linalg.norm(shifts[0] - [640, 360]) > 150, "the camera pans here"
    assert np.linalg.norm(shifts[0] - shifts[1]) < 20


@pytest.mark.shared
def test_ice_hockey_is_never_the_match_view(shared: Path) -> None:
    camera = CameraMotion(CameraState())
    crowd = people([70.0] * 8)
    frames = decode(shared / "clips/not_football_icehockey.mp4", 5.0)
    assert not any(camera.update(image, t_s, crowd).is_live for t_s, image in frames)


@pytest.mark.shared
def test_yellowish_grass_and_dark_indoor_turf_are_the_match_view(shared: Path) -> None:
    for name, end_s in (("city_spurs_406p30.mp4", 8.0), ("amateur_indoor_540p25.mp4", 9.0)):
        motions = follow(shared / "clips" / name, 2.0, end_s=end_s)
        assert all(motion.is_live for _, motion in motions), name
