"""Who works on a match: the lease of its worker, processes by number and creation time, and the lock of the queue.

A lease is a flock on the match's worker.lock, held until its owner ends in whatever way: the kernel gives it back even
after SIGKILL, so no stale one exists. POSIX systems only.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tacticeye.errors import MatchBusyError, MatchNotFoundError
from tacticeye.match_files import MatchFolder, Worker, make_folder, matches_dir, storage_error

# Whoever only asks whether a lease is held takes it shared for some microseconds; an owner waits that out.
LEASE_WAIT_S = 0.3
LEASE_RETRY_S = 0.01

# A process's creation time is computed from the machine's boot time, which shifts when its clock is set.
CREATE_TIME_TOLERANCE_S = 2.0


def this_process() -> Worker:
    """The running process as it is recorded in worker.json."""
    return describe_process(os.getpid())


def describe_process(pid: int) -> Worker:
    """The process of that number; a creation time of 0 where it has ended already."""
    try:
        created = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        created = 0.0
    return Worker(pid, created, time.time())


def is_alive(worker: Worker) -> bool:
    """Whether that very process runs still. A zombie, ended but not waited for, does not."""
    try:
        process = psutil.Process(worker.pid)
        created: float = process.create_time()
        is_zombie: bool = process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    return abs(created - worker.create_time) < CREATE_TIME_TOLERANCE_S and not is_zombie


@contextmanager
def hold_lease(folder: MatchFolder) -> Iterator[None]:
    """The match belongs to this process alone inside the block, and until its death however that comes.

    The descriptor isn't inherited by programs that this process starts. Raises MatchBusyError where another process
    holds the match, MatchNotFoundError where the match was deleted meanwhile, StorageError.
    """
    if not folder.path.is_dir():
        raise MatchNotFoundError(folder.match_id)
    handle = _open_lock(folder.lease)
    try:
        if not _try_lock(handle, LEASE_WAIT_S):
            raise MatchBusyError(folder.match_id, "another process is analysing it; stop that one first.")
        if not _is_same_file(handle, folder.lease):
            raise MatchNotFoundError(folder.match_id)
        yield
    finally:
        os.close(handle)


def is_leased(folder: MatchFolder) -> bool:
    """Whether a process works on the match. Takes the lease shared for an instant, on a descriptor of its own."""
    try:
        handle = os.open(folder.lease, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise storage_error(folder.lease, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(handle)


@contextmanager
def hold_queue(data_dir: Path) -> Iterator[None]:
    """Decisions about who runs are taken inside this block, one process and thread at a time. Raises StorageError."""
    make_folder(matches_dir(data_dir))
    handle = _open_lock(matches_dir(data_dir) / ".queue.lock")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _open_lock(path: Path) -> int:
    """A descriptor that programs started from here don't inherit."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise storage_error(path, error) from error


def _try_lock(handle: int, wait_s: float) -> bool:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(LEASE_RETRY_S)
        else:
            return True


def _is_same_file(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
