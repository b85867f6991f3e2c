"""The command line: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tacticeye.__main__ import main
from tacticeye.config import AnalysisConfig
from tacticeye.lease import hold_lease
from tacticeye.library import create_match
from tacticeye.match_files import MatchFolder
from tacticeye.match_queue import ask_to_run

Output = pytest.CaptureFixture[str]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def match(tmp_path: Path, data_dir: Path) -> MatchFolder:
    """A match of which nothing was analysed."""
    video = tmp_path / "derby.mp4"
    video.write_bytes(b"no frames")
    create_match(data_dir, AnalysisConfig(source_url=str(video)), "derby")
    return MatchFolder.of(data_dir, "derby")


def run(data_dir: Path, *arguments: str) -> int:
    return main(["--data-dir", str(data_dir), *arguments])


def test_without_matches_the_list_says_how_to_begin(data_dir: Path, capsys: Output) -> None:
    assert run(data_dir, "list") == 0
    assert "analyze VIDEO" in capsys.readouterr().out


def test_the_list_shows_each_match_and_as_json_on_one_line(data_dir: Path, match: MatchFolder, capsys: Output) -> None:
    assert run(data_dir, "list") == 0
    assert "derby" in capsys.readouterr().out
    assert run(data_dir, "list", "--json") == 0
    (line,) = capsys.readouterr().out.splitlines()
    (card,) = json.loads(line)
    assert (card["match_id"], card["status"], card["share"]) == ("derby", "stopped", None)


def test_the_data_folder_is_taken_after_the_command_too_and_from_the_environment(
    data_dir: Path, match: MatchFolder, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["list", "--data-dir", str(data_dir)]) == 0
    monkeypatch.setenv("TACTICEYE_DATA_DIR", str(data_dir))
    assert main(["list"]) == 0
    assert capsys.readouterr().out.count("derby") == 4  # id and title, twice


def test_the_status_of_a_match_without_results_has_figures_of_nothing(
    data_dir: Path, match: MatchFolder, capsys: Output
) -> None:
    assert run(data_dir, "status", "derby", "--json") == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["match_id"], summary["status"], summary["progress"]["last_batch"]) == ("derby", "stopped", -1)
    assert run(data_dir, "status", "derby") == 0
    assert "control     - : -" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["status", "absent"], "There is no match 'absent'"),
        (["resume", "absent"], "There is no match 'absent'"),
        (["stop", "absent"], "There is no match 'absent'"),
        (["delete", "absent", "--yes"], "There is no match 'absent'"),
        (["status", "../derby"], "The match id '../derby' can't be used"),
        (["export", "../derby", "--out", "x.json"], "The match id '../derby' can't be used"),
        (["export", "derby", "--out", "x.json"], "there are no results of this match yet"),
        (["delete", "derby"], "--yes"),
    ],
)
def test_a_mistake_is_told_in_one_sentence_without_a_traceback(
    arguments: list[str], sentence: str, data_dir: Path, match: MatchFolder, capsys: Output
) -> None:
    assert run(data_dir, *arguments) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert sentence in printed.err
    assert len(printed.err.splitlines()) == 1


def bad_videos(folder: Path) -> dict[str, tuple[Path, str]]:
    """Paths that can't be analysed, and a word of the reason."""
    (folder / "empty.mp4").touch()
    return {
        "missing path": (folder / "absent.mp4", "no such file"),
        "directory": (folder, "folder"),
        "empty file": (folder / "empty.mp4", "empty"),
    }


@pytest.mark.parametrize("kind", ["missing path", "directory", "empty file"])
@pytest.mark.parametrize("as_json", [False, True])
def test_what_is_no_video_file_is_refused_and_leaves_no_match(
    kind: str, as_json: bool, tmp_path: Path, data_dir: Path, capsys: Output
) -> None:
    video, reason = bad_videos(tmp_path)[kind]
    assert run(data_dir, "analyze", str(video), *(["--json"] if as_json else [])) == 1
    printed = capsys.readouterr()
    sentence = json.loads(printed.out)["error"] if as_json else printed.err
    assert reason in sentence
    assert str(video) in sentence
    assert run(data_dir, "list", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []


def test_an_id_that_leaves_the_folder_is_refused(data_dir: Path, tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "derby.mp4").write_bytes(b"no frames")
    assert run(data_dir, "analyze", str(tmp_path / "derby.mp4"), "--match-id", "../evil") == 1
    assert "../evil" in capsys.readouterr().err
    assert not data_dir.exists()


def test_a_data_folder_that_is_a_file_is_told_in_one_sentence(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "derby.mp4").write_bytes(b"no frames")
    (tmp_path / "data").write_text("in the way")
    assert run(tmp_path / "data", "analyze", str(tmp_path / "derby.mp4")) == 1
    assert "choose another data folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["frobnicate"], ["analyze"], ["analyze", "x.mp4", "--preset", "best"], ["export", "derby"]]
)
def test_wrong_usage_has_exit_code_2(arguments: list[str], capsys: Output) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_wrong_environment_is_told_in_one_sentence(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TACTICEYE_MAX_WORKERS", "many")
    assert main(["list"]) == 1
    assert "TACTICEYE_MAX_WORKERS" in capsys.readouterr().err


def test_a_match_that_another_process_has_is_neither_resumed_nor_deleted(
    data_dir: Path, match: MatchFolder, capsys: Output
) -> None:
    ask_to_run(data_dir, match)
    with hold_lease(match):
        assert run(data_dir, "resume", "derby") == 3
        assert run(data_dir, "delete", "derby", "--yes") == 3
    assert capsys.readouterr().err.count("is busy") == 2


def test_stopping_a_running_match_writes_the_wish_and_says_so(
    data_dir: Path, match: MatchFolder, capsys: Output
) -> None:
    ask_to_run(data_dir, match)
    with hold_lease(match):
        assert run(data_dir, "stop", "derby") == 0
    assert "stopping" in capsys.readouterr().out


def test_a_deleted_match_is_gone(data_dir: Path, match: MatchFolder) -> None:
    assert run(data_dir, "delete", "derby", "--yes") == 0
    assert not match.path.exists()


def test_listing_does_not_load_what_is_slow_to_load(data_dir: Path, match: MatchFolder) -> None:
    heavy = ("torch", "cv2", "av", "ultralytics", "streamlit", "duckdb", "pandas", "scipy")
    code = (
        "import sys; from tacticeye.__main__ import main; main(['list', '--data-dir', sys.argv[1]]);"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    started = time.monotonic()
    answer = subprocess.run([sys.executable, "-c", code, str(data_dir)], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == "[]"
    assert time.monotonic() - started < 10


def test_the_demo_can_be_rendered_with_its_truth_beside_it(tmp_path: Path, capsys: Output) -> None:
    assert main(["demo", "--render", "--out", str(tmp_path / "new" / "demo"), "--seconds", "0.2"]) == 0
    video = Path(capsys.readouterr().out.strip())
    assert video.stat().st_size > 0
    assert (video.parent / "demo.truth.json").exists()
