"""What a match is doing, told from its files, and which one runs next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tacticeye import capacity
from tacticeye.capacity import Limit, Room
from tacticeye.errors import MatchBusyError
from tacticeye.lease import describe_process, hold_lease
from tacticeye.match_files import Card, Control, Ending, Intent, MatchFolder, Worker, make_folder, write_record
from tacticeye.match_queue import (
    MatchStatus,
    ask_to_run,
    ask_to_stop,
    claim,
    close_run,
    find_queue,
    find_standing,
    launch,
    look_for_room,
    tend,
)

GONE = Worker(pid=2**22 + 1, create_time=1.0, started_at=1.0)  # no system numbers its processes that high


def new_match(data_dir: Path, match_id: str = "derby") -> MatchFolder:
    folder = MatchFolder.of(data_dir, match_id)
    make_folder(folder.path)
    write_record(folder.card, Card(match_id, match_id, 1.0))
    return folder


def status_of(folder: MatchFolder) -> MatchStatus:
    return find_standing(folder).status


def wait_until(is_so: Callable[[], bool], timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, "it didn't come about in time"
        time.sleep(0.02)


@contextmanager
def sleeping_process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_match_that_was_never_started_stands_still(tmp_path: Path) -> None:
    assert status_of(new_match(tmp_path)) is MatchStatus.STOPPED


def test_a_match_that_wants_to_run_and_has_no_process_waits_in_the_queue(tmp_path: Path) -> None:
    folder = new_match(tmp_path)
    ask_to_run(tmp_path, folder)
    assert status_of(folder) is MatchStatus.WAITING
    assert find_queue({"derby": find_standing(folder)}) == ["derby"]


def test_a_match_whose_process_has_no_lease_yet_waits_but_not_in_the_queue(tmp_path: Path) -> None:
    folder = new_match(tmp_path)
    ask_to_run(tmp_path, folder)
    with sleeping_process() as process:
        write_record(folder.worker, describe_process(process.pid))
        assert status_of(folder) is MatchStatus.WAITING
        assert find_queue({"derby": find_standing(folder)}) == []


def test_a_leased_match_runs_and_a_leased_one_that_is_to_stop_is_stopping(tmp_path: Path) -> None:
    folder = new_match(tmp_path)
    ask_to_run(tmp_path, folder)
    with hold_lease(folder):
        assert status_of(folder) is MatchStatus.RUNNING
        ask_to_stop(tmp_path, folder)
        assert status_of(folder) is MatchStatus.STOPPING


def test_a_process_that_died_without_an_outcome_has_crashed(tmp_path: Path) -> None:
    folder = new_match(tmp_path)
    ask_to_run(tmp_path, folder)
    write_record(folder.worker, GONE)
    standing = find_standing(folder)
    assert standing.status is MatchStatus.CRASHED
    assert "resume" in standing.message


def test_a_process_killed_while_it_was_stopping_counts_as_stopped(tmp_path: Path) -> None:
    folder = new_match(tmp_path)
    ask_to_run(tmp_path, folder)
    with hold_lease(folder):
        write_record(folder.worker, GONE)
        ask_to_stop(tmp_path, folder)
    assert status_of(folder) is MatchStatus.STOPPED


@pytest.mark.parametrize("ending", list(Ending))
def test_a_run_that_ended_says_how(tmp_path: Path, ending: Ending) -> None:
    folder = new_match(tmp_path)
    ask_to_run(tmp_path, folder)
    close_run(tmp_path, folder, ending, "Because.")
    standing = find_standing(folder)
    assert (standing.status.value, standing.message) == (ending.value, "Because.")


def test_a_failed_match_waits_again_once_it_is_resumed(tmp_path: Path) -> None:
    folder = new_match(tmp_path)
    close_run(tmp_path, folder, Ending.FAILED, "The disk is full.")
    ask_to_run(tmp_path, folder)
    assert status_of(folder) is MatchStatus.WAITING


def test_a_match_in_the_queue_leaves_it_when_stopped(tmp_path: Path) -> None:
    folder = new_match(tmp_path)
    ask_to_run(tmp_path, folder)
    ask_to_stop(tmp_path, folder)
    assert status_of(folder) is MatchStatus.STOPPED


def test_stopping_a_finished_match_changes_nothing(tmp_path: Path) -> None:
    folder = new_match(tmp_path)
    ask_to_run(tmp_path, folder)
    close_run(tmp_path, folder, Ending.FINISHED)
    ask_to_stop(tmp_path, folder)
    control = folder.read_control()
    assert status_of(folder) is MatchStatus.FINISHED
    assert control is not None
    assert control.intent is Intent.RUN


def test_a_match_asked_to_run_while_it_stops_goes_back_into_the_queue(tmp_path: Path) -> None:
    folder = new_match(tmp_path)
    ask_to_run(tmp_path, folder)
    with hold_lease(folder):
        ask_to_stop(tmp_path, folder)
        ask_to_run(tmp_path, folder)
        close_run(tmp_path, folder, Ending.STOPPED, is_revocable=True)
    assert status_of(folder) is MatchStatus.WAITING


def test_a_match_stopped_by_a_signal_stays_stopped_whatever_control_says(tmp_path: Path) -> None:
    folder = new_match(tmp_path)
    ask_to_run(tmp_path, folder)
    close_run(tmp_path, folder, Ending.STOPPED)
    assert status_of(folder) is MatchStatus.STOPPED


def test_the_queue_goes_by_the_time_of_asking(tmp_path: Path) -> None:
    folders = [new_match(tmp_path, name) for name in ("c", "a", "b")]
    for number, folder in enumerate(folders):
        write_record(folder.control, Control(Intent.RUN, 100.0 + number))
    assert find_queue({folder.match_id: find_standing(folder) for folder in folders}) == ["c", "a", "b"]


def test_asking_again_does_not_cost_the_place_in_the_queue(tmp_path: Path) -> None:
    folder = new_match(tmp_path)
    ask_to_run(tmp_path, folder)
    before = folder.read_control()
    ask_to_run(tmp_path, folder)
    assert folder.read_control() == before


def test_nothing_is_started_while_all_places_are_taken(tmp_path: Path) -> None:
    running, waiting = new_match(tmp_path, "running"), new_match(tmp_path, "waiting")
    ask_to_run(tmp_path, running)
    ask_to_run(tmp_path, waiting)
    with hold_lease(running):
        assert tend(tmp_path, max_workers=1) == []
    assert status_of(waiting) is MatchStatus.WAITING


def test_a_second_match_is_started_only_where_the_machine_has_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, waiting = new_match(tmp_path, "running"), new_match(tmp_path, "waiting")
    ask_to_run(tmp_path, running)
    ask_to_run(tmp_path, waiting)
    monkeypatch.setattr(capacity, "CORES_A_MATCH", 1)
    with hold_lease(running):
        monkeypatch.setattr(capacity, "MEMORY_A_MATCH", 1 << 50)
        assert tend(tmp_path, max_workers=2) == []
        assert look_for_room(tmp_path, max_workers=2) == Room(1, Limit.MEMORY)
        assert tend(tmp_path, max_workers=2, is_elsewhere=True) == ["waiting"]


def test_a_match_that_is_being_started_takes_a_place_too(tmp_path: Path) -> None:
    starting, waiting = new_match(tmp_path, "starting"), new_match(tmp_path, "waiting")
    ask_to_run(tmp_path, starting)
    ask_to_run(tmp_path, waiting)
    with sleeping_process() as process:
        write_record(starting.worker, describe_process(process.pid))
        assert tend(tmp_path, max_workers=1) == []


def test_a_match_claimed_here_can_not_be_claimed_by_another_nor_is_it_started_again(tmp_path: Path) -> None:
    folder = new_match(tmp_path)
    claim(tmp_path, folder)
    assert tend(tmp_path, max_workers=5) == []
    with pytest.raises(MatchBusyError):
        claim(tmp_path, folder)


def test_a_launched_worker_that_can_not_work_leaves_an_outcome_and_no_zombie(tmp_path: Path) -> None:
    folder = new_match(tmp_path)  # without config.json
    ask_to_run(tmp_path, folder)
    assert tend(tmp_path, max_workers=1) == ["derby"]
    wait_until(lambda: status_of(folder) is MatchStatus.FAILED)
    assert "config.json" in find_standing(folder).message
    wait_until(lambda: not [c for c in psutil.Process().children() if c.status() == psutil.STATUS_ZOMBIE])
    assert tend(tmp_path, max_workers=1) == []


def test_a_worker_killed_while_it_starts_shows_as_crashed_within_seconds(tmp_path: Path) -> None:
    folder = new_match(tmp_path)
    ask_to_run(tmp_path, folder)
    launch(tmp_path, folder)
    worker = folder.read_worker()
    assert worker is not None
    os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: status_of(folder) is MatchStatus.CRASHED, timeout_s=3.0)


def test_many_who_tend_start_a_match_only_once(tmp_path: Path) -> None:
    folder = new_match(tmp_path)
    ask_to_run(tmp_path, folder)
    tend_here = (
        "import sys; from pathlib import Path; from tacticeye.match_queue import tend;print(tend(Path(sys.argv[1]), 1))"
    )
    with hold_lease(new_match(tmp_path, "other")):
        pass
    tenders = [
        subprocess.Popen([sys.executable, "-c", tend_here, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = sorted(tender.communicate()[0].strip() for tender in tenders)
    assert answers == ["['derby']", "[]", "[]", "[]"]
    wait_until(lambda: status_of(folder) is MatchStatus.FAILED)
