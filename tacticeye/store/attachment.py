"""The one place that talks to DuckDB: attaching a match's file for one transaction, and what its errors mean.

A process has one in-memory instance (making one costs 20 ms, attaching a file 1 ms), to which a match's file is
attached for the length of a transaction. Threads of a process take turns at the same file, and may use different files
at once. The file is never opened by other means: closing any other descriptor of it would drop DuckDB's own lock.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection as Connection

from tacticeye.errors import DatabaseDamagedError, StorageBusyError, StorageError
from tacticeye.store.match_lock import hold_match_lock

__all__ = ["Connection", "attached"]

logger = logging.getLogger(__name__)

SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    # A page's queries are over in milliseconds; a second thread made none faster and takes a core from the analysis.
    "threads": 1,
    # Ten times what a poll of a whole match needs; reached, a query fails instead of taking the machine's memory.
    "memory_limit": "512MB",
    # Nothing is spilled to files of its own.
    "temp_directory": "",
    # Everything needed is compiled in; never reach for the network.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    # A name in a query means a table, never a Python variable.
    "python_enable_replacements": False,
    # Reads come back in the order of writing.
    "preserve_insertion_order": True,
    "lock_configuration": True,
}


class _Process:
    """What the threads of this process share: the instance, and one mutex per database file."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._instance: Connection | None = None
        self._mutexes: dict[Path, threading.Lock] = {}
        self._numbers = itertools.count()

    @contextmanager
    def turn(self, database: Path, timeout_s: float) -> Iterator[None]:
        """This thread's turn at the file. Raises StorageBusyError after timeout_s."""
        with self._guard:
            mutex = self._mutexes.setdefault(database.resolve(), threading.Lock())
        if not mutex.acquire(timeout=max(timeout_s, 0.0)):
            raise StorageBusyError(database.parent, "the match's database is busy: try again.")
        try:
            yield
        finally:
            mutex.release()

    def cursor(self) -> tuple[Connection, str]:
        """A connection of its own to the instance, and a name under which nothing else is attached."""
        with self._guard:
            if self._instance is None:
                self._instance = duckdb.connect(":memory:", config=SETTINGS)
            return self._instance.cursor(), f"match_{next(self._numbers)}"

    def discard(self) -> None:
        """Begin with a new instance next time; those at work keep the old one until they are done."""
        with self._guard:
            self._instance = None


_PROCESS = _Process()


@contextmanager
def attached(database: Path, *, writable: bool, timeout_s: float) -> Iterator[Connection]:
    """One transaction on the file, committed when the block ends and rolled back when it raises.

    A writable attachment makes the file where absent. Raises StorageBusyError when others hold the file for timeout_s,
    DatabaseDamagedError and StorageError as the file and the disk deserve. Once the block has ended without an error,
    the transaction is on the disk.
    """
    deadline = time.monotonic() + timeout_s
    with _PROCESS.turn(database, timeout_s):
        remaining_s = max(deadline - time.monotonic(), 0.0)
        with hold_match_lock(database.parent, exclusive=writable, timeout_s=remaining_s):
            cursor, name = _PROCESS.cursor()
            try:
                with _transaction(cursor, database, name, writable):
                    yield cursor
            except duckdb.Error as error:
                if isinstance(error, duckdb.FatalException | duckdb.InternalException):
                    _PROCESS.discard()
                raise _storage_error(database, error) from error
            finally:
                cursor.close()


@contextmanager
def _transaction(cursor: Connection, database: Path, name: str, writable: bool) -> Iterator[None]:
    """ATTACH, BEGIN, the block, COMMIT, DETACH."""
    cursor.execute(f"ATTACH ? AS {name}" if writable else f"ATTACH ? AS {name} (READ_ONLY)", [str(database)])
    try:
        cursor.execute(f"USE {name}")
        cursor.execute("BEGIN TRANSACTION")
        is_open = True
        try:
            yield
            is_open = False  # a COMMIT that fails has rolled back
            cursor.execute("COMMIT")
        finally:
            if is_open:
                _roll_back(cursor)
    finally:
        _detach(cursor, database, name)


def _roll_back(cursor: Connection) -> None:
    """Ends the transaction, unless the error that brings us here did; that error is the one to tell."""
    try:
        cursor.execute("ROLLBACK")
    except duckdb.Error as error:
        logger.debug("nothing left to roll back: %s", error)


def _detach(cursor: Connection, database: Path, name: str) -> None:
    """Lets go of the file. What was committed is safe in the log beside it even where folding it in fails."""
    try:
        cursor.execute("USE memory")
        cursor.execute(f"DETACH {name}")
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]
        logger.warning("%s: the log could not be folded in, the next access tries again: %s", database, reason)
        if _is_attached(cursor, name):
            _PROCESS.discard()


def _is_attached(cursor: Connection, name: str) -> bool:
    """Whether `name` is still attached; an instance that can't even tell counts as such."""
    try:
        found = cursor.execute("SELECT 1 FROM duckdb_databases() WHERE database_name = ?", [name]).fetchone()
    except duckdb.Error:
        return True
    return found is not None


# What DuckDB's messages say, which error that is, and what the user reads; the first match counts.
_MEANINGS: tuple[tuple[tuple[str, ...], type[StorageError], str], ...] = (
    (
        ("No space left", "File too large", "quota exceeded"),
        StorageError,
        "the disk is full: free some space and resume; the results so far are safe.",
    ),
    (
        ("Permission denied", "Read-only file system", "Operation not permitted"),
        StorageError,
        "the file can't be opened: check the rights of the file and its folder.",
    ),
    (
        ("Could not set lock",),
        StorageBusyError,
        "another program has the database open: close it and try again.",
    ),
    (
        ("newer version of DuckDB", "newer DuckDB"),
        StorageError,
        "the database was written by a newer DuckDB: update the packages of requirements.txt.",
    ),
    (
        ("not a valid DuckDB database", "Could not read enough bytes", "checksum", "orrupt", "eserializ"),
        DatabaseDamagedError,
        "the database is damaged: delete the match and analyse it again.",
    ),
    (
        ("Out of Memory",),
        StorageError,
        "the query needs more memory than it may use: ask for a shorter time range.",
    ),
)
_DAMAGED_TYPES = (
    duckdb.CatalogException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.SerializationException,
)


def _storage_error(database: Path, error: duckdb.Error) -> StorageError:
    """The error for users that says what happened to the file and what to do."""
    text = str(error)
    for signs, kind, sentence in _MEANINGS:
        if any(sign in text for sign in signs):
            return kind(database, sentence)
    if isinstance(error, _DAMAGED_TYPES):
        return DatabaseDamagedError(database, "the database is damaged: delete the match and analyse it again.")
    return StorageError(database, f"the database refused the operation ({text.splitlines()[0]}).")
