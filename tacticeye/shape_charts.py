"""The board of a team's average places as a figure; like charts.py, constant descriptions and changing rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tacticeye.charts import VegaFigure, name_marks
from tacticeye.labels import Labels
from tacticeye.pitch import PitchLayout
from tacticeye.pitch_charts import HEIGHT_PX, line_rows, pitch_frame, strokes
from tacticeye.shape import TeamShape
from tacticeye.team_colours import TeamColours, blend

_SPREAD_SHADE = 0.35


def shape_board(shape: TeamShape, layout: PitchLayout, team: int, colours: TeamColours, labels: Labels) -> VegaFigure:
    """Players at their average places with one standard deviation along and across; the lines of back and front."""
    colour = colours.teams[team]
    rows = pd.concat(
        [line_rows(layout), _people(shape, labels), _spreads(shape), _team_lines(shape, layout)], ignore_index=True
    )
    frame = pitch_frame(layout)
    spec: dict[str, Any] = {
        "height": HEIGHT_PX,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "layer": [
            strokes("line", 1.2, frame),
            _lines("spread", frame, {"color": _shade(colours, colour), "strokeWidth": 3, "strokeCap": "round"}),
            _lines("team_line", frame, {"color": colour, "strokeWidth": 2, "strokeDash": [5, 4]}),
            _circles(frame, colour, labels),
            *_names(frame, colours),
        ],
    }
    return VegaFigure(spec, rows)


def _shade(colours: TeamColours, colour: str) -> str:
    return str(blend(colours.background, colour, np.array([_SPREAD_SHADE]))[0])


def _people(shape: TeamShape, labels: Labels) -> pd.DataFrame:
    players = shape.players
    if players.empty:
        return pd.DataFrame()
    return players.assign(
        layer="player",
        name=[labels.player(int(track)) for track in players["track"]],
        minutes=players["seconds"] / 60,
    )[["layer", "x", "y", "name", "minutes", "spread_x", "spread_y"]]


def _spreads(shape: TeamShape) -> pd.DataFrame:
    players = shape.players
    if players.empty:
        return pd.DataFrame()
    along = {"x": players["x"] - players["spread_x"], "x2": players["x"] + players["spread_x"]}
    across = {"y": players["y"] - players["spread_y"], "y2": players["y"] + players["spread_y"]}
    parts = [
        pd.DataFrame({**along, "y": players["y"], "y2": players["y"]}),
        pd.DataFrame({"x": players["x"], "x2": players["x"], **across}),
    ]
    return pd.concat(parts, ignore_index=True).assign(layer="spread")


def _team_lines(shape: TeamShape, layout: PitchLayout) -> pd.DataFrame:
    at = [line.mean for line in (shape.back_line, shape.front_line) if np.isfinite(line.mean)]
    return pd.DataFrame({"layer": "team_line", "x": at, "x2": at, "y": 0.0, "y2": layout.width_m})


def _lines(layer: str, frame: dict[str, Any], mark: dict[str, Any]) -> dict[str, Any]:
    return {
        "transform": [{"filter": f"datum.layer == '{layer}'"}],
        "mark": {"type": "rule", **mark},
        "encoding": {
            "x": {"field": "x", **frame["x"]},
            "x2": {"field": "x2"},
            "y": {"field": "y", **frame["y"]},
            "y2": {"field": "y2"},
        },
    }


def _circles(frame: dict[str, Any], colour: str, labels: Labels) -> dict[str, Any]:
    return {
        "transform": [{"filter": "datum.layer == 'player'"}],
        "mark": {"type": "circle", "size": 150, "opacity": 1, "color": colour},
        "encoding": {
            "x": {"field": "x", **frame["x"]},
            "y": {"field": "y", **frame["y"]},
            "tooltip": [
                {"field": "name", "title": labels.texts("column.player")},
                {"field": "minutes", "title": labels.texts("shape.minutes"), "format": ".1f"},
                {"field": "spread_x", "title": labels.texts("shape.spread_x"), "format": ".1f"},
                {"field": "spread_y", "title": labels.texts("shape.spread_y"), "format": ".1f"},
            ],
        },
    }


def _names(frame: dict[str, Any], colours: TeamColours) -> list[dict[str, Any]]:
    return [
        {
            "transform": [{"filter": "datum.layer == 'player'"}],
            "mark": mark,
            "encoding": {
                "x": {"field": "x", **frame["x"]},
                "y": {"field": "y", **frame["y"]},
                "text": {"field": "name"},
            },
        }
        for mark in name_marks(colours, -15)
    ]
