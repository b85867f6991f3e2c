"""The pages of the dashboard, and which match they show.

The match is in the address (`?match=ID`), so that a page can be bookmarked and sent. The menu drops the address's
parameters; the session remembers the match and puts it back.
"""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import Page

from tacticeye.dashboard.language import say

PAGES = Path(__file__).resolve().parents[2] / "pages"
LIVE, EVENTS, PASSES, HEATMAP, PLAYERS, COMPARE, REPORT, DATA = (
    str(PAGES / f"{name}.py")
    for name in ("live", "events", "passes", "heatmap", "players", "compare", "report", "data")
)
RADAR, CALIBRATE, PERIODS = (str(PAGES / f"{name}.py") for name in ("radar", "calibrate", "periods"))
MATCHES = str(PAGES / "matches.py")

_PARAMETER = "match"
_REMEMBERED = "selected_match"


def all_pages() -> list[Page]:
    """The pages in the order of the menu."""
    return [
        st.Page(MATCHES, title=say("menu.matches"), icon=":material/video_library:", default=True),
        st.Page(LIVE, title=say("menu.live"), icon=":material/monitoring:", url_path="live"),
        st.Page(EVENTS, title=say("menu.events"), icon=":material/timeline:", url_path="events"),
        st.Page(PASSES, title=say("menu.passes"), icon=":material/hub:", url_path="passes"),
        st.Page(HEATMAP, title=say("menu.heatmap"), icon=":material/blur_on:", url_path="heatmap"),
        st.Page(str(PAGES / "shape.py"), title=say("menu.shape"), icon=":material/polyline:", url_path="shape"),
        st.Page(RADAR, title=say("menu.radar"), icon=":material/radar:", url_path="radar"),
        st.Page(CALIBRATE, title=say("menu.calibrate"), icon=":material/straighten:", url_path="calibrate"),
        st.Page(PERIODS, title=say("menu.periods"), icon=":material/timer:", url_path="periods"),
        st.Page(PLAYERS, title=say("menu.players"), icon=":material/person_search:", url_path="players"),
        st.Page(COMPARE, title=say("menu.compare"), icon=":material/compare_arrows:", url_path="compare"),
        st.Page(REPORT, title=say("menu.report"), icon=":material/description:", url_path="report"),
        st.Page(DATA, title=say("menu.data"), icon=":material/database:", url_path="data"),
        st.Page(str(PAGES / "system.py"), title=say("menu.system"), icon=":material/dns:", url_path="system"),
    ]


def find_selected_match() -> str | None:
    """Id from the address, or the one last looked at; anything a visitor may have typed."""
    match_id = st.query_params.get(_PARAMETER) or st.session_state.get(_REMEMBERED)
    if match_id is None:
        return None
    st.session_state[_REMEMBERED] = match_id
    if st.query_params.get(_PARAMETER) != match_id:
        st.query_params[_PARAMETER] = match_id
    return str(match_id)


def forget_match(match_id: str) -> None:
    """Leaves a match that is gone."""
    if st.session_state.get(_REMEMBERED) == match_id:
        del st.session_state[_REMEMBERED]


def link(page: str, match_id: str, label: str, icon: str) -> None:
    """A link to a page about a match."""
    st.page_link(page, label=label, icon=icon, query_params={_PARAMETER: match_id})


def show(page: str, match_id: str) -> NoReturn:
    """Goes to a page about a match."""
    st.switch_page(page, query_params={_PARAMETER: match_id})
