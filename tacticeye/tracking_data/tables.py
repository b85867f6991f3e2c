"""Tables of positions (Parquet or CSV) to TrackingFrames; what can't be used is refused in one sentence.

Columns: frame (whole numbers, unique over the match), player_id (-1 the ball), team_id (0, 1; -1 none), x_m, y_m
(metres, origin top-left of the pitch). Optional: period (1), visible (True), t_seconds (only to tell whether `fps`
counts the frame numbers or the rows). A ball that is given but not visible for DEAD_S or longer is out of play.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from tacticeye.errors import TrackingDataError
from tacticeye.pitch import PitchLayout
from tacticeye.tracking_data.frames import TrackingFrames, find_goalkeepers
from tacticeye.types import Role

BALL = -1
NEEDED = ("frame", "player_id", "team_id", "x_m", "y_m")
DEAD_S = 2.0
BETWEEN_PERIODS_S = 5.0  # at least; no flight reaches over it
LEAST_SPREAD_M, FURTHEST_M = 5.0, 60.0  # of half the people from each other; of nearly everybody from the pitch
MOST_NUMBER = 2**31 - 1
RATES = (1.0, 200.0)
RATE_TOLERANCE = 0.03


def read_table(path: Path, fps: float, layout: PitchLayout) -> TrackingFrames:
    """fps: frame numbers a second. Raises TrackingDataError."""
    if not RATES[0] <= fps <= RATES[1]:
        raise TrackingDataError(str(path), f"{fps:g} frames a second can't be; give --fps between 1 and 200.")
    table = _load(path)
    missing = [name for name in NEEDED if name not in table.columns]
    if missing:
        raise TrackingDataError(
            str(path),
            f"the column{'s' * (len(missing) > 1)} {', '.join(missing)} is missing; needed are {', '.join(NEEDED)}.",
        )
    if not len(table):
        raise TrackingDataError(str(path), "the table has no rows; give a file with positions in it.")
    return make_frames(str(path), table, fps, layout)


def _load(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise TrackingDataError(str(path), "there is no such file; check the path.")
    try:
        if path.suffix.lower() == ".csv":
            return pd.read_csv(path)
        return pd.read_parquet(path)
    except (OSError, pa.ArrowException, pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise TrackingDataError(
            str(path), "this can't be read as a table; give a Parquet file (or a .csv with a header line)."
        ) from error


def make_frames(source: str, table: pd.DataFrame, fps: float, layout: PitchLayout) -> TrackingFrames:
    """Checked, sorted, in our coordinates. Raises TrackingDataError."""
    frame = _whole_numbers(source, table, "frame")
    player = _whole_numbers(source, table, "player_id")
    team = _whole_numbers(source, table, "team_id", missing=-1)
    period = _whole_numbers(source, table, "period") if "period" in table else np.ones(len(table), np.int64)
    xy = np.stack([_numbers(source, table, name) for name in ("x_m", "y_m")], axis=1)
    xy[~np.isfinite(xy).all(axis=1)] = np.nan
    if not np.isin(team, (-1, 0, 1)).all():
        odd = team[~np.isin(team, (-1, 0, 1))][0]
        raise TrackingDataError(source, f"team_id holds {odd}; teams are 0 and 1, the ball and officials have -1.")
    is_ball = player == BALL
    _check_places(source, xy[~is_ball], layout)
    visible = _flags(source, table, "visible")
    order = np.lexsort((player, frame, period))
    is_first = np.ones(len(order), bool)
    keys = np.stack([period, frame, player])[:, order]
    is_first[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)  # of a place given twice the first counts
    order = order[is_first]
    rate = _numbering_rate(table, frame, period, fps)
    columns = _Columns(period[order], frame[order], player[order], team[order], xy[order], visible[order], layout)
    return columns.as_frames(rate)


class _Columns:
    """Rows in order of period, frame, player."""

    def __init__(
        self,
        period: NDArray[np.int64],
        frame: NDArray[np.int64],
        player: NDArray[np.int64],
        team: NDArray[np.int64],
        xy: NDArray[np.float64],
        visible: NDArray[np.bool_],
        layout: PitchLayout,
    ) -> None:
        self.player, self.team, self.visible, self.layout = player, team, visible, layout
        self.xy = np.stack([xy[:, 0], layout.width_m - xy[:, 1]], axis=1)
        begins = np.ones(len(frame), bool)
        begins[1:] = (frame[1:] != frame[:-1]) | (period[1:] != period[:-1])
        self.starts = np.flatnonzero(begins)
        self.row_frame = np.cumsum(begins) - 1
        self.row_period = period
        self.number, self.period = frame[self.starts], period[self.starts]

    def as_frames(self, rate: float) -> TrackingFrames:
        t_s = _times(self.number, self.period, rate)
        n = len(self.number)
        balls = np.flatnonzero(self.player == BALL)
        given = np.zeros(n, bool)
        given[self.row_frame[balls]] = True
        shown = np.zeros(n, bool)
        shown[self.row_frame[balls]] = self.visible[balls]
        ball_xy = np.full((n, 2), np.nan)
        ball_xy[self.row_frame[balls]] = np.where(self.visible[balls, None], self.xy[balls], np.nan)
        people = np.flatnonzero(self.player != BALL)
        counts = np.bincount(self.row_frame[people], minlength=n)
        track, team = self.player[people], self.team[people]
        role = np.where(team < 0, Role.REFEREE, Role.PLAYER)
        is_goalkeeper = find_goalkeepers(self.row_period[people], track, team, self.xy[people, 0], self.layout.length_m)
        role[is_goalkeeper] = Role.GOALKEEPER
        gaps = np.diff(t_s)
        return TrackingFrames(
            number=self.number,
            t_s=t_s,
            period=self.period,
            ball_xy=ball_xy,
            is_dead=long_runs(given & ~shown, t_s, DEAD_S),
            first_row=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            track=track.astype(np.int32),
            team=team.astype(np.int8),
            role=role.astype(np.int8),
            xy=self.xy[people],
            interval_s=float(np.median(gaps)) if len(gaps) else 1.0 / rate,
            layout=self.layout,
        )


def long_runs(flags: NDArray[np.bool_], t_s: NDArray[np.float64], least_s: float) -> NDArray[np.bool_]:
    """(F,) bool: within a run of flags that lasts for least_s or longer."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    found = np.zeros(len(flags), bool)
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        found[first:end] = t_s[end - 1] - t_s[first] >= least_s
    return found


def _times(number: NDArray[np.int64], period: NDArray[np.int64], rate: float) -> NDArray[np.float64]:
    """(F,) float64 s, ascending: number / rate; a period whose numbers begin anew goes on behind the one before."""
    t_s = number / rate
    for first in np.flatnonzero(np.diff(period)) + 1:
        if t_s[first] <= t_s[first - 1]:
            t_s[first:] += t_s[first - 1] + BETWEEN_PERIODS_S - t_s[first]
    return np.asarray(t_s, np.float64)


def _numbering_rate(table: pd.DataFrame, frame: NDArray[np.int64], period: NDArray[np.int64], fps: float) -> float:
    """Frame numbers a second. Where only every second frame is there, users may give the rate of the rows instead."""
    if "t_seconds" not in table or len(frame) < 2:
        return fps
    seconds = pd.to_numeric(table["t_seconds"], errors="coerce").to_numpy(np.float64)
    first = np.unique(np.stack([period, frame]), axis=1, return_index=True)[1]
    steps, gaps = np.diff(frame[first]), np.diff(seconds[first])
    usable = (steps > 0) & (gaps > 0)
    if not usable.any():
        return fps
    step = float(np.median(steps[usable]))
    rate = float(np.median(steps[usable] / gaps[usable]))
    is_row_rate = abs(rate / (fps * step) - 1.0) <= RATE_TOLERANCE and abs(rate / fps - 1.0) > RATE_TOLERANCE
    return fps * step if is_row_rate else fps


def _whole_numbers(source: str, table: pd.DataFrame, name: str, missing: int | None = None) -> NDArray[np.int64]:
    values = _numbers(source, table, name)
    if missing is not None:
        values = np.where(np.isnan(values), missing, values)
    bad = ~np.isfinite(values) | (values != np.floor(values)) | (np.abs(values) > MOST_NUMBER)
    if name == "player_id":
        bad |= values < BALL
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise TrackingDataError(source, f"{name} in row {row} is {values[row]:g}; it must be a whole number.")
    return values.astype(np.int64)


def _numbers(source: str, table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    column = table[name]
    if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
        raise TrackingDataError(source, f"the column {name} holds text; it must hold numbers.")
    return column.to_numpy(np.float64, na_value=np.nan, copy=True)


def _flags(source: str, table: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    """True where there is no such column; missing values are False."""
    return _numbers(source, table, name) > 0 if name in table else np.ones(len(table), bool)


def _check_places(source: str, xy: NDArray[np.float64], layout: PitchLayout) -> None:
    known = xy[np.isfinite(xy).all(axis=1)]
    if not len(known):
        raise TrackingDataError(source, "no person has a place; x_m and y_m must hold metres.")
    low, high = np.percentile(known, [5, 95], axis=0)
    spread = np.percentile(known, 75, axis=0) - np.percentile(known, 25, axis=0)
    is_far = (low < -FURTHEST_M).any() or (high > np.array(layout.size_m) + FURTHEST_M).any()
    if is_far or (len(np.unique(known, axis=0)) > 50 and (high - low).max() < LEAST_SPREAD_M and spread.max() < 1):
        raise TrackingDataError(
            source,
            f"x_m goes from {low[0]:.3g} to {high[0]:.3g} and y_m from {low[1]:.3g} to {high[1]:.3g}; they must be "
            f"metres on a {layout.length_m:g} x {layout.width_m:g} pitch, origin in the upper left corner.",
        )
