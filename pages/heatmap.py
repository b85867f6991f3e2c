"""Heatmap: where in the picture each team and player was."""

from __future__ import annotations

import streamlit as st

from tacticeye import charts
from tacticeye.dashboard import match_frame, panels, polls
from tacticeye.dashboard.words import HEATMAP_NOTE
from tacticeye.match_views import HeatmapView
from tacticeye.service import MatchCard

TEAMS, PLAYER = "Both teams", "One player"
# A shorter match has no minutes to choose from.
SHORTEST_FOR_RANGE_S = 120.0

match = match_frame.get_match()


def draw(view: HeatmapView, colour: str, title: str) -> None:
    """One picture's worth of heat."""
    st.html(panels.heading(title))
    aspect = view.width / view.height if view.height else 16 / 9
    figure = charts.heatmap(view.seconds, aspect, colour, match_frame.colours_of(view.kits))
    st.vega_lite_chart(figure.rows, figure.spec, key=f"heat {title}", width="stretch")


def minute_range(end_s: float) -> tuple[int, int] | None:
    """Minutes asked for; None: all."""
    if end_s < SHORTEST_FOR_RANGE_S:
        return None
    last = int(end_s // 60) + 1
    chosen: tuple[int, int] = st.slider("Minutes of video", 0, last, (0, last), key="heat_minutes")
    return None if chosen == (0, last) else chosen


def teams(minutes: tuple[int, int] | None) -> None:
    """Both teams side by side."""
    for team, column in enumerate(st.columns(2, gap="medium")):
        with column:
            view = polls.heatmap(match.match_id, team, None, minutes)
            draw(view, match_frame.colours_of(view.kits).teams[team], charts.TEAM_NAMES[team])


def player(everybody: HeatmapView, minutes: tuple[int, int] | None) -> None:
    """One player, chosen from those seen longest."""
    players = charts.player_choices(everybody.tracks)
    if not players:
        st.html(panels.empty("No player yet", "Nobody has been followed for long enough so far."))
        return
    track = st.selectbox("Player", list(players), format_func=players.__getitem__, key="heat_player")
    view = polls.heatmap(match.match_id, None, track, minutes)
    draw(view, charts.player_colour(view.tracks, track, match_frame.colours_of(view.kits)), charts.player_name(track))


def heatmap() -> MatchCard:
    """The page's moving part."""
    view = polls.heatmap(match.match_id, None, None, None)
    match_frame.header(view.card)
    if not view.has_data:
        match_frame.nothing_yet(view.card)
        return view.card
    st.html(panels.hint(HEATMAP_NOTE))
    whom = st.segmented_control("Show", [TEAMS, PLAYER], default=TEAMS, required=True, key="heat_of")
    minutes = minute_range(view.card.t_s)
    if whom == PLAYER:
        player(view, minutes)
    else:
        teams(minutes)
    return view.card


match_frame.keep_fresh(heatmap, match)
