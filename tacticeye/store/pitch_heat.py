"""Where on the pitch people were, counted batch by batch as control becomes known, and which cells were in view.

Both grow with the spans: what lies after the newest final span is counted with the batch that brings its span. So heat
is known by phase of play, and a page reads sums, hardly ever positions: see pitch_presence.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacticeye.pitch import pitch_layout_of
from tacticeye.pitch_grid import cells_in_view, grid_shape, pack, unpack
from tacticeye.pitch_projection import projection_of
from tacticeye.store.attachment import Connection
from tacticeye.store.pitch_tables import read_calibration
from tacticeye.store.snapshot import FOREVER_S, Snapshot
from tacticeye.types import Role

SECONDS_PER_MINUTE = 60.0
# How team possession is written in the tables; everything else is nobody's.
CONTROL = "COALESCE(CASE state WHEN 'team_0' THEN 0 WHEN 'team_1' THEN 1 END, -1)"
# Players and keepers on the pitch, p, each with the span of control at the time: what counts as having been there.
PRESENCE = """(
    SELECT t_s, track, pitch_x, pitch_y
    FROM positions
    WHERE t_s >= $since_s
        AND t_s < $until_s
        AND role IN ($player, $goalkeeper)
        AND track >= 0
        AND pitch_x >= 0
        AND pitch_x < $length_m
        AND pitch_y >= 0
        AND pitch_y < $width_m
) AS p
ASOF LEFT JOIN (SELECT state, track AS owner, start_s FROM control_spans) AS s
    ON p.t_s >= s.start_s
"""


def presence_bounds(since_s: float, until_s: float, size_m: tuple[float, float]) -> dict[str, object]:
    """What PRESENCE asks for: a stretch in s, the pitch's length and width in m."""
    return {
        "since_s": since_s,
        "until_s": until_s,
        "player": int(Role.PLAYER),
        "goalkeeper": int(Role.GOALKEEPER),
        "length_m": size_m[0],
        "width_m": size_m[1],
    }


def decided_until(snapshot: Snapshot) -> float:
    """Until when, s, is control final? Before the first span: before all time."""
    until = snapshot.query("SELECT MAX(end_s) AS until_s FROM control_spans")["until_s"].iloc[0]
    return -1.0 if np.isnan(until) else float(until)


def count_heat(connection: Connection, since_s: float, is_last: bool) -> None:
    """Add what has become final: positions and views from since_s up to the newest span's end (all, if is_last)."""
    snapshot = Snapshot(connection)
    until_s = FOREVER_S if is_last else decided_until(snapshot)
    if until_s <= since_s:
        return
    size_m = pitch_layout_of(snapshot.match().config_json).size_m
    connection.execute(
        f"""
        INSERT INTO pitch_heat
        SELECT
            CAST(FLOOR(p.t_s / {SECONDS_PER_MINUTE}) AS INTEGER) AS minute,
            track,
            {CONTROL} AS control,
            CAST(FLOOR(pitch_x) AS SMALLINT) AS cell_x,
            CAST(FLOOR(pitch_y) AS SMALLINT) AS cell_y,
            COUNT(*) AS n
        FROM {PRESENCE}
        GROUP BY ALL
        ORDER BY ALL
        """,
        presence_bounds(since_s, until_s, size_m),
    )
    _count_views(connection, since_s, until_s, size_m)


def _count_views(connection: Connection, since_s: float, until_s: float, size_m: tuple[float, float]) -> None:
    snapshot = Snapshot(connection)
    calibration = read_calibration(snapshot, since_s, until_s)
    known = np.flatnonzero(calibration.is_known)
    if not len(known):
        return
    spans = snapshot.query(
        f"""
        SELECT start_s, {CONTROL} AS control
        FROM control_spans
        WHERE end_s >= $since_s
        ORDER BY start_s
        """,
        {"since_s": since_s},
    )
    match = snapshot.match()
    order = np.searchsorted(spans["start_s"].to_numpy(), calibration.t_s[known], side="right") - 1
    control = np.where(order >= 0, np.append(spans["control"].to_numpy(), -1)[order], -1)
    minute = np.floor(calibration.t_s[known] / SECONDS_PER_MINUTE).astype(np.int64)
    for key in sorted(set(zip(minute.tolist(), control.tolist(), strict=True))):
        rows = known[(minute == key[0]) & (control == key[1])]
        seen = np.zeros(grid_shape(size_m), np.int64)
        for row in rows:
            seen += cells_in_view(projection_of(calibration, int(row)), (match.width, match.height), size_m)
        _add_view(connection, key, len(rows), seen)


def _add_view(connection: Connection, key: tuple[int, int], frames: int, seen: NDArray[np.int64]) -> None:
    """One row a minute and phase, replaced as it grows."""
    row = connection.execute(
        """
        SELECT frames, counts
        FROM pitch_view
        WHERE minute = ?
            AND control = ?
        """,
        list(key),
    ).fetchone()
    if row is not None:
        frames, seen = frames + int(row[0]), seen + unpack(bytes(row[1]), (seen.shape[0], seen.shape[1]))
        connection.execute("DELETE FROM pitch_view WHERE minute = ? AND control = ?", list(key))
    connection.execute(
        """
        INSERT INTO pitch_view (minute, control, frames, counts)
        VALUES (?, ?, ?, ?)
        """,
        [*key, frames, pack(seen)],
    )
