"""The lease of a match and the identity of processes, with real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tacticeye.errors import MatchBusyError, MatchNotFoundError
from tacticeye.lease import describe_process, hold_lease, hold_queue, is_alive, is_leased, this_process
from tacticeye.match_files import MatchFolder, make_folder

HOLD = """
import sys, time
from pathlib import Path
from tacticeye.lease import hold_lease
from tacticeye.match_files import MatchFolder
with hold_lease(MatchFolder(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def another_owner(folder: MatchFolder) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the match's lease."""
    command = [sys.executable, "-c", HOLD, str(folder.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def folder(tmp_path: Path) -> MatchFolder:
    folder = MatchFolder.of(tmp_path, "derby")
    make_folder(folder.path)
    return folder


def test_a_match_nobody_ever_worked_on_is_not_leased(folder: MatchFolder) -> None:
    assert not is_leased(folder)


def test_a_lease_lasts_as_long_as_its_block(folder: MatchFolder) -> None:
    with hold_lease(folder):
        assert is_leased(folder)
    assert not is_leased(folder)


def test_a_second_owner_is_refused_at_once(folder: MatchFolder) -> None:
    with another_owner(folder):
        started = time.monotonic()
        with pytest.raises(MatchBusyError, match="derby"), hold_lease(folder):
            pass
        assert time.monotonic() - started < 1.0


def test_a_killed_owner_gives_the_lease_back(folder: MatchFolder) -> None:
    with another_owner(folder) as owner:
        assert is_leased(folder)
        owner.kill()
        owner.wait()
        assert not is_leased(folder)
        with hold_lease(folder):
            assert is_leased(folder)


def test_a_child_of_the_owner_does_not_keep_the_lease(folder: MatchFolder) -> None:
    with hold_lease(folder):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert not is_leased(folder)
    child.communicate(b"\n")


def test_asking_never_keeps_an_owner_from_its_lease(folder: MatchFolder) -> None:
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            is_leased(folder)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    try:
        for _ in range(20):
            with hold_lease(folder):
                pass
    finally:
        is_over.set()
        for asker in askers:
            asker.join()


def test_a_deleted_match_has_no_lease_to_hold(folder: MatchFolder) -> None:
    folder.path.rmdir()
    with pytest.raises(MatchNotFoundError), hold_lease(folder):
        pass


def test_this_process_is_alive_and_one_with_its_number_but_another_birthday_is_not() -> None:
    me = this_process()
    assert is_alive(me)
    assert not is_alive(replace(me, create_time=me.create_time - 60))


def test_a_zombie_is_not_alive() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    described = describe_process(process.pid)
    assert is_alive(described)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has waited for it
    assert not is_alive(described)
    process.communicate()
    assert not is_alive(described)


def test_one_at_a_time_decides_about_the_queue(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def decide(number: int) -> None:
        for _ in range(5):
            with hold_queue(tmp_path):
                inside.append(number)
                most.append(len(inside))
                time.sleep(0.001)
                inside.remove(number)

    threads = [threading.Thread(target=decide, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
