"""Compare: two teams, two halves or two matches on the same axes."""

from __future__ import annotations

import math

import streamlit as st

from tacticeye import compare
from tacticeye.charts import UNSURE_COLOUR, clock
from tacticeye.dashboard import match_frame, panels, polls, system_panels
from tacticeye.dashboard.language import say, texts
from tacticeye.dashboard.words import plain
from tacticeye.errors import TacticEyeError
from tacticeye.labels import match_title
from tacticeye.service import MatchCard

PARTS = ("whole", "first", "second", "minutes")

match = match_frame.get_match()


def stretch(place: str, end_s: float) -> tuple[float, float]:
    """From when to when in the video."""
    part = st.selectbox(
        say("compare.part"), PARTS, format_func=lambda p: say(f"compare.{p}"), key=f"compare_part_{place}"
    )
    if part == "minutes":
        last = max(math.ceil(end_s / 60), 1)
        chosen: tuple[int, int] = st.slider(say("heatmap.minutes"), 0, last, (0, last), key=f"compare_minutes_{place}")
        return chosen[0] * 60.0, min(chosen[1] * 60.0, end_s)
    return {"whole": (0.0, end_s), "first": (0.0, end_s / 2), "second": (end_s / 2, end_s)}[part]


def side(place: str, cards: dict[str, MatchCard]) -> tuple[str, str, compare.Figures] | None:
    """One of the two: its name, its colour and its figures."""
    first = list(cards).index(match.match_id) if match.match_id in cards else 0
    chosen = st.selectbox(
        say("compare.match"),
        list(cards),
        first,
        format_func=lambda m: match_title(cards[m].title, texts()),
        key=f"compare_{place}",
    )
    live, events = polls.live(chosen), polls.events(chosen)
    if not live.has_data:
        st.html(panels.hint(say("nothing.other")))
        return None
    labels, colours = match_frame.labels_of(live.overrides), match_frame.colours_of(live.kits)
    team = st.segmented_control(
        say("column.team"),
        [0, 1],
        format_func=lambda t: plain(labels.team(t)),
        default=0 if place == "left" else 1,
        required=True,
        key=f"compare_team_{place}",
    )
    t0_s, t1_s = stretch(place, live.card.t_s)
    name = f"{labels.team(team)} · {match_title(live.card.title, texts())} · {clock(t0_s)}\u2013{clock(t1_s)}"
    return name, colours.teams[team], compare.figures(live.spans, events.events, team, t0_s, t1_s)


def comparison() -> MatchCard:
    """The page's moving part."""
    card = polls.service().status(match.match_id)
    match_frame.header(card)
    cards = {c.match_id: c for c in polls.library() if c.batch_idx >= 0}
    if not cards:
        match_frame.nothing_yet(card)
        return card
    st.html(panels.heading(say("menu.compare"), [say("compare.note")]))
    if match.match_id not in cards:
        st.html(panels.hint(say("compare.others_meanwhile")))
    left_column, right_column = st.columns(2, gap="medium")
    try:
        with left_column:
            left = side("left", cards)
        with right_column:
            right = side("right", cards)
    except TacticEyeError as error:
        st.html(panels.problem(error, texts()))
        return card
    if left and right:
        if left[1] == right[1]:
            right = (right[0], UNSURE_COLOUR, right[2])
        st.html(system_panels.comparison(left, right, texts()))
    return card


match_frame.keep_fresh(comparison, match)
