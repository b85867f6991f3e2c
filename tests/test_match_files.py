"""Folder layout, match ids and small files of a match."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from tacticeye.config import AnalysisConfig
from tacticeye.errors import InvalidMatchIdError, MatchNotFoundError, StorageError
from tacticeye.match_files import (
    Card,
    Control,
    Ending,
    Intent,
    MatchFolder,
    Progress,
    find_matches,
    get_match_id,
    make_folder,
    read_record,
    write_bytes,
    write_record,
)


def new_match(data_dir: Path, match_id: str) -> MatchFolder:
    folder = MatchFolder.of(data_dir, match_id)
    make_folder(folder.path)
    write_record(folder.card, Card(match_id, "A match", 1.0))
    return folder


@pytest.mark.parametrize("text", ["derby", "a", "A-1_b", "9", "x" * 64])
def test_a_plain_name_is_a_match_id(text: str) -> None:
    assert get_match_id(text) == text


@pytest.mark.parametrize(
    "text", ["", "../x", "a/b", "..", ".hidden", "-rf", "_x", "a b", "derby\n", "a\x00b", "é", "x" * 65, "C:\\x"]
)
def test_a_name_that_could_leave_the_folder_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidMatchIdError) as caught:
        MatchFolder.of(tmp_path, text)
    assert caught.value.match_id == text


def test_a_match_that_does_not_exist_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(MatchNotFoundError):
        MatchFolder.existing(tmp_path, "derby")


def test_matches_are_the_folders_that_say_so(tmp_path: Path) -> None:
    new_match(tmp_path, "b")
    new_match(tmp_path, "a")
    (tmp_path / "matches" / "no-match").mkdir()
    (tmp_path / "matches" / ".deleted-c-1").mkdir()
    assert [folder.match_id for folder in find_matches(tmp_path)] == ["a", "b"]


def test_a_data_folder_that_does_not_exist_has_no_matches(tmp_path: Path) -> None:
    assert find_matches(tmp_path / "absent") == []


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    folder = new_match(tmp_path, "derby")
    control, progress = Control(Intent.STOP, 1234.5678), Progress(1.0, 25, 1.1, 825, 33.0, 2, 1.75, lag_s=0.5)
    config = AnalysisConfig.preset("detailed", source_url="/videos/derby.mp4", max_batches=3)
    write_record(folder.control, control)
    write_record(folder.progress, progress)
    write_record(folder.config, config)
    assert (folder.read_control(), folder.read_progress(), folder.read_config()) == (control, progress, config)


def test_a_record_that_is_absent_or_damaged_is_none(tmp_path: Path) -> None:
    path = tmp_path / "control.json"
    assert read_record(path, Control) is None
    path.write_text('{"intent": "ru')
    assert read_record(path, Control) is None


def test_settings_that_are_damaged_are_an_error_that_names_the_file(tmp_path: Path) -> None:
    folder = new_match(tmp_path, "derby")
    folder.config.write_text("{}}")
    with pytest.raises(StorageError, match=r"config\.json"):
        folder.read_config()


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    write_record(path, Progress(0.0))
    is_over = threading.Event()

    def write() -> None:
        for number in range(300):
            write_record(path, Progress(float(number), frame=number * 10**9), is_durable=False)
        is_over.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not is_over.is_set():
        json.loads(path.read_bytes())
        time.sleep(0)
    writer.join()
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "outcome.json"
    path.mkdir()
    with pytest.raises(StorageError):
        write_bytes(path, b"new")
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_is_a_file_can_not_be_a_data_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(StorageError, match="--data-dir"):
        make_folder(tmp_path / "data" / "matches")


def test_an_outcome_gives_the_reserve_back(tmp_path: Path) -> None:
    folder = new_match(tmp_path, "derby")
    folder.lay_reserve()
    folder.write_outcome(Ending.FAILED, "The disk is full.")
    outcome = folder.read_outcome()
    assert not folder.reserve.exists()
    assert outcome is not None
    assert (outcome.ending, outcome.message) == (Ending.FAILED, "The disk is full.")
