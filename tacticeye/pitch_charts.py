"""Figures on the pitch in metres; like charts.py, constant descriptions and changing rows, no Streamlit."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tacticeye.charts import VegaFigure
from tacticeye.labels import Labels
from tacticeye.pitch import PitchLayout, markings
from tacticeye.pitch_grid import exposure_corrected
from tacticeye.store.pitch_presence import PitchHeat
from tacticeye.team_colours import TeamColours, blend

# Spread of the smoothing, m: about the reach of a player; the places themselves are good to some decimetres.
SIGMA_M = 1.6
# A cell that was in view for less tells nothing.
LEAST_IN_VIEW_S = 2.0
MARGIN_M = 2.0
_HEIGHT_PX = 330
_FAINTEST = 0.02
_OVERLAP_M = 0.08
_HATCH_EVERY_M = 2
_LINE_COLOUR = "#8a948d"
CELL_PARAMETER = "cell"


def pitch_heatmap(
    heat: PitchHeat, layout: PitchLayout, colour: str, colours: TeamColours, labels: Labels
) -> VegaFigure:
    """Where on the pitch somebody stood, per time in view; cells never (or hardly) in view are hatched.

    The click selection CELL_PARAMETER yields x and y of a cell, m.
    """
    least = LEAST_IN_VIEW_S / heat.interval_s if heat.interval_s > 0 else 1.0
    rate = exposure_corrected(heat.counts, heat.in_view, least, SIGMA_M)
    unseen = np.isnan(rate)
    rows = pd.concat([_warm(rate, heat, colour, colours), _hatched(unseen), line_rows(layout)], ignore_index=True)
    frame = pitch_frame(layout)
    spec: dict[str, Any] = {
        "height": _HEIGHT_PX,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "layer": [_cells(frame, labels), strokes("hatch", 0.6, frame), strokes("line", 1.2, frame)],
    }
    return VegaFigure(spec, rows)


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


def _warm(rate: NDArray[np.float64], heat: PitchHeat, colour: str, colours: TeamColours) -> pd.DataFrame:
    peak = float(np.nanmax(rate)) if np.isfinite(rate).any() else 0.0
    strength = np.sqrt(np.nan_to_num(rate) / peak) if peak > 0 else np.zeros_like(rate)
    y, x = np.nonzero(strength > _FAINTEST)
    return pd.DataFrame(
        {
            "layer": "cell",
            "x": x.astype(np.float64),
            "x2": x + 1 + _OVERLAP_M,
            "y": y.astype(np.float64),
            "y2": y + 1 + _OVERLAP_M,
            "colour": blend(colours.background, colour, strength[y, x]),
            # Seconds that somebody stands here in a minute that shows the place, per square metre.
            "seconds": 60 * rate[y, x],
            "seen_s": heat.in_view[y, x] * heat.interval_s,
            "piece": 0,
        }
    )


def _hatched(unseen: NDArray[np.bool_]) -> pd.DataFrame:
    """Short slanted strokes over what was never in view."""
    row, column = np.nonzero(unseen[::_HATCH_EVERY_M, ::_HATCH_EVERY_M])
    x, y = column * float(_HATCH_EVERY_M), row * float(_HATCH_EVERY_M)
    starts = pd.DataFrame({"layer": "hatch", "x": x, "y": y, "piece": np.arange(len(x)), "order": 0})
    ends = starts.assign(x=x + _HATCH_EVERY_M * 0.8, y=y + _HATCH_EVERY_M * 0.8, order=1)
    return pd.concat([starts, ends], ignore_index=True)


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


def _cells(frame: dict[str, Any], labels: Labels) -> dict[str, Any]:
    return {
        "transform": [{"filter": "datum.layer == 'cell'"}],
        "params": [{"name": CELL_PARAMETER, "select": {"type": "point", "fields": ["x", "y"]}}],
        "mark": {"type": "rect", "strokeWidth": 0, "cursor": "pointer"},
        "encoding": {
            "x": {"field": "x", **frame["x"]},
            "x2": {"field": "x2"},
            "y": {"field": "y", **frame["y"]},
            "y2": {"field": "y2"},
            "color": {"field": "colour", "type": "nominal", "scale": None},
            "tooltip": [
                {"field": "seconds", "title": labels.texts("pitch.per_minute"), "format": ".2f"},
                {"field": "seen_s", "title": labels.texts("pitch.in_view_s"), "format": ".0f"},
            ],
        },
    }


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
