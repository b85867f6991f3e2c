"""What the pages ask the service: one question a second at most for all tabs together.

Results are read anew only once there are new ones; how the match stands is always that of now. A store that is busy
keeps nobody waiting: the page goes on showing the last good answer. Answers are shared: nobody may change them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import streamlit as st

from tacticeye.errors import StorageBusyError, StorageError
from tacticeye.match_views import EventsView, HeatmapView, LiveView
from tacticeye.people_views import PeopleView
from tacticeye.service import MatchCard, Service
from tacticeye.trust_figures import TrustScore

Answer = TypeVar("Answer")
Stamp = tuple[int, ...]

# Answers younger than this many seconds are shared by all tabs.
_FRESH_S = 1.0
# While a match is analysed, what was read of its people serves until there is this share more of it: of a long match it
# takes a fifth of a second to read, and the 54 s after 90 minutes change little of it. A short one is always read anew.
_PEOPLE_GROWTH = 0.01
_LAST_GOOD = "last_good_answer"


@st.cache_resource
def service() -> Service:
    """The service of this server's data folder. Raises ConfigurationError."""
    return Service.from_environment()


def library() -> list[MatchCard]:
    """All matches, newest first; starts what is due in the queue. Raises TacticEyeError."""
    return _library()


def live(match_id: str) -> LiveView:
    """Raises TacticEyeError."""
    return or_last_good("live", match_id, lambda: _live(match_id))


def events(match_id: str) -> EventsView:
    """Raises TacticEyeError."""
    return or_last_good("events", match_id, lambda: _events(match_id))


def heatmap(match_id: str, team: int | None, track: int | None, minutes: tuple[int, int] | None) -> HeatmapView:
    """Raises TacticEyeError."""
    key = (match_id, track, minutes)
    return or_last_good(f"heatmap of team {team}", key, lambda: _heatmap(match_id, team, track, minutes))


def team_names(match_id: str) -> tuple[str, str]:
    """As the user named them, empty where not. Raises TacticEyeError."""
    return service().overrides(match_id).team_names


def trust(card: MatchCard) -> TrustScore | None:
    """Asked once a batch; None while nothing is known or the store is busy."""
    try:
        return _trust(card.match_id, card.batch_idx) if card.batch_idx >= 0 else None
    except StorageError:
        return None


def people(match_id: str) -> PeopleView:
    """Raises TacticEyeError."""
    return or_last_good("people", match_id, lambda: _people(match_id))


def preview(path: Path | None) -> bytes:
    """The newest annotated frame as JPEG; empty where there is none."""
    try:
        return _read(str(path), path.stat().st_mtime_ns) if path is not None else b""
    except FileNotFoundError:
        return b""


def forget() -> None:
    """Asks anew at the next look: something was changed."""
    for question in (_library, _standing, _heatmap, _people_stamp):
        question.clear()


def or_last_good(place: str, key: object, ask: Callable[[], Answer]) -> Answer:
    """The answer now, or the last one to the same question. Each place on the pages remembers only one."""
    remembered: dict[str, tuple[object, Answer]] = st.session_state.setdefault(_LAST_GOOD, {})
    try:
        answer = ask()
    except StorageBusyError:
        if place not in remembered or remembered[place][0] != key:
            raise
        return remembered[place][1]
    remembered[place] = (key, answer)
    return answer


@st.cache_data(ttl=_FRESH_S, show_spinner=False)
def _library() -> list[MatchCard]:
    service().tend()
    return service().list_matches()


@st.cache_data(ttl=_FRESH_S, max_entries=16, show_spinner=False)
def _standing(match_id: str) -> tuple[MatchCard, Stamp]:
    service().tend()
    return service().status(match_id), service().stamp(match_id)


def _live(match_id: str) -> LiveView:
    card, stamp = _standing(match_id)
    return replace(_live_at(match_id, stamp), card=card, stamp=stamp)


@st.cache_resource(max_entries=4, show_spinner=False)
def _live_at(match_id: str, stamp: Stamp) -> LiveView:
    return service().live_view(match_id)


def _events(match_id: str) -> EventsView:
    card, stamp = _standing(match_id)
    return replace(_events_at(match_id, stamp), card=card, stamp=stamp)


@st.cache_resource(max_entries=4, show_spinner=False)
def _events_at(match_id: str, stamp: Stamp) -> EventsView:
    return service().events_view(match_id)


@st.cache_data(ttl=_FRESH_S, max_entries=16, show_spinner=False)
def _heatmap(match_id: str, team: int | None, track: int | None, minutes: tuple[int, int] | None) -> HeatmapView:
    service().tend()
    return service().heatmap_view(match_id, team, track, minutes)


def _people(match_id: str) -> PeopleView:
    card, stamp = _standing(match_id)
    if card.status.is_active:
        grown = math.floor(math.log(card.t_s) / math.log1p(_PEOPLE_GROWTH)) if card.t_s > 1.0 else 0
        stamp = _people_stamp(match_id, card.batch_idx >= 0, grown, stamp[-1])
    return replace(_people_at(match_id, stamp), card=card, stamp=stamp)


@st.cache_data(max_entries=16, show_spinner=False)
def _people_stamp(match_id: str, has_results: bool, grown: int, corrections: int) -> Stamp:
    """Stays while the match grows by little, but not over the first results nor over a correction."""
    return service().stamp(match_id)


@st.cache_resource(max_entries=4, show_spinner=False)
def _people_at(match_id: str, stamp: Stamp) -> PeopleView:
    return service().people_view(match_id)


@st.cache_data(max_entries=200, show_spinner=False)
def _trust(match_id: str, batch_idx: int) -> TrustScore | None:
    return service().trust_score(match_id)


@st.cache_data(max_entries=200, show_spinner=False)
def _read(path: str, changed_ns: int) -> bytes:
    return Path(path).read_bytes()
