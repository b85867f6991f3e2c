"""Thumbnails of where players stayed: in the team's colour, strongest where the player was."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image

from tacticeye.config import Settings
from tacticeye.heat_thumbnails import heat_thumbnail
from tacticeye.people_views import STAY_ROWS
from tacticeye.service import Service
from tests.browser.match_folders import make_match, stand_as


def opened(url: str) -> np.ndarray:
    content = base64.b64decode(url.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))


def test_the_picture_is_strongest_where_the_player_stayed() -> None:
    grid = np.zeros((STAY_ROWS, 15), np.float32)
    grid[2, 3] = 50.0
    picture = opened(heat_thumbnail(grid, "#c8202f"))
    scale = picture.shape[0] // STAY_ROWS
    spot = picture[2 * scale + scale // 2, 3 * scale + scale // 2]
    assert np.abs(spot[:3].astype(int) - (0xC8, 0x20, 0x2F)).max() < 12
    assert spot[3] > 150
    assert picture[-3, -3, 3] == 0


def test_a_player_s_stay_is_where_his_boxes_are_in_the_picture(tmp_path: Path) -> None:
    stand_as(make_match(tmp_path, "derby", "Derby", batches=6), "finished")
    view = Service(Settings(data_dir=tmp_path)).people_view("derby")
    x, y = (dict(zip(view.places["track"], view.places[axis].tolist(), strict=True)) for axis in ("x", "y"))
    for track, grid in view.stays.items():
        rows, columns = grid.shape
        centre_x = float((grid.sum(axis=0) * (np.arange(columns) + 0.5)).sum() / grid.sum() / columns)
        centre_y = float((grid.sum(axis=1) * (np.arange(rows) + 0.5)).sum() / grid.sum() / rows)
        assert abs(centre_x - x[track]) < 1 / columns
        assert abs(centre_y - y[track]) < 1 / rows
    assert len(view.stays) == len(view.players)
