"""Where on the pitch people were over stretches of the video: heat, against what was in view, and visits to a place.

Whole minutes are read from the sums that pitch_heat.py keeps; what a stretch has beyond them, from places themselves.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tacticeye.pitch import pitch_layout_of
from tacticeye.pitch_grid import cells_in_view, grid_shape, unpack
from tacticeye.pitch_projection import projection_of
from tacticeye.store.pitch_heat import CONTROL, PRESENCE, SECONDS_PER_MINUTE, presence_bounds
from tacticeye.store.pitch_tables import count_calibrated, read_calibration
from tacticeye.store.snapshot import ALL_ROWS, FOREVER_S, Snapshot
from tacticeye.types import Role

Counts = NDArray[np.float64]
# Frames of a part of a minute whose view is projected, at most; what is in view changes slowly.
_MOST_LOOKS = 20
# A place this long before or after stands for where somebody was, s.
_NEAREST_S = 0.5


@dataclass(frozen=True)
class Stretch:
    """The video from start_s up to end_s. is_turned: told as if seen from the other end, by half a turn of the
    pitch."""

    start_s: float = 0.0
    end_s: float = FOREVER_S
    is_turned: bool = False


WHOLE = (Stretch(),)


@dataclass(frozen=True, eq=False)
class PitchHeat:
    """counts (rows, columns): frames in which somebody stood in the cell, several people counted each; in_view: frames
    that showed it. interval_s: time a frame stands for. calibrated_s, live_s: s calibrated, by whomever, and of
    match view, by whole batches. size_m: length and width of the pitch."""

    counts: NDArray[np.float64]
    in_view: NDArray[np.float64]
    interval_s: float
    calibrated_s: float
    live_s: float
    size_m: tuple[float, float]


class PitchPresence:
    """Questions to one snapshot: where on the pitch were people, and what was in view? The view is the same for both
    teams, and as long to read as a team's places: it is read once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._size_m = pitch_layout_of(snapshot.match().config_json).size_m
        self._interval_s = snapshot.box_interval_s()
        self._view = functools.cache(self._read_view)

    def heat(
        self, tracks: Sequence[int] | None = None, stretches: Sequence[Stretch] = WHOLE, control: int | None = None
    ) -> PitchHeat:
        """Where did these tracks (None: all players) spend their time?

        control: only while that team, as detected, had the ball.
        """
        counts = np.zeros(grid_shape(self._size_m))
        for stretch in stretches:
            first, last, parts = _minutes_and_parts(stretch)
            here = _minute_counts(self._snapshot, (first, last), tracks, control, self._size_m)
            for part in parts:
                here += _part_counts(self._snapshot, part, tracks, control, self._size_m)
            counts += here[::-1, ::-1] if stretch.is_turned else here
        in_view, calibrated_s, live_s = self._view(tuple(stretches), control)
        return PitchHeat(counts, in_view, self._interval_s, calibrated_s, live_s, self._size_m)

    def _read_view(self, stretches: tuple[Stretch, ...], control: int | None) -> tuple[Counts, float, float]:
        """Frames that showed each cell; s calibrated and of match view."""
        in_view, calibrated, live = np.zeros(grid_shape(self._size_m)), 0.0, 0.0
        for stretch in stretches:
            first, last, parts = _minutes_and_parts(stretch)
            seen = _minute_view(self._snapshot, (first, last), control, self._size_m)
            for part in parts:
                seen += _part_view(self._snapshot, part, control, self._size_m)
            in_view += seen[::-1, ::-1] if stretch.is_turned else seen
            calibrated += count_calibrated(self._snapshot, stretch.start_s, stretch.end_s)
            live += _live_frames(self._snapshot, stretch)
        return in_view, calibrated * self._interval_s, live * self._interval_s


def _minutes_and_parts(stretch: Stretch) -> tuple[int, int, list[tuple[float, float]]]:
    """Whole minutes from..to (exclusive) in it, and what lies before and after them, s."""
    if stretch.end_s == FOREVER_S and stretch.start_s <= 0:
        return 0, ALL_ROWS, []
    first = math.ceil(max(stretch.start_s, 0.0) / SECONDS_PER_MINUTE)
    last = ALL_ROWS if stretch.end_s == FOREVER_S else math.floor(stretch.end_s / SECONDS_PER_MINUTE)
    if last < first:
        return 0, 0, [(stretch.start_s, stretch.end_s)]
    parts = [(stretch.start_s, first * SECONDS_PER_MINUTE)]
    if last < ALL_ROWS:
        parts.append((last * SECONDS_PER_MINUTE, stretch.end_s))
    return first, last, [(a, b) for a, b in parts if b > a]


def _minute_counts(
    snapshot: Snapshot,
    minutes: tuple[int, int],
    tracks: Sequence[int] | None,
    control: int | None,
    size_m: tuple[float, float],
) -> Counts:
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
        {"first": minutes[0], "end": minutes[1], "control": control} | _of_tracks(tracks),
    )
    return _grid(cells, size_m)


def _minute_view(
    snapshot: Snapshot, minutes: tuple[int, int], control: int | None, size_m: tuple[float, float]
) -> Counts:
    views = snapshot.query(
        """
        SELECT counts
        FROM pitch_view
        WHERE minute >= $first
            AND minute < $end
            AND (CAST($control AS TINYINT) IS NULL OR control = CAST($control AS TINYINT))
        """,
        {"first": minutes[0], "end": minutes[1], "control": control},
    )
    in_view = np.zeros(grid_shape(size_m))
    for packed in views["counts"]:
        in_view += unpack(bytes(packed), grid_shape(size_m))
    return in_view


def _part_counts(
    snapshot: Snapshot,
    part: tuple[float, float],
    tracks: Sequence[int] | None,
    control: int | None,
    size_m: tuple[float, float],
) -> Counts:
    cells = snapshot.query(
        f"""
        SELECT CAST(FLOOR(pitch_y) AS SMALLINT) AS cell_y, CAST(FLOOR(pitch_x) AS SMALLINT) AS cell_x, COUNT(*) AS n
        FROM {PRESENCE}
        WHERE (CAST($control AS TINYINT) IS NULL OR {CONTROL} = CAST($control AS TINYINT))
            AND (
                LIST_CONTAINS(CAST($tracks AS INTEGER[]), track)
                OR CAST($tracks AS INTEGER[]) IS NULL
                AND track IN (SELECT track FROM tracks WHERE role IN ($player, $goalkeeper))
            )
        GROUP BY ALL
        """,
        presence_bounds(*part, size_m) | {"control": control} | _of_tracks(tracks),
    )
    return _grid(cells, size_m)


def _part_view(
    snapshot: Snapshot, part: tuple[float, float], control: int | None, size_m: tuple[float, float]
) -> Counts:
    """Looks at each cell, from every so many frames, each of which stands for as many."""
    calibration = read_calibration(snapshot, *part)
    known = np.flatnonzero(calibration.is_known)
    if control is not None:
        spans = snapshot.query(f"SELECT start_s, {CONTROL} AS control FROM control_spans ORDER BY start_s")
        order = np.searchsorted(spans["start_s"].to_numpy(), calibration.t_s[known], side="right") - 1
        known = known[np.where(order >= 0, np.append(spans["control"].to_numpy(), -1)[order], -1) == control]
    seen = np.zeros(grid_shape(size_m))
    if not len(known):
        return seen
    match = snapshot.match()
    looks = known[:: math.ceil(len(known) / _MOST_LOOKS)]
    for row in looks.tolist():
        seen += cells_in_view(projection_of(calibration, row), (match.width, match.height), size_m)
    return seen * (len(known) / len(looks))


def _live_frames(snapshot: Snapshot, stretch: Stretch) -> float:
    """How many frames are of match view, in batches whose middle the stretch holds?"""
    rows = snapshot.query(
        """
        SELECT COALESCE(SUM(value), 0.0) AS n
        FROM batch_stats
        JOIN batches USING (batch_id)
        WHERE name = 'frames_live'
            AND (start_s + end_s) / 2 >= $start_s
            AND (start_s + end_s) / 2 < $end_s
        """,
        {"start_s": stretch.start_s, "end_s": stretch.end_s},
    )
    return float(rows["n"].iloc[0])


def _grid(cells: pd.DataFrame, size_m: tuple[float, float]) -> Counts:
    grid = np.zeros(grid_shape(size_m))
    grid[cells["cell_y"].to_numpy(), cells["cell_x"].to_numpy()] = cells["n"].to_numpy(np.float64)
    return grid


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


def read_places_at(snapshot: Snapshot, asked: pd.DataFrame) -> pd.DataFrame:
    """Where on the pitch was each of these tracks at that time? number, x, y m, of the nearest look within half a
    second; no row where there is none. asked: number, track, t_s; the same number may be asked of several tracks.
    """
    seconds = [asked.assign(second=np.floor(asked["t_s"]).astype(np.int64) + by) for by in (-1, 0, 1)]
    snapshot.lay_over("asked_places", pd.concat(seconds, ignore_index=True))
    return snapshot.query(
        """
        SELECT
            number,
            ARG_MIN(pitch_x, ABS(p.t_s - a.t_s)) AS x,
            ARG_MIN(pitch_y, ABS(p.t_s - a.t_s)) AS y
        FROM positions AS p
        JOIN asked_places AS a
            ON p.track = a.track
            AND CAST(FLOOR(p.t_s) AS BIGINT) = a.second
        WHERE NOT ISNAN(pitch_x)
            AND ABS(p.t_s - a.t_s) <= $within_s
        GROUP BY number
        ORDER BY number
        """,
        {"within_s": _NEAREST_S},
    )


def read_visits(
    snapshot: Snapshot,
    cell: tuple[int, int],
    reach_m: float,
    tracks: Sequence[int] | None = None,
    stretches: Sequence[Stretch] = WHOLE,
) -> pd.DataFrame:
    """Who stood within reach_m of the middle of a cell (x, y), and when? track, start_s, end_s of each stay, by time.

    Looks less than two seconds apart are one stay. The cell is meant as the stretches tell places: turned where they
    are.
    """
    shape = grid_shape(pitch_layout_of(snapshot.match().config_json).size_m)
    parts: Iterator[pd.DataFrame] = (
        _visits(snapshot, _turned(cell, shape) if stretch.is_turned else cell, reach_m, tracks, stretch)
        for stretch in stretches
    )
    return pd.concat(parts, ignore_index=True).sort_values(["start_s", "track"], ignore_index=True)


def _turned(cell: tuple[int, int], shape: tuple[int, int]) -> tuple[int, int]:
    return shape[1] - 1 - cell[0], shape[0] - 1 - cell[1]


def _visits(
    snapshot: Snapshot, cell: tuple[int, int], reach_m: float, tracks: Sequence[int] | None, stretch: Stretch
) -> pd.DataFrame:
    return snapshot.query(
        """
        WITH near AS (
            SELECT track, t_s, t_s - LAG(t_s) OVER (PARTITION BY track ORDER BY t_s) > 2.0 AS is_new
            FROM positions
            WHERE (pitch_x - $x) ** 2 + (pitch_y - $y) ** 2 < $reach_m ** 2
                AND t_s >= $start_s
                AND t_s < $end_s
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
        {
            "x": cell[0] + 0.5,
            "y": cell[1] + 0.5,
            "reach_m": reach_m,
            "start_s": stretch.start_s,
            "end_s": stretch.end_s,
        }
        | _of_tracks(tracks),
    )


def _of_tracks(tracks: Sequence[int] | None) -> dict[str, object]:
    return {
        "tracks": None if tracks is None else list(tracks),
        "player": int(Role.PLAYER),
        "goalkeeper": int(Role.GOALKEEPER),
    }
