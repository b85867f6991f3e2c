"""Where each player stayed, as a picture small enough for a cell of a table."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from tacticeye.charts import UNSURE_COLOUR
from tacticeye.team_colours import TeamColours, channels

# More pictures would make a page heavy; those seen longest come first.
_MOST = 60
# Pages draw the same ones at each look; those of a few open matches stay.
_KEPT = 512
_SCALE = 4
_LINE = (138, 148, 141, 255)


def player_thumbnails(
    players: pd.DataFrame, stays: Mapping[int, NDArray[np.float32]], colours: TeamColours
) -> list[str | None]:
    """One for each of the first players, in their teams' colours. players: track, team. stays: grid by track."""
    shown = zip(players["track"].tolist(), players["team"].tolist(), strict=True)
    return [
        heat_thumbnail(stays[track], colours.teams[team] if team in (0, 1) else UNSURE_COLOUR)
        if row < _MOST and track in stays
        else None
        for row, (track, team) in enumerate(shown)
    ]


def heat_thumbnail(grid: NDArray[np.float32], colour: str) -> str:
    """A PNG as a data URL: the grid in shades of '#rrggbb' on clear ground, framed, halved. grid: (rows, columns)
    float32, row 0 at the top, any unit."""
    return _encoded(grid.astype(np.float32).tobytes(), (grid.shape[0], grid.shape[1]), colour)


@lru_cache(maxsize=_KEPT)
def _encoded(cells: bytes, shape: tuple[int, int], colour: str) -> str:
    grid = np.frombuffer(cells, np.float32).reshape(shape)
    peak = float(grid.max()) if grid.size else 0.0
    strength = np.sqrt(grid / peak) if peak > 0 else np.zeros_like(grid)
    rows, columns = shape
    picture = np.empty((rows, columns, 4), np.uint8)
    picture[..., :3] = channels(colour)
    picture[..., 3] = np.rint(255 * strength)
    size = (columns * _SCALE, rows * _SCALE)
    # The colour is the same everywhere, so that only the strength is smoothed.
    large = np.asarray(Image.fromarray(picture, "RGBA").resize(size, Image.Resampling.BILINEAR)).copy()
    large[[0, -1], :] = large[:, [0, -1]] = large[:, size[0] // 2] = _LINE
    content = io.BytesIO()
    Image.fromarray(large, "RGBA").quantize(32).save(content, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
