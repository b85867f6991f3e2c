"""The reader's language: the browser's, until the switch in the menu says otherwise."""

from __future__ import annotations

import streamlit as st

from tacticeye.texts import LANGUAGES, Texts, find_language, get_texts

_CHOSEN = "language"
_PARAMETER = "lang"


def texts() -> Texts:
    """Of the language in force in this session."""
    return get_texts(_current())


def say(key: str, **values: object) -> str:
    """The text of that key in the language in force."""
    return texts()(key, **values)


def switch() -> None:
    """The choice of language, at the foot of the menu."""
    st.session_state[_CHOSEN] = _current()
    st.sidebar.segmented_control(
        say("language.switch"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        required=True,
        key=_CHOSEN,
        label_visibility="collapsed",
    )


def _current() -> str:
    """What was chosen, what the address asks for (`?lang=es`), or what the browser speaks."""
    chosen = st.session_state.get(_CHOSEN) or st.query_params.get(_PARAMETER)
    return chosen if chosen in LANGUAGES else find_language(st.context.locale)
