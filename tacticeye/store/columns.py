"""What a batch yields, as columns ready for the tables: pure functions from arrays to Arrow tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tacticeye.gap import Gap
from tacticeye.store.records import HEAT_COLUMNS, HEAT_ROWS
from tacticeye.types import NO_TRACK, BallPosition, Boxes, ControlSpan, Event, MetricRow, Role, TeamKit, TrackSummary

SECONDS_PER_MINUTE = 60.0


def position_columns(boxes: Boxes) -> pa.Table:
    """Rows of `positions`."""
    x1, y1, x2, y2 = np.ascontiguousarray(boxes.xyxy.T)
    pitch_x, pitch_y = np.ascontiguousarray(boxes.pitch_xy.T)
    return pa.table(
        {
            "frame": boxes.frame,
            "t_s": boxes.t_s,
            "x1": x1,
            "y1": y1,
            "x2": x2,
            "y2": y2,
            "score": boxes.score,
            "role": boxes.role,
            "track": boxes.track,
            "team": boxes.team,
            "pitch_x": pitch_x,
            "pitch_y": pitch_y,
        }
    )


def heat_columns(boxes: Boxes, width: int, height: int) -> pa.Table:
    """Rows of `heat`: how many tracked players' feet fell into each cell, by minute and track, in order of the key."""
    is_player = (boxes.role == Role.PLAYER) | (boxes.role == Role.GOALKEEPER)
    counted = boxes.select(is_player & (boxes.track != NO_TRACK))
    feet_xy = counted.feet_xy
    keys = np.stack(
        [
            np.floor(counted.t_s / SECONDS_PER_MINUTE).astype(np.int64),
            counted.track.astype(np.int64),
            _cells(feet_xy[:, 0], width, HEAT_COLUMNS),
            _cells(feet_xy[:, 1], height, HEAT_ROWS),
        ],
        axis=1,
    )
    unique, n = np.unique(keys, axis=0, return_counts=True)
    return pa.table(
        {
            "minute": unique[:, 0].astype(np.int32),
            "track": unique[:, 1].astype(np.int32),
            "cell_x": unique[:, 2].astype(np.int16),
            "cell_y": unique[:, 3].astype(np.int16),
            "n": n.astype(np.int32),
        }
    )


def _cells(values_px: NDArray[np.float64], extent_px: int, cells: int) -> NDArray[np.int64]:
    """(N,) int64, 0..cells-1: the cell of each coordinate; what lies outside the picture counts at its edge."""
    return np.clip(np.floor(values_px * cells / extent_px), 0, cells - 1).astype(np.int64)


def ball_columns(ball: Sequence[BallPosition]) -> pa.Table:
    """Rows of `ball`."""
    return pa.table(
        {
            "frame": np.array([p.frame for p in ball], np.int64),
            "t_s": np.array([p.t_s for p in ball], np.float64),
            "x": np.array([p.x for p in ball], np.float64),
            "y": np.array([p.y for p in ball], np.float64),
            "source": _text([p.source for p in ball]),
            "confidence": np.array([p.confidence for p in ball], np.float64),
            "in_air": pa.array([p.in_air for p in ball], pa.bool_()),
        }
    )


def span_columns(spans: Sequence[ControlSpan]) -> pa.Table:
    """Rows of `control_spans`."""
    return pa.table(
        {
            "state": _text([s.state for s in spans]),
            "track": np.array([s.track for s in spans], np.int32),
            "start_s": np.array([s.start_s for s in spans], np.float64),
            "end_s": np.array([s.end_s for s in spans], np.float64),
        }
    )


def gap_columns(gaps: Sequence[Gap]) -> pa.Table:
    """Rows of `gaps`."""
    return pa.table(
        {
            "start_s": np.array([gap.start_s for gap in gaps], np.float64),
            "end_s": np.array([gap.end_s for gap in gaps], np.float64),
            "reason": _text([gap.reason for gap in gaps]),
            "frames": np.array([gap.frames for gap in gaps], np.int32),
        }
    )


def event_columns(events: Sequence[Event], first_id: int) -> pa.Table:
    """Rows of `events`, numbered from first_id."""
    return pa.table(
        {
            "event_id": np.arange(first_id, first_id + len(events), dtype=np.int32),
            "kind": _text([e.kind for e in events]),
            "result": _text([e.result for e in events]),
            "t_start_s": np.array([e.t_start_s for e in events], np.float64),
            "t_end_s": np.array([e.t_end_s for e in events], np.float64),
            "team": np.array([e.team for e in events], np.int8),
            "track_from": np.array([e.track_from for e in events], np.int32),
            "track_to": np.array([e.track_to for e in events], np.int32),
            "x_from": np.array([e.xy_from[0] for e in events], np.float64),
            "y_from": np.array([e.xy_from[1] for e in events], np.float64),
            "x_to": np.array([e.xy_to[0] for e in events], np.float64),
            "y_to": np.array([e.xy_to[1] for e in events], np.float64),
            "confidence": np.array([e.confidence for e in events], np.float64),
            "source": _text([e.source for e in events]),
            "pitch_x_from": np.array([e.pitch_from[0] for e in events], np.float64),
            "pitch_y_from": np.array([e.pitch_from[1] for e in events], np.float64),
            "pitch_x_to": np.array([e.pitch_to[0] for e in events], np.float64),
            "pitch_y_to": np.array([e.pitch_to[1] for e in events], np.float64),
        }
    )


def track_columns(tracks: Sequence[TrackSummary]) -> pa.Table:
    """Rows of `tracks`."""
    return pa.table(
        {
            "track": np.array([t.track for t in tracks], np.int32),
            "role": np.array([t.role for t in tracks], np.int8),
            "team": np.array([t.team for t in tracks], np.int8),
            "team_margin": np.array([t.team_margin for t in tracks], np.float64),
            "first_s": np.array([t.first_s for t in tracks], np.float64),
            "last_s": np.array([t.last_s for t in tracks], np.float64),
            "n_boxes": np.array([t.n_boxes for t in tracks], np.int32),
        }
    )


def kit_columns(kits: Sequence[TeamKit]) -> pa.Table:
    """Rows of `kits`."""
    rgb = np.array([k.rgb for k in kits], np.uint8).reshape(-1, 3)
    return pa.table(
        {
            "team": np.array([k.team for k in kits], np.int8),
            "red": np.ascontiguousarray(rgb[:, 0]),
            "green": np.ascontiguousarray(rgb[:, 1]),
            "blue": np.ascontiguousarray(rgb[:, 2]),
        }
    )


def metric_columns(rows: Sequence[MetricRow]) -> pa.Table:
    """Rows of `metrics`, those of one key added up."""
    totals: dict[tuple[int, int, int, str], float] = {}
    for row in rows:
        key = (row.minute, row.team, row.track, row.name.value)
        totals[key] = totals.get(key, 0.0) + row.value
    keys = sorted(totals)
    return pa.table(
        {
            "minute": np.array([key[0] for key in keys], np.int32),
            "team": np.array([key[1] for key in keys], np.int8),
            "track": np.array([key[2] for key in keys], np.int32),
            "name": _text([key[3] for key in keys]),
            "value": np.array([totals[key] for key in keys], np.float64),
        }
    )


def stat_columns(batch: int, stats: Mapping[str, float]) -> pa.Table:
    """Rows of `batch_stats`, in order of the names."""
    names = sorted(stats)
    return pa.table(
        {
            "batch_id": np.full(len(names), batch, np.int32),
            "name": _text(names),
            "value": np.array([stats[name] for name in names], np.float64),
        }
    )


def box_times(boxes: Boxes) -> tuple[float, float, float]:
    """(first, last, interval): s of the first and last frame with boxes and the median between them; NaN unknown."""
    times = np.unique(boxes.t_s)
    if not len(times):
        return np.nan, np.nan, np.nan
    interval_s = float(np.median(np.diff(times))) if len(times) > 1 else np.nan
    return float(times[0]), float(times[-1]), interval_s


def _text(values: Sequence[str]) -> pa.Array:
    return pa.array([str(value) for value in values], pa.string())
