"""Figures on the pitch in metres; like charts.py, constant descriptions and changing rows, no Streamlit."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pandas as pd

from tacticeye.pitch import PitchLayout, markings

MARGIN_M = 2.0
# What a pitch of 105 x 68 m takes of half the page's width on a desktop.
HEIGHT_PX = 290
_LINE_COLOUR = "#8a948d"


def pitch_frame(layout: PitchLayout) -> dict[str, dict[str, Any]]:
    """The axes along and across the pitch, with a margin: as large as fits with a metre as long across as along."""
    shape = (layout.length_m + 2 * MARGIN_M) / (layout.width_m + 2 * MARGIN_M)
    return {
        "x": _scale(layout.length_m, [0, {"expr": f"min(width, height * {shape:.4f})"}]),
        "y": _scale(layout.width_m, [{"expr": f"min(height, width / {shape:.4f})"}, 0]),
    }


def _scale(length_m: float, reach: list[Any]) -> dict[str, Any]:
    return {
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [-MARGIN_M, length_m + MARGIN_M], "range": reach, "nice": False, "zero": False},
    }


@lru_cache(maxsize=8)
def line_rows(layout: PitchLayout) -> pd.DataFrame:
    """The lines of the pitch, for strokes("line", ...); shared, so nobody changes them."""
    parts = []
    for piece, marking in enumerate(markings(1.0, layout)):
        points = marking.points_m
        if len(points) > 1:
            parts.append(
                pd.DataFrame(
                    {"layer": "line", "x": points[:, 0], "y": points[:, 1], "piece": piece, "order": range(len(points))}
                )
            )
    return pd.concat(parts, ignore_index=True)


def strokes(layer: str, width: float, frame: dict[str, Any]) -> dict[str, Any]:
    """A layer of lines from rows of that `layer`: x, y, piece, order."""
    return {
        "transform": [{"filter": f"datum.layer == '{layer}'"}],
        "mark": {"type": "line", "color": _LINE_COLOUR, "strokeWidth": width, "interpolate": "linear"},
        "encoding": {
            "x": {"field": "x", **frame["x"]},
            "y": {"field": "y", **frame["y"]},
            "detail": {"field": "piece"},
            "order": {"field": "order", "type": "quantitative"},
        },
    }
