"""The list of matches with what can be done to each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from tacticeye.dashboard import match_frame, navigation, panels, polls
from tacticeye.dashboard.language import say, texts
from tacticeye.errors import TacticEyeError
from tacticeye.labels import match_title
from tacticeye.service import MatchCard

# Pictures of more matches than this at once make a page heavy on a phone.
_SHOWN_AT_FIRST = 20
# Fewer are seen at a glance.
_SEARCHED_FROM = 6
_ORDERS: dict[str, Callable[[MatchCard], Any]] = {
    "newest": lambda card: -card.created_at,
    "title": lambda card: _title(card).casefold(),
    "status": lambda card: (card.status.value, -card.created_at),
    "length": lambda card: -card.total_s,
    "trust": lambda card: _distrust(card),
}
_DOOMED = "match_to_delete"


def show(cards: list[MatchCard]) -> None:
    """Those that are looked for, in the order asked for; older ones on demand."""
    cards = _sought(cards)
    shows_all = st.session_state.get("shows_all_matches", False)
    for card in cards if shows_all else cards[:_SHOWN_AT_FIRST]:
        _row(card)
    is_cut = len(cards) > _SHOWN_AT_FIRST and not shows_all
    if is_cut and st.button(say("matches.show_all", n=len(cards)), key="show_all"):
        st.session_state["shows_all_matches"] = True
        st.rerun()


def _sought(cards: list[MatchCard]) -> list[MatchCard]:
    if len(cards) < _SEARCHED_FROM:
        return cards
    search, order = st.columns([3, 1])
    text = search.text_input(say("matches.search"), key="library_search", placeholder=say("matches.search_hint"))
    by = order.selectbox(
        say("matches.sort"), list(_ORDERS), format_func=lambda name: say(f"matches.by_{name}"), key="library_order"
    )
    found = [card for card in cards if text.strip().casefold() in f"{_title(card)} {_teams(card)}".casefold()]
    if not found:
        st.html(panels.empty(say("matches.none_found"), say("matches.none_found_sentence")))
    return sorted(found, key=_ORDERS[by])


def _title(card: MatchCard) -> str:
    return match_title(card.title, texts())


def _distrust(card: MatchCard) -> float:
    """Those of which nothing is known come last."""
    score = polls.trust(card)
    return 1.0 if score is None else -score.share


def _teams(card: MatchCard) -> str:
    """The names that the user gave the teams; empty where there are none."""
    names = polls.team_names(card.match_id)
    return " \u2013 ".join(name or say(f"team.{team}") for team, name in enumerate(names)) if any(names) else ""


def confirm_deletion() -> None:
    """Asks once more, where a deletion was asked for. Stays open while the list behind it moves on."""
    match_id = st.session_state.get(_DOOMED)
    if match_id is None:
        return
    try:
        card = polls.service().status(match_id)
    except TacticEyeError:
        _keep()
        return
    _ask(card)


def _row(card: MatchCard) -> None:
    with st.container(border=True, key=f"match_{card.match_id}"):
        picture, text = st.columns([2, 7], vertical_alignment="center")
        with picture:
            frame = polls.preview(card.preview_path)
            if frame:
                st.image(frame, width="stretch")
            else:
                st.html(panels.no_frame(say("nothing.no_picture")))
        with text:
            st.html(
                panels.match_state(card, texts(), "te-card-title", _teams(card))
                + panels.trust_score(polls.trust(card), texts())
            )
            with st.container(horizontal=True, vertical_alignment="center", key=f"actions_{card.match_id}"):
                for page, label, icon in (
                    (navigation.LIVE, say("action.open"), ":material/monitoring:"),
                    (navigation.EVENTS, say("menu.events"), ":material/timeline:"),
                    (navigation.HEATMAP, say("menu.heatmap"), ":material/blur_on:"),
                ):
                    navigation.link(page, card.match_id, label, icon)
                match_frame.control(card, "row", width="content")
                if not card.status.is_active and st.button(
                    say("action.delete"), key=f"delete_{card.match_id}", icon=":material/delete:", type="tertiary"
                ):
                    st.session_state[_DOOMED] = card.match_id
                    st.rerun()


def _keep() -> None:
    st.session_state.pop(_DOOMED, None)


def _ask(card: MatchCard) -> None:
    st.dialog(say("matches.delete_question"), on_dismiss=_keep)(_question)(card)


def _question(card: MatchCard) -> None:
    st.html(
        panels.match_state(card, texts(), "te-card-title")
        + f'<p class="te-small te-muted" style="margin-top:.8rem">{say("matches.delete_sentence")}</p>'
    )
    delete, keep = st.columns(2)
    if delete.button(
        say("action.delete"), key="confirm_delete", type="primary", icon=":material/delete:", width="stretch"
    ):
        _keep()
        navigation.forget_match(card.match_id)
        match_frame.act(polls.service().delete, card.match_id)
    if keep.button(say("action.keep"), key="confirm_keep", width="stretch"):
        _keep()
        st.rerun()
