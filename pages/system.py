"""System: workers and queue, the machine, versions, models, and the demo match as a check of it all."""

from __future__ import annotations

import streamlit as st

from tacticeye import system_info
from tacticeye.dashboard import new_match, panels, polls, system_panels
from tacticeye.dashboard.language import say, texts
from tacticeye.demo import demo_video
from tacticeye.errors import TacticEyeError
from tacticeye.self_check import check
from tacticeye.service import MatchCard
from tacticeye.texts.sentences import translate

st.title(say("menu.system"))


def self_check(cards: list[MatchCard]) -> None:
    """The newest finished analysis of the demo match against its truth."""
    st.html(panels.heading(say("system.check"), [say("system.check_note")]))
    for card in cards:
        if card.batch_idx < 0 or card.status.is_active or not polls.service().is_demo(card.match_id):
            continue
        live, events = polls.live(card.match_id), polls.events(card.match_id)
        result = check(demo_video().with_suffix(".truth.json"), live.spans, events.events)
        st.html(system_panels.self_check(result, card, texts()))
        break
    new_match.demo_button("demo_in_system")


@st.fragment(run_every="5s")
def now() -> None:
    """What changes by itself."""
    try:
        cards = polls.library()
        disk = system_info.disk(polls.service().data_dir)
        room = polls.service().find_room()
    except TacticEyeError as error:
        st.html(panels.problem(error, texts()))
        return
    left, right = st.columns(2, gap="medium")
    left.html(system_panels.workers(cards, room, texts()))
    right.html(system_panels.machine(system_info.machine(), disk, texts()))


now()
models_column, versions_column = st.columns(2, gap="medium")
with models_column:
    st.html(system_panels.models(system_info.models(), texts()))
    with st.expander(say("system.model_notes"), icon=":material/model_training:"):
        st.markdown(system_info.model_notes())
with versions_column:
    st.html(system_panels.versions(system_info.versions(), texts()))
try:
    self_check(polls.library())
except (TacticEyeError, OSError, ValueError) as error:
    st.html(panels.hint(translate(str(error), texts().language)))
