"""Heat on the pitch in metres, as a component of our own: thousands of cells are one picture to it, drawn in a few
milliseconds, where a chart of as many marks keeps a browser busy for seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import streamlit as st
from streamlit.components.v2 import component

from tacticeye.dashboard.language import say
from tacticeye.pitch import PitchLayout, markings
from tacticeye.pitch_grid import exposure_corrected
from tacticeye.store.pitch_presence import PitchHeat
from tacticeye.team_colours import TeamColours

# Spread of the smoothing, m: about the reach of a player; the places themselves are good to some decimetres.
SIGMA_M = 1.6
# A cell that was in view for less tells nothing.
LEAST_IN_VIEW_S = 2.0
_LINE_COLOUR = "#8a948d"
_HERE = Path(__file__).resolve().parent
_component = component(
    "tacticeye_pitch_heat",
    html='<div class="ground"><canvas class="heat" role="img"></canvas><div class="tip" hidden></div></div>',
    css=(_HERE / "pitch_heat.css").read_text(encoding="utf-8"),
    js=(_HERE / "pitch_heat.js").read_text(encoding="utf-8"),
)


def seconds_per_minute(heat: PitchHeat) -> list[list[float | None]]:
    """By row from y = 0 and cell from x = 0: seconds that somebody stands there, per square metre, in a minute that
    shows the place; None where it was never, or hardly ever, in view."""
    least = LEAST_IN_VIEW_S / heat.interval_s if heat.interval_s > 0 else 1.0
    rate = 60 * exposure_corrected(heat.counts, heat.in_view, least, SIGMA_M)
    return [[None if math.isnan(value) else value for value in row] for row in rate.round(4).tolist()]


def show(
    title: str,
    heat: PitchHeat,
    layout: PitchLayout,
    colour: str,
    colours: TeamColours,
    on_cell: Callable[[tuple[int, int] | None], None],
) -> None:
    """The heat in shades of colour. on_cell is called with the x and y of a cell that was clicked, m, or with None for
    a click beside the pitch."""
    key = f"pitch heat {title}"

    def clicked() -> None:
        cell = st.session_state[key]["cell"]["cell"]
        on_cell(None if cell is None else (int(cell[0]), int(cell[1])))

    _component(
        key=key,
        data={
            "seconds": seconds_per_minute(heat),
            "seen": np.rint(heat.in_view * heat.interval_s).astype(int).tolist(),
            "length": layout.length_m,
            "width": layout.width_m,
            "lines": [marking.points_m.round(2).tolist() for marking in markings(1.0, layout)],
            "colours": {"background": colours.background, "heat": colour, "line": _LINE_COLOUR},
            "texts": {"title": title, "seconds": say("pitch.per_minute"), "seen": say("pitch.in_view_s")},
        },
        on_cell_change=clicked,
    )
