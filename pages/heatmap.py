"""Heatmap: where in the picture each team and player was."""

from __future__ import annotations

import streamlit as st

from tacticeye import charts
from tacticeye.dashboard import match_frame, panels, polls
from tacticeye.dashboard.language import say
from tacticeye.match_views import HeatmapView
from tacticeye.service import MatchCard

TEAMS, PLAYER = "team.both", "heatmap.one_player"
# A shorter match has no minutes to choose from.
SHORTEST_FOR_RANGE_S = 120.0

match = match_frame.get_match()


def draw(view: HeatmapView, colour: str, title: str) -> None:
    """One picture's worth of heat."""
    st.html(panels.heading(title))
    aspect = view.width / view.height if view.height else 16 / 9
    figure = charts.heatmap(
        view.seconds, aspect, colour, match_frame.colours_of(view.kits), match_frame.labels_of(view.overrides)
    )
    st.vega_lite_chart(figure.rows, figure.spec, key=f"heat {title}", width="stretch")


def minute_range(end_s: float) -> tuple[int, int] | None:
    """Minutes asked for; None: all."""
    if end_s < SHORTEST_FOR_RANGE_S:
        return None
    last = int(end_s // 60) + 1
    chosen: tuple[int, int] = st.slider(say("heatmap.minutes"), 0, last, (0, last), key="heat_minutes")
    return None if chosen == (0, last) else chosen


def teams(minutes: tuple[int, int] | None) -> None:
    """Both teams side by side."""
    for team, column in enumerate(st.columns(2, gap="medium")):
        with column:
            view = polls.heatmap(match.match_id, team, None, minutes)
            draw(view, match_frame.colours_of(view.kits).teams[team], match_frame.labels_of(view.overrides).team(team))


def player(everybody: HeatmapView, minutes: tuple[int, int] | None) -> None:
    """One player, chosen from those seen longest."""
    players = charts.player_choices(everybody.tracks, match_frame.labels_of(everybody.overrides))
    if not players:
        st.html(panels.empty(say("heatmap.no_player"), say("heatmap.no_player_sentence")))
        return
    track = st.selectbox(say("heatmap.player"), list(players), format_func=players.__getitem__, key="heat_player")
    view = polls.heatmap(match.match_id, None, track, minutes)
    colour = charts.player_colour(view.tracks, track, match_frame.colours_of(view.kits))
    draw(view, colour, match_frame.labels_of(view.overrides).player(track))


def heatmap() -> MatchCard:
    """The page's moving part."""
    view = polls.heatmap(match.match_id, None, None, None)
    match_frame.header(view.card)
    if not view.has_data:
        match_frame.nothing_yet(view.card)
        return view.card
    st.html(panels.hint(say("heatmap.note")))
    whom = st.segmented_control(
        say("heatmap.show"), [TEAMS, PLAYER], format_func=say, default=TEAMS, required=True, key="heat_of"
    )
    minutes = minute_range(view.card.t_s)
    if whom == PLAYER:
        player(view, minutes)
    else:
        teams(minutes)
    return view.card


match_frame.keep_fresh(heatmap, match)
