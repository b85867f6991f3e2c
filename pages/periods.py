"""Periods: when play goes on and which way each team attacks, guessed from what was seen and asked of the user."""

from __future__ import annotations

import streamlit as st

from tacticeye.dashboard import corrections_panel, match_frame, panels, period_form, player, polls
from tacticeye.dashboard.language import say, texts
from tacticeye.errors import TacticEyeError
from tacticeye.ledger import SetPeriods
from tacticeye.periods import PeriodGuess
from tacticeye.service import MatchCard

match = match_frame.get_match()
PLAYER = f"period_player_{match.match_id}"


@st.cache_data(ttl=5.0, max_entries=8, show_spinner=False)
def guess(match_id: str) -> PeriodGuess:
    return polls.service().pitch.guess_periods(match_id)


def draw() -> MatchCard:
    """Video and form side by side."""
    service = polls.service()
    overrides = service.overrides(match.match_id)
    card = service.status(match.match_id)
    match_frame.header(card)
    guessed = guess(match.match_id)
    labels = match_frame.labels_of(overrides)
    if not guessed.periods and not overrides.periods:
        match_frame.nothing_yet(card)
        return card
    if overrides.periods:
        st.html(panels.hint(say("periods.are_set")))
    else:
        st.html(panels.hint(say("periods.are_guessed")))
    period_form.fill(overrides.periods or guessed.periods, f"{match.match_id} {overrides.periods}")
    picture, form = st.columns([3, 2], gap="medium")
    with picture:
        paused_s = player.show(match.match_id, period_form.moments(), PLAYER)
        st.html(panels.heading(say("periods.evidence"), period_form.evidence(guessed, labels)))
    with form:
        period_form.ask(match.match_id, labels, paused_s, PLAYER)
        if overrides.periods:
            st.button(say("periods.forget"), key="forget_periods", icon=":material/undo:", type="tertiary",
                      on_click=match_frame.correct, args=(match.match_id, SetPeriods()))  # fmt: skip
    corrections_panel.show(match.match_id, labels)
    return card


try:
    draw()
except TacticEyeError as error:
    st.html(panels.problem(error, texts()))
