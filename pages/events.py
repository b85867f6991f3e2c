"""Events: when each happened, by team and kind, and all of them in a table."""

from __future__ import annotations

import streamlit as st

from tacticeye import charts
from tacticeye.dashboard import match_frame, panels, polls
from tacticeye.match_views import EventsView
from tacticeye.service import MatchCard
from tacticeye.types import EventKind

TEAMS = {**dict(enumerate(charts.TEAM_NAMES)), -1: charts.UNSURE}

match = match_frame.get_match()


def filters(occurred: tuple[EventKind, ...]) -> tuple[tuple[EventKind, ...] | None, tuple[int, ...] | None]:
    """Kinds and teams asked for; None: all."""
    if not occurred:
        return None, None
    kinds_column, teams_column = st.columns([2, 1])
    kinds = kinds_column.pills(
        "Kind", occurred, format_func=charts.KIND_NAMES.__getitem__, selection_mode="multi", key="kinds"
    )
    teams = teams_column.pills("Team", list(TEAMS), format_func=TEAMS.__getitem__, selection_mode="multi", key="teams")
    return tuple(kinds) or None, tuple(teams) or None


def figures(view: EventsView) -> None:
    """Timeline above, table below."""
    colours = match_frame.colours_of(view.kits)
    st.html(
        panels.heading(
            f"{len(view.events)} events",
            ["Faint: not completed. Drag to move, wheel to zoom, double click to see all."],
        )
    )
    st.html(panels.legend(colours, charts.UNSURE, charts.UNSURE_COLOUR))
    figure = charts.event_timeline(view.events, max(view.card.total_s, view.card.t_s), colours)
    st.vega_lite_chart(figure.rows, figure.spec, key="event_timeline", width="stretch")
    st.dataframe(
        charts.event_table(view.events),
        key="event_table",
        hide_index=True,
        width="stretch",
        column_config={
            "Confidence": st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent", width="small")
        },
    )


def events() -> MatchCard:
    """The page's moving part."""
    kinds, teams = st.session_state.get("event_filter", (None, None))
    view = polls.events(match.match_id, kinds, teams)
    match_frame.header(view.card)
    if not view.has_data:
        match_frame.nothing_yet(view.card)
        return view.card
    st.session_state["event_filter"] = filters(view.kinds)
    if st.session_state["event_filter"] != (kinds, teams):
        st.rerun(scope="fragment")
    if not view.kinds:
        st.html(panels.empty("No event yet", "Passes and interceptions appear here as they are found."))
    elif view.events.empty:
        st.html(panels.empty("No such event yet", "Nothing of this kind has been found so far."))
    else:
        figures(view)
    return view.card


match_frame.keep_fresh(events, match)
