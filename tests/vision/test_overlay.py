"""The annotated frame."""

from __future__ import annotations

import cv2
import numpy as np

from tacticeye.types import BallPosition, BallSource, Boxes, Image, Role
from tacticeye.vision.overlay import BALL, OWNER, REFEREE, UNSURE, annotate, encode_jpeg

GREEN = (40, 130, 60)
KITS = {0: (200, 20, 30), 1: (240, 240, 245)}


def pitch() -> Image:
    return np.full((720, 1280, 3), GREEN, np.uint8)


def person(*, team: int = -1, role: Role = Role.PLAYER, track: int = -1) -> Boxes:
    return Boxes.build(frame=0, t_s=0.0, xyxy=[[620, 300, 660, 400]], team=team, role=role, track=track)


def has(image: Image, bgr: tuple[int, int, int]) -> bool:
    return bool((np.abs(image.astype(int) - bgr).max(axis=2) <= 3).any())


def test_the_source_frame_is_left_as_it_was() -> None:
    image = pitch()
    annotated = annotate(image, person(team=0, track=7), KITS, caption="00:12")
    assert (image == GREEN).all() and (annotated != image).any()


def test_people_stand_in_rings_of_their_team_colour() -> None:
    assert has(annotate(pitch(), person(team=0), KITS), (30, 20, 200))
    assert has(annotate(pitch(), person(team=1), KITS), (245, 240, 240))


def test_referees_and_unsure_people_have_colours_of_their_own() -> None:
    assert has(annotate(pitch(), person(role=Role.REFEREE), KITS), REFEREE)
    assert has(annotate(pitch(), person(team=-1), KITS), UNSURE)


def test_a_team_whose_kit_is_not_known_yet_is_drawn_as_unsure() -> None:
    assert has(annotate(pitch(), person(team=0), {}), UNSURE)


def test_only_the_owner_carries_the_marker() -> None:
    assert has(annotate(pitch(), person(track=7), KITS, owner=7), OWNER)
    assert not has(annotate(pitch(), person(track=7), KITS, owner=8), OWNER)
    assert not has(annotate(pitch(), person(track=-1), KITS, owner=-1), OWNER)


def test_the_ball_is_marked_and_a_position_that_is_not_finite_is_passed_over() -> None:
    seen = BallPosition(0, 0.0, 400.0, 300.0, BallSource.DETECTED, 0.9)
    unseen = BallPosition(0, 0.0, float("nan"), 300.0, BallSource.DETECTED, 0.9)
    assert has(annotate(pitch(), Boxes.empty(), KITS, seen), BALL)
    assert (annotate(pitch(), Boxes.empty(), KITS, unseen) == GREEN).all()


def test_a_flying_ball_looks_different_from_one_on_the_ground_or_in_doubt() -> None:
    high, low, doubtful = (
        annotate(pitch(), Boxes.empty(), KITS, BallPosition(0, 0.0, 400.0, 300.0, BallSource.DETECTED, 0.9, in_air))
        for in_air in (True, False, None)
    )
    assert (high != low).any() and (low == doubtful).all()


def test_an_inferred_ball_looks_different_from_a_seen_one() -> None:
    pictures = [
        annotate(pitch(), Boxes.empty(), KITS, BallPosition(0, 0.0, 400.0, 300.0, source, 0.9)) for source in BallSource
    ]
    assert (pictures[0] != pictures[1]).any()


def test_boxes_at_the_edges_and_tiny_frames_are_drawn_without_fault() -> None:
    boxes = Boxes.build(frame=0, t_s=0.0, xyxy=[[0, 0, 1, 2], [1270, 700, 1280, 720]], track=[1, 12345], team=[0, 1])
    ball = BallPosition(0, 0.0, 1279.0, 0.0, BallSource.INTERPOLATED, 0.1)
    for image in (pitch(), np.zeros((48, 64, 3), np.uint8)):
        assert annotate(image, boxes, KITS, ball, owner=1, caption="x" * 300).shape == image.shape


def test_jpeg_is_scaled_down_to_the_width_asked_for_and_never_up() -> None:
    wide = cv2.imdecode(np.frombuffer(encode_jpeg(pitch(), max_width=640), np.uint8), cv2.IMREAD_COLOR)
    narrow = cv2.imdecode(np.frombuffer(encode_jpeg(pitch()[:100, :200]), np.uint8), cv2.IMREAD_COLOR)
    assert wide is not None and wide.shape == (360, 640, 3)
    assert narrow is not None and narrow.shape == (100, 200, 3)
