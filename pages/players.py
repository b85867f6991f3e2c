"""Players: what each did, and putting right who is who."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from tacticeye.dashboard import corrections_panel, drawings, match_frame, panels, player_editor, polls
from tacticeye.dashboard.language import say
from tacticeye.dashboard.words import UNKNOWN, plain
from tacticeye.heat_thumbnails import player_thumbnails
from tacticeye.labels import Labels
from tacticeye.people_views import PeopleView
from tacticeye.service import MatchCard
from tacticeye.team_colours import TeamColours
from tacticeye.types import NO_TEAM, Role

RUNNING = ("measured", "distance", "top_speed", "sprints")
SHOWN = (
    "player", "heat", "team", "role", "minutes", "touches", "passes", "accuracy", "received", *RUNNING, "from", "to",
)  # fmt: skip

match = match_frame.get_match()


def in_words(players: pd.DataFrame, heat: list[str | None], labels: Labels) -> pd.DataFrame:
    """The table as it is read."""
    roles = {role.value: say(f"role.{role.name.lower()}") for role in Role}
    return pd.DataFrame(
        {
            "player": [labels.player(track) for track in players["track"]],
            "heat": heat,
            "team": [labels.team(team) for team in players["team"]],
            "role": [roles[role] for role in players["role"]],
            "minutes": players["seconds_seen"] / 60,
            "touches": players["touches"],
            "passes": players["passes"],
            "accuracy": players["accuracy"] * 100,
            "received": players["received"],
            "measured": players["seconds_measured"] / 60,
            "distance": players["distance_m"] / 1000,
            "top_speed": players["top_speed_m_s"] * 3.6,
            "sprints": players["sprints"],
            "from": pd.to_datetime(players["first_s"], unit="s"),
            "to": pd.to_datetime(players["last_s"], unit="s"),
        }
    )


def table(
    players: pd.DataFrame, teams: Sequence[int], view: PeopleView, colours: TeamColours, labels: Labels
) -> list[int]:
    """The players of these teams; returns the ids of the rows chosen."""
    shown = drawings.kept(
        "player_table",
        view,
        lambda: in_words(players, player_thumbnails(players, view.stays, colours), labels),
        tuple(teams),
    )
    if players["distance_m"].isna().all():
        shown = shown.drop(columns=list(RUNNING))
    columns: dict[str, Any] = {name: say(f"player_column.{name}") for name in SHOWN}
    columns["heat"] = st.column_config.ImageColumn(
        say("player_column.heat"), help=say("players.heat_help" if view.is_on_pitch else "players.heat_help_picture")
    )
    columns["minutes"] = st.column_config.NumberColumn(
        say("player_column.minutes"), format="%.1f", help=say("players.minutes_help")
    )
    columns["touches"] = st.column_config.NumberColumn(say("player_column.touches"), help=say("players.touches_help"))
    columns["accuracy"] = st.column_config.NumberColumn(say("player_column.accuracy"), format="%.0f%%")
    for name, form in zip(RUNNING, ("%.1f", "%.2f", "%.1f", "%d"), strict=True):
        columns[name] = st.column_config.NumberColumn(
            say(f"player_column.{name}"), format=form, help=say(f"players.{name}_help")
        )
    for name in ("from", "to"):
        columns[name] = st.column_config.DatetimeColumn(say(f"player_column.{name}"), format="mm:ss")
    chosen = st.dataframe(
        shown,
        key="player_table",
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        column_config=columns,
        placeholder=UNKNOWN,
    )
    return [int(players["track"].iloc[row]) for row in chosen["selection"]["rows"] if row < len(players)]


def players() -> MatchCard:
    """The page's moving part."""
    view = polls.people(match.match_id)
    labels, colours = match_frame.labels_of(view.overrides), match_frame.colours_of(view.kits)
    match_frame.header(view.card)
    if not view.has_data:
        match_frame.nothing_yet(view.card)
        return view.card
    if view.players.empty:
        st.html(panels.empty(say("heatmap.no_player"), say("heatmap.no_player_sentence")))
        return view.card
    teams = st.pills(
        say("column.team"),
        [0, 1, NO_TEAM],
        format_func=lambda team: plain(labels.team(team)),
        selection_mode="multi",
        key="player_teams",
        wrap=True,
    )
    wanted = view.players[view.players["team"].isin(teams)] if teams else view.players
    st.html(panels.heading(labels.texts.count("players.count", len(wanted)), [say("players.note")]))
    chosen = table(wanted, teams, view, colours, labels)
    player_editor.show(match.match_id, view, chosen, labels)
    player_editor.teams(match.match_id, view, colours, labels)
    corrections_panel.show(match.match_id, labels)
    return view.card


match_frame.keep_fresh(players, match)
