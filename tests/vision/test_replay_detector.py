"""Recorded boxes in the place of a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tacticeye.errors import StorageError, WeightsError
from tacticeye.types import Boxes, FrameBatch, Image, Role
from tacticeye.vision.replay_detector import ReplayDetector, write_boxes


def batch(frames: list[int]) -> FrameBatch:
    blank: Image = np.zeros((4, 4, 3), np.uint8)
    numbers = np.array(frames, np.int64)
    return FrameBatch(0, 0, 100, 0.0, 4.0, numbers, numbers / 25, [blank] * len(frames))


def recorded() -> Boxes:
    return Boxes.build(
        frame=[2, 2, 2, 5, 5, 9],
        t_s=[0.08, 0.08, 0.08, 0.2, 0.2, 0.36],
        xyxy=[[i, 2 * i, i + 10.25, 2 * i + 30.5] for i in range(6)],
        score=[0.9, 0.4, 0.15, 0.5, 0.05, 0.3],
        role=[Role.PLAYER, Role.REFEREE, Role.BALL, Role.PLAYER, Role.BALL, Role.GOALKEEPER],
        track=[1, 2, -1, 1, -1, 3],
        team=[0, -1, -1, 0, -1, 1],
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_boxes(tmp_path / "boxes.parquet", recorded())
    return tmp_path / "boxes.parquet"


def test_what_was_written_comes_back_without_tracks_and_teams(path: Path) -> None:
    boxes = ReplayDetector(path, 0.01, 0.01).detect(batch([2, 5, 9]))
    expected = recorded()
    for name in ("frame", "t_s", "xyxy", "score", "role"):
        np.testing.assert_array_equal(getattr(boxes, name), getattr(expected, name))
    assert (boxes.track == -1).all() and (boxes.team == -1).all()


def test_only_frames_of_the_batch_are_answered(path: Path) -> None:
    boxes = ReplayDetector(path, 0.01, 0.01).detect(batch([0, 5, 7]))
    assert boxes.frame.tolist() == [5, 5]


def test_people_and_ball_have_thresholds_of_their_own(path: Path) -> None:
    boxes = ReplayDetector(path, conf_threshold=0.35, ball_conf_threshold=0.1).detect(batch([2, 5, 9]))
    assert list(zip(boxes.frame.tolist(), boxes.role.tolist(), strict=True)) == [(2, 0), (2, 2), (2, 3), (5, 0)]


def test_grouping_of_frames_does_not_matter(path: Path) -> None:
    detector = ReplayDetector(path, 0.01, 0.01)
    whole = detector.detect(batch([2, 5, 9]))
    parts = Boxes.concatenate([detector.detect(batch([frame])) for frame in (2, 5, 9)])
    np.testing.assert_array_equal(whole.xyxy, parts.xyxy)
    np.testing.assert_array_equal(whole.t_s, parts.t_s)


def test_a_recording_without_boxes_finds_nothing(tmp_path: Path) -> None:
    write_boxes(tmp_path / "none.parquet", Boxes.empty())
    assert len(ReplayDetector(tmp_path / "none.parquet", 0.3, 0.1).detect(batch([0, 1]))) == 0
    assert len(ReplayDetector(tmp_path / "none.parquet", 0.3, 0.1).detect(batch([]))) == 0


def test_writing_again_replaces_the_file_and_leaves_nothing_else(path: Path) -> None:
    write_boxes(path, recorded().select(slice(0, 1)))
    assert len(ReplayDetector(path, 0.01, 0.01).detect(batch([2, 5]))) == 1
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_an_unwritable_folder_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"can't be written"):
        write_boxes(tmp_path / "missing" / "boxes.parquet", recorded())


def test_missing_and_damaged_recordings_are_weights_errors(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(b"PAR1 but not really")
    for path, words in ((tmp_path / "none.parquet", "no such file"), (damaged, "Parquet")):
        with pytest.raises(WeightsError, match=words):
            ReplayDetector(path, 0.3, 0.1)


def test_a_table_of_something_else_is_refused(tmp_path: Path) -> None:
    lacking, texts = tmp_path / "lacking.parquet", tmp_path / "texts.parquet"
    pq.write_table(pa.table({"frame": [1], "score": [0.5]}), lacking)
    pq.write_table(pa.table({name: ["a"] for name in ("frame", "x1", "y1", "x2", "y2", "score", "role")}), texts)
    with pytest.raises(WeightsError, match="need the columns"):
        ReplayDetector(lacking, 0.3, 0.1)
    with pytest.raises(WeightsError, match="isn't numeric"):
        ReplayDetector(texts, 0.3, 0.1)
