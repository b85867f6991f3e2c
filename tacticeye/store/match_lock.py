"""The lock beside a match's database: one writer or many readers, across processes.

It is taken on files of its own because the database's lock can't be relied on: that one is dropped when any descriptor
of the database is closed in the same process. A process that dies gives its locks back. Readers and writers pass a
turnstile first, and a writer keeps it shut while it waits for the readers inside to leave, so a stream of readers never
starves it; readers that came meanwhile keep the next writer out until they are in, so a busy writer never starves them.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tacticeye.errors import StorageBusyError, StorageError

LOCK_NAME = "match.lock"
TURNSTILE_NAME = "match.turnstile"

# Pauses between tries: about the length of a short read, so that waiting costs neither CPU nor much time.
FIRST_PAUSE_S = 0.0005
LONGEST_PAUSE_S = 0.004

READ_ONLY_ERRORS = (errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def hold_match_lock(folder: Path, *, exclusive: bool, timeout_s: float) -> Iterator[None]:
    """The lock of the database in `folder`, exclusive for a writer, shared for a reader.

    Raises StorageBusyError after timeout_s, and StorageError where the lock files can't be opened.
    """
    deadline = time.monotonic() + timeout_s
    mode = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
    with _opened(folder / LOCK_NAME) as lock:
        with _opened(folder / TURNSTILE_NAME) as turnstile:
            _acquire(turnstile, mode, folder, deadline)
            _acquire(lock, mode, folder, deadline)
        yield


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """A descriptor of the file, made where absent; closing it gives its lock back."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        descriptor = _open_existing(path, error)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open_existing(path: Path, error: OSError) -> int:
    """The file opened for reading, which a lock can do with, in a folder that can't be written."""
    if error.errno in READ_ONLY_ERRORS:
        with suppress(OSError):
            return os.open(path, os.O_RDONLY)
    raise StorageError(path.parent, f"the match's folder can't be used ({os.strerror(error.errno or 0)}).") from error


def _acquire(descriptor: int, mode: int, folder: Path, deadline: float) -> None:
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise StorageBusyError(folder, "the match's database is busy: try again.") from None
        else:
            return
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
