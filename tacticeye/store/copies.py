"""A copy of a match's database for others to open, made by the database itself while nobody writes."""

from __future__ import annotations

import secrets
from pathlib import Path

import duckdb

from tacticeye.errors import StorageError
from tacticeye.store.attachment import SETTINGS
from tacticeye.store.match_lock import hold_match_lock
from tacticeye.store.match_store import DATABASE_NAME

LOCK_TIMEOUT_S = 30.0


def copy_database(folder: Path, out: Path) -> None:
    """Writes all tables of the match in `folder` to the new file `out`, whole or not at all.

    For a process of its own: it opens the file a second time, which the store of the same process must not meet.
    Raises StorageError.
    """
    database = folder / DATABASE_NAME
    if not database.is_file():
        raise StorageError(folder, "there are no results of this match yet: start its analysis.")
    draft = out.with_name(f".{out.name}.{secrets.token_hex(8)}.new")
    try:
        with hold_match_lock(folder, exclusive=False, timeout_s=LOCK_TIMEOUT_S):
            connection = duckdb.connect(":memory:", config=SETTINGS)
            try:
                connection.execute("ATTACH ? AS source (READ_ONLY)", [str(database)])
                connection.execute("ATTACH ? AS target", [str(draft)])
                connection.execute("COPY FROM DATABASE source TO target")
                connection.execute("DETACH target")
            finally:
                connection.close()
        draft.replace(out)
    except duckdb.Error as error:
        raise StorageError(out, f"the copy can't be made ({str(error).splitlines()[0]}).") from error
    finally:
        draft.unlink(missing_ok=True)
