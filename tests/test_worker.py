"""One match in one process: the real worker on a small video with recorded boxes."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tacticeye.__main__ import main
from tacticeye.config import AnalysisConfig, Settings
from tacticeye.errors import TacticEyeError
from tacticeye.lease import hold_lease
from tacticeye.match_files import MatchFolder
from tacticeye.match_queue import MatchStatus
from tacticeye.service import Service
from tacticeye.store import MatchStore, table_digests
from tacticeye.worker import work
from tests.small_match import write_small_match

SECONDS = 20.0
SHORT_S = 4.0


@pytest.fixture(scope="session")
def long_config(tmp_path_factory: pytest.TempPathFactory) -> AnalysisConfig:
    """A match that takes long enough to be interrupted."""
    return write_small_match(tmp_path_factory.mktemp("long"), SECONDS)


@pytest.fixture(scope="session")
def short_config(tmp_path_factory: pytest.TempPathFactory) -> AnalysisConfig:
    return write_small_match(tmp_path_factory.mktemp("short"), SHORT_S)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service whose workers are gone when the test is over."""
    service = Service(Settings(data_dir=tmp_path / "data", max_workers=1))
    yield service
    for card in service.list_matches():
        worker = folder_of(service, card.match_id).read_worker()
        if card.status.is_active and worker is not None and worker.pid != os.getpid():
            os.kill(worker.pid, signal.SIGKILL)


def folder_of(service: Service, match_id: str) -> MatchFolder:
    return MatchFolder.existing(service.data_dir, match_id)


def wait_until(is_so: Callable[[], bool], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, "it didn't come about in time"
        time.sleep(0.02)


def wait_for(service: Service, match_id: str, status: MatchStatus) -> None:
    wait_until(lambda: service.status(match_id).status is status)


def wait_for_batches(service: Service, match_id: str, count: int) -> None:
    wait_until(lambda: service.status(match_id).batch_idx >= count - 1)


def digests(service: Service, match_id: str) -> dict[str, str]:
    with MatchStore(folder_of(service, match_id).path).read() as snapshot:
        return table_digests(snapshot)


def test_a_started_match_runs_in_a_process_of_its_own_until_it_is_finished(
    service: Service, short_config: AnalysisConfig
) -> None:
    service.create_match(short_config, "derby")
    service.start("derby")
    wait_for(service, "derby", MatchStatus.FINISHED)
    card, summary = service.status("derby"), service.summary("derby")
    worker = folder_of(service, "derby").read_worker()
    assert worker is not None
    assert worker.pid != os.getpid()
    assert (card.share, card.message) == (1.0, "")
    assert card.t_s == pytest.approx(SHORT_S, abs=0.05)
    assert (summary["status"], summary["progress"]["total_frames"]) == ("finished", round(SHORT_S * 25))
    assert service.live_view("derby").has_data


def test_stop_ends_it_after_a_batch_and_resume_goes_on_to_the_same_result(
    service: Service, long_config: AnalysisConfig
) -> None:
    service.create_match(long_config, "derby")
    service.start("derby")
    wait_for_batches(service, "derby", 2)
    service.stop("derby")
    wait_for(service, "derby", MatchStatus.STOPPED)
    assert 0.0 < service.status("derby").t_s < SECONDS
    service.resume("derby")
    wait_for(service, "derby", MatchStatus.FINISHED)
    service.create_match(long_config, "uninterrupted")
    work(service.data_dir, "uninterrupted")
    assert digests(service, "derby") == digests(service, "uninterrupted")


def test_a_killed_worker_shows_as_crashed_within_seconds_and_goes_on_when_resumed(
    service: Service, long_config: AnalysisConfig
) -> None:
    service.create_match(long_config, "derby")
    service.start("derby")
    wait_for_batches(service, "derby", 2)
    worker = folder_of(service, "derby").read_worker()
    assert worker is not None
    os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: service.status("derby").status is MatchStatus.CRASHED, timeout_s=3.0)
    done = MatchStore(folder_of(service, "derby").path).last_batch()
    service.resume("derby")
    wait_until(lambda: service.status("derby").batch_idx > done)
    service.stop("derby")


def test_sigterm_ends_it_after_the_batch_in_hand(service: Service, long_config: AnalysisConfig) -> None:
    service.create_match(long_config, "derby")
    service.start("derby")
    wait_for_batches(service, "derby", 1)
    worker = folder_of(service, "derby").read_worker()
    assert worker is not None
    os.kill(worker.pid, signal.SIGTERM)
    wait_for(service, "derby", MatchStatus.STOPPED)
    assert service.tend() == []


def test_a_second_worker_for_a_match_leaves_at_once_with_an_exit_code_of_its_own(
    service: Service, short_config: AnalysisConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    service.create_match(short_config, "derby")
    with hold_lease(folder_of(service, "derby")):
        started = time.monotonic()
        assert main(["worker", "derby", "--data-dir", str(service.data_dir)]) == 3
        assert time.monotonic() - started < 5.0
    assert "another process is analysing it" in capsys.readouterr().err
    assert folder_of(service, "derby").read_outcome() is None


def test_the_next_in_the_queue_starts_though_nobody_looks(service: Service, short_config: AnalysisConfig) -> None:
    for name in ("first", "second"):
        service.create_match(short_config, name)
        service.start(name)
    assert service.status("second").queue_place == 1
    outcome = folder_of(service, "second").outcome
    wait_until(outcome.exists)  # asks neither for a status nor tends
    assert [card.status for card in service.list_matches()] == [MatchStatus.FINISHED] * 2


def test_a_match_started_again_while_it_stops_goes_on(service: Service, long_config: AnalysisConfig) -> None:
    service.create_match(long_config, "derby")
    service.start("derby")
    wait_for_batches(service, "derby", 1)
    service.stop("derby")
    service.start("derby")
    done = service.status("derby").batch_idx
    wait_until(lambda: service.status("derby").batch_idx > done + 1)
    assert service.status("derby").status is MatchStatus.RUNNING
    service.stop("derby")


def test_a_recording_is_behind_nothing(service: Service, short_config: AnalysisConfig) -> None:
    service.create_match(short_config, "derby")
    work(service.data_dir, "derby")
    progress = MatchFolder.of(service.data_dir, "derby").read_progress()
    assert progress is not None
    assert (progress.note, math.isnan(progress.lag_s)) == ("", True)


@pytest.mark.parametrize(("share", "is_told"), [(0.35, True), (0.9, False)])
def test_a_file_of_which_far_less_can_be_read_than_it_declares_is_finished_with_a_warning(
    share: float,
    is_told: bool,
    service: Service,
    short_config: AnalysisConfig,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole, cut = Path(short_config.source_url), tmp_path / "cut.mp4"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", whole, "-c", "copy", "-movflags", "faststart", tmp_path / "front.mp4"],
        check=True,
    )
    content = (tmp_path / "front.mp4").read_bytes()
    cut.write_bytes(content[: round(len(content) * share)])
    arguments = ["analyze", str(cut), "--match-id", "derby", "--model", short_config.model_path]
    assert main([*arguments, "--data-dir", str(service.data_dir)]) == 0
    card = service.status("derby")
    assert card.status is MatchStatus.FINISHED
    assert ("declares could be read" in card.message) is is_told
    assert ("declares could be read" in capsys.readouterr().err) is is_told


@pytest.mark.parametrize("kind", ["text", "truncated", "audio", "weights missing", "weights damaged"])
def test_what_can_not_be_analysed_fails_with_one_sentence(
    kind: str, service: Service, short_config: AnalysisConfig, tmp_path: Path
) -> None:
    config = bad_config(kind, short_config, tmp_path)
    service.create_match(config, "derby")
    with pytest.raises(TacticEyeError) as caught:
        work(service.data_dir, "derby")
    card = service.status("derby")
    assert card.status is MatchStatus.FAILED
    assert card.message == str(caught.value)
    assert len(card.message.splitlines()) == 1


@pytest.mark.parametrize("kind", ["text", "truncated", "audio", "weights missing", "weights damaged"])
def test_the_command_line_tells_the_same_and_leaves_nothing_behind(
    kind: str,
    service: Service,
    short_config: AnalysisConfig,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = bad_config(kind, short_config, tmp_path)
    arguments = ["analyze", config.source_url, "--model", config.model_path, "--data-dir", str(service.data_dir)]
    assert main(arguments) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert service.list_matches() == []


def bad_config(kind: str, config: AnalysisConfig, folder: Path) -> AnalysisConfig:
    """A configuration whose video or weights are of the named kind."""
    video, weights = folder / "bad.mp4", folder / "bad.pt"
    if kind == "text":
        video.write_text("This is not a video.\n" * 100)
    elif kind == "truncated":
        video.write_bytes(Path(config.source_url).read_bytes()[:2000])
    elif kind == "audio":
        write_sound(video)
    elif kind == "weights missing":
        return replace(config, model_path=str(weights))
    else:
        weights.write_bytes(b"These are not weights.")
        return replace(config, model_path=str(weights))
    return replace(config, source_url=str(video))


def write_sound(path: Path) -> None:
    """An mp4 without a picture."""
    import av
    import numpy as np

    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        for number in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44100, number * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def test_analyze_in_the_foreground_prints_figures_and_as_json_the_summary(
    service: Service, short_config: AnalysisConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--data-dir", str(service.data_dir), "analyze", short_config.source_url, "--match-id", "derby"]
    arguments += ["--model", short_config.model_path, "--preset", "live"]
    assert main([*arguments, "--json"]) == 0
    printed = capsys.readouterr()
    (line,) = printed.out.splitlines()
    assert json.loads(line)["status"] == "finished"
    assert "x real time" in printed.err
    assert main([*arguments[:2], "resume", "derby"]) == 0
    assert "control" in capsys.readouterr().out


def test_a_limit_on_batches_ends_the_analysis_there(
    service: Service, short_config: AnalysisConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["analyze", short_config.source_url, "--model", short_config.model_path, "--max-batches", "1"]
    assert main([*arguments, "--preset", "live", "--json", "--data-dir", str(service.data_dir)]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["progress"]["last_batch"] == 0
    assert summary["progress"]["total_seconds"] < SHORT_S


def test_ctrl_c_stops_after_the_batch_in_hand_and_tells_how_to_go_on(
    service: Service, long_config: AnalysisConfig
) -> None:
    service.create_match(long_config, "derby")
    command = [sys.executable, "-m", "tacticeye", "resume", "derby", "--data-dir", str(service.data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_for_batches(service, "derby", 1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "resume derby" in err
    assert "Traceback" not in err
    assert "control" in out
    assert service.status("derby").status is MatchStatus.STOPPED


def test_a_full_disk_is_told_in_one_sentence_and_finished_work_is_kept(
    tmp_path: Path, long_config: AnalysisConfig
) -> None:
    """In a file system of its own, too small for the match."""
    inside = f"""
mount -t tmpfs -o size=3m tmpfs {tmp_path} || exit 77
{sys.executable} -m tacticeye analyze {long_config.source_url} --model {long_config.model_path} --match-id derby \
    --preset live --data-dir {tmp_path}/data
code=$?
{sys.executable} -m tacticeye status derby --json --data-dir {tmp_path}/data
exit $code
"""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("there is no unshare here to make a small file system with")
    answer = subprocess.run([unshare, "-rm", "sh", "-c", inside], capture_output=True, text=True, check=False)
    if answer.returncode == 77 or "unshare" in answer.stderr:
        pytest.skip("no small file system can be made here")
    assert answer.returncode == 1
    assert "free some space" in answer.stderr.splitlines()[-1]
    assert "Traceback" not in answer.stderr
    summary = json.loads(answer.stdout)
    assert summary["status"] == "failed"
    assert "free some space" in summary["message"]
    assert summary["progress"]["last_batch"] >= 0
