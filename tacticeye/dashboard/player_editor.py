"""Putting right who is who: merge, split, name, number, team and role of players; names, colours and sides of teams."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from tacticeye.charts import clock
from tacticeye.dashboard import match_frame, panels, polls
from tacticeye.dashboard.language import say
from tacticeye.dashboard.words import plain
from tacticeye.labels import Labels
from tacticeye.ledger import MergeTracks, NamePlayer, NameTeam, PinPlayer, SplitTrack, SwapTeams, next_split_track
from tacticeye.people_views import PeopleView
from tacticeye.team_colours import TeamColours
from tacticeye.types import Role

_TEAMS: tuple[Literal[-1, 0, 1], ...] = (0, 1, -1)
_ROLES = (Role.PLAYER, Role.GOALKEEPER, Role.REFEREE)


def show(match_id: str, view: PeopleView, chosen: list[int], labels: Labels) -> None:
    """What can be done with the players chosen in the table."""
    if not chosen:
        st.html(panels.hint(say("players.choose")))
        return
    with st.container(border=True, key="player_editor"):
        if len(chosen) == 1:
            _one(match_id, view, chosen[0], labels)
        else:
            _several(match_id, chosen, labels)


def _several(match_id: str, chosen: list[int], labels: Labels) -> None:
    """The first chosen keeps its id and name; the table lists those seen longest first."""
    names = ", ".join(labels.player(track) for track in chosen)

    def merge() -> None:
        for track in chosen[1:]:
            match_frame.correct(match_id, MergeTracks(track, chosen[0]))

    st.markdown(plain(say("players.merge_question", players=names, into=labels.player(chosen[0]))))
    st.button(say("players.merge"), key="merge", type="primary", icon=":material/merge:", on_click=merge)


def _one(match_id: str, view: PeopleView, track: int, labels: Labels) -> None:
    row = view.players[view.players["track"] == track].iloc[0]
    naming, pinning, splitting = st.columns(3, gap="medium")
    with naming, st.form(f"name_{track}", border=False):
        name = st.text_input(say("players.name"), view.overrides.names.get(track, ""), max_chars=60)
        known = view.overrides.numbers.get(track, -1)
        number = st.number_input(
            say("players.number"), min_value=0, max_value=99, value=known if known >= 0 else None, step=1
        )
        if st.form_submit_button(say("players.save_name"), key="save_name"):
            match_frame.correct(match_id, NamePlayer(track, name.strip(), -1 if number is None else int(number)))
            st.rerun(scope="fragment")
    with pinning, st.form(f"pin_{track}", border=False):
        team = st.selectbox(say("column.team"), _TEAMS, _TEAMS.index(row["team"]), format_func=labels.team)
        role = st.selectbox(
            say("player_column.role"),
            _ROLES,
            _ROLES.index(Role(row["role"])),
            format_func=lambda r: say(f"role.{r.name.lower()}"),
        )
        if st.form_submit_button(say("players.pin"), key="pin"):
            match_frame.correct(match_id, PinPlayer(track, team, role))
            st.rerun(scope="fragment")
    with splitting, st.form(f"split_{track}", border=False):
        first_s, last_s = float(row["first_s"]), float(row["last_s"])
        at_s = st.slider(say("players.split_at"), first_s, max(last_s, first_s + 0.1), (first_s + last_s) / 2, step=0.1)
        st.caption(say("players.split_note", first=clock(first_s), last=clock(last_s)))
        if st.form_submit_button(say("players.split"), key="split"):
            new_track = next_split_track(polls.service().corrections(match_id))
            match_frame.correct(match_id, SplitTrack(track, at_s, new_track))
            st.rerun(scope="fragment")


def teams(match_id: str, view: PeopleView, colours: TeamColours, labels: Labels) -> None:
    """Names and colours of both teams, and which is which."""
    with st.expander(say("players.teams"), icon=":material/groups:"):
        sides: tuple[Literal[0, 1], ...] = (0, 1)
        for team, column in zip(sides, st.columns(2, gap="medium"), strict=True):
            with column, st.form(f"team_{team}", border=False):
                st.html(panels.team_label(team, colours, labels))
                name = st.text_input(say("players.team_name"), view.overrides.team_names[team], max_chars=60)
                given = view.overrides.team_colours[team]
                colour = st.color_picker(
                    say("players.team_colour"), given or colours.shirts[team] or colours.teams[team]
                )
                if st.form_submit_button(say("players.save_team"), key=f"save_team_{team}"):
                    is_new = colour != (given or colours.shirts[team] or colours.teams[team])
                    match_frame.correct(match_id, NameTeam(team, name.strip(), colour.lower() if is_new else given))
                    st.rerun(scope="fragment")
        st.button(
            say("players.swap"),
            key="swap_teams",
            icon=":material/swap_horiz:",
            on_click=match_frame.correct,
            args=(match_id, SwapTeams()),
            help=say("players.swap_help"),
        )
