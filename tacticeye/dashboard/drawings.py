"""Figures that several looks share: made once for the same results, choice, language and theme, for all tabs.

Nobody may change what comes from here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol, TypeVar

import streamlit as st

from tacticeye.dashboard import language
from tacticeye.library import MatchCard

Figure = TypeVar("Figure")


class Results(Protocol):
    """A view of a match that tells which results it shows."""

    @property
    def card(self) -> MatchCard: ...
    @property
    def stamp(self) -> tuple[int, ...]: ...


def kept(name: str, view: Results, draw: Callable[[], Figure], *choice: Hashable) -> Figure:
    """What `draw` makes of the view. name: of the figure, unlike others. choice: all else that decides about it."""
    look = (name, view.card.match_id, view.stamp, language.texts().language, st.context.theme.type, choice)
    figure: Figure = _figure(look, draw)
    return figure


@st.cache_resource(max_entries=64, show_spinner=False)
def _figure(look: Hashable, _draw: Callable[[], Figure]) -> Figure:
    return _draw()
