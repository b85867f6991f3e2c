"""Where on the pitch people were, counted batch by batch as control becomes known, and which cells were in view.

Both grow with the spans: what lies after the newest final span is counted with the batch that brings its span. So heat
is known by phase of play, and a page reads sums, never positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tacticeye.pitch import pitch_layout_of
from tacticeye.pitch_grid import cells_in_view, grid_shape, pack, unpack
from tacticeye.pitch_projection import projection_of
from tacticeye.store.attachment import Connection
from tacticeye.store.pitch_tables import read_calibration
from tacticeye.store.snapshot import ALL_ROWS, FOREVER_S, Snapshot
from tacticeye.types import Role

SECONDS_PER_MINUTE = 60.0
# How team possession is written in the tables; everything else is nobody's.
_CONTROL = "COALESCE(CASE state WHEN 'team_0' THEN 0 WHEN 'team_1' THEN 1 END, -1)"


@dataclass(frozen=True, eq=False)
class PitchHeat:
    """counts (rows, columns): frames in which somebody stood in the cell, several people counted each; in_view: frames
    that showed it. interval_s: time a frame stands for. calibrated_s, live_s: s calibrated, and of match view, in all.
    size_m: length and width of the pitch."""

    counts: NDArray[np.float64]
    in_view: NDArray[np.float64]
    interval_s: float
    calibrated_s: float
    live_s: float
    size_m: tuple[float, float]


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
    window = {"since_s": since_s, "until_s": until_s}
    connection.execute(
        f"""
        INSERT INTO pitch_heat
        SELECT
            CAST(FLOOR(p.t_s / {SECONDS_PER_MINUTE}) AS INTEGER) AS minute,
            track,
            {_CONTROL} AS control,
            CAST(FLOOR(pitch_x) AS SMALLINT) AS cell_x,
            CAST(FLOOR(pitch_y) AS SMALLINT) AS cell_y,
            COUNT(*) AS n
        FROM (
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
        GROUP BY ALL
        ORDER BY ALL
        """,
        window
        | {
            "player": int(Role.PLAYER),
            "goalkeeper": int(Role.GOALKEEPER),
            "length_m": size_m[0],
            "width_m": size_m[1],
        },
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
        SELECT start_s, {_CONTROL} AS control
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


def read_pitch_heat(
    snapshot: Snapshot,
    tracks: Sequence[int] | None = None,
    minutes: tuple[int, int] | None = None,
    control: int | None = None,
) -> PitchHeat:
    """Where on the pitch did these tracks (None: all players) spend their time, and what was in view?

    minutes: half-open. control: only while that team, as detected, had the ball.
    """
    first, end = minutes or (0, ALL_ROWS)
    size_m = pitch_layout_of(snapshot.match().config_json).size_m
    bounds = {"first": first, "end": end, "control": control}
    counts = np.zeros(grid_shape(size_m))
    cells = snapshot.query(
        """
        SELECT cell_y, cell_x, SUM(n) AS n
        FROM pitch_heat
        WHERE minute >= $first
            AND minute < $end
            AND (CAST($control AS TINYINT) IS NULL OR control = CAST($control AS TINYINT))
            AND (
                LIST_CONTAINS(CAST($tracks AS INTEGER[]), track)
                OR CAST($tracks AS INTEGER[]) IS NULL
                AND track IN (SELECT track FROM tracks WHERE role IN ($player, $goalkeeper))
            )
        GROUP BY cell_y, cell_x
        """,
        bounds | _of_tracks(tracks),
    )
    counts[cells["cell_y"].to_numpy(), cells["cell_x"].to_numpy()] = cells["n"].to_numpy(np.float64)
    in_view = np.zeros(grid_shape(size_m))
    views = snapshot.query(
        """
        SELECT frames, counts
        FROM pitch_view
        WHERE minute >= $first
            AND minute < $end
            AND (CAST($control AS TINYINT) IS NULL OR control = CAST($control AS TINYINT))
        """,
        bounds,
    )
    for packed in views["counts"]:
        in_view += unpack(bytes(packed), grid_shape(size_m))
    stats = snapshot.stat_totals()
    interval_s = snapshot.box_interval_s()
    return PitchHeat(
        counts,
        in_view,
        interval_s,
        stats.get("frames_calibrated", 0.0) * interval_s,
        stats.get("frames_live", 0.0) * interval_s,
        size_m,
    )


def read_minute_places(snapshot: Snapshot) -> pd.DataFrame:
    """Where along the pitch was each track in each minute? minute, track, n (frames), x m on average."""
    return snapshot.query(
        """
        SELECT minute, track, SUM(n) AS n, SUM((cell_x + 0.5) * n) / SUM(n) AS x
        FROM pitch_heat
        GROUP BY minute, track
        ORDER BY minute, track
        """
    )


def read_visits(
    snapshot: Snapshot, cell: tuple[int, int], reach_m: float, tracks: Sequence[int] | None = None
) -> pd.DataFrame:
    """Who stood within reach_m of the middle of a cell (x, y), and when? track, start_s, end_s of each stay, by time.

    Looks less than two seconds apart are one stay.
    """
    return snapshot.query(
        """
        WITH near AS (
            SELECT track, t_s, t_s - LAG(t_s) OVER (PARTITION BY track ORDER BY t_s) > 2.0 AS is_new
            FROM positions
            WHERE (pitch_x - $x) ** 2 + (pitch_y - $y) ** 2 < $reach_m ** 2
                AND track >= 0
                AND (
                    LIST_CONTAINS(CAST($tracks AS INTEGER[]), track)
                    OR CAST($tracks AS INTEGER[]) IS NULL
                    AND track IN (SELECT track FROM tracks WHERE role IN ($player, $goalkeeper))
                )
        ),
        stays AS (
            SELECT track, t_s, SUM(CAST(COALESCE(is_new, TRUE) AS INTEGER)) OVER (PARTITION BY track ORDER BY t_s) AS
            stay FROM near
        )
        SELECT track, MIN(t_s) AS start_s, MAX(t_s) AS end_s
        FROM stays
        GROUP BY track, stay
        ORDER BY start_s, track
        """,
        {"x": cell[0] + 0.5, "y": cell[1] + 0.5, "reach_m": reach_m} | _of_tracks(tracks),
    )


def _of_tracks(tracks: Sequence[int] | None) -> dict[str, object]:
    return {
        "tracks": None if tracks is None else list(tracks),
        "player": int(Role.PLAYER),
        "goalkeeper": int(Role.GOALKEEPER),
    }
