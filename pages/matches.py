"""Matches: the library, and where an analysis begins."""

from __future__ import annotations

import streamlit as st

from tacticeye.dashboard import library, new_match, panels, polls
from tacticeye.dashboard.language import say, texts
from tacticeye.dashboard.match_frame import POLL_EVERY
from tacticeye.errors import TacticEyeError

st.title(say("matches.title"))


@st.fragment(run_every=POLL_EVERY)
def matches(was_empty: bool) -> None:
    """The list, also of what other tabs and the command line do."""
    try:
        cards = polls.library()
    except TacticEyeError as error:
        st.html(panels.problem(error, texts()))
        return
    if was_empty != (not cards):
        st.rerun()
    library.show(cards)


def welcome() -> None:
    """What a first visitor sees."""
    st.html(panels.empty(say("matches.welcome"), say("new.demo_sentence")))
    with st.container(horizontal=True, horizontal_alignment="center"):
        new_match.demo_button("demo_in_welcome")
    st.space("medium")
    st.html(panels.heading(say("matches.or_own")))
    with st.container(border=True):
        new_match.form(["upload", "path", "link"])


try:
    is_empty = not polls.library()
except TacticEyeError as error:
    st.html(panels.problem(error, texts()))
    st.stop()

if is_empty:
    welcome()
else:
    with st.expander(say("matches.new"), icon=":material/add:"):
        new_match.form(["upload", "path", "link", "demo"])
    library.confirm_deletion()
matches(is_empty)
