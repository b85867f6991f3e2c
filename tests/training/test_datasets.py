"""Reading labelled data sets, and keeping matches apart."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from tacticeye.errors import DataSetError
from tacticeye.training.datasets import DataSet, Split, check_no_leak, match_of
from tacticeye.types import Role

PLAYERS = "names: {0: ball, 1: goalkeeper, 2: player, 3: referee}\ntrain: train.txt\nval: val.txt\n"
PITCH = "names: {0: pitch}\ntrain: train.txt\nkpt_shape: [32, 3]\n"


def write_set(
    folder: Path, splits: dict[str, dict[str, str]], description: str = PLAYERS, size: tuple[int, int] = (200, 100)
) -> Path:
    """A data set of grey pictures: for each split the label text of each image name."""
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "data.yaml").write_text(description)
    for split, labels in splits.items():
        for name, text in labels.items():
            Picture.new("RGB", size, (90, 90, 90)).save(folder / "images" / f"{name}.jpg")
            (folder / "labels" / f"{name}.txt").write_text(text)
        (folder / f"{split}.txt").write_text("".join(f"./images/{name}.jpg\n" for name in labels))
    return folder


def test_labels_become_boxes_in_pixels_with_roles_by_class_name(tmp_path: Path) -> None:
    label = "0 0.5 0.5 0.1 0.2\n3 0.25 0.5 0.5 1.0\n"
    data = DataSet.open(write_set(tmp_path, {"train": {"a_1": label}, "val": {"b_1": ""}}))
    (sample,) = data.samples(Split.TRAIN)
    assert sample.role.tolist() == [Role.BALL, Role.REFEREE] and sample.role.dtype == np.int8
    np.testing.assert_allclose(sample.xyxy, [[90, 40, 110, 60], [0, 0, 100, 100]], atol=1e-4)
    assert sample.xyxy.dtype == np.float32
    assert (sample.width, sample.height, sample.match) == (200, 100, "a")
    assert sample.keypoints.shape == (0, 32, 3)


def test_classes_mean_what_their_names_say_and_others_are_dropped(tmp_path: Path) -> None:
    description = "names: [GK, coach, Ball]\ntrain: train.txt\n"
    label = "0 0.5 0.5 0.1 0.1\n1 0.5 0.5 0.1 0.1\n2 0.5 0.5 0.1 0.1\n"
    (sample,) = DataSet.open(write_set(tmp_path, {"train": {"a": label}}, description)).samples(None)
    assert sample.role.tolist() == [Role.GOALKEEPER, Role.BALL]


def test_keypoints_outside_the_picture_are_absent(tmp_path: Path) -> None:
    points = np.zeros((32, 3))
    points[0] = 0.5, 0.25, 2
    points[1] = 0.1, 0.1, 1
    points[2] = 1.2, 0.5, 2
    label = "0 0.5 0.5 1 1 " + " ".join(f"{x:g}" for x in points.ravel())
    (sample,) = DataSet.open(write_set(tmp_path, {"train": {"a": label}}, PITCH)).samples(None)
    assert sample.keypoints.shape == (1, 32, 3) and sample.keypoints.dtype == np.float32
    np.testing.assert_allclose(sample.keypoints[0, :2], [[100, 25, 2], [20, 10, 1]], atol=1e-4)
    assert np.isnan(sample.keypoints[0, 2:, :2]).all() and (sample.keypoints[0, 2:, 2] == 0).all()
    assert len(sample.role) == 0


def test_splits_may_be_folders_as_roboflow_writes_them(tmp_path: Path) -> None:
    description = "names: [ball, player]\ntrain: ../train/images\nval: ../valid/images\n"
    write_set(tmp_path / "train", {"x": {"m1_3_jpg.rf.0a1b": "1 0.5 0.5 0.1 0.1"}})
    write_set(tmp_path / "valid", {"x": {"m2_3_jpg.rf.0a1b": "0 0.5 0.5 0.1 0.1"}})
    (tmp_path / "data.yaml").write_text(description)
    data = DataSet.open(tmp_path)
    check_no_leak([data])
    assert [s.role.tolist() for s in data.samples(None)] == [[Role.PLAYER], [Role.BALL]]


def test_a_list_that_the_description_does_not_name_is_found(tmp_path: Path) -> None:
    data = DataSet.open(write_set(tmp_path, {"test": {"a": "0 0.5 0.5 0.1 0.1"}}, "names: [ball]\n"))
    assert list(data.images) == [Split.TEST]
    with pytest.raises(DataSetError, match="no images for the split val, only for test"):
        data.samples(Split.VAL)


def test_a_folder_of_images_may_be_a_link_that_a_checkout_left_as_a_file(tmp_path: Path) -> None:
    write_set(tmp_path / "one", {"train": {"a_1": "0 0.5 0.5 0.1 0.1"}})
    write_set(tmp_path / "two", {"train": {"a_1": ""}}, "names: [player]\n")
    (tmp_path / "two/labels/a_1.txt").write_text("0 0.5 0.5 0.1 0.1")
    (tmp_path / "two/images/a_1.jpg").unlink()
    (tmp_path / "two/images").rmdir()
    (tmp_path / "two/images").write_text("../one/images")
    (sample,) = DataSet.open(tmp_path / "two").samples(Split.TRAIN)
    assert sample.path.samefile(tmp_path / "one/images/a_1.jpg") and sample.role.tolist() == [Role.PLAYER]


def test_polygons_are_read_as_the_boxes_around_them(tmp_path: Path) -> None:
    label = "0 0.1 0.2 0.3 0.2 0.2 0.6"
    (sample,) = DataSet.open(write_set(tmp_path, {"train": {"a": label}}, "names: [ball]\n")).samples(None)
    np.testing.assert_allclose(sample.xyxy, [[20, 20, 60, 60]], atol=1e-4)


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("2e57b9_1_1.jpg", "2e57b9"),
        ("2e57b9_3_12.jpg", "2e57b9"),
        ("538438_1_2.jpg", "538438"),
        ("city_spurs_00004.jpg", "city_spurs"),
        ("derby-120.png", "derby"),
        ("08fd33_4_9_png.rf.32bb29c3.jpg", "08fd33"),
        ("closeup.jpg", "closeup"),
        ("000123.jpg", ""),
    ],
)
def test_the_match_of_a_frame_is_what_stands_before_the_numbers_at_its_end(name: str, match: str) -> None:
    assert match_of(Path("images") / name) == match


def test_a_match_in_two_splits_is_named(tmp_path: Path) -> None:
    splits = {"train": {"2e57b9_1_1": "", "other_1": ""}, "val": {"2e57b9_3_1": ""}}
    data = DataSet.open(write_set(tmp_path, splits))
    with pytest.raises(DataSetError, match=r"the match 2e57b9 is in both train and val .*2e57b9_1_1.jpg, 2e57b9_3_1"):
        check_no_leak([data])


def test_a_match_in_the_training_of_one_set_and_the_validation_of_another_is_named(tmp_path: Path) -> None:
    one = DataSet.open(write_set(tmp_path / "one", {"train": {"a_1": ""}, "val": {"b_1": ""}}))
    two = DataSet.open(write_set(tmp_path / "two", {"train": {"c_1": ""}, "val": {"a_2": ""}}))
    check_no_leak([one])
    check_no_leak([two])
    with pytest.raises(DataSetError, match="the match a is in both train and val"):
        check_no_leak([one, two])


BROKEN_LABELS = {
    "7 0.5 0.5 0.1 0.1": "line 1: 7 is none of the classes",
    "0 0.5 0.5 0.1": "line 1: a class, a centre and a size are needed",
    "0 0.5 0.5 0.1 0.1 0.3": "line 1: 6 numbers, expected 5",
    "\n0 0.5 nan 0.1 0.1": "line 2: a class, a centre and a size",
    "0 640 360 20 20": "line 1: the box isn't inside the picture",
    "0 0.5 0.5 -0.1 0.1": "line 1: the box isn't inside the picture",
    "ball 0.5 0.5 0.1 0.1": "line 1 holds something else than numbers",
}


@pytest.mark.parametrize("label", BROKEN_LABELS)
def test_a_broken_label_is_told_with_its_line(tmp_path: Path, label: str) -> None:
    data = DataSet.open(write_set(tmp_path, {"train": {"a": label}}))
    with pytest.raises(DataSetError, match=re.escape(BROKEN_LABELS[label])) as caught:
        data.samples(None)
    assert caught.value.path == tmp_path / "labels" / "a.txt" and "\n" not in str(caught.value)


BROKEN_DESCRIPTIONS = {
    "names: [": "can't be read as YAML",
    "": "it has no entries",
    "train: train.txt": "`names` must list the classes",
    "names: [cat, dog]\ntrain: train.txt": "its classes (cat, dog) are none of ball",
    "names: [pitch]\nkpt_shape: [17, 3]\ntrain: train.txt": "`kpt_shape` is [17, 3]; the pitch has 32",
    "names: [ball]\ntrain: nowhere.txt": "no split has any images",
}


@pytest.mark.parametrize("description", BROKEN_DESCRIPTIONS)
def test_a_broken_description_is_told_in_one_sentence(tmp_path: Path, description: str) -> None:
    write_set(tmp_path, {"train": {"a": ""}}, description)
    with pytest.raises(DataSetError, match=re.escape(BROKEN_DESCRIPTIONS[description])) as caught:
        DataSet.open(tmp_path)
    assert "\n" not in str(caught.value)


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="no such folder"):
        DataSet.open(tmp_path / "nowhere")
    with pytest.raises(DataSetError, match=r"no data\.yaml"):
        DataSet.open(tmp_path)
    data = DataSet.open(write_set(tmp_path, {"train": {"a": "0 0.5 0.5 0.1 0.1"}}))
    (tmp_path / "images" / "a.jpg").write_text("no picture")
    with pytest.raises(DataSetError, match="not a readable picture"):
        data.samples(None)
    (tmp_path / "labels" / "a.txt").unlink()
    with pytest.raises(DataSetError, match="none of its images has labels"):
        data.samples(None)
    (tmp_path / "images" / "a.jpg").unlink()
    with pytest.raises(DataSetError, match=r"it lists a\.jpg, which is not there"):
        DataSet.open(tmp_path)


@pytest.mark.shared
def test_the_real_sets_are_read_whole_and_no_match_leaks(shared: Path) -> None:
    counts = {"players-720p": (251, 45), "players-1080p": (71, 19), "broadcast": (99, 24)}
    for name, (train, val) in counts.items():
        data = DataSet.open(shared / "datasets" / name)
        check_no_leak([data])
        assert [len(data.samples(split)) for split in (Split.TRAIN, Split.VAL)] == [train, val]
    roles = np.concatenate([s.role for s in DataSet.open(shared / "datasets/players-720p").samples(Split.TRAIN)])
    assert np.bincount(roles).tolist() == [5008, 210, 270, 222]
    for name, n in (("pitch-720p", 241), ("broadcast-pitch", 72)):
        data = DataSet.open(shared / "datasets" / name)
        check_no_leak([data])
        samples = data.samples(None)
        assert len(samples) == n and all(s.keypoints.shape == (1, 32, 3) for s in samples)
