"""Data: the match for other programs, clips, and questions in SQL."""

from __future__ import annotations

import streamlit as st

from tacticeye.dashboard import match_frame, panels, polls, query_console
from tacticeye.dashboard.language import say, texts
from tacticeye.dashboard.words import plain
from tacticeye.export_files import KINDS
from tacticeye.labels import Labels
from tacticeye.people_views import PeopleView
from tacticeye.service import MatchCard
from tacticeye.types import EventKind

NEED_PITCH = ("tracking", "spadl")

match = match_frame.get_match()


def downloads(view: PeopleView) -> None:
    """One button a format; another process makes the file when it is pressed."""
    st.html(panels.heading(say("data.downloads"), [say("data.downloads_note")]))
    columns = [column for _ in range(0, len(KINDS), 4) for column in st.columns(4, gap="small")]
    for column, kind in zip(columns, KINDS, strict=False):
        is_missing = kind in NEED_PITCH and not view.is_on_pitch
        with column:
            st.link_button(
                say(f"data.{kind}"),
                f"/download/{match.match_id}/{kind}?language={texts().language}",
                icon=":material/download:",
                width="stretch",
                disabled=is_missing,
            )
            st.caption(say("data.needs_pitch") if is_missing else say(f"data.{kind}_sentence"))


def clips(labels: Labels) -> None:
    """Moments of events as files of their own."""
    st.html(panels.heading(say("data.clips"), [say("data.clips_note")]))
    kinds = st.pills(
        say("column.kind"), list(EventKind), format_func=labels.kind, selection_mode="multi", key="clip_kinds"
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        teams = st.pills(
            say("column.team"),
            [0, 1],
            format_func=lambda team: plain(labels.team(team)),
            selection_mode="multi",
            key="clip_teams",
        )
        asked = f"language={texts().language}&kinds={','.join(kinds)}&teams={','.join(str(team) for team in teams)}"
        st.link_button(
            say("data.clips_get"), f"/download/{match.match_id}/clips?{asked}", icon=":material/content_cut:"
        )


def data() -> MatchCard:
    """The page's moving part."""
    view = polls.people(match.match_id)
    match_frame.header(view.card)
    if not view.has_data:
        match_frame.nothing_yet(view.card)
        return view.card
    downloads(view)
    clips(match_frame.labels_of(view.overrides))
    query_console.show(match.match_id)
    return view.card


match_frame.keep_fresh(data, match)
