"""Asking for the periods of play: times taken from the video or typed, and which team attacks which way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import streamlit as st

from tacticeye.dashboard import match_frame, panels, player
from tacticeye.dashboard.language import say
from tacticeye.dashboard.words import plain
from tacticeye.labels import Labels
from tacticeye.ledger import Period, SetPeriods
from tacticeye.periods import LEAST_LEAD_M, PeriodGuess

COUNTS = (1, 2, 4)
_START, _END, _RIGHT = "start", "end", "to_right"
_CLOCK = re.compile(r"\s*(?:(\d+):)?(\d{1,3}):(\d{1,2}(?:[.,]\d+)?)\s*")


def name(index: int, count: int) -> str:
    """What period `index` (from 0) of so many is called."""
    if count == 1:
        return say("periods.only")
    return say(f"periods.name_{index}") if count in (2, 4) and index < count else say("periods.number", n=index + 1)


def clock(t_s: float) -> str:
    """mm:ss, with tenths where there are any; read_clock reads it back."""
    minutes, seconds = divmod(round(t_s, 1), 60.0)
    return f"{int(minutes):02d}:{seconds:02.0f}" if seconds == int(seconds) else f"{int(minutes):02d}:{seconds:04.1f}"


def read_clock(text: str) -> float | None:
    """s from "47:30", "47:30.5" or "1:02:03"; None for anything else."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    return int(found[1] or 0) * 3600 + int(found[2]) * 60 + float(found[3].replace(",", "."))


def fill(periods: Sequence[Period], key: str) -> None:
    """Has the form begin from these; once for each key, so that what is being typed stays."""
    if st.session_state.get("periods_from") == key:
        return
    st.session_state["periods_from"] = key
    st.session_state["period_count"] = next((n for n in COUNTS if n >= len(periods)), COUNTS[-1])
    for index in range(COUNTS[-1]):
        known = periods[index] if index < len(periods) else None
        st.session_state[_key(_START, index)] = clock(known.start_s) if known else ""
        st.session_state[_key(_END, index)] = clock(known.end_s) if known else ""
        st.session_state[_key(_RIGHT, index)] = known.to_right if known else -1


def moments() -> list[player.Moment]:
    """Beginnings and ends as the form has them, for the video to step through."""
    found = []
    for index in range(st.session_state["period_count"]):
        for place, edge in enumerate((_START, _END)):
            t_s = read_clock(st.session_state[_key(edge, index)])
            if t_s is not None:
                words = say(f"periods.{edge}_of", period=name(index, st.session_state["period_count"]))
                found.append(player.Moment(2 * index + place, t_s, words))
    return sorted(found, key=lambda moment: moment.t_s)


def ask(match_id: str, labels: Labels, paused_s: float, player_key: str) -> None:
    """The form, with a button that saves it."""
    st.segmented_control(say("periods.how_many"), COUNTS, format_func=lambda n: say(f"periods.count_{n}"),
                         required=True, key="period_count")  # fmt: skip
    count = st.session_state["period_count"]
    for index in range(count):
        st.html(panels.heading(name(index, count)))
        begin, end = st.columns(2)
        with begin:
            _time(_START, index, paused_s, player_key)
        with end:
            _time(_END, index, paused_s, player_key)
        st.segmented_control(
            say("periods.to_right"),
            [0, 1, -1],
            format_func=lambda team: plain(labels.team(team)) if team >= 0 else say("periods.not_known"),
            required=True,
            key=_key(_RIGHT, index),
            on_change=_change_ends,
            args=(index,),
        )
    made = read(count)
    problem = _problem(made)
    if problem:
        st.html(panels.hint(problem))
    st.button(say("periods.save"), type="primary", icon=":material/save:", key="save_periods", disabled=bool(problem),
              on_click=match_frame.correct, args=(match_id, SetPeriods(tuple(p for p in made if p))))  # fmt: skip


def read(count: int) -> list[Period | None]:
    """What the form says; None for a period with a time that can't be read."""
    found: list[Period | None] = []
    for index in range(count):
        start_s, end_s = (read_clock(st.session_state[_key(edge, index)]) for edge in (_START, _END))
        is_known = start_s is not None and end_s is not None
        found.append(Period(start_s, end_s, st.session_state[_key(_RIGHT, index)]) if is_known else None)  # type: ignore[arg-type]
    return found


def evidence(guess: PeriodGuess, labels: Labels) -> list[str]:
    """What the guess rests on, in sentences."""
    said = [say(f"periods.half_time_{guess.half_time or 'none'}")]
    if guess.is_told:
        said.append(say("periods.ends_said", team=labels.team(guess.periods[0].to_right)))
    for index, lead_m in enumerate(guess.lead_m):
        of = name(index, len(guess.periods))
        if not abs(lead_m) >= LEAST_LEAD_M:
            said.append(say("periods.ends_unknown", period=of))
        else:
            back = labels.team(0 if lead_m > 0 else 1)
            said.append(say("periods.ends_told", period=of, team=back, metres=f"{abs(lead_m):.0f}"))
    return said


def _time(edge: str, index: int, paused_s: float, player_key: str) -> None:
    key = _key(edge, index)
    st.text_input(say(f"periods.{edge}"), key=key, placeholder="mm:ss")

    def take() -> None:
        st.session_state[key] = clock(paused_s)

    with st.container(horizontal=True):
        st.button(say("periods.take"), key=f"take_{key}", on_click=take, help=say("periods.take_help"))
        t_s = read_clock(st.session_state[key])
        st.button(say("periods.look"), key=f"look_{key}", disabled=t_s is None, on_click=player.seek,
                  args=(2 * index + (edge == _END), t_s or 0.0, player_key))  # fmt: skip


def _change_ends(index: int) -> None:
    """Teams change ends from period to period: proposed for those that nothing is said of yet."""
    team = st.session_state[_key(_RIGHT, index)]
    for later in range(index + 1, COUNTS[-1]):
        if team < 0 or st.session_state[_key(_RIGHT, later)] >= 0:
            return
        team = 1 - team
        st.session_state[_key(_RIGHT, later)] = team


def _problem(periods: Sequence[Period | None]) -> str:
    """What keeps the form from being saved, '' if nothing."""
    if any(period is None for period in periods):
        return say("periods.times_missing")
    known = [period for period in periods if period is not None]
    is_wrong = any(p.end_s <= p.start_s for p in known)
    is_wrong |= any(b.start_s < a.end_s for a, b in pairwise(known))
    return say("periods.times_wrong") if is_wrong else ""


def _key(what: str, index: int) -> str:
    return f"period_{index}_{what}"
