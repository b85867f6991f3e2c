"""Live: possession, passes and what happened, while the match is analysed and afterwards."""

from __future__ import annotations

import streamlit as st

from tacticeye import charts
from tacticeye.dashboard import match_frame, panels, polls
from tacticeye.match_views import LiveView
from tacticeye.service import MatchCard
from tacticeye.team_colours import TeamColours

match = match_frame.get_match()


def figures(view: LiveView, colours: TeamColours) -> None:
    """Possession above, what lies behind it below."""
    st.html(panels.possession(view.totals, colours, view.card.status.is_active))
    over_time, picture = st.columns([3, 2], gap="medium")
    with over_time:
        st.html(panels.heading("Possession over time", ["Every column is a stretch of video, shared out in full."]))
        st.html(panels.legend(colours, charts.POSSESSION_PARTS[1], colours.neutral))
        figure = charts.possession_over_time(view.spans, colours)
        st.vega_lite_chart(figure.rows, figure.spec, key="possession_over_time", width="stretch")
    with picture:
        st.html(panels.heading("Latest frame", ["As the analysis sees it."]))
        frame = polls.preview(view.card.preview_path)
        if frame:
            st.image(frame, width="stretch")
        else:
            st.html(panels.no_frame("No picture yet"))
        st.html(panels.kits(colours) or "<span></span>")
    events, counts = st.columns([3, 2], gap="medium")
    events.html(panels.feed(view.events, colours))
    counts.html(panels.passes(view.totals, colours))
    counts.html(panels.trust(view.stats))


def live() -> MatchCard:
    """The page's moving part."""
    view = polls.live(match.match_id)
    match_frame.header(view.card)
    if view.has_data:
        figures(view, match_frame.colours_of(view.kits))
    else:
        match_frame.nothing_yet(view.card)
    return view.card


match_frame.keep_fresh(live, match)
