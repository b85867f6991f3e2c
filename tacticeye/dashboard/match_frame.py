"""What every page about one match shares: finding it, its header with actions, staying up to date while it works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

from tacticeye.corrections import Overrides
from tacticeye.dashboard import garbage, navigation, panels, polls
from tacticeye.dashboard.language import say, texts
from tacticeye.dashboard.words import resume_label
from tacticeye.errors import TacticEyeError
from tacticeye.labels import Labels
from tacticeye.ledger import Correction
from tacticeye.match_queue import MatchStatus
from tacticeye.service import MatchCard
from tacticeye.team_colours import TeamColours, team_colours

# How often a page looks at a match that is being analysed: one that is watched, and one that is read. Batches come
# every few seconds, and what pages cost the machine is taken from the analysis.
POLL_EVERY = "2s"
READ_EVERY = "5s"


def get_match() -> MatchCard:
    """The match that the address names. Where it names none that exists, says so and ends the page here."""
    match_id = navigation.find_selected_match()
    if match_id is None:
        st.html(panels.empty(say("nothing.no_match"), say("nothing.no_match_sentence")))
        _link_to_library()
        st.stop()
    try:
        return polls.service().status(match_id)
    except TacticEyeError as error:
        navigation.forget_match(match_id)
        st.html(panels.problem(error, texts()))
        _link_to_library()
        st.stop()


def keep_fresh(draw: Callable[[], MatchCard], card: MatchCard, every: str = READ_EVERY) -> None:
    """Draws a part of the page, again and again while the match works; then the page as a whole becomes the final view.

    draw: shows the part and returns the match's card as it is by then.
    """
    is_active = card.status.is_active

    @st.fragment(run_every=every if is_active else None)
    def part() -> None:
        try:
            now = draw()
        except TacticEyeError as error:
            st.html(panels.problem(error, texts()))
            _link_to_library()
            return
        garbage.set_aside()
        if now.status.is_active != is_active:
            st.rerun()

    part()


def header(card: MatchCard) -> None:
    """Title, status, progress, and the one thing that can be done about it now."""
    with st.container(key="match_header"):
        text, action = st.columns([5, 1], vertical_alignment="top")
        text.html(panels.match_state(card, texts()))
        with action:
            control(card, "header")


def control(card: MatchCard, place: str, width: Literal["stretch", "content"] = "stretch") -> None:
    """The button that stops, starts or resumes a match, where one makes sense."""
    key = f"{place}_{card.match_id}"
    if card.status in (MatchStatus.RUNNING, MatchStatus.WAITING):
        if st.button(say("action.stop"), key=f"stop_{key}", icon=":material/stop_circle:", width=width):
            act(polls.service().stop, card.match_id)
    elif card.status not in (MatchStatus.FINISHED, MatchStatus.STOPPING) and st.button(
        resume_label(card, texts()), key=f"resume_{key}", icon=":material/play_arrow:", type="primary", width=width
    ):
        act(polls.service().resume, card.match_id)


def act(action: Callable[[str], None], match_id: str) -> None:
    """Does it and shows the page anew; where it can't be done, says why."""
    try:
        action(match_id)
    except TacticEyeError as error:
        st.html(panels.problem(error, texts()))
        return
    polls.forget()
    st.rerun()


def colours_of(kits: dict[int, tuple[int, int, int]]) -> TeamColours:
    """The teams' colours on the theme in force."""
    return team_colours(kits, st.context.theme.type == "dark")


def labels_of(overrides: Overrides) -> Labels:
    """What teams and players of the match are called, in the reader's language."""
    names = {
        track: " ".join(part for part in (f"{number}" if number >= 0 else "", overrides.names.get(track, "")) if part)
        for track, number in ({track: -1 for track in overrides.names} | dict(overrides.numbers)).items()
    }
    return Labels(texts(), overrides.team_names, {track: name for track, name in names.items() if name})


def correct(match_id: str, correction: Correction) -> None:
    """Writes a correction down; where it can't be, says why. The page is drawn anew afterwards."""
    try:
        polls.service().correct(match_id, correction)
    except TacticEyeError as error:
        st.html(panels.problem(error, texts()))
        return
    polls.forget()


def nothing_yet(card: MatchCard) -> None:
    """What a page shows before the first results."""
    own = (MatchStatus.WAITING, MatchStatus.RUNNING, MatchStatus.FINISHED, MatchStatus.FAILED, MatchStatus.CRASHED)
    key = f"nothing.{card.status.value if card.status in own else 'other'}"
    st.html(panels.empty(say(key), say(f"{key}_sentence")))


def not_calibrated(match_id: str, title: str) -> None:
    """What a page in metres shows of a match whose pitch isn't known, and the way to change that."""
    st.html(panels.empty(title, say("pitch.no_radar_sentence")))
    with st.container(horizontal=True, horizontal_alignment="center"):
        navigation.link(navigation.CALIBRATE, match_id, say("pitch.to_calibrate"), ":material/straighten:")


def _link_to_library() -> None:
    with st.container(horizontal=True, horizontal_alignment="center"):
        st.page_link(navigation.MATCHES, label=say("action.to_library"), icon=":material/video_library:")
