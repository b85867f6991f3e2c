"""Turns the data of a match into figures; knows nothing of Streamlit.

A figure is a Vega-Lite description that stays the same while a match grows, and the rows it draws, which change: the
browser then keeps the drawing and swaps the rows, without flicker. So colours are in the rows, for shirts are known
better from batch to batch, and legends are for the page to show. Times are s of video, shown as mm:ss.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tacticeye.labels import Labels
from tacticeye.team_colours import TeamColours, blend
from tacticeye.types import NO_TEAM, ControlState, EventKind, EventResult, Role

NOT_COUNTED = (ControlState.CONTESTED, ControlState.DEAD, ControlState.UNSEEN, ControlState.NOT_LIVE)

UNSURE_COLOUR = "#8a948d"
EVENT_COLUMNS = ("time", "team", "kind", "result", "from", "to", "confidence")

# Opacity of events that did not come off.
_FAINT = 0.4
# Length of the mark of an event, and of the one that is picked.
_SHORT_PX, _TALL_PX = 16, 30
# Of a long match with broken tracks, those seen longest; more can't be read in a list.
_PLAYERS_TO_CHOOSE_FROM = 60
# At most about this many columns: on a phone a column is then still 4 px wide.
_MAX_BUCKETS = 72
_BUCKET_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200)
# Times are drawn as milliseconds on a UTC axis, whose ticks fall on round seconds and minutes; the label counts on
# beyond 60 minutes.
_CLOCK_LABEL = (
    "format(floor(time(datum.value) / 60000), '02d') + ':' + format(floor(time(datum.value) / 1000) % 60, '02d')"
)
# Cells reach a little under their neighbours, or hairlines show between them.
_CELL_OVERLAP = 0.3
# About the width that a heatmap gets on a desktop; its height follows the picture's shape.
_HEAT_WIDTH_PX = 460
# Spread of the heatmap's smoothing in cells: about the width of a player's box, so the grid's edges don't show.
_HEAT_SIGMA_CELLS = 1.2


@dataclass(frozen=True, eq=False)
class VegaFigure:
    """spec: Vega-Lite without data. rows: what it draws.

    Marks have a key, so that those of the last look are moved: without one Vega makes new ones each time, and keeps up
    to 10 000 of the old ones of each kind in the browser's memory.
    """

    spec: dict[str, Any]
    rows: pd.DataFrame


def clock(t_s: float) -> str:
    """Seconds of video as mm:ss (hours run on as minutes, as in football); '--:--' for NaN."""
    if not math.isfinite(t_s):
        return "--:--"
    whole = int(max(t_s, 0.0))
    return f"{whole // 60:02d}:{whole % 60:02d}"


def possession_over_time(spans: pd.DataFrame, colours: TeamColours, labels: Labels) -> VegaFigure:
    """One column a stretch of video: team A from below, team B from above, what nobody had between them.

    spans: columns state, start_s, end_s.
    """
    columns = _possession_columns(spans, labels)
    shades = np.array([colours.teams[0], colours.neutral, colours.teams[1]])
    rows = columns.assign(colour=np.repeat(shades, len(columns) // 3), row=np.arange(len(columns)))
    spec = {
        "height": 190,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "mark": {"type": "rect", "stroke": colours.background, "strokeWidth": 1},
        "encoding": {
            "key": {"field": "row"},
            "x": clock_axis("start_ms", {}),
            "x2": {"field": "end_ms"},
            "y": {
                "field": "from",
                "type": "quantitative",
                "scale": {"domain": [0, 1]},
                "axis": {"format": ".0%", "values": [0, 0.25, 0.5, 0.75, 1], "title": None},
            },
            "y2": {"field": "to"},
            "color": {"field": "colour", "type": "nominal", "scale": None},
            "tooltip": [
                {"field": "time", "title": labels.texts("column.time")},
                {"field": "who", "title": labels.texts("column.who")},
                {"field": "seconds", "title": labels.texts("column.seconds"), "format": ".1f"},
                {"field": "detail", "title": labels.texts("column.of_which")},
            ],
        },
    }
    return VegaFigure(spec, rows)


def event_timeline(
    events: pd.DataFrame, end_s: float, colours: TeamColours, labels: Labels, selected: int | None = None
) -> VegaFigure:
    """A mark for every event, a lane a kind and team; those not completed are faint. Wheel and drag zoom and pan time.

    A click picks an event: parameter "pick", field event_id. selected: the event drawn taller. end_s: length of the
    video. events: columns event_id, kind, result, t_start_s, team, track_from, track_to, confidence.
    """
    is_lost = events["result"].isin([EventResult.INCOMPLETE, EventResult.OUT])
    shades = {0: colours.teams[0], 1: colours.teams[1], NO_TEAM: UNSURE_COLOUR}
    rows = event_table(events, labels).assign(
        t_ms=events["t_start_s"].to_numpy(np.float64) * 1000,
        event_id=events["event_id"].to_numpy(np.int64),
        strength=np.where(is_lost, _FAINT, 1.0),
        length=np.where(events["event_id"] == selected, _TALL_PX, _SHORT_PX),
        colour=events["team"].map(shades).to_numpy(object),
        # A kit may be as grey as nobody's colour, so nobody's marks are outlines.
        filled=np.where(events["team"] == NO_TEAM, 0.0, 1.0),
    )
    spec = {
        "height": {"step": 24},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "params": [
            {"name": "zoom", "select": {"type": "interval", "encodings": ["x"]}, "bind": "scales"},
            {"name": "pick", "select": {"type": "point", "fields": ["event_id"], "clear": False, "nearest": False}},
        ],
        "mark": {"type": "tick", "thickness": 4, "cornerRadius": 1.5, "clip": True, "cursor": "pointer"},
        "encoding": {
            "key": {"field": "event_id"},
            "x": clock_axis("t_ms", {"domain": [_moment(0.0), _moment(max(end_s, 1.0))], "padding": 6}),
            "y": {
                "field": "kind",
                "type": "nominal",
                "sort": [labels.kind(kind) for kind in EventKind],
                "axis": {"title": None},
            },
            "yOffset": {"field": "team", "type": "nominal", "sort": [labels.team(team) for team in shades]},
            "fill": {"field": "colour", "type": "nominal", "scale": None},
            "stroke": {"field": "colour", "type": "nominal", "scale": None},
            "fillOpacity": {"field": "filled", "type": "quantitative", "scale": None, "legend": None},
            "size": {"field": "length", "type": "quantitative", "scale": None, "legend": None},
            "opacity": {"field": "strength", "type": "quantitative", "scale": None, "legend": None},
            "tooltip": [
                {"field": name, "title": labels.texts(f"column.{name}")}
                | ({"format": ".0%"} if name == "confidence" else {})
                for name in EVENT_COLUMNS
            ],
        },
    }
    return VegaFigure(spec, rows)


def event_table(events: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Events in words, in the order given: the columns of EVENT_COLUMNS, confidence 0..1."""
    return pd.DataFrame(
        {
            "time": _in_words(events["t_start_s"] // 1, clock),
            "team": _in_words(events["team"], labels.team),
            "kind": _in_words(events["kind"], labels.kind),
            "result": _in_words(events["result"], labels.result),
            "from": _in_words(events["track_from"], labels.player),
            "to": _in_words(events["track_to"], labels.player),
            "confidence": events["confidence"].to_numpy(np.float64).round(2),
        }
    )


def _in_words(column: pd.Series, name: Callable[[Any], str]) -> list[str]:
    """Each value's name, asked for once a value."""
    values = column.tolist()
    names = {value: name(value) for value in set(values)}
    return [names[value] for value in values]


def player_choices(tracks: pd.DataFrame, labels: Labels) -> dict[int, str]:
    """Players to choose from, those seen longest first: track to '#12 · Team A · seen 01:20 to 03:05'.

    tracks: columns track, role, team, first_s, last_s, n_boxes.
    """
    players = tracks[tracks["role"].isin([Role.PLAYER, Role.GOALKEEPER])]
    longest = players.sort_values("n_boxes", ascending=False).head(_PLAYERS_TO_CHOOSE_FROM)
    columns = (longest[name].tolist() for name in ("track", "team", "role", "first_s", "last_s"))
    choices = {}
    for track, team, role, first_s, last_s in zip(*columns, strict=True):
        words = [labels.player(track), labels.team(team) if team in (0, 1) else labels.texts("team.unsure_long")]
        words += [labels.texts("role.goalkeeper")] if role == Role.GOALKEEPER else []
        words += [labels.texts("heatmap.seen", first=clock(first_s), last=clock(last_s))]
        choices[int(track)] = " · ".join(words)
    return choices


def player_colour(tracks: pd.DataFrame, track: int, colours: TeamColours) -> str:
    """The colour of the player's team; that of nobody where the team is unsure."""
    team = tracks.loc[tracks["track"] == track, "team"]
    return colours.teams[int(team.iloc[0])] if len(team) and team.iloc[0] in (0, 1) else UNSURE_COLOUR


def heatmap(grid: NDArray[np.float64], aspect: float, colour: str, colours: TeamColours, labels: Labels) -> VegaFigure:
    """Where in the picture somebody stood. grid (rows, columns) float64 s, row 0 at the top; aspect: width / height."""
    smooth = _blurred(grid)
    n_rows, n_columns = grid.shape
    row, column = np.divmod(np.arange(grid.size), n_columns)
    peak = float(smooth.max())
    strength = np.sqrt(smooth / peak) if peak > 0 else smooth
    rows = pd.DataFrame(
        {
            "x": column / n_columns,
            "x2": np.minimum((column + 1 + _CELL_OVERLAP) / n_columns, 1),
            "y": row / n_rows,
            "y2": np.minimum((row + 1 + _CELL_OVERLAP) / n_rows, 1),
            "colour": blend(colours.background, colour, strength.ravel()),
            "strength": strength.ravel(),
            "seconds": smooth.ravel(),
        }
    )
    cells = {
        "mark": {"type": "rect", "strokeWidth": 0},
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "axis": None, "scale": {"domain": [0, 1], "nice": False}},
            "x2": {"field": "x2"},
            "y": {"field": "y", "type": "quantitative", "axis": None, "scale": {"domain": [1, 0], "nice": False}},
            "y2": {"field": "y2"},
            "color": {"field": "colour", "type": "nominal", "scale": None},
            "tooltip": [{"field": "seconds", "title": labels.texts("heatmap.seconds_here"), "format": ".1f"}],
        },
    }
    spec = {
        "height": round(_HEAT_WIDTH_PX / aspect) if aspect >= 1 else _HEAT_WIDTH_PX,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "layer": [cells, _picture_frame([0, 1], "x", 1.5), _picture_frame([0, 1], "y", 1.5),
                  _picture_frame([1 / 3, 2 / 3], "x", 0.5), _picture_frame([1 / 3, 2 / 3], "y", 0.5)],
    }  # fmt: skip
    return VegaFigure(spec, rows)


def _picture_frame(at: list[float], axis: str, width: float) -> dict[str, Any]:
    """Lines across the picture, so that one sees where its edges and its thirds are."""
    return {
        "data": {"values": [{"at": value} for value in at]},
        "mark": {"type": "rule", "color": UNSURE_COLOUR, "strokeWidth": width},
        "encoding": {axis: {"field": "at", "type": "quantitative"}},
    }


def name_marks(colours: TeamColours, dy: int) -> list[dict[str, Any]]:
    """Text marks for players' names, to be drawn in this order: players who stand close together cover each other's
    names, so each has an edge around it. dy: px from the player's place."""
    name = {"type": "text", "dy": dy, "fontSize": 12, "fontWeight": 600, "color": colours.text}
    return [{**name, "stroke": colours.background, "strokeWidth": 4, "strokeJoin": "round"}, name]


def clock_axis(field: str, scale: dict[str, Any]) -> dict[str, Any]:
    """The encoding of an x axis of video time. field: in ms."""
    axis = {"labelExpr": _CLOCK_LABEL, "title": None, "grid": False, "labelOverlap": True, "tickCount": 8}
    return {"field": field, "type": "temporal", "axis": axis, "scale": {"type": "utc", "nice": False, **scale}}


def _moment(t_s: float) -> dict[str, int | bool]:
    """Video time as Vega-Lite writes moments."""
    return {"year": 1970, "date": 1, "seconds": int(t_s), "milliseconds": int(t_s % 1 * 1000), "utc": True}


def _possession_columns(spans: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Three rows a stretch (team A, not counted, team B) with edges 0..1 and words for the tooltip."""
    if spans.empty:
        names = ["start_ms", "end_ms", "from", "to", "who", "seconds", "time", "detail"]
        return pd.DataFrame({name: [] for name in names})
    begin, end = float(spans["start_s"].min()), float(spans["end_s"].max())
    width = next((w for w in _BUCKET_SECONDS if (end - begin) / w <= _MAX_BUCKETS), _BUCKET_SECONDS[-1])
    edges = np.append(np.arange(begin, end, width), end)
    seconds = {state: seconds_within(spans[spans["state"] == state], edges) for state in ControlState}
    a, b = seconds[ControlState.TEAM_0], seconds[ControlState.TEAM_1]
    other = sum((seconds[state] for state in NOT_COUNTED), np.zeros_like(a))
    total = np.maximum(a + b + other, 1e-9)
    times = [f"{clock(t)}\u2013{clock(u)}" for t, u in pairwise(edges)]
    details = [
        ", ".join(f"{labels.state(s).lower()} {seconds[s][i]:.1f} s" for s in NOT_COUNTED if seconds[s][i] >= 0.05)
        for i in range(len(a))
    ]
    who_names = labels.both_teams()
    layers = (
        (who_names[0], np.zeros_like(a), a / total, a, [""] * len(a)),
        (labels.texts("state.not_counted"), a / total, (a + other) / total, other, details),
        (who_names[1], (a + other) / total, (a + other + b) / total, b, [""] * len(a)),
    )
    parts = [
        pd.DataFrame(
            {
                "start_ms": edges[:-1] * 1000,
                "end_ms": edges[1:] * 1000,
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


def seconds_within(spans: pd.DataFrame, edges: NDArray[np.float64]) -> NDArray[np.float64]:
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
