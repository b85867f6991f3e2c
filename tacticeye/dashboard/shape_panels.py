"""Figures of a team's shape in words and tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd

from tacticeye.charts import clock
from tacticeye.dashboard import panels
from tacticeye.dashboard.words import UNKNOWN
from tacticeye.shape import LANES, THIRDS, Spread, TeamShape
from tacticeye.texts import Texts


def figures(shape: TeamShape, entries: tuple[int, int] | None, texts: Texts) -> str:
    """Width, depth, centre, lines and entries of one team. entries: final third and box; None: not known."""
    rows = [
        (texts(f"shape.{name}", n=shape.in_a_line), _metres(getattr(shape, name)))
        for name in ("width", "depth", "centre_x", "centre_y", "back_line", "front_line")
    ]
    for key, n in zip(("third_entries", "box_entries"), entries or (None, None), strict=True):
        rows.append((texts(f"shape.{key}"), UNKNOWN if n is None else f"<b>{n}</b>"))
    aside = escape(texts("shape.measured", time=clock(float(shape.seconds))))
    return panels.panel(texts("shape.outline"), panels.table(rows), aside)


def zones(shape: TeamShape, texts: Texts, knows_ends: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Thirds and lanes: zone, players, ball (percent, NaN unknown). Lanes from the far touchline to the near one."""
    kind = "played" if knows_ends else "filmed"
    thirds = [texts(f"shape.third_{kind}_{number}") for number in range(THIRDS)]
    lanes = [texts(f"shape.lane_{kind}_{number}") for number in range(LANES)]
    parts = ((thirds, shape.thirds, shape.held_thirds), (lanes[::-1], shape.lanes[::-1], shape.held_lanes[::-1]))
    first, second = (
        pd.DataFrame({"zone": names, "players": _percent(players), "ball": _percent(ball)})
        for names, players, ball in parts
    )
    return first, second


def _percent(shares: Sequence[float]) -> list[float]:
    return [100 * share for share in shares]


def _metres(spread: Spread) -> str:
    if not math.isfinite(spread.mean):
        return UNKNOWN
    deviation = "" if np.isnan(spread.deviation) else f'<span class="te-muted"> ± {spread.deviation:.1f}</span>'
    return f"<b>{spread.mean:.1f} m</b>{deviation}"
