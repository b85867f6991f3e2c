"""Making, listing and deleting matches."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tacticeye.config import AnalysisConfig
from tacticeye.errors import InvalidMatchIdError, MatchBusyError, MatchExistsError, SourceError, StorageError
from tacticeye.lease import hold_lease
from tacticeye.library import create_from_upload, create_match, delete_match, list_cards, read_card
from tacticeye.match_files import MATCH_ID, Ending, MatchFolder, Progress, matches_dir, write_record
from tacticeye.match_queue import MatchStatus, ask_to_run, close_run
from tacticeye.uploads import UploadShelf


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """A file that might be a video: its content is looked at when it is analysed."""
    path = tmp_path / "Inter - Napoli.mp4"
    path.write_bytes(b"frames")
    return path


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def config(source: Path) -> AnalysisConfig:
    return AnalysisConfig(source_url=str(source))


def test_a_new_match_is_in_the_list_under_the_name_of_its_file(data_dir: Path, video: Path) -> None:
    create_match(data_dir, config(video), "derby")
    (card,) = list_cards(data_dir)
    assert (card.match_id, card.title, card.status) == ("derby", "Inter - Napoli", MatchStatus.STOPPED)
    assert (card.share, card.t_s, card.batch_idx, card.preview_path) == (None, 0.0, -1, None)


def test_the_settings_name_the_video_by_its_whole_path(
    data_dir: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(video.parent)
    create_match(data_dir, AnalysisConfig(source_url=video.name, imgsz=640), "derby")
    stored = MatchFolder.of(data_dir, "derby").read_config()
    assert (stored.source_url, stored.imgsz) == (str(video), 640)


def test_an_id_made_from_a_file_name_is_legal_and_different_each_time(data_dir: Path, tmp_path: Path) -> None:
    for name in ("../..mp4", "ÄÖ Ü.mp4", "-rf.mp4", "x" * 200 + ".mp4", "Real Madrid 2-1.mp4"):
        path = tmp_path / Path(name).name
        path.write_bytes(b"frames")
        first, second = create_match(data_dir, config(path)), create_match(data_dir, config(path))
        assert MATCH_ID.fullmatch(first)
        assert first != second


def test_a_taken_id_is_refused_and_its_match_left_alone(data_dir: Path, video: Path) -> None:
    create_match(data_dir, config(video), "derby", title="The first")
    with pytest.raises(MatchExistsError):
        create_match(data_dir, config(video), "derby", title="The second")
    assert [card.title for card in list_cards(data_dir)] == ["The first"]


def test_an_id_that_leaves_the_folder_is_refused_before_anything_is_written(data_dir: Path, video: Path) -> None:
    with pytest.raises(InvalidMatchIdError):
        create_match(data_dir, config(video), "../../etc")
    assert not data_dir.exists()


def test_what_can_not_be_a_video_is_refused_with_a_reason_and_leaves_no_match(data_dir: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    for source, reason in ((empty, "empty"), (tmp_path, "folder"), (tmp_path / "absent.mp4", "no such file")):
        with pytest.raises(SourceError, match=reason) as caught:
            create_match(data_dir, config(source), "derby")
        assert caught.value.source == str(source)
    assert list_cards(data_dir) == []


def test_a_data_folder_that_can_not_be_made_is_told_in_one_sentence(tmp_path: Path, video: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="choose another data folder"):
        create_match(tmp_path / "file", config(video))


def test_an_upload_lies_in_the_folder_of_its_match(data_dir: Path) -> None:
    shelf = UploadShelf(data_dir, 1)
    upload = shelf.begin("../../My Derby.MP4", 6)
    with shelf.appending(upload.file_id, 0) as writer:
        writer.write(b"frames")
    match_id = create_from_upload(data_dir, AnalysisConfig(), shelf.get(upload.file_id))
    folder = MatchFolder.existing(data_dir, match_id)
    video = Path(folder.read_config().source_url)
    assert (video.parent, video.name, video.read_bytes()) == (folder.path, "source.mp4", b"frames")
    assert read_card(data_dir, folder).title == "My Derby"


def test_an_empty_upload_is_refused_by_its_own_name_and_leaves_nothing(data_dir: Path) -> None:
    with pytest.raises(SourceError, match=r"derby\.mp4: the file is empty"):
        create_from_upload(data_dir, AnalysisConfig(), UploadShelf(data_dir, 1).begin("derby.mp4", 0))
    assert list(matches_dir(data_dir).iterdir()) == []


def test_the_newest_match_comes_first(data_dir: Path, video: Path) -> None:
    for name in ("a", "b", "c"):
        create_match(data_dir, config(video), name)
    assert [card.match_id for card in list_cards(data_dir)] == ["c", "b", "a"]


def test_progress_shows_as_a_share_until_the_end_is_known_to_be_the_end(data_dir: Path, video: Path) -> None:
    create_match(data_dir, config(video), "derby")
    folder = MatchFolder.of(data_dir, "derby")
    write_record(folder.progress, Progress(time.time(), t_s=32.7, total_s=33.0, batch_idx=6, speed=1.5))
    assert read_card(data_dir, folder).share == pytest.approx(32.7 / 33.0)
    close_run(data_dir, folder, Ending.FINISHED)
    card = read_card(data_dir, folder)
    assert (card.share, card.total_s, card.speed) == (1.0, 32.7, 1.5)


def test_a_running_match_tells_how_long_it_has_been_quiet(data_dir: Path, video: Path) -> None:
    create_match(data_dir, config(video), "derby")
    folder = MatchFolder.of(data_dir, "derby")
    ask_to_run(data_dir, folder)
    write_record(folder.progress, Progress(time.time() - 90))
    with hold_lease(folder):
        assert read_card(data_dir, folder).quiet_s == pytest.approx(90, abs=5)
    assert read_card(data_dir, folder).quiet_s == 0.0


def test_a_match_in_the_queue_says_nothing_of_its_last_run(data_dir: Path, video: Path) -> None:
    folder = MatchFolder.of(data_dir, create_match(data_dir, config(video)))
    write_record(folder.progress, Progress(time.time(), t_s=5.0, lag_s=26.0))
    ask_to_run(data_dir, folder)
    card = read_card(data_dir, folder)
    assert (card.status, card.message) == (MatchStatus.WAITING, "")


def test_matches_in_the_queue_know_their_place(data_dir: Path, video: Path) -> None:
    for name in ("a", "b", "c"):
        create_match(data_dir, config(video), name)
    for name in ("b", "c", "a"):
        ask_to_run(data_dir, MatchFolder.of(data_dir, name))
    assert {card.match_id: card.queue_place for card in list_cards(data_dir)} == {"b": 1, "c": 2, "a": 3}
    assert read_card(data_dir, MatchFolder.of(data_dir, "c")).queue_place == 2


def test_deleting_removes_everything_of_the_match_and_nothing_else(data_dir: Path, video: Path) -> None:
    create_match(data_dir, config(video), "derby")
    create_match(data_dir, config(video), "other")
    delete_match(data_dir, MatchFolder.of(data_dir, "derby"))
    assert [card.match_id for card in list_cards(data_dir)] == ["other"]
    assert sorted(path.name for path in matches_dir(data_dir).iterdir()) == [".queue.lock", "other"]
    assert video.exists()


def test_a_running_match_is_not_deleted(data_dir: Path, video: Path) -> None:
    create_match(data_dir, config(video), "derby")
    folder = MatchFolder.of(data_dir, "derby")
    ask_to_run(data_dir, folder)
    with hold_lease(folder), pytest.raises(MatchBusyError, match="stop it first"):
        delete_match(data_dir, folder)
    assert folder.card.exists()
