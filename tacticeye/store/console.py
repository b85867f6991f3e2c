"""One SQL query on a match, in a process of its own: `python -m tacticeye.store.console`, request and answer as JSON.

The query is hostile until shown otherwise. The match is attached read-only; then access to anything outside is shut off
and the settings are locked, which DuckDB lets nobody open again. The process may write no file, and ends itself when
its time is over; whoever started it ends it otherwise.
"""

from __future__ import annotations

import json
import math
import resource
import sys
import threading
from pathlib import Path
from typing import Any

import duckdb

from tacticeye.errors import StorageError
from tacticeye.store.attachment import SETTINGS, Connection
from tacticeye.store.match_lock import hold_match_lock

# A console's answer is read by people: longer texts are cut.
CELL_CHARACTERS = 500
LOCK_TIMEOUT_S = 5.0

_SHUT = ("SET enable_external_access = false", "SET lock_configuration = true")


def run(database: Path, query: str, max_rows: int, timeout_s: float) -> dict[str, Any]:
    """columns, types, rows and is_cut; or error, a sentence."""
    try:
        with hold_match_lock(database.parent, exclusive=False, timeout_s=LOCK_TIMEOUT_S):
            connection = _shut_connection(database)
            try:
                return _answer(connection, query, max_rows, timeout_s)
            finally:
                connection.close()
    except duckdb.InterruptException:
        return {"error": f"The query took longer than {timeout_s:g} s and was ended."}
    except duckdb.Error as error:
        return {"error": str(error).strip().split("\n\n")[0]}
    except StorageError as error:
        return {"error": str(error)}


def _shut_connection(database: Path) -> Connection:
    settings = {name: value for name, value in SETTINGS.items() if name != "lock_configuration"}
    connection = duckdb.connect(":memory:", config=settings)
    connection.execute("ATTACH ? AS match (READ_ONLY)", [str(database)])
    connection.execute("USE match")
    for statement in _SHUT:
        connection.execute(statement)
    return connection


def _answer(connection: Connection, query: str, max_rows: int, timeout_s: float) -> dict[str, Any]:
    timer = threading.Timer(timeout_s, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        cursor = connection.execute(query)
        description = cursor.description or []
        rows = cursor.fetchmany(max_rows + 1) if description else []
    finally:
        timer.cancel()
    return {
        "columns": [str(column[0]) for column in description],
        "types": [str(column[1]) for column in description],
        "rows": [[_cell(value) for value in row] for row in rows[:max_rows]],
        "is_cut": len(rows) > max_rows,
    }


def _cell(value: object) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value)[:CELL_CHARACTERS]


def main() -> None:
    """Reads the request from standard input and answers on standard output."""
    request = json.load(sys.stdin)
    limit_s = int(request["timeout_s"]) + 10
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answer = run(Path(request["database"]), request["query"], request["max_rows"], request["timeout_s"])
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
