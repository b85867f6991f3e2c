"""Roles by company: what is shown of each person, how all of a frame are told, what becomes of a detector's word."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import torch

from tacticeye.config import AnalysisConfig
from tacticeye.errors import WeightsError
from tacticeye.types import Image, Role
from tacticeye.vision.company import N_KINDS, ROLES, agreed_scores, person_pictures, places_among
from tacticeye.vision.detector import open_detector
from tacticeye.vision.role_network import RoleJudge, RoleNetwork, load_role_network, save_role_network
from tests.vision.networks import batch

GOALKEEPER, PLAYER, REFEREE, NOBODY = np.eye(N_KINDS, dtype=np.float32)
PEOPLE = np.array([(100, 100, 130, 180), (300, 120, 330, 200), (500, 60, 520, 120), (-10, 300, 20, 390)], np.float32)


@pytest.fixture
def judge(tmp_path: Path) -> RoleJudge:
    """One that has learned nothing."""
    torch.manual_seed(0)
    save_role_network(RoleNetwork(), tmp_path / "roles.pt")
    return RoleJudge(tmp_path / "roles.pt", "cpu")


@pytest.fixture
def image() -> Image:
    return np.random.default_rng(0).integers(0, 255, (400, 640, 3), np.uint8)


def test_a_person_fills_his_picture_and_stands_in_the_middle_of_what_is_around_him() -> None:
    image = np.full((400, 640, 3), (0, 128, 0), np.uint8)
    image[100:180, 100:140] = (0, 0, 255)
    (picture,) = person_pictures(image, np.array([[100, 100, 140, 180]], np.float32))
    is_red = (picture[..., 0] > 200) & (picture[..., 1] < 60)
    assert is_red[4:36, 2:18].all()
    rows, columns = np.nonzero(is_red[:, 20:])
    assert (rows.min(), rows.max()) == pytest.approx((15, 24), abs=1)
    assert (columns.min(), columns.max()) == pytest.approx((17, 22), abs=1)


@pytest.mark.parametrize("size", [20, 80, 300])
def test_a_person_looks_the_same_in_a_frame_of_any_size(size: int) -> None:
    image = np.full((4 * size, 4 * size, 3), (0, 128, 0), np.uint8)
    x, half = 2 * size, size // 4
    image[size : size + size // 2, x - half : x + half] = (255, 0, 0)
    image[size + size // 2 : 2 * size, x - half : x + half] = (20, 20, 20)
    (picture,) = person_pictures(image, np.array([[x - half, size, x + half, 2 * size]], np.float32))
    assert picture[10, 10].tolist() == pytest.approx([0, 0, 255], abs=3)
    assert picture[30, 10].tolist() == pytest.approx([20, 20, 20], abs=3)


def test_beyond_the_picture_is_grey(image: Image) -> None:
    *_, cut_off = person_pictures(image, PEOPLE)
    assert (cut_off[:, 20:35] == 114).all()


def test_places_do_not_depend_on_the_size_of_the_frame_nor_on_where_the_camera_points() -> None:
    np.testing.assert_allclose(places_among(PEOPLE), places_among(3 * PEOPLE + (50, 20, 50, 20)), atol=1e-5)
    assert np.isfinite(places_among(PEOPLE[:1])).all()


def test_who_is_told_first_does_not_matter(judge: RoleJudge, image: Image) -> None:
    order = [2, 0, 3, 1]
    np.testing.assert_allclose(judge.judge(image, PEOPLE[order]), judge.judge(image, PEOPLE)[order], atol=1e-5)


def test_chances_sum_to_one_and_nobody_gives_none(judge: RoleJudge, image: Image) -> None:
    np.testing.assert_allclose(judge.judge(image, PEOPLE).sum(axis=1), 1, atol=1e-5)
    assert judge.judge(image, PEOPLE[:0]).shape == (0, N_KINDS)


def test_people_of_another_frame_are_no_company() -> None:
    torch.manual_seed(0)
    network = RoleNetwork().eval()
    pictures, places = torch.rand(5, 3, 40, 60), torch.rand(5, 8)
    together = network(pictures, places, torch.tensor([0, 0, 0, 1, 1]))
    assert torch.allclose(together[:3], network(pictures[:3], places[:3]), atol=1e-5)
    assert not torch.allclose(together[:3], network(pictures, places)[:3], atol=1e-3)


def test_what_both_say_stays_and_one_who_is_sure_outvotes_one_who_is_not() -> None:
    detector = np.array([[0.02, 0.3, 0.02], [0.9, 0.3, 0.8], [0.02, 0.2, 0.1]], np.float32)
    sure = np.stack([PLAYER, GOALKEEPER, 0.98 * REFEREE + 0.02 * PLAYER])
    agreed = agreed_scores(detector, sure)
    assert [ROLES[kind] for kind in agreed.argmax(axis=0)] == [Role.PLAYER, Role.GOALKEEPER, Role.REFEREE]
    assert agreed[1, 0] == pytest.approx(0.9, abs=0.03)
    assert (agreed.sum(axis=0) <= detector.max(axis=0) + 1e-6).all()


def test_where_nobody_seems_to_be_no_role_scores() -> None:
    assert agreed_scores(np.full((3, 1), 0.5, np.float32), NOBODY[None]).max() < 0.01


def test_damaged_and_foreign_weights_are_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "cut.pt").write_bytes(b"PK\3\4 cut off")
    torch.save({"format": "other"}, tmp_path / "other.pt")
    for name, told in (("cut", "damaged"), ("other", "holds no role model"), ("none", "no such file")):
        with pytest.raises(WeightsError, match=told):
            load_role_network(tmp_path / f"{name}.pt")


@pytest.mark.shared
def test_a_frame_has_the_same_people_whoever_tells_their_roles_and_every_run_the_same_roles(shared: Path) -> None:
    with av.open(str(shared / "clips/inter_napoli_720p25.mp4")) as container:
        frame = np.asarray(next(container.decode(video=0)).to_ndarray(format="bgr24"), np.uint8)
    told = open_detector(AnalysisConfig(device="cpu")).detect(batch([frame, frame]))
    alone = open_detector(AnalysisConfig(device="cpu", role_model_path="none.pt")).detect(batch([frame]))
    first, second = told.select(told.frame == 0), told.select(told.frame == 1)
    np.testing.assert_array_equal(first.role, second.role)
    np.testing.assert_array_equal(first.xyxy, alone.xyxy)
    np.testing.assert_array_equal(first.score, alone.score)
    assert (first.role == Role.REFEREE).sum() == 1
