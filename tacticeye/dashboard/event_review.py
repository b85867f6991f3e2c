"""Looking at events one by one: which one is picked, tags, notes, and what to do about a wrong or missing one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from tacticeye.charts import clock
from tacticeye.corrections import Overrides
from tacticeye.dashboard import match_frame, panels, player
from tacticeye.dashboard.language import say
from tacticeye.labels import Labels
from tacticeye.ledger import AddPass, Note, NotLive, RejectEvent, TagEvent
from tacticeye.team_colours import TeamColours

TAGS = (1, 2, 3, 4, 5)
TIMELINE, TABLE = "event_timeline", "event_table"
# A pass added by hand is taken to last as long as a short one does, s; its end is not asked for.
_ADDED_PASS_S = 1.0
_SHOWN = "events_shown"
_NOT_LIVE_SINCE = "not_live_since"


def player_key(match_id: str) -> str:
    return f"player_{match_id}"


def remember(match_id: str, events: pd.DataFrame) -> None:
    """What the chart and the table show, so that a click on them can be understood."""
    st.session_state[_SHOWN] = (match_id, events["event_id"].tolist(), events["t_start_s"].tolist())


def on_timeline() -> None:
    """A mark of the timeline was clicked."""
    picked: list[dict[str, Any]] = st.session_state[TIMELINE]["selection"].get("pick", [])
    if picked:
        _watch(int(picked[0]["event_id"]))


def on_table() -> None:
    """A row of the table was chosen."""
    rows: Sequence[int] = st.session_state[TABLE]["selection"]["rows"]
    _, numbers, _ = st.session_state[_SHOWN]
    if rows and rows[0] < len(numbers):
        _watch(int(numbers[rows[0]]))


def _watch(number: int) -> None:
    match_id, numbers, times = st.session_state[_SHOWN]
    if number in numbers:
        player.seek(number, times[numbers.index(number)], player_key(match_id))


def video(match_id: str, events: pd.DataFrame, labels: Labels) -> float:
    """The player with the events shown to step through. Returns where it was paused, s."""
    key = player_key(match_id)
    picked = events[events["event_id"] == player.selected(key)]
    names = {row.event_id: _name(row, labels) for row in picked.itertuples(index=False)}
    times = zip(events["event_id"].tolist(), events["t_start_s"].tolist(), strict=True)
    moments = [player.Moment(number, t_s, names.get(number, "")) for number, t_s in times]
    return player.show(
        match_id,
        moments,
        key,
        on_tag=lambda number, tag: match_frame.correct(match_id, TagEvent(number, tag)),
    )


def _name(event: Any, labels: Labels) -> str:
    players = " → ".join(name for name in (labels.player(event.track_from), labels.player(event.track_to)) if name)
    words = (clock(event.t_start_s), labels.team(event.team), labels.kind(event.kind), labels.result(event.result))
    return " · ".join(part for part in (*words, players) if part)


def details(
    match_id: str, events: pd.DataFrame, overrides: Overrides, colours: TeamColours, labels: Labels, paused_s: float
) -> None:
    """What is picked with what can be done about it, and notes on the video."""
    number = player.selected(player_key(match_id))
    picked = events[events["event_id"] == number]
    if picked.empty:
        st.html(panels.hint(say("events.pick_hint")))
    else:
        _picked(match_id, picked, overrides, colours, labels)
    with st.container(horizontal=True):
        if not picked.empty:
            _reject(match_id, int(picked["event_id"].iloc[0]))
        _missing(match_id, colours, labels, paused_s)
    _notes(match_id, overrides, paused_s)


def _picked(match_id: str, event: pd.DataFrame, overrides: Overrides, colours: TeamColours, labels: Labels) -> None:
    number = int(event["event_id"].iloc[0])
    st.html(panels.feed(event, colours, labels, say("events.details")))
    tag = overrides.tags.get(number, 0)

    # A widget of its own for each tag: one whose value we set may send its old one once more, against the keyboard.
    key = f"tag_{number}_{tag}"

    def tagged() -> None:
        match_frame.correct(match_id, TagEvent(number, st.session_state[key] or 0))

    st.pills(say("events.tags"), TAGS, default=tag or None, key=key, on_change=tagged)


def _reject(match_id: str, number: int) -> None:
    st.button(
        say("events.reject"),
        key="reject_event",
        icon=":material/close:",
        on_click=lambda: match_frame.correct(match_id, RejectEvent(number)),
    )


def _missing(match_id: str, colours: TeamColours, labels: Labels, paused_s: float) -> None:
    """A pass that was missed, and stretches that are no live play, at the place where the video stands."""
    with st.popover(
        say("events.add_pass", time=clock(paused_s)), icon=":material/add:", help=say("events.add_pass_help")
    ):
        for team in (0, 1):
            st.html(panels.team_label(team, colours, labels))
            st.button(
                say("events.add_pass", time=clock(paused_s)),
                key=f"add_pass_{team}",
                on_click=match_frame.correct,
                args=(match_id, AddPass(team, paused_s, paused_s + _ADDED_PASS_S)),
            )
    since = st.session_state.get(_NOT_LIVE_SINCE)
    if since is None or since >= paused_s:
        if st.button(say("events.not_live_from"), key="not_live_from", icon=":material/pause_presentation:"):
            st.session_state[_NOT_LIVE_SINCE] = paused_s
            st.rerun(scope="fragment")
    elif st.button(say("events.not_live_to", time=clock(paused_s)), key="not_live_to", type="primary"):
        match_frame.correct(match_id, NotLive(since, paused_s))
        del st.session_state[_NOT_LIVE_SINCE]
        st.rerun(scope="fragment")


def _notes(match_id: str, overrides: Overrides, paused_s: float) -> None:
    with st.form("event_note", border=False, clear_on_submit=True):
        text = st.text_input(
            say("events.note"), key="note_text", max_chars=2000, placeholder=say("events.note_placeholder")
        )
        if st.form_submit_button(say("events.note_add", time=clock(paused_s)), key="note_add") and text.strip():
            match_frame.correct(match_id, Note(paused_s, text.strip()))
            st.rerun(scope="fragment")
    if overrides.notes:
        st.html(panels.notes(sorted(overrides.notes), say("events.notes")))
