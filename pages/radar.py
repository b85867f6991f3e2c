"""Radar: the pitch from above, in step with the video."""

from __future__ import annotations

import streamlit as st

from tacticeye import charts
from tacticeye.dashboard import match_frame, panels, pitch_polls, polls, radar
from tacticeye.dashboard.language import say
from tacticeye.service import MatchCard

# What one look loads: longer stretches make the page slow, shorter ones make replaying a chore.
STRETCH_S = 60.0

match = match_frame.get_match()


def choose_stretch(end_s: float) -> tuple[float, float]:
    """From and to, s: the newest minute of a match at work, any minute of one that is done."""
    last = max(0, int((end_s - 1e-6) // STRETCH_S))
    if last == 0:
        return 0.0, end_s
    minute: int = st.slider(say("pitch.minute"), 0, last, last if match.status.is_active else 0, key="radar_minute")
    return minute * STRETCH_S, min(end_s, (minute + 1) * STRETCH_S)


def draw() -> MatchCard:
    """The page's moving part."""
    card = polls.service().status(match.match_id)
    match_frame.header(card)
    facts = pitch_polls.facts(match.match_id)
    if facts.end_s <= 0:
        match_frame.nothing_yet(card)
        return card
    if facts.calibrated_share == 0:
        match_frame.not_calibrated(match.match_id, say("pitch.no_radar"))
        return card
    span_s = choose_stretch(facts.end_s)
    colours, labels = match_frame.colours_of(facts.kits), match_frame.labels_of(facts.overrides)
    st.html(panels.legend(colours, labels, say("pitch.others"), "#b8a13c"))
    moments = pitch_polls.moments(match.match_id, *span_s)
    radar.show(match.match_id, moments, facts.layout, colours, labels, span_s)
    share, time = f"{facts.calibrated_share:.0%}", charts.clock(facts.end_s)
    st.html(panels.heading(say("pitch.radar_share", share=share, time=time)))
    return card


match_frame.keep_fresh(draw, match)
