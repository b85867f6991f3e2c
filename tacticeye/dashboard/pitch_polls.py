"""What the pages about the pitch ask the service, shared by all tabs for a second like the rest (polls.py)."""

from __future__ import annotations

import streamlit as st

from tacticeye.dashboard import polls
from tacticeye.pitch_views import HeatChoice, PitchHeatView, RadarView
from tacticeye.shape_views import ShapeChoice, ShapeView

_FRESH_S = 1.0


def heat(match_id: str, choice: HeatChoice) -> PitchHeatView:
    """Raises TacticEyeError."""
    return polls.or_last_good(f"pitch heat of team {choice.team}", (match_id, choice), lambda: _heat(match_id, choice))


def radar(match_id: str, t0_s: float, t1_s: float) -> RadarView:
    """Raises TacticEyeError."""
    return polls.or_last_good("radar", (match_id, t0_s, t1_s), lambda: _radar(match_id, t0_s, t1_s))


def shape(match_id: str, choice: ShapeChoice) -> ShapeView:
    """Raises TacticEyeError."""
    return polls.or_last_good("shape", (match_id, choice), lambda: _shape(match_id, choice))


def forget() -> None:
    """Asks anew at the next look: something was changed."""
    _shape.clear()
    _heat.clear()
    _radar.clear()


@st.cache_data(ttl=_FRESH_S, max_entries=32, show_spinner=False)
def _heat(match_id: str, choice: HeatChoice) -> PitchHeatView:
    return polls.service().pitch.heat(match_id, choice)


@st.cache_data(ttl=_FRESH_S, max_entries=16, show_spinner=False)
def _radar(match_id: str, t0_s: float, t1_s: float) -> RadarView:
    return polls.service().pitch.radar(match_id, t0_s, t1_s)


@st.cache_data(ttl=_FRESH_S, max_entries=8, show_spinner=False)
def _shape(match_id: str, choice: ShapeChoice) -> ShapeView:
    return polls.service().pitch.shape(match_id, choice)
