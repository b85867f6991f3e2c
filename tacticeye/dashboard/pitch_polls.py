"""What the pages about the pitch ask the service: once for all tabs, and anew only when something was committed or
corrected. The answers are shared, so nobody changes them.
"""

from __future__ import annotations

import streamlit as st

from tacticeye.dashboard import polls
from tacticeye.pitch_views import HeatChoice, PitchFacts, RadarMoment
from tacticeye.shape_views import ShapeChoice, ShapeView
from tacticeye.store.pitch_presence import PitchHeat

Stamp = tuple[int, ...]


def facts(match_id: str) -> PitchFacts:
    """Raises TacticEyeError."""
    return polls.or_last_good("pitch facts", match_id, lambda: _facts(match_id, _stamp(match_id)))


def heats(match_id: str, choices: tuple[HeatChoice, ...]) -> tuple[PitchHeat, ...]:
    """Of a match with results. Raises TacticEyeError."""
    return polls.or_last_good("pitch heat", (match_id, choices), lambda: _heats(match_id, choices, _stamp(match_id)))


def moments(match_id: str, t0_s: float, t1_s: float) -> tuple[RadarMoment, ...]:
    """Of a match with results. Raises TacticEyeError."""
    return polls.or_last_good("radar", (match_id, t0_s, t1_s), lambda: _moments(match_id, t0_s, t1_s, _stamp(match_id)))


def shape(match_id: str, choice: ShapeChoice) -> ShapeView:
    """Raises TacticEyeError."""
    return polls.or_last_good("shape", (match_id, choice), lambda: _shape(match_id, choice, _stamp(match_id)))


def _stamp(match_id: str) -> Stamp:
    return polls.service().stamp(match_id)


@st.cache_resource(max_entries=16, show_spinner=False)
def _facts(match_id: str, stamp: Stamp) -> PitchFacts:
    return polls.service().pitch.facts(match_id)


@st.cache_resource(max_entries=32, show_spinner=False)
def _heats(match_id: str, choices: tuple[HeatChoice, ...], stamp: Stamp) -> tuple[PitchHeat, ...]:
    return polls.service().pitch.heats(match_id, choices)


@st.cache_resource(max_entries=16, show_spinner=False)
def _moments(match_id: str, t0_s: float, t1_s: float, stamp: Stamp) -> tuple[RadarMoment, ...]:
    return polls.service().pitch.moments(match_id, t0_s, t1_s)


@st.cache_resource(max_entries=8, show_spinner=False)
def _shape(match_id: str, choice: ShapeChoice, stamp: Stamp) -> ShapeView:
    return polls.service().pitch.shape(match_id, choice)
