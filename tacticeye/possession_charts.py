"""Figures of how possession developed: the share so far, and who pressed lately. As charts.py, constant specs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from tacticeye.charts import UNSURE_COLOUR, VegaFigure, clock, clock_axis, seconds_within
from tacticeye.labels import Labels
from tacticeye.team_colours import TeamColours
from tacticeye.types import ControlState

MOMENTUM_S = 300.0
_MOMENTUM_STEPS = 20
_CURVE_STEPS = 90


def possession_curve(spans: pd.DataFrame, colours: TeamColours, labels: Labels) -> VegaFigure:
    """The first team's share of control from the start up to each moment. spans: state, start_s, end_s."""
    edges = _edges(spans, 0.0, _CURVE_STEPS)
    own, other = (np.cumsum(_of_team(spans, team, edges)) for team in (0, 1))
    both = own + other
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(both > 0, own / both, np.nan)
    rows = pd.DataFrame({"t_ms": edges[1:] * 1000, "share": share, "time": [clock(t) for t in edges[1:]]}).dropna()
    # Piece by piece, from the moment before: a line as a whole has neither keys nor more than one hover text.
    before = rows[["t_ms", "share"]].shift().fillna(rows[["t_ms", "share"]])
    rows = rows.assign(before_ms=before["t_ms"], before=before["share"], colour=colours.teams[0], row=range(len(rows)))
    line = {
        "mark": {"type": "rule", "strokeWidth": 2.5, "strokeCap": "round"},
        "encoding": {
            "key": {"field": "row"},
            "x": clock_axis("before_ms", {}),
            "x2": {"field": "t_ms"},
            "y": {
                "field": "before",
                "type": "quantitative",
                "scale": {"domain": [0, 1]},
                "axis": {"format": ".0%", "values": [0, 0.25, 0.5, 0.75, 1], "title": None},
            },
            "y2": {"field": "share"},
            "color": {"field": "colour", "type": "nominal", "scale": None},
            "tooltip": [
                {"field": "time", "title": labels.texts("column.time")},
                {"field": "share", "title": labels.team(0), "format": ".0%"},
            ],
        },
    }
    half = {
        "data": {"values": [{"half": 0.5}]},
        "mark": {"type": "rule", "color": UNSURE_COLOUR, "strokeDash": [4, 4]},
        "encoding": {"y": {"field": "half", "type": "quantitative"}},
    }
    spec = {"height": 150, "autosize": {"type": "fit-x", "contains": "padding"}, "layer": [half, line]}
    return VegaFigure(spec, rows)


def momentum(spans: pd.DataFrame, colours: TeamColours, labels: Labels) -> VegaFigure:
    """The last five minutes in steps: seconds with the ball, the first team's up, the second's down.

    Without rows where neither had it.
    """
    end_s = float(spans["end_s"].max()) if len(spans) else 0.0
    edges = _edges(spans, max(0.0, end_s - MOMENTUM_S), _MOMENTUM_STEPS)
    parts = []
    for team, sign in ((0, 1), (1, -1)):
        seconds = _of_team(spans, team, edges)
        parts.append(
            pd.DataFrame(
                {
                    "start_ms": edges[:-1] * 1000,
                    "end_ms": edges[1:] * 1000,
                    "zero": 0.0,
                    "height": sign * seconds,
                    "seconds": seconds,
                    "who": labels.team(team),
                    "time": [f"{clock(t)}\u2013{clock(u)}" for t, u in pairwise(edges)],
                    "colour": colours.teams[team],
                }
            )
        )
    spec = {
        "height": 130,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "mark": {"type": "rect", "stroke": colours.background, "strokeWidth": 1},
        "encoding": {
            "key": {"field": "row"},
            "x": clock_axis("start_ms", {}),
            "x2": {"field": "end_ms"},
            "y": {"field": "zero", "type": "quantitative", "axis": {"labels": False, "title": None, "tickCount": 1}},
            "y2": {"field": "height"},
            "color": {"field": "colour", "type": "nominal", "scale": None},
            "tooltip": [
                {"field": "time", "title": labels.texts("column.time")},
                {"field": "who", "title": labels.texts("column.team")},
                {"field": "seconds", "title": labels.texts("column.seconds"), "format": ".1f"},
            ],
        },
    }
    rows = pd.concat(parts, ignore_index=True)
    rows = rows if rows["seconds"].any() else rows.iloc[:0]
    return VegaFigure(spec, rows.assign(row=np.arange(len(rows))))


def _edges(spans: pd.DataFrame, begin_s: float, steps: int) -> np.ndarray:
    end_s = float(spans["end_s"].max()) if len(spans) else 0.0
    return np.linspace(begin_s, end_s, steps + 1) if end_s > begin_s else np.array([0.0])


def _of_team(spans: pd.DataFrame, team: int, edges: np.ndarray) -> np.ndarray:
    return seconds_within(spans[spans["state"] == str(ControlState.of_team(team))], edges)
