"""Live: possession, passes and what happened, while the match is analysed and afterwards."""

from __future__ import annotations

import streamlit as st

from tacticeye import charts
from tacticeye.dashboard import match_frame, panels, polls
from tacticeye.dashboard.language import say
from tacticeye.labels import Labels
from tacticeye.match_views import LiveView
from tacticeye.service import MatchCard
from tacticeye.team_colours import TeamColours

match = match_frame.get_match()


def figures(view: LiveView, colours: TeamColours, labels: Labels) -> None:
    """Possession above, what lies behind it below."""
    st.html(panels.possession(view.totals, colours, labels, view.card.status.is_active))
    over_time, picture = st.columns([3, 2], gap="medium")
    with over_time:
        st.html(panels.heading(say("live.over_time"), [say("live.over_time_note")]))
        st.html(panels.legend(colours, labels, say("state.not_counted"), colours.neutral))
        figure = charts.possession_over_time(view.spans, colours, labels)
        st.vega_lite_chart(figure.rows, figure.spec, key="possession_over_time", width="stretch")
    with picture:
        st.html(panels.heading(say("live.frame"), [say("live.frame_note")]))
        frame = polls.preview(view.card.preview_path)
        if frame:
            st.image(frame, width="stretch")
        else:
            st.html(panels.no_frame(say("nothing.no_picture")))
        st.html(panels.kits(colours, labels) or "<span></span>")
    events, counts = st.columns([3, 2], gap="medium")
    events.html(panels.feed(view.events, colours, labels))
    counts.html(panels.passes(view.totals, colours, labels))
    counts.html(panels.trust(view.stats, labels.texts))


def live() -> MatchCard:
    """The page's moving part."""
    view = polls.live(match.match_id)
    match_frame.header(view.card)
    if view.has_data:
        figures(view, match_frame.colours_of(view.kits), match_frame.labels_of(view.overrides))
    else:
        match_frame.nothing_yet(view.card)
    return view.card


match_frame.keep_fresh(live, match)
