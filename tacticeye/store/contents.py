"""The whole of a match's tables in an order of their own making: what two runs must agree on, value for value.

Left out is what may differ between equal runs: the row of `match` (it tells when and from which path) and the wall
clock of `batches`. Equal whatever the batch size: all tables but `batches`.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from tacticeye.store.snapshot import Snapshot

_QUERIES = {
    "batches": """
        SELECT * EXCLUDE (processing_time_ms, stage_ms)
        FROM batches
        LEFT JOIN (
            SELECT batch_id, STRING_AGG(name || '=' || value, ' ' ORDER BY name) AS stats
            FROM batch_stats
            GROUP BY batch_id
        ) USING (batch_id)
        ORDER BY batch_id
        """,
    "positions": """
        SELECT *
        FROM positions
        ORDER BY rowid
        """,
    "calibration": """
        SELECT *
        FROM calibration
        ORDER BY frame
        """,
    "pitch_heat": """
        SELECT minute, track, control, cell_x, cell_y, CAST(SUM(n) AS BIGINT) AS n
        FROM pitch_heat
        GROUP BY ALL
        ORDER BY ALL
        """,
    "hand_calibration": """
        SELECT *
        FROM hand_calibration
        ORDER BY frame
        """,
    "pitch_view": """
        SELECT minute, control, frames, HEX(counts) AS counts
        FROM pitch_view
        ORDER BY minute, control
        """,
    "ball": """
        SELECT *
        FROM ball
        ORDER BY rowid
        """,
    "control_spans": """
        SELECT *
        FROM control_spans
        ORDER BY rowid
        """,
    "events": """
        SELECT *
        FROM events
        ORDER BY event_id
        """,
    "tracks": """
        SELECT *
        FROM tracks
        ORDER BY track
        """,
    "kits": """
        SELECT *
        FROM kits
        ORDER BY team
        """,
    "gaps": """
        SELECT *
        FROM gaps
        ORDER BY start_s
        """,
    "metrics": """
        SELECT minute, team, track, name, SUM(value) AS value
        FROM metrics
        GROUP BY minute, team, track, name
        ORDER BY minute, team, track, name
        """,
    "heat": """
        SELECT minute, track, cell_x, cell_y, CAST(SUM(n) AS BIGINT) AS n
        FROM heat
        GROUP BY minute, track, cell_x, cell_y
        ORDER BY minute, track, cell_x, cell_y
        """,
}


def dump_tables(snapshot: Snapshot) -> dict[str, pd.DataFrame]:
    """Every table's rows by its name."""
    return {name: snapshot.query(query) for name, query in _QUERIES.items()}


def table_digests(snapshot: Snapshot) -> dict[str, str]:
    """SHA-256 of every table's rows by its name; equal digests mean equal bytes."""
    return {name: _digest(table) for name, table in dump_tables(snapshot).items()}


def _digest(table: pd.DataFrame) -> str:
    digest = hashlib.sha256()
    for name, column in table.items():
        digest.update(f"{name}:{len(column)}:".encode())
        if isinstance(column.dtype, np.dtype) and column.dtype != object:
            digest.update(column.to_numpy().tobytes())
        else:  # text, and what may be NULL
            digest.update("\0".join(column.astype("string").fillna("")).encode())
    return digest.hexdigest()
