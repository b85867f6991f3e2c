"""The pitch from above in step with the video, as a component of our own: both follow one scrubber."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamlit.components.v2 import component

from tacticeye.dashboard.language import say
from tacticeye.labels import Labels
from tacticeye.pitch import PitchLayout, markings
from tacticeye.pitch_views import RadarMoment
from tacticeye.team_colours import TeamColours

_HERE = Path(__file__).resolve().parent
_HTML = """
<div class="radar">
  <video class="video" muted playsinline preload="metadata"></video>
  <canvas class="pitch"></canvas>
</div>
<div class="radar-bar"><button type="button" class="play"></button>
  <input type="range" class="scrubber" step="0.04" aria-label="time"><span class="time"></span></div>
<div class="radar-note note"></div>
"""
_component = component(
    "tacticeye_radar",
    html=_HTML,
    css=(_HERE / "radar.css").read_text(encoding="utf-8"),
    js=(_HERE / "radar.js").read_text(encoding="utf-8"),
)
_AREA, _LINE, _OTHER, _BALL = "rgba(120, 180, 120, 0.22)", "#8a948d", "#b8a13c", "#ffffff"


def show(
    match_id: str,
    moments: Sequence[RadarMoment],
    layout: PitchLayout,
    colours: TeamColours,
    labels: Labels,
    span_s: tuple[float, float],
) -> None:
    """The radar of a stretch of the match."""
    tracks = {person[0] for moment in moments for person in moment.people}
    _component(
        key="radar",
        data={
            "source": f"/video/{match_id}",
            "start": span_s[0],
            "end": span_s[1],
            "length": layout.length_m,
            "width": layout.width_m,
            "lines": [marking.points_m.round(2).tolist() for marking in markings(1.0, layout)],
            "moments": _plain(moments),
            "names": {str(track): name for track, name in labels.players.items() if track in tracks},
            "colours": {
                "teams": list(colours.teams),
                "other": _OTHER,
                "ball": _BALL,
                "background": colours.background,
                "area": _AREA,
                "line": _LINE,
                "text": _LINE,
            },
            "texts": {"note": say("pitch.radar_note"), "unknown": say("pitch.uncalibrated")},
        },
    )


def _plain(moments: Sequence[RadarMoment]) -> list[dict[str, Any]]:
    return [
        {
            "t": moment.t_s,
            "people": moment.people,
            "ball": moment.ball,
            "flies": moment.ball_flies,
            "area": moment.area,
            "error": moment.error_m if moment.error_m == moment.error_m else None,
        }
        for moment in moments
    ]
