"""A match, finished or still growing, as plain data for other programs, as corrected by its users.

Team and role of a box are those believed of its track now; a box without a track has what was seen in its frame alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tacticeye.corrected_match import read_overrides, shown_boxes
from tacticeye.corrections import Overrides, correct_events, correct_kits, correct_spans
from tacticeye.errors import ConfigurationError
from tacticeye.ledger import Period
from tacticeye.match_files import MatchFolder
from tacticeye.periods import period_numbers
from tacticeye.pitch import is_inside, pitch_layout_of
from tacticeye.pitch_projection import projection_of
from tacticeye.store import MatchStore, Snapshot, read_calibration
from tacticeye.types import Role

PERIOD_COLUMNS = ("number", "start_s", "end_s", "to_right")
INCLUDES = ("boxes", "ball", "calibration")
# Points of the picture whose places an exported calibration tells: across and down.
GRID = (16, 9)


def export_json(match_folder: Path, include: Collection[str] = ()) -> dict[str, Any]:
    """The match as JSON types. Times in s of video, places in px of the source frame.

    match     id, source name, width, height, fps
    control   [{start_s, end_s, state, track}], contiguous; state as in ControlState
    events    [{kind, result, start_s, end_s, team, from_track, to_track, from_xy, to_xy, confidence, source, period}];
              period: the number of the one in which it begins, null outside of all and until the user has told any
    periods   [{number, start_s, end_s, to_right}] as the user told them; to_right: the team that attacks to where x is
              greatest, -1 unknown
    kits      [{team, rgb}]
    ball      with "ball": [{t_s, frame, x, y, source, confidence, in_air}], no entry where unseen;
              in_air null where the path doesn't tell whether the ball flies
    boxes     with "boxes": [{t_s, frame, x1, y1, x2, y2, score, role, team, track, pitch_x, pitch_y}]; team -1 unsure;
              feet on the pitch in m, null where not calibrated
    calibration  with "calibration": [{t_s, frame, error_m, grid: [[x px, y px, x m, y m], ...]}], places on the pitch
              of a grid of image points, origin bottom-left, y up; points off the pitch are left out, an uncalibrated
              frame has an empty grid
    Unknown numbers are null. Raises ConfigurationError for an unknown include, StorageError.
    """
    unknown = sorted(set(include) - set(INCLUDES))
    if unknown:
        raise ConfigurationError("include", ",".join(unknown), "a list of " + ", ".join(INCLUDES))
    with MatchStore(match_folder).read() as snapshot:
        match, overrides = snapshot.match(), read_overrides(MatchFolder(match_folder))
        kits = correct_kits({kit.team: kit.rgb for kit in snapshot.kits()}, overrides)
        exported: dict[str, Any] = {
            "match": {
                "match_id": match.match_id,
                "source": match.source_name,
                "width": match.width,
                "height": match.height,
                "fps": match.fps,
                "covered_s": snapshot.progress().end_s,
            },
            "control": _rows(
                correct_spans(snapshot.control_spans(), overrides)[["start_s", "end_s", "state", "track"]]
            ),
            "events": _events(snapshot, overrides),
            "periods": period_rows(overrides.periods),
            "kits": [{"team": team, "rgb": list(rgb)} for team, rgb in sorted(kits.items())],
        }
        if "ball" in include:
            exported["ball"] = _rows(snapshot.ball_path())
        if "boxes" in include:
            exported["boxes"] = _boxes(snapshot, overrides)
        if "calibration" in include:
            size_m = pitch_layout_of(match.config_json).size_m
            exported["calibration"] = _calibration(snapshot, (match.width, match.height), size_m)
    return exported


def period_rows(periods: Sequence[Period]) -> list[dict[str, Any]]:
    """PERIOD_COLUMNS of each."""
    told = ((number, p.start_s, p.end_s, p.to_right) for number, p in enumerate(periods, start=1))
    return [dict(zip(PERIOD_COLUMNS, row, strict=True)) for row in told]


def _events(snapshot: Snapshot, overrides: Overrides) -> list[dict[str, Any]]:
    events = correct_events(snapshot.events().sort_values("event_id"), overrides)
    numbers = period_numbers(events["t_start_s"].to_numpy(np.float64), overrides.periods)
    return [
        {
            "kind": row["kind"],
            "result": row["result"],
            "start_s": row["t_start_s"],
            "end_s": row["t_end_s"],
            "team": row["team"],
            "from_track": row["track_from"],
            "to_track": row["track_to"],
            "from_xy": [row["x_from"], row["y_from"]],
            "to_xy": [row["x_to"], row["y_to"]],
            "confidence": row["confidence"],
            "source": row["source"],
            "period": number or None,
        }
        for row, number in zip(_rows(events), numbers.tolist(), strict=True)
    ]


def _boxes(snapshot: Snapshot, overrides: Overrides) -> list[dict[str, Any]]:
    boxes = shown_boxes(snapshot, overrides)
    boxes["role"] = boxes["role"].map({int(role): role.name.lower() for role in Role})
    return _rows(
        boxes[["t_s", "frame", "x1", "y1", "x2", "y2", "score", "role", "team", "track", "pitch_x", "pitch_y"]]
    )


def _calibration(snapshot: Snapshot, size: tuple[int, int], size_m: tuple[float, float]) -> list[dict[str, Any]]:
    calibration = read_calibration(snapshot)
    x, y = np.meshgrid(*((np.arange(n) + 0.5) * s / n for n, s in zip(GRID, size, strict=True)))
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    exported = []
    for row in range(len(calibration)):
        projection = projection_of(calibration, row)
        places = projection.to_pitch(points)
        inside = is_inside(places, 0.0, size_m)
        grid = np.hstack([points[inside].round(2), places[inside].round(3)])
        error_m = projection.error_m
        exported.append(
            {
                "t_s": float(calibration.t_s[row]),
                "frame": int(calibration.frame[row]),
                "error_m": round(error_m, 3) if projection.is_known else None,
                "grid": grid.tolist(),
            }
        )
    return exported


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON types; NaN and infinities become None."""
    columns = {}
    for name in table.columns:
        values = table[name].to_numpy()
        if np.issubdtype(values.dtype, np.floating):
            # float32 columns print with the digits they have, not with those of their float64 neighbour.
            exact = [float(str(v)) for v in values] if values.dtype == np.float32 else values.tolist()
            columns[name] = [v if np.isfinite(v) else None for v in exact]
        else:
            columns[name] = [None if v is pd.NA else v for v in values.tolist()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
