"""Figures about passes: the network of a team, and its matrix. As charts.py: a constant description, changing rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tacticeye.charts import UNSURE_COLOUR, VegaFigure, name_marks
from tacticeye.labels import Labels
from tacticeye.people_views import PeopleView, pass_pairs
from tacticeye.pitch import markings
from tacticeye.team_colours import TeamColours

# Of a long match with broken tracks: more nodes than a team has places can't be read.
_MOST_NODES = 16
_LINE_PX = (1.5, 9.0)
_NODE_PX2 = (150.0, 900.0)
# Opacity of a line that is picked or could be, and of all others while one is.
_PICKABLE, _NOT_PICKED = 0.6, 0.2
# What a pitch of 105 x 68 m takes of a column on a desktop.
_HEIGHT_PX = 330
# Width by height of most videos.
_PICTURE_SHAPE = 16 / 9


def pass_network(view: PeopleView, team: int, colours: TeamColours, labels: Labels) -> VegaFigure:
    """Players at their average places, lines as thick as there were completed passes between them, either way.

    A click on a line picks it: parameter "edge", field pair ("4-9", smaller track first), one beside it lets go of it.
    """
    pairs = pass_pairs(view.passes, team)
    nodes = _nodes(view, pairs, labels)
    edges = _edges(pairs, nodes, labels)
    shade = colours.teams[team]
    rows = pd.concat([edges.assign(part="edge"), nodes.assign(part="node")], ignore_index=True).assign(colour=shade)
    spec = {
        "height": _HEIGHT_PX,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "layer": [*_ground(view), _edge_layer(labels, view), _node_layer(labels, view), *_name_layers(colours, view)],
    }
    return VegaFigure(spec, rows)


def pass_matrix(view: PeopleView, team: int, labels: Labels) -> pd.DataFrame:
    """Completed passes from whom (rows) to whom (columns), by name; those who played most first."""
    pairs = pass_pairs(view.passes, team)
    order = _most_involved(pairs)
    matrix = pairs.pivot_table(index="track_from", columns="track_to", values="n", fill_value=0)
    matrix = matrix.reindex(index=order, columns=order, fill_value=0).astype(int)
    matrix.index = pd.Index([labels.player(int(track)) for track in matrix.index])
    matrix.columns = pd.Index([labels.player(int(track)) for track in matrix.columns])
    return matrix


def _most_involved(pairs: pd.DataFrame) -> list[int]:
    both = pd.concat([pairs.groupby("track_from")["n"].sum(), pairs.groupby("track_to")["n"].sum()])
    total = both.groupby(level=0).sum().sort_values(ascending=False, kind="stable")
    return [int(track) for track in total.index[:_MOST_NODES]]


def _nodes(view: PeopleView, pairs: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    order = _most_involved(pairs)
    played = pairs.groupby("track_from")["n"].sum().reindex(order, fill_value=0)
    got = pairs.groupby("track_to")["n"].sum().reindex(order, fill_value=0)
    places = view.places.set_index("track").reindex(order)
    total = (played + got).to_numpy(np.float64)
    return pd.DataFrame(
        {
            "track": order,
            "x": places["x"].to_numpy(np.float64),
            "y": places["y"].to_numpy(np.float64),
            "name": [labels.player(track) for track in order],
            "size": _scaled(total, _NODE_PX2),
            "played": played.to_numpy(np.int64),
            "got": got.to_numpy(np.int64),
        }
    ).dropna(subset=["x", "y"])


def _edges(pairs: pd.DataFrame, nodes: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    known = set(nodes["track"])
    shown = pairs[pairs["track_from"].isin(known) & pairs["track_to"].isin(known)]
    low = np.minimum(shown["track_from"], shown["track_to"])
    high = np.maximum(shown["track_from"], shown["track_to"])
    edges = shown.assign(low=low, high=high).groupby(["low", "high"])["n"].sum().reset_index()
    at = nodes.set_index("track")[["x", "y"]]
    begin, end = at.reindex(edges["low"]).to_numpy(np.float64), at.reindex(edges["high"]).to_numpy(np.float64)
    ends = list(zip(edges["low"].tolist(), edges["high"].tolist(), strict=True))
    return pd.DataFrame(
        {
            "pair": [f"{a}-{b}" for a, b in ends],
            "name": [f"{labels.player(a)} ↔ {labels.player(b)}" for a, b in ends],
            "x": begin[:, 0] if len(ends) else [],
            "y": begin[:, 1] if len(ends) else [],
            "x2": end[:, 0] if len(ends) else [],
            "y2": end[:, 1] if len(ends) else [],
            "size": _scaled(edges["n"].to_numpy(np.float64), _LINE_PX),
            "n": edges["n"].to_numpy(np.int64),
        }
    )


def _scaled(values: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    peak = values.max() if len(values) else 1.0
    return np.asarray(span[0] + (span[1] - span[0]) * values / max(peak, 1.0), np.float64)


def _axis(field: str, view: PeopleView) -> dict[str, Any]:
    margin = 0.02
    size = view.size[0] if field == "x" else view.size[1]
    domain = [-margin * size, (1 + margin) * size]
    # As wide and as high as fits with a metre across as long as a metre along.
    shape = view.size[0] / view.size[1] if view.is_on_pitch else _PICTURE_SHAPE
    reach = [0, {"expr": f"min(width, height * {shape:.4f})"}]
    if field == "y":
        reach = [{"expr": f"min(height, width / {shape:.4f})"}, 0]
    # The pitch's y goes up, the picture's down.
    return {
        "field": field,
        "type": "quantitative",
        "axis": None,
        "scale": {
            "domain": domain if field == "x" or view.is_on_pitch else domain[::-1],
            "nice": False,
            "zero": False,
            "range": reach,
        },
    }


def _edge_layer(labels: Labels, view: PeopleView) -> dict[str, Any]:
    return {
        "transform": [{"filter": "datum.part == 'edge'"}],
        "params": [{"name": "edge", "select": {"type": "point", "fields": ["pair"], "clear": False}}],
        "mark": {"type": "rule", "strokeCap": "round", "cursor": "pointer"},
        "encoding": {
            "key": {"field": "pair"},
            "x": _axis("x", view),
            "y": _axis("y", view),
            "x2": {"field": "x2"},
            "y2": {"field": "y2"},
            "size": {"field": "size", "type": "quantitative", "scale": None, "legend": None},
            "color": {"field": "colour", "type": "nominal", "scale": None},
            "opacity": {"condition": {"param": "edge", "value": _PICKABLE}, "value": _NOT_PICKED},
            "tooltip": [
                {"field": "name", "title": labels.texts("passes.between")},
                {"field": "n", "title": labels.texts("passes.completed")},
            ],
        },
    }


def _node_layer(labels: Labels, view: PeopleView) -> dict[str, Any]:
    return {
        "transform": [{"filter": "datum.part == 'node'"}],
        "mark": {"type": "circle", "opacity": 1, "stroke": UNSURE_COLOUR, "strokeWidth": 1},
        "encoding": {
            "key": {"field": "track"},
            "x": _axis("x", view),
            "y": _axis("y", view),
            "size": {"field": "size", "type": "quantitative", "scale": None, "legend": None},
            "color": {"field": "colour", "type": "nominal", "scale": None},
            "tooltip": [
                {"field": "name", "title": labels.texts("column.player")},
                {"field": "played", "title": labels.texts("passes.played")},
                {"field": "got", "title": labels.texts("passes.received")},
            ],
        },
    }


def _name_layers(colours: TeamColours, view: PeopleView) -> list[dict[str, Any]]:
    return [
        {
            "transform": [{"filter": "datum.part == 'node'"}],
            "mark": mark,
            "encoding": {
                "x": _axis("x", view),
                "y": _axis("y", view),
                "text": {"field": "name"},
                "key": {"field": "track"},
            },
        }
        for mark in name_marks(colours, -19)
    ]


def _ground(view: PeopleView) -> list[dict[str, Any]]:
    """The lines of the pitch, or the edge of the picture."""
    if view.is_on_pitch:
        lines = [(f"{i}", x, y) for i, m in enumerate(markings(1.0, view.layout)) for x, y in m.points_m.tolist()]
    else:
        lines = [("edge", x, y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
    values = [{"line": line, "gx": round(x, 2), "gy": round(y, 2), "i": i} for i, (line, x, y) in enumerate(lines)]
    return [
        {
            "data": {"values": values},
            "mark": {"type": "line", "color": UNSURE_COLOUR, "strokeWidth": 1, "opacity": 0.75},
            "encoding": {
                "x": {**_axis("x", view), "field": "gx"},
                "y": {**_axis("y", view), "field": "gy"},
                "detail": {"field": "line"},
                "order": {"field": "i"},
            },
        }
    ]
