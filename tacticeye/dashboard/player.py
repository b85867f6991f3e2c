"""The video of a match beside its numbers: a component of our own, for the browser's seeks to whole seconds only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from tacticeye.dashboard import polls
from tacticeye.dashboard.language import say

_HERE = Path(__file__).resolve().parent
_HTML = """
<div class="player">
  <video class="video" controls muted playsinline preload="metadata"></video>
  <div class="problem" hidden></div>
  <div class="bar"><button type="button" class="previous"></button><button type="button" class="next"></button>
    <span class="label"></span><span class="time"></span></div>
  <div class="help"></div>
</div>
"""
_component = component(
    "tacticeye_player",
    html=_HTML,
    css=(_HERE / "player.css").read_text(encoding="utf-8"),
    js=(_HERE / "player.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Moment:
    """Something in the video to step to. number: of the event; t_s: when; label: what the player calls it while it
    stands there."""

    number: int
    t_s: float
    label: str = ""


def show(
    match_id: str,
    moments: Sequence[Moment] = (),
    key: str = "player",
    on_step: Callable[[int], None] | None = None,
    on_tag: Callable[[int, int], None] | None = None,
) -> float:
    """The player, standing where `seek` last sent it. moments: in order of time.

    on_step: called with the number of the moment stepped to; on_tag: with moment and tag. Returns where it was paused.
    """
    seek = st.session_state.get(f"{key}_seek")
    selected = seek["selected"] if seek else None
    label = next((moment.label for moment in moments if moment.number == selected), "")

    def stepped() -> None:
        number = int(st.session_state[key]["step"])
        seek_now = st.session_state.get(f"{key}_seek") or {"number": 0, "t": 0.0}
        st.session_state[f"{key}_seek"] = {**seek_now, "selected": number}
        if on_step:
            on_step(number)

    def tagged() -> None:
        value: dict[str, Any] = st.session_state[key]["tag"]
        if on_tag:
            on_tag(int(value["event"]), int(value["tag"]))

    result = _component(
        key=key,
        data={
            "source": f"/video/{match_id}",
            "events": [{"id": moment.number, "t": moment.t_s} for moment in moments],
            "seek": {"number": seek["number"], "t": seek["t"]} if seek else None,
            "selected": selected,
            "label": label,
            "texts": {
                "problem": say("player.problem" if polls.service().has_video(match_id) else "player.no_video"),
                "help": _help(bool(moments), on_tag is not None),
                **{name: say(f"player.{name}") for name in ("previous", "next")},
            },
        },
        default={"time": 0.0},
        on_step_change=stepped,
        on_tag_change=tagged,
        on_time_change=lambda: None,
    )
    return float(result.time or 0.0)


def _help(can_step: bool, can_tag: bool) -> str:
    """Which keys do something here."""
    known = {"help": True, "help_step": can_step, "help_tag": can_tag}
    return " · ".join(say(f"player.{name}") for name, is_known in known.items() if is_known)


def seek(number: int, t_s: float, key: str = "player") -> None:
    """Has the player stand a second before the moment and play, at the next drawing."""
    before = st.session_state.get(f"{key}_seek") or {"number": 0}
    st.session_state[f"{key}_seek"] = {"number": before["number"] + 1, "t": float(t_s), "selected": number}


def selected(key: str = "player") -> int | None:
    """Number of the moment that it shows."""
    seek_now = st.session_state.get(f"{key}_seek")
    return None if seek_now is None else seek_now["selected"]
