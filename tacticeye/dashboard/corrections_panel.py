"""The ledger of a match's corrections: what was changed, each to be taken back."""

from __future__ import annotations

import streamlit as st

from tacticeye.charts import clock
from tacticeye.dashboard import match_frame, polls
from tacticeye.dashboard.language import say
from tacticeye.dashboard.words import plain
from tacticeye.errors import TacticEyeError
from tacticeye.labels import Labels
from tacticeye.ledger import (
    AddPass,
    Correction,
    Entry,
    FirstEnds,
    MergeTracks,
    NamePlayer,
    NameTeam,
    Note,
    NotLive,
    PinPlayer,
    RejectEvent,
    SetPeriods,
    SplitTrack,
    TagEvent,
    Undo,
    in_force,
)

# The newest are those that one takes back.
_SHOWN = 12


def show(match_id: str, labels: Labels) -> None:
    """Folded away: the newest corrections, each with an undo."""
    try:
        entries = in_force(polls.service().corrections(match_id))
    except TacticEyeError:
        return
    if not entries:
        return
    with st.expander(say("events.corrections", n=len(entries)), icon=":material/history:"):
        for entry in reversed(entries[-_SHOWN:]):
            _row(match_id, entry, labels)


def _row(match_id: str, entry: Entry, labels: Labels) -> None:
    words, undo = st.columns([6, 1], vertical_alignment="center")
    words.markdown(plain(describe(entry.correction, labels)))
    undo.button(
        say("correction.undo"),
        key=f"undo_{entry.number}",
        type="tertiary",
        icon=":material/undo:",
        on_click=match_frame.correct,
        args=(match_id, Undo(entry.number)),
    )


def describe(correction: Correction, labels: Labels) -> str:  # noqa: PLR0911, C901 - one line for each kind
    """One correction in words."""
    texts, player = labels.texts, labels.player
    match correction:
        case MergeTracks(track, into):
            return texts("correction.merge", player=player(track), into=player(into))
        case SplitTrack(track, t_s, new_track):
            return texts("correction.split", player=player(track), time=clock(t_s), into=player(new_track))
        case NamePlayer(track, name, number):
            shown = " ".join(part for part in (str(number) if number >= 0 else "", name) if part)
            return texts("correction.name", player=f"#{track}", name=shown)
        case PinPlayer(track, team, role):
            parts = [labels.team(team)] if team is not None else []
            parts += [texts(f"role.{role.name.lower()}")] if role is not None else []
            return texts("correction.pin", player=player(track), pinned=", ".join(parts))
        case NameTeam(team, name, colour):
            return texts("correction.team", team=texts(f"team.{team}"), name=f"{name} {colour}".strip())
        case RejectEvent(event_id):
            return texts("correction.reject", event=event_id)
        case AddPass(team, t_start_s):
            return texts("correction.add_pass", team=labels.team(team), time=clock(t_start_s))
        case NotLive(start_s, end_s):
            return texts("correction.not_live", start=clock(start_s), end=clock(end_s))
        case SetPeriods(periods):
            return texts.count("correction.periods", len(periods))
        case FirstEnds(to_right):
            return texts("correction.first_ends", team=labels.team(to_right))
        case TagEvent(event_id, tag):
            return texts("correction.tag", event=event_id, tag=tag)
        case Note(t_s, text):
            return texts("correction.note", time=clock(t_s), text=text)
    return texts("correction.swap")
