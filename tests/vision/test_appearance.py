"""Shirt features on painted people and on hand-labelled real ones."""

from __future__ import annotations

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tacticeye.types import Image
from tacticeye.vision.appearance import FEATURE_SIZE, shirt_features

GRASS = (40, 130, 60)
RED = (30, 30, 200)
BLUE = (190, 70, 20)


def pitch() -> Image:
    noise = np.random.default_rng(0).integers(-8, 8, (720, 1280, 3))
    return np.clip(np.array(GRASS) + noise, 0, 255).astype(np.uint8)


def put(image: Image, x: int, y: int, shirt: tuple[int, int, int], width: int = 24, height: int = 70) -> list[int]:
    """Paint a person narrower than the returned box, as real ones are."""
    waist, side = y + height // 2, width // 4
    image[y + height // 8 : waist, x + side : x + width - side] = shirt
    image[waist : y + height, x + side : x + width - side] = (240, 240, 240)
    return [x, y, x + width, y + height]


def lab(bgr: tuple[int, int, int]) -> NDArray[np.float32]:
    pixel = np.array([[bgr]], np.float32) / 255
    return np.asarray(cv2.cvtColor(pixel, cv2.COLOR_BGR2Lab), np.float32).reshape(3)


def boxes(*corners: list[int]) -> NDArray[np.float32]:
    return np.array(corners, np.float32)


def test_the_colour_is_that_of_the_shirt_not_of_shorts_or_grass() -> None:
    image = pitch()
    features = shirt_features(image, boxes(put(image, 300, 300, RED), put(image, 500, 300, BLUE)))
    np.testing.assert_allclose(features[0, :3], lab(RED), atol=2)
    np.testing.assert_allclose(features[1, :3], lab(BLUE), atol=2)


def test_people_of_twelve_by_thirty_five_pixels_are_large_enough() -> None:
    image = pitch()
    features = shirt_features(image, boxes(put(image, 300, 300, RED, 12, 35)))
    np.testing.assert_allclose(features[0, :3], lab(RED), atol=3)


def test_a_shirt_in_the_shade_looks_as_it_does_in_the_sun() -> None:
    image = pitch()
    corners = [put(image, 900, 300, RED), put(image, 1100, 300, BLUE)]
    corners += [put(image, 300, 300, RED), put(image, 420, 300, BLUE)]
    image[:, :560] = (image[:, :560] * np.array([0.55, 0.46, 0.42])).astype(np.uint8)
    features = shirt_features(image, boxes(*corners))
    np.testing.assert_allclose(features[2:, :3], features[:2, :3], atol=6)
    assert np.abs(features[2:, 3:] - features[:2, 3:]).sum(axis=1).max() < 0.3


def test_mown_stripes_are_no_shade() -> None:
    plain, striped = pitch(), pitch()
    for x in range(0, 1280, 160):
        striped[:, x : x + 80] = (striped[:, x : x + 80] * 0.88).astype(np.uint8)
    corners = [[put(image, x, 300, RED) for x in (20, 110, 200)] for image in (plain, striped)]
    np.testing.assert_allclose(
        shirt_features(striped, boxes(*corners[1])), shirt_features(plain, boxes(*corners[0])), atol=0.5
    )


def test_histograms_sum_to_one_and_are_float32() -> None:
    image = pitch()
    features = shirt_features(image, boxes(put(image, 300, 300, RED)))
    assert features.shape == (1, FEATURE_SIZE) and features.dtype == np.float32
    assert features[0, 3:].sum() == pytest.approx(1, abs=1e-5)


def test_boxes_without_a_shirt_are_nan() -> None:
    image = pitch()
    rows = boxes([700, 300, 730, 380], [300, 300, 304, 309], [2000, 300, 2030, 380], [-50, -90, -10, -10])
    assert np.isnan(shirt_features(image, rows)).all()


def test_no_boxes_give_no_rows() -> None:
    assert shirt_features(pitch(), np.zeros((0, 4), np.float32)).shape == (0, FEATURE_SIZE)


def test_a_shirt_at_the_edge_of_the_image_is_read_from_what_is_inside() -> None:
    image = pitch()
    corners = put(image, 1262, 300, BLUE, 36, 90)
    np.testing.assert_allclose(shirt_features(image, boxes(corners))[0, :3], lab(BLUE), atol=3)


def test_a_shirt_greener_than_the_pitch_is_kept() -> None:
    image = pitch()
    bright = (60, 245, 90)
    np.testing.assert_allclose(shirt_features(image, boxes(put(image, 300, 300, bright)))[0, :3], lab(bright), atol=4)


def test_stripes_give_their_mixture_wherever_they_fall() -> None:
    dark = lab((20, 20, 20))
    shares = []
    for offset in range(4):
        image = pitch()
        corners = put(image, 300, 300, BLUE, 48, 120)
        for x in range(300 + offset, 348, 8):
            image[300:360, x : x + 4] = (20, 20, 20)
        colour = shirt_features(image, boxes(corners))[0, :3]
        shares.append(np.linalg.norm(colour - dark) / np.linalg.norm(lab(BLUE) - dark))
    assert min(shares) > 0.3 and max(shares) < 0.85, "never one of the two colours alone"


def test_a_row_does_not_depend_on_the_other_rows() -> None:
    image = pitch()
    both = boxes(put(image, 300, 300, RED), put(image, 500, 300, BLUE))
    np.testing.assert_array_equal(shirt_features(image, both)[1:], shirt_features(image, both[1:]))


@pytest.mark.shared
@pytest.mark.parametrize("clip", ["inter_napoli_720p25", "athletic_barcelona_720p25"])
def test_labelled_team_mates_lie_nearer_to_their_own_middle(shared: Path, clip: str) -> None:
    truth = json.loads((shared / f"clips/{clip}.truth.json").read_text())
    wanted = {entry["frame"]: entry["boxes"] for entry in truth["players_visible"] if entry.get("boxes")}
    features, teams = [], []
    with av.open(str(shared / f"clips/{clip}.mp4")) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number in wanted:
                image = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
                features.append(shirt_features(image, np.array([row[:4] for row in wanted[number]], np.float32)))
                teams += [row[4] for row in wanted[number]]
    rows = np.vstack(features)[:, :3]
    team = np.array(teams)
    usable = ~np.isnan(rows).any(1)
    assert usable.mean() > 0.95
    middle = {name: np.median(rows[usable & (team == name)], axis=0) for name in ("A", "B")}
    players = usable & np.isin(team, ["A", "B"])
    is_a = np.linalg.norm(rows - middle["A"], axis=1) < np.linalg.norm(rows - middle["B"], axis=1)
    assert (is_a == (team == "A"))[players].mean() > 0.93
