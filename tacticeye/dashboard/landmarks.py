"""Setting landmarks on a frame of the video, as a component of our own with a lens and a small pitch to choose from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit.components.v2 import component

from tacticeye.dashboard import polls
from tacticeye.dashboard.language import say
from tacticeye.hand_calibration import Click
from tacticeye.pitch import KEYPOINT_NAMES, PitchLayout, keypoints_m, markings

_HERE = Path(__file__).resolve().parent
_HTML = """
<div class="tool">
  <div class="picture"><video class="video" muted playsinline preload="auto"></video>
    <canvas class="frame"></canvas><canvas class="lens" hidden></canvas><div class="problem" hidden></div></div>
  <div><canvas class="map"></canvas><div class="name"></div></div>
</div>
"""
_component = component(
    "tacticeye_landmarks",
    html=_HTML,
    css=(_HERE / "landmarks.css").read_text(encoding="utf-8"),
    js=(_HERE / "landmarks.js").read_text(encoding="utf-8"),
)
KEY = "landmarks"


@dataclass(frozen=True, eq=False)
class Sheet:
    """A frame to set landmarks on. size px; lines: the pitch drawn over it, px; residuals: m by landmark.

    version: another one makes the browser take `clicks` in place of its own.
    """

    match_id: str
    t_s: float
    size: tuple[int, int]
    layout: PitchLayout
    clicks: Sequence[Click] = ()
    lines: Sequence[Sequence[Sequence[float]]] = ()
    residuals: Mapping[int, float] = field(default_factory=dict)
    version: int = 0


def show(sheet: Sheet, on_change: Callable[[list[Click]], None]) -> None:
    """The frame with its landmarks; on_change is called with all of them when one was set or taken away."""

    def changed() -> None:
        value: dict[str, Any] = st.session_state[KEY]["points"] or {}
        if value.get("t") == sheet.t_s:
            on_change([Click(int(k), float(x), float(y)) for k, x, y in value["points"]])

    _component(
        key=KEY,
        data={
            "source": f"/video/{sheet.match_id}",
            "t": sheet.t_s,
            "size": list(sheet.size),
            "length": sheet.layout.length_m,
            "width": sheet.layout.width_m,
            "markings": [marking.points_m.round(2).tolist() for marking in markings(1.0, sheet.layout)],
            "landmarks": [place if np.isfinite(place).all() else None for place in keypoints_m(sheet.layout).tolist()],
            "names": [say(f"landmark.{name}") for name in KEYPOINT_NAMES],
            "points": [[click.landmark, click.x, click.y] for click in sheet.clicks],
            "lines": list(sheet.lines),
            "residuals": {str(landmark): residual for landmark, residual in sheet.residuals.items()},
            "version": sheet.version,
            "texts": {
                "problem": say("player.problem" if polls.service().has_video(sheet.match_id) else "player.no_video"),
            },
        },
        on_points_change=changed,
    )
