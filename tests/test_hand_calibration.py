"""Calibration by hand: clicks give a camera, the camera's motion carries it, and taking it back restores what was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tacticeye.hand_calibration import Click, HandFrame, carried, drawn_lines, fit_clicks
from tacticeye.pitch import FULL_PITCH, KEYPOINT_NAMES
from tacticeye.pitch_projection import PitchProjection, projection_of
from tacticeye.pitch_service import apply_in
from tacticeye.store import MatchStore, read_calibration, table_digests
from tacticeye.store.hand_tables import remove_hand_frame, write_hand_frame
from tacticeye.types import Boxes, Calibration, ChunkOutput
from tacticeye.vision.calibration.camera_model import Vector
from tests.benchmarks import full_match
from tests.vision.calibration.scenes import camera, ground_in_view, landmarks

SIZE = (1280, 720)
NAMES = {name: number for number, name in enumerate(KEYPOINT_NAMES)}


def clicks_on(vector: Vector, *names: str, noise_px: float = 0.0) -> list[Click]:
    seen = landmarks(vector, noise_px=noise_px, seen_share=1.0)
    return [Click(NAMES[name], *seen[NAMES[name], :2].tolist()) for name in names]


def median_error_m(projection: PitchProjection, vector: Vector) -> float:
    places, pixels = ground_in_view(vector)
    return float(np.median(np.linalg.norm(projection.to_pitch(pixels) - places, axis=1)))


RIGHT = camera((88.0, 34.0), focal_px=1500.0)
RIGHT_NAMES = ("right_box_top", "right_box_bottom", "right_goal_area_top", "right_goal_area_bottom", "right_arc_top")


def test_five_clicks_give_places_within_a_few_decimetres() -> None:
    found = fit_clicks(clicks_on(RIGHT, *RIGHT_NAMES, noise_px=1.0), SIZE, FULL_PITCH)
    assert median_error_m(found.projection, RIGHT) < 0.3
    assert max(found.residual_m) < 0.5


def test_three_landmarks_in_a_row_and_one_beside_them_are_enough() -> None:
    middle = camera((52.5, 36.0), focal_px=1700.0)
    found = fit_clicks(
        clicks_on(middle, "halfway_top", "circle_top", "circle_bottom", "circle_right"), SIZE, FULL_PITCH
    )
    assert median_error_m(found.projection, middle) < 1.0


def test_a_click_on_the_wrong_landmark_shows_in_its_residual_or_is_refused() -> None:
    clicks = clicks_on(RIGHT, *RIGHT_NAMES)
    wrong = [replace(clicks[0], landmark=NAMES["right_box_goal_line_top"]), *clicks[1:]]
    try:
        assert max(fit_clicks(wrong, SIZE, FULL_PITCH).residual_m) > 0.5
    except ValueError as refused:
        assert "another one" in str(refused)


def test_fewer_than_four_landmarks_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="4 different landmarks are needed, 3 are set"):
        fit_clicks(clicks_on(RIGHT, *RIGHT_NAMES[:3]), SIZE, FULL_PITCH)


def test_the_pitch_is_drawn_where_its_landmarks_were_clicked() -> None:
    clicks = clicks_on(RIGHT, *RIGHT_NAMES)
    lines = drawn_lines(fit_clicks(clicks, SIZE, FULL_PITCH).projection, SIZE, FULL_PITCH)
    points = np.array([point for line in lines for point in line])
    for click in clicks:
        assert np.hypot(points[:, 0] - click.x, points[:, 1] - click.y).min() < 12


def rows_of(n: int, dx: float, lost_at: int = -1) -> Calibration:
    """n frames at 10 a second of a camera whose picture moves dx px a frame; its motion is lost up to frame lost_at."""
    rows = Calibration.empty(n)
    rows.frame[:], rows.t_s[:] = np.arange(n), np.arange(n) / 10
    rows.image_to_shot[:, 0, 2] = -dx * np.arange(n)
    rows.is_followed[:] = True
    if lost_at >= 0:
        rows.is_followed[lost_at] = False
    return rows


def hand(frame: int) -> HandFrame:
    return HandFrame(frame, frame / 10, tuple(clicks_on(RIGHT, *RIGHT_NAMES)))


def test_a_camera_at_rest_needs_one_frame_for_all() -> None:
    chosen, made = carried([hand(40)], rows_of(100, dx=0.0), SIZE, FULL_PITCH)
    assert chosen.tolist() == list(range(100))
    assert np.ptp(made.error_m) == 0
    assert median_error_m(projection_of(made, 99), RIGHT) < 0.1


def test_a_moving_camera_carries_the_frame_with_growing_error_and_not_for_ever() -> None:
    chosen, made = carried([hand(0)], rows_of(2000, dx=3.0), SIZE, FULL_PITCH)
    assert 20 < len(chosen) < 2000
    assert (np.diff(made.error_m) > 0).all()
    moved = projection_of(made, 10).to_pitch(np.array([[700.0 + 30.0, 500.0]]))
    assert moved == pytest.approx(projection_of(made, 0).to_pitch(np.array([[700.0, 500.0]])), abs=0.02)


def test_where_the_motion_was_lost_the_frame_is_carried_no_further() -> None:
    chosen, _ = carried([hand(10)], rows_of(60, dx=1.0, lost_at=30), SIZE, FULL_PITCH)
    assert chosen.tolist() == list(range(30))


def test_between_two_frames_the_surer_one_counts() -> None:
    _, made = carried([hand(0), hand(40)], rows_of(41, dx=2.0), SIZE, FULL_PITCH)
    assert made.error_m.argmax() in range(18, 23)


@pytest.fixture
def store(tmp_path: Path) -> MatchStore:
    """A match of 50 frames without calibration, one player in each at the same pixel."""
    store = MatchStore(tmp_path)
    store.create(replace(full_match.record(), width=1280, height=720))
    frames = np.arange(50)
    boxes = Boxes.build(frame=frames, t_s=frames / 10, xyxy=np.tile([690.0, 420.0, 710.0, 500.0], (50, 1)), track=1)
    store.commit(
        ChunkOutput(
            batch_idx=0, start_frame=0, end_frame=50, start_s=0.0, end_s=5.0, boxes=boxes, ball=[], spans=[],
            events=[], tracks=[], kits=[], calibration=rows_of(50, dx=0.0),
        ),
        "{}",
        is_last=True,
    )  # fmt: skip
    return store


def test_saving_places_the_players_and_counts_their_heat_without_the_video(store: MatchStore) -> None:
    with store.write() as connection:
        write_hand_frame(connection, (7, 0.7, [(c.landmark, c.x, c.y) for c in hand(7).clicks]))
        assert apply_in(connection) == 50
    with store.read() as snapshot:
        places = snapshot.positions()[["pitch_x", "pitch_y"]].to_numpy()
        heat = int(snapshot.query("SELECT SUM(n) AS n FROM pitch_heat")["n"].iloc[0])
        row = read_calibration(snapshot)
    expected = projection_of(row, 0).to_pitch(np.array([[700.0, 500.0]]))
    assert np.allclose(places, expected, atol=1e-4)
    assert heat == 50


def test_taking_the_frame_back_restores_every_table(store: MatchStore) -> None:
    with store.read() as snapshot:
        before = table_digests(snapshot)
    with store.write() as connection:
        write_hand_frame(connection, (7, 0.7, [(c.landmark, c.x, c.y) for c in hand(7).clicks]))
        apply_in(connection)
    with store.write() as connection:
        remove_hand_frame(connection, 7)
        assert apply_in(connection) == 0
    with store.read() as snapshot:
        assert table_digests(snapshot) == before
