"""MatchStore: the database of one match, made once, added to batch by batch, read by anybody at any time.

Commits carry the analysis state, so that `load_state` and the tables always tell of the same batch.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import astuple
from pathlib import Path

import pyarrow as pa

from tacticeye.errors import MatchExistsError, StorageError
from tacticeye.store import columns, schema
from tacticeye.store.attachment import Connection, attached
from tacticeye.store.match_lock import hold_match_lock
from tacticeye.store.pitch_heat import count_heat, decided_until
from tacticeye.store.pitch_tables import calibration_columns
from tacticeye.store.records import MatchRecord
from tacticeye.store.snapshot import Snapshot
from tacticeye.types import ChunkOutput

DATABASE_NAME = "match.duckdb"

# A reader shows what it had before rather than keep a page waiting.
READ_TIMEOUT_S = 2.0
# A writer holds results that took seconds to compute; it can wait.
WRITE_TIMEOUT_S = 30.0


class BatchOrderError(StorageError):
    """A batch doesn't follow the last one stored: it is there already, or one is missing between."""

    def __init__(self, database: Path, batch: int, last_batch: int) -> None:
        super().__init__(
            database,
            f"batch {batch} can't be stored after batch {last_batch}: another worker may be at it, "
            "so stop the match and resume it.",
        )
        self.batch = batch
        self.last_batch = last_batch


class MatchStore:
    """The results of the match in `folder`. Cheap to make; holds nothing open; safe to share among threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / DATABASE_NAME

    @property
    def exists(self) -> bool:
        """Whether `create` was done. Raises StorageError where the folder may not be looked into."""
        try:
            return self.database.is_file()
        except PermissionError as error:
            raise StorageError(self.folder, "the match's folder can't be read: check its rights.") from error

    def create(self, record: MatchRecord, timeout_s: float = WRITE_TIMEOUT_S) -> None:
        """Make the database, whole or not at all. Raises MatchExistsError where there is one."""
        draft = self.database.with_name(f"{DATABASE_NAME}.draft")
        if self.exists:
            raise MatchExistsError(record.match_id)
        with hold_match_lock(self.folder, exclusive=True, timeout_s=timeout_s):
            self._clear(draft)
        with attached(draft, writable=True, timeout_s=timeout_s) as connection:
            schema.create_tables(connection)
            _insert_match(connection, record)
        with hold_match_lock(self.folder, exclusive=True, timeout_s=timeout_s):
            self._publish(draft, record.match_id)

    def _clear(self, draft: Path) -> None:
        """Remove what a creation that was killed left behind."""
        try:
            for leftover in self.folder.glob(f"{draft.name}*"):
                leftover.unlink()
        except OSError as error:
            raise _folder_error(self.folder, error) from error

    def _publish(self, draft: Path, match_id: str) -> None:
        if self.exists:
            raise MatchExistsError(match_id)
        if draft.with_name(f"{draft.name}.wal").exists():
            raise StorageError(self.folder, "the match's database can't be made: free some space on the disk.")
        try:
            draft.replace(self.database)
            descriptor = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise _folder_error(self.folder, error) from error

    def commit(
        self, output: ChunkOutput, state_json: str, is_last: bool = False, timeout_s: float = WRITE_TIMEOUT_S
    ) -> None:
        """Store a batch and the state after it, both or neither; on return they survive a kill.

        Raises BatchOrderError unless the batch follows the last one stored, StorageBusyError after timeout_s (nothing
        is stored: try again), and StorageError with nothing stored where the disk is full or can't be written.
        """
        with self._attached(writable=True, timeout_s=timeout_s) as connection:
            schema.upgrade(connection, self.database)
            last = Snapshot(connection).progress().last_batch
            if output.batch_idx != last + 1:
                raise BatchOrderError(self.database, output.batch_idx, last)
            since_s = decided_until(Snapshot(connection))
            _insert_batch(connection, output, is_last)
            _insert_results(connection, output)
            count_heat(connection, since_s, is_last)
            _replace_beliefs(connection, output)
            _replace_state(connection, output.batch_idx, state_json)

    def load_state(self) -> str | None:
        """The state after the newest batch stored; None before the first."""
        if not self.exists:
            return None
        with self.read() as snapshot:
            return snapshot.state_json()

    def last_batch(self) -> int:
        """Number of the newest batch stored; -1 before the first."""
        if not self.exists:
            return -1
        with self.read() as snapshot:
            return snapshot.progress().last_batch

    @contextmanager
    def read(self, timeout_s: float = READ_TIMEOUT_S) -> Iterator[Snapshot]:
        """One consistent view of all tables. Fetch what is needed and leave: the writer waits meanwhile.

        Raises StorageBusyError after timeout_s, StorageError where there is no database yet.
        """
        with ExitStack() as stack:
            connection = stack.enter_context(self._attached(writable=False, timeout_s=timeout_s))
            if schema.is_outdated(connection, self.database):
                stack.close()
                with self._attached(writable=True, timeout_s=timeout_s) as writable:
                    schema.upgrade(writable, self.database)
                connection = stack.enter_context(self._attached(writable=False, timeout_s=timeout_s))
            yield Snapshot(connection)

    @contextmanager
    def write(self, timeout_s: float = WRITE_TIMEOUT_S) -> Iterator[Connection]:
        """One transaction that changes tables outside the order of batches: what users do by hand.

        Raises StorageBusyError after timeout_s, StorageError where there is no database yet.
        """
        with self._attached(writable=True, timeout_s=timeout_s) as connection:
            schema.upgrade(connection, self.database)
            yield connection

    @contextmanager
    def _attached(self, *, writable: bool, timeout_s: float) -> Iterator[Connection]:
        if not self.exists:
            raise StorageError(self.folder, "there are no results of this match yet: start its analysis.")
        with attached(self.database, writable=writable, timeout_s=timeout_s) as connection:
            yield connection


def _folder_error(folder: Path, error: OSError) -> StorageError:
    return StorageError(folder, f"the match's folder can't be written ({os.strerror(error.errno or 0)}).")


def _insert_match(connection: Connection, record: MatchRecord) -> None:
    connection.execute(
        """
        INSERT INTO match (
            match_id, config_json, source_path, source_name, width, height, fps, declared_duration_s, created_at
        )
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        list(astuple(record)),
    )


def _insert_batch(connection: Connection, output: ChunkOutput, is_last: bool) -> None:
    connection.execute(
        """
        INSERT INTO batches (
            batch_id, start_frame, end_frame, start_s, end_s, n_boxes, first_box_s, last_box_s, interval_s,
            is_last, processing_time_ms, stage_ms
        )
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
            output.batch_idx,
            output.start_frame,
            output.end_frame,
            output.start_s,
            output.end_s,
            len(output.boxes),
            *columns.box_times(output.boxes),
            is_last,
            output.processing_time_ms,
            json.dumps(output.stage_ms, sort_keys=True),
        ],
    )


def _insert_results(connection: Connection, output: ChunkOutput) -> None:
    """Rows that are final."""
    picture = Snapshot(connection).match()
    tables = {
        "batch_stats": columns.stat_columns(output.batch_idx, output.chunk_stats),
        "positions": columns.position_columns(output.boxes),
        "calibration": calibration_columns(output.calibration),
        "gaps": columns.gap_columns(output.gaps),
        "heat": columns.heat_columns(output.boxes, picture.width, picture.height),
        "ball": columns.ball_columns(output.ball),
        "control_spans": columns.span_columns(output.spans),
        "metrics": columns.metric_columns(output.metrics),
        "events": columns.event_columns(output.events, Snapshot(connection).next_event_id()),
    }
    for name, rows in tables.items():
        _append(connection, name, rows)


def _replace_beliefs(connection: Connection, output: ChunkOutput) -> None:
    """Rows of which the newest counts. Deleting and inserting costs a third of an upsert into a keyed table."""
    for name, key, rows in (
        ("tracks", "track", columns.track_columns(output.tracks)),
        ("kits", "team", columns.kit_columns(output.kits)),
    ):
        _append(connection, name, rows, replaced_key=key)


def _append(connection: Connection, name: str, rows: pa.Table, replaced_key: str = "") -> None:
    """Add `rows` to the table, in place of those with the same key where one is named."""
    if not rows.num_rows:
        return
    connection.register("incoming", rows)
    if replaced_key:
        connection.execute(
            f"""
            DELETE FROM {name}
            WHERE {replaced_key} IN (SELECT {replaced_key} FROM incoming)
            """
        )
    connection.execute(
        f"""
        INSERT INTO {name} BY NAME
        SELECT *
        FROM incoming
        """
    )
    connection.unregister("incoming")


def _replace_state(connection: Connection, batch_id: int, state_json: str) -> None:
    connection.execute(
        """
        DELETE FROM state
        """
    )
    connection.execute(
        """
        INSERT INTO state (batch_id, state_json)
        VALUES (?, ?)
        """,
        [batch_id, state_json],
    )
