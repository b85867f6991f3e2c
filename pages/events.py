"""Events: when each happened, by team and kind, with the video beside them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from tacticeye import charts
from tacticeye.dashboard import corrections_panel, event_review, match_frame, panels, player, polls
from tacticeye.dashboard.language import say
from tacticeye.dashboard.words import plain
from tacticeye.labels import Labels
from tacticeye.match_views import EventsView
from tacticeye.service import MatchCard
from tacticeye.team_colours import TeamColours
from tacticeye.types import NO_TEAM

match = match_frame.get_match()


def filtered(view: EventsView, labels: Labels) -> pd.DataFrame:
    """The events asked for by the filters above them."""
    kinds_column, teams_column, sure_column = st.columns([5, 4, 3])
    kinds = kinds_column.pills(
        say("column.kind"), view.kinds, format_func=labels.kind, selection_mode="multi", key="kinds", wrap=True
    )
    teams = teams_column.pills(
        say("column.team"),
        [0, 1, NO_TEAM],
        format_func=lambda team: plain(labels.team(team)),
        selection_mode="multi",
        key="teams",
        wrap=True,
    )
    least = sure_column.slider(say("events.least_confidence"), 0, 100, 0, step=5, format="%d%%", key="least_confidence")
    events = view.events.assign(tag=view.events["event_id"].map(view.overrides.tags).fillna(0).astype(int))
    if view.overrides.tags:
        tags = st.pills(say("events.tags"), event_review.TAGS, selection_mode="multi", key="tags")
        events = events[events["tag"].isin(tags)] if tags else events
    events = events[events["kind"].isin([str(kind) for kind in kinds])] if kinds else events
    events = events[events["team"].isin(teams)] if teams else events
    return events[events["confidence"] * 100 >= least].reset_index(drop=True)


def figures(events: pd.DataFrame, end_s: float, colours: TeamColours, labels: Labels) -> None:
    """Timeline above, table below; a click on either moves the video."""
    event_review.remember(match.match_id, events)
    st.html(panels.heading(labels.texts.count("events.count", len(events)), [say("events.timeline_note")]))
    st.html(panels.legend(colours, labels, labels.team(NO_TEAM), charts.UNSURE_COLOUR, is_hollow=True))
    selected = player.selected(event_review.player_key(match.match_id))
    figure = charts.event_timeline(events, end_s, colours, labels, selected)
    st.vega_lite_chart(
        figure.rows, figure.spec, key=event_review.TIMELINE, width="stretch", on_select=event_review.on_timeline,
        selection_mode="pick",
    )  # fmt: skip
    columns: dict[str, Any] = {name: say(f"column.{name}") for name in (*charts.EVENT_COLUMNS, "tag")}
    columns["confidence"] = st.column_config.ProgressColumn(
        say("column.confidence"), min_value=0, max_value=1, format="percent", width="small"
    )
    st.dataframe(
        figure.rows[list(charts.EVENT_COLUMNS)].assign(tag=[str(tag or "") for tag in events["tag"]]),
        key=event_review.TABLE,
        hide_index=True,
        width="stretch",
        on_select=event_review.on_table,
        selection_mode="single-row",
        column_config=columns,
    )


def events() -> MatchCard:
    """The page's moving part."""
    view = polls.events(match.match_id)
    labels, colours = match_frame.labels_of(view.overrides), match_frame.colours_of(view.kits)
    match_frame.header(view.card)
    if not view.has_data:
        match_frame.nothing_yet(view.card)
        return view.card
    if not view.kinds:
        st.html(panels.empty(say("events.none"), say("events.none_sentence")))
        return view.card
    chosen = filtered(view, labels)
    picture, beside = st.columns([3, 2], gap="medium")
    with picture:
        paused_s = event_review.video(match.match_id, chosen, labels)
    with beside:
        event_review.details(match.match_id, chosen, view.overrides, colours, labels, paused_s)
    if chosen.empty:
        st.html(panels.empty(say("events.none_such"), say("events.none_such_sentence")))
    else:
        figures(chosen, max(view.card.total_s, view.card.t_s), colours, labels)
    corrections_panel.show(match.match_id, labels)
    return view.card


match_frame.keep_fresh(events, match)
