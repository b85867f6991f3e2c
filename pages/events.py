"""Events: when each happened, by team and kind, and all of them in a table."""

from __future__ import annotations

import streamlit as st

from tacticeye import charts
from tacticeye.dashboard import match_frame, panels, polls
from tacticeye.dashboard.language import say
from tacticeye.labels import Labels
from tacticeye.match_views import EventsView
from tacticeye.service import MatchCard
from tacticeye.types import NO_TEAM, EventKind

match = match_frame.get_match()


def filters(
    occurred: tuple[EventKind, ...], labels: Labels
) -> tuple[tuple[EventKind, ...] | None, tuple[int, ...] | None]:
    """Kinds and teams asked for; None: all."""
    if not occurred:
        return None, None
    kinds_column, teams_column = st.columns([2, 1])
    kinds = kinds_column.pills(
        say("column.kind"), occurred, format_func=labels.kind, selection_mode="multi", key="kinds"
    )
    teams = teams_column.pills(
        say("column.team"), [0, 1, NO_TEAM], format_func=labels.team, selection_mode="multi", key="teams"
    )
    return tuple(kinds) or None, tuple(teams) or None


def figures(view: EventsView, labels: Labels) -> None:
    """Timeline above, table below."""
    colours = match_frame.colours_of(view.kits)
    st.html(
        panels.heading(
            labels.texts.count("events.count", len(view.events)),
            [say("events.timeline_note")],
        )
    )
    st.html(panels.legend(colours, labels, labels.team(NO_TEAM), charts.UNSURE_COLOUR))
    figure = charts.event_timeline(view.events, max(view.card.total_s, view.card.t_s), colours, labels)
    st.vega_lite_chart(figure.rows, figure.spec, key="event_timeline", width="stretch")
    st.dataframe(
        charts.event_table(view.events, labels),
        key="event_table",
        hide_index=True,
        width="stretch",
        column_config={
            **{name: say(f"column.{name}") for name in charts.EVENT_COLUMNS},
            "confidence": st.column_config.ProgressColumn(
                say("column.confidence"), min_value=0, max_value=1, format="percent", width="small"
            ),
        },
    )


def events() -> MatchCard:
    """The page's moving part."""
    kinds, teams = st.session_state.get("event_filter", (None, None))
    view = polls.events(match.match_id, kinds, teams)
    labels = match_frame.labels_of(view.card)
    match_frame.header(view.card)
    if not view.has_data:
        match_frame.nothing_yet(view.card)
        return view.card
    st.session_state["event_filter"] = filters(view.kinds, labels)
    if st.session_state["event_filter"] != (kinds, teams):
        st.rerun(scope="fragment")
    if not view.kinds:
        st.html(panels.empty(say("events.none"), say("events.none_sentence")))
    elif view.events.empty:
        st.html(panels.empty(say("events.none_such"), say("events.none_such_sentence")))
    else:
        figures(view, labels)
    return view.card


match_frame.keep_fresh(events, match)
