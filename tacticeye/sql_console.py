"""Questions in SQL about a match, asked by people: sandboxed in a process of its own, with limits; and saved ones."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tacticeye.errors import QueryError, StorageError
from tacticeye.match_files import MatchFolder, storage_error, write_bytes

MAX_ROWS = 1000
TIMEOUT_S = 5.0
MAX_QUERY_CHARACTERS = 20_000
# Starting Python and DuckDB, on a busy machine.
_START_S = 30.0
_SAVED = "saved_queries.json"


@dataclass(frozen=True)
class QueryResult:
    """rows: plain values, texts cut to 500 characters. is_cut: there are more rows than are shown."""

    columns: Sequence[str]
    types: Sequence[str]
    rows: Sequence[Sequence[Any]]
    is_cut: bool


@dataclass(frozen=True)
class SavedQuery:
    """A query under a name."""

    name: str
    query: str


_SAVED_QUERIES: TypeAdapter[list[SavedQuery]] = TypeAdapter(list[SavedQuery])

# What one would ask first.
EXAMPLES = (
    SavedQuery(
        "possession_by_minute",
        """SELECT CAST(FLOOR(start_s / 60) AS INTEGER) AS minute, state, ROUND(SUM(end_s - start_s), 1) AS seconds
FROM control_spans
GROUP BY minute, state
ORDER BY minute, state""",
    ),
    SavedQuery(
        "best_pairs",
        """SELECT track_from, track_to, COUNT(*) AS passes
FROM events
WHERE kind = 'PASS' AND result = 'COMPLETE'
GROUP BY track_from, track_to
ORDER BY passes DESC
LIMIT 20""",
    ),
    SavedQuery(
        "ball_by_second",
        """SELECT CAST(FLOOR(t_s) AS INTEGER) AS second, COUNT(*) AS frames_with_ball,
    ROUND(AVG(confidence), 2) AS confidence
FROM ball
GROUP BY second
ORDER BY second""",
    ),
)  # fmt: skip


def ask(folder: MatchFolder, query: str, timeout_s: float = TIMEOUT_S, max_rows: int = MAX_ROWS) -> QueryResult:
    """Runs one query. Raises QueryError with what is wrong, also where it takes too long."""
    if not folder.database.is_file():
        raise QueryError("There are no results of this match yet.")
    if len(query) > MAX_QUERY_CHARACTERS:
        raise QueryError(f"The query is longer than {MAX_QUERY_CHARACTERS} characters.")
    request = {"database": str(folder.database), "query": query, "max_rows": max_rows, "timeout_s": timeout_s}
    try:
        run = subprocess.run(
            [sys.executable, "-m", "tacticeye.store.console"],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=timeout_s + _START_S,
            check=False,
            cwd=Path(__file__).resolve().parents[1],
        )
    except subprocess.TimeoutExpired as error:
        raise QueryError("The query took too long and was ended.") from error
    if run.returncode != 0:
        raise QueryError("The query used more than it may and was ended.")
    answer = json.loads(run.stdout)
    if "error" in answer:
        raise QueryError(answer["error"])
    return QueryResult(answer["columns"], answer["types"], answer["rows"], answer["is_cut"])


def saved_queries(data_dir: Path) -> list[SavedQuery]:
    """Those of this data folder. Raises StorageError."""
    path = data_dir / _SAVED
    try:
        return _SAVED_QUERIES.validate_json(path.read_bytes())
    except FileNotFoundError:
        return []
    except ValidationError as error:
        raise StorageError(path, "it isn't a list of saved queries; mend or delete it.") from error
    except OSError as error:
        raise storage_error(path, error) from error


def save_query(data_dir: Path, saved: SavedQuery) -> None:
    """Adds or replaces the query of that name; an empty query removes it. Raises StorageError."""
    others = [known for known in saved_queries(data_dir) if known.name != saved.name]
    kept = [*others, saved] if saved.query.strip() else others
    write_bytes(data_dir / _SAVED, _SAVED_QUERIES.dump_json(kept, indent=1))
