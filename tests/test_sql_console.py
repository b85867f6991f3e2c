"""The SQL console: answers questions, and can't write, reach out of the match, or run for ever."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest

from tacticeye import sql_console
from tacticeye.errors import QueryError
from tacticeye.match_files import MatchFolder
from tacticeye.sql_console import EXAMPLES, SavedQuery
from tacticeye.store import console
from tests.browser.match_folders import make_match


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> MatchFolder:
    return make_match(tmp_path_factory.mktemp("console"), "derby", "Derby", batches=2)


def ask(folder: MatchFolder, query: str, timeout_s: float = 10.0, max_rows: int = 100) -> dict[str, object]:
    """As the process does it, without the process."""
    return console.run(folder.database, query, max_rows, timeout_s)


def test_a_question_is_answered_in_a_process_of_its_own(folder: MatchFolder) -> None:
    result = sql_console.ask(folder, "SELECT COUNT(*) AS n, 'x' AS word FROM events")
    assert list(result.columns) == ["n", "word"]
    assert [list(row) for row in result.rows] == [[4, "x"]]
    assert not result.is_cut


def test_more_rows_than_allowed_are_cut_and_told(folder: MatchFolder) -> None:
    answer = ask(folder, "SELECT * FROM RANGE(1000)", max_rows=10)
    assert answer["is_cut"] is True
    assert len(answer["rows"]) == 10  # type: ignore[arg-type]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_example_works(folder: MatchFolder, example: SavedQuery) -> None:
    assert "error" not in ask(folder, example.query)


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM events",
        "INSERT INTO kits VALUES (0, 1, 2, 3)",
        "CREATE TABLE mine (a INTEGER)",
        "DROP TABLE events",
        "UPDATE events SET team = 0",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_blob('/etc/hostname')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "COPY events TO '{outside}'",
        "EXPORT DATABASE '{outside}'",
        "ATTACH '{outside}' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '64GB'",
        "RESET enable_external_access",
        "PRAGMA enable_profiling = 'json'",
        "CREATE SECRET (TYPE s3)",
        "SELECT * FROM read_csv('https://example.invalid/x.csv')",
    ],
)
def test_nothing_is_written_read_from_outside_or_opened_again(folder: MatchFolder, tmp_path: Path, query: str) -> None:
    outside = tmp_path / "outside"
    before = hashlib.sha256(folder.database.read_bytes()).digest()
    assert "error" in ask(folder, query.format(outside=outside))
    assert not outside.exists()
    assert hashlib.sha256(folder.database.read_bytes()).digest() == before


def test_a_query_that_would_run_for_ever_is_ended(folder: MatchFolder) -> None:
    begun = time.monotonic()
    endless = "SELECT COUNT(*) FROM RANGE(10000000) a, RANGE(10000000) b, RANGE(1000) c"
    with pytest.raises(QueryError, match="longer than 1 s"):
        sql_console.ask(folder, endless, timeout_s=1.0)
    assert time.monotonic() - begun < 40


def test_a_query_that_wants_all_the_memory_gets_a_sentence(folder: MatchFolder) -> None:
    answer = ask(folder, "SELECT LIST(a.range) FROM RANGE(200000000) a", timeout_s=20)
    assert "emory" in str(answer["error"]) or "longer than" in str(answer["error"])


def test_a_mistake_is_told_in_one_sentence(folder: MatchFolder) -> None:
    with pytest.raises(QueryError, match="nothing_like_it"):
        sql_console.ask(folder, "SELECT * FROM nothing_like_it")


def test_queries_are_saved_replaced_and_removed(tmp_path: Path) -> None:
    sql_console.save_query(tmp_path, SavedQuery("<b>mine</b>", "SELECT 1"))
    sql_console.save_query(tmp_path, SavedQuery("<b>mine</b>", "SELECT 2"))
    assert sql_console.saved_queries(tmp_path) == [SavedQuery("<b>mine</b>", "SELECT 2")]
    sql_console.save_query(tmp_path, SavedQuery("<b>mine</b>", ""))
    assert sql_console.saved_queries(tmp_path) == []
