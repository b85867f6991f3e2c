"""Report: the match on one printable page."""

from __future__ import annotations

import streamlit as st

from tacticeye.analysis.definitions import PossessionDefinition
from tacticeye.dashboard import match_frame, panels, polls
from tacticeye.dashboard.language import say
from tacticeye.report import report_html
from tacticeye.service import MatchCard
from tacticeye.team_colours import team_colours

match = match_frame.get_match()


def report() -> MatchCard:
    """The page's moving part."""
    live = polls.live(match.match_id)
    match_frame.header(live.card)
    if not live.has_data:
        match_frame.nothing_yet(live.card)
        return live.card
    events, people = polls.events(match.match_id), polls.people(match.match_id)
    labels = match_frame.labels_of(live.overrides)
    st.html(panels.heading(say("menu.report"), [say("report.note")]))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        definition = st.selectbox(
            say("report.definition"),
            list(PossessionDefinition),
            format_func=labels.definition,
            key="report_possession",
            width=300,
        )
        html = report_html(
            live,
            events.events,
            people,
            team_colours(live.kits, is_dark=False),
            labels,
            definition or PossessionDefinition.TIME_IN_CONTROL,
        )
        st.download_button(
            say("report.download"),
            html,
            f"{match.match_id}-report.html",
            "text/html",
            key="report_download",
            icon=":material/print:",
            on_click="ignore",
        )
    st.iframe(html, height=900)
    return live.card


match_frame.keep_fresh(report, match)
