"""Turns the data of a match into figures; knows nothing of Streamlit.

A figure is a Vega-Lite description that stays the same while a match grows, and the rows it draws, which change: the
browser then keeps the drawing and swaps the rows, without flicker. Times are s of video, shown as mm:ss.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tacticeye.team_colours import TeamColours
from tacticeye.types import ControlState, EventKind, EventResult, Role

TEAM_NAMES = ("Team A", "Team B")
KIND_NAMES = {
    EventKind.PASS: "Pass",
    EventKind.INTERCEPTION: "Interception",
    EventKind.RECOVERY: "Recovery",
    EventKind.CARRY: "Carry",
    EventKind.SHOT: "Shot",
    EventKind.CLEARANCE: "Clearance",
    EventKind.BALL_OUT: "Ball out",
}
RESULT_NAMES = {
    EventResult.COMPLETE: "completed",
    EventResult.INCOMPLETE: "lost",
    EventResult.OUT: "out of play",
    EventResult.NONE: "",
}
NOT_COUNTED = (ControlState.CONTESTED, ControlState.DEAD, ControlState.UNSEEN, ControlState.NOT_LIVE)
STATE_NAMES = {
    ControlState.TEAM_0: TEAM_NAMES[0],
    ControlState.TEAM_1: TEAM_NAMES[1],
    ControlState.CONTESTED: "Contested",
    ControlState.DEAD: "Ball out of play",
    ControlState.UNSEEN: "Ball not seen",
    ControlState.NOT_LIVE: "Not live",
}

UNSURE_COLOUR = "#8a948d"

# Of a long match with broken tracks, those seen longest; more can't be read in a list.
_PLAYERS_TO_CHOOSE_FROM = 60
# At most about this many columns: on a phone a column is then still 4 px wide.
_MAX_BUCKETS = 72
_BUCKET_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200)
# Vega expression: seconds on an axis or in a tooltip as mm:ss.
_CLOCK_AXIS = "format(floor(datum.value / 60), 'd') + ':' + format(floor(datum.value % 60), '02d')"
# Spread of the heatmap's smoothing in cells: about the width of a player's box, so the grid's edges don't show.
_HEAT_SIGMA_CELLS = 1.2


@dataclass(frozen=True, eq=False)
class VegaFigure:
    """spec: Vega-Lite without data. rows: what it draws."""

    spec: dict[str, Any]
    rows: pd.DataFrame


def clock(t_s: float) -> str:
    """Seconds of video as mm:ss (hours run on as minutes, as in football); '--:--' for NaN."""
    if not np.isfinite(t_s):
        return "--:--"
    whole = int(max(t_s, 0.0))
    return f"{whole // 60:02d}:{whole % 60:02d}"


def possession_over_time(spans: pd.DataFrame, colours: TeamColours) -> VegaFigure:
    """One column a stretch of video: team A from below, team B from above, what nobody had between them.

    spans: columns state, start_s, end_s.
    """
    rows = _possession_columns(spans)
    domain = [TEAM_NAMES[0], "Not counted", TEAM_NAMES[1]]
    spec = {
        "height": 220,
        "mark": {"type": "rect", "stroke": colours.background, "strokeWidth": 1},
        "encoding": {
            "x": {**_clock_axis("start_s", "Video time"), "scale": {"nice": False}},
            "x2": {"field": "end_s"},
            "y": {
                "field": "from",
                "type": "quantitative",
                "scale": {"domain": [0, 1]},
                "axis": {"format": ".0%", "values": [0, 0.25, 0.5, 0.75, 1], "title": None},
            },
            "y2": {"field": "to"},
            "color": {
                "field": "who",
                "type": "nominal",
                "scale": {"domain": domain, "range": [colours.teams[0], colours.neutral, colours.teams[1]]},
                "legend": {"orient": "top", "title": None},
            },
            "tooltip": [
                {"field": "time", "title": "Time"},
                {"field": "who", "title": "Who"},
                {"field": "seconds", "title": "Seconds", "format": ".1f"},
                {"field": "detail", "title": "Of which"},
            ],
        },
    }
    return VegaFigure(spec, rows)


def event_timeline(events: pd.DataFrame, end_s: float, colours: TeamColours) -> VegaFigure:
    """A mark for every event, one lane a kind and team; wheel and drag zoom and pan the time.

    events: columns kind, result, t_start_s, t_end_s, team, track_from, track_to, confidence.
    """
    table = event_table(events)
    rows = table.assign(t_s=events["t_start_s"].to_numpy(np.float64), outcome=np.where(
        table["Result"].isin(["lost", "out of play"]), "not completed", "completed or no result"))  # fmt: skip
    teams = [*TEAM_NAMES, "Unsure"]
    spec = {
        "height": {"step": 30},
        "params": [{"name": "zoom", "select": {"type": "interval", "encodings": ["x"]}, "bind": "scales"}],
        "mark": {"type": "point", "size": 90, "strokeWidth": 2, "opacity": 0.9},
        "encoding": {
            "x": {**_clock_axis("t_s", "Video time"), "scale": {"domain": [0, max(end_s, 1.0)], "nice": False}},
            "y": {
                "field": "Kind",
                "type": "nominal",
                "sort": list(KIND_NAMES.values()),
                "axis": {"title": None, "grid": True},
            },
            "yOffset": {"field": "Team", "type": "nominal", "sort": teams},
            "color": {
                "field": "Team",
                "type": "nominal",
                "scale": {"domain": teams, "range": [*colours.teams, UNSURE_COLOUR]},
                "legend": {"orient": "top", "title": None},
            },
            "shape": {
                "field": "outcome",
                "type": "nominal",
                "scale": {"domain": ["completed or no result", "not completed"], "range": ["circle", "cross"]},
                "legend": {"orient": "top", "title": None},
            },
            "tooltip": [{"field": name} for name in ("Time", "Team", "Kind", "Result", "From", "To", "Confidence")],
        },
    }
    return VegaFigure(spec, rows)


def event_table(events: pd.DataFrame) -> pd.DataFrame:
    """Events in words, in the order given: Time, Team, Kind, Result, From, To, Confidence (0..1)."""
    return pd.DataFrame(
        {
            "Time": [clock(t) for t in events["t_start_s"]],
            "Team": [TEAM_NAMES[t] if t in (0, 1) else "Unsure" for t in events["team"]],
            "Kind": [KIND_NAMES[EventKind(k)] for k in events["kind"]],
            "Result": [RESULT_NAMES[EventResult(r)] for r in events["result"]],
            "From": [player_name(t) for t in events["track_from"]],
            "To": [player_name(t) for t in events["track_to"]],
            "Confidence": events["confidence"].to_numpy(np.float64),
        }
    )


def player_name(track: int) -> str:
    """How a track is called on the pages: '#12'; empty for none."""
    return f"#{track}" if track >= 0 else ""


def player_choices(tracks: pd.DataFrame) -> dict[int, str]:
    """Players to choose from, those seen longest first: track to '#12 · Team A · seen 01:20 to 03:05'.

    tracks: columns track, role, team, first_s, last_s, n_boxes.
    """
    players = tracks[tracks["role"].isin([Role.PLAYER, Role.GOALKEEPER])]
    longest = players.sort_values("n_boxes", ascending=False).head(_PLAYERS_TO_CHOOSE_FROM)
    columns = (longest[name].tolist() for name in ("track", "team", "role", "first_s", "last_s"))
    choices = {}
    for track, team, role, first_s, last_s in zip(*columns, strict=True):
        words = [player_name(track), TEAM_NAMES[team] if team in (0, 1) else "team unsure"]
        words += ["goalkeeper"] if role == Role.GOALKEEPER else []
        choices[int(track)] = " · ".join([*words, f"seen {clock(first_s)} to {clock(last_s)}"])
    return choices


def player_colour(tracks: pd.DataFrame, track: int, colours: TeamColours) -> str:
    """The colour of the player's team; that of nobody where the team is unsure."""
    team = tracks.loc[tracks["track"] == track, "team"]
    return colours.teams[int(team.iloc[0])] if len(team) and team.iloc[0] in (0, 1) else UNSURE_COLOUR


def heatmap(grid: NDArray[np.float64], aspect: float, colour: str, colours: TeamColours) -> VegaFigure:
    """Where in the picture somebody stood. grid (rows, columns) float64 s, row 0 at the top; aspect: width / height."""
    smooth = _blurred(grid)
    n_rows, n_columns = grid.shape
    row, column = np.divmod(np.arange(grid.size), n_columns)
    peak = float(smooth.max())
    strength = np.sqrt(smooth / peak) if peak > 0 else smooth
    rows = pd.DataFrame(
        {
            "x": column / n_columns,
            "x2": (column + 1) / n_columns,
            "y": row / n_rows,
            "y2": (row + 1) / n_rows,
            "strength": strength.ravel(),
            "seconds": smooth.ravel(),
        }
    )
    side = {"type": "quantitative", "axis": None}
    spec = {
        "height": round(360 / max(aspect, 1.0)) if aspect >= 1 else 460,
        "view": {"stroke": colours.neutral, "fill": colours.background},
        "mark": {"type": "rect", "strokeWidth": 0, "clip": True},
        "encoding": {
            "x": {"field": "x", **side, "scale": {"domain": [0, 1]}},
            "x2": {"field": "x2"},
            "y": {"field": "y", **side, "scale": {"domain": [1, 0]}},
            "y2": {"field": "y2"},
            "color": {
                "field": "strength",
                "type": "quantitative",
                "scale": {"domain": [0, 1], "range": [colours.background, colour], "interpolate": "lab"},
                "legend": None,
            },
            "tooltip": [{"field": "seconds", "title": "Player-seconds here", "format": ".1f"}],
        },
    }
    return VegaFigure(spec, rows)


def _clock_axis(field: str, title: str) -> dict[str, Any]:
    axis = {"labelExpr": _CLOCK_AXIS, "title": title, "grid": False, "labelOverlap": True}
    return {"field": field, "type": "quantitative", "axis": axis}


def _possession_columns(spans: pd.DataFrame) -> pd.DataFrame:
    """Three rows a stretch (team A, not counted, team B) with edges 0..1 and words for the tooltip."""
    if spans.empty:
        names = ["start_s", "end_s", "from", "to", "who", "seconds", "time", "detail"]
        return pd.DataFrame({name: [] for name in names})
    begin, end = float(spans["start_s"].min()), float(spans["end_s"].max())
    width = next((w for w in _BUCKET_SECONDS if (end - begin) / w <= _MAX_BUCKETS), _BUCKET_SECONDS[-1])
    edges = np.append(np.arange(begin, end, width), end)
    seconds = {state: _seconds_within(spans[spans["state"] == state], edges) for state in ControlState}
    a, b = seconds[ControlState.TEAM_0], seconds[ControlState.TEAM_1]
    other = sum((seconds[state] for state in NOT_COUNTED), np.zeros_like(a))
    total = np.maximum(a + b + other, 1e-9)
    times = [f"{clock(t)} to {clock(u)}" for t, u in pairwise(edges)]
    details = [
        ", ".join(f"{STATE_NAMES[s].lower()} {seconds[s][i]:.1f} s" for s in NOT_COUNTED if seconds[s][i] >= 0.05)
        for i in range(len(a))
    ]
    layers = (
        (TEAM_NAMES[0], np.zeros_like(a), a / total, a, [""] * len(a)),
        ("Not counted", a / total, (a + other) / total, other, details),
        (TEAM_NAMES[1], (a + other) / total, (a + other + b) / total, b, [""] * len(a)),
    )
    parts = [
        pd.DataFrame(
            {
                "start_s": edges[:-1],
                "end_s": edges[1:],
                "from": low,
                "to": high,
                "who": who,
                "seconds": amount,
                "time": times,
                "detail": detail,
            }
        )
        for who, low, high, amount, detail in layers
    ]
    return pd.concat(parts, ignore_index=True)


def _seconds_within(spans: pd.DataFrame, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """(len(edges) - 1,) s covered by the spans (apart from each other, ascending) between neighbouring edges."""
    if spans.empty:
        return np.zeros(len(edges) - 1)
    start, end = spans["start_s"].to_numpy(np.float64), spans["end_s"].to_numpy(np.float64)
    moments = np.stack([start, end], axis=1).ravel()
    covered = np.repeat(np.concatenate([[0.0], np.cumsum(end - start)]), 2)[1:-1]
    return np.diff(np.interp(edges, moments, covered, left=0.0, right=float(covered[-1])))


def _blurred(grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gaussian blur that keeps the sum inside; edges reflect."""
    reach = int(np.ceil(3 * _HEAT_SIGMA_CELLS))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _HEAT_SIGMA_CELLS) ** 2)
    kernel /= kernel.sum()
    result = grid.astype(np.float64)
    for axis in (0, 1):
        padded = np.pad(result, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)], mode="symmetric")
        size = grid.shape[axis]
        result = sum(
            (kernel[k] * padded.take(range(k, k + size), axis=axis) for k in range(2 * reach + 1)), np.zeros(grid.shape)
        )
    return result
