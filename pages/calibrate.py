"""Calibrate pitch: landmarks set by hand on a frame where the model fails, carried on by the camera's motion."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from tacticeye import charts
from tacticeye.dashboard import landmarks, match_frame, panels, pitch_polls, polls
from tacticeye.dashboard.language import say, texts
from tacticeye.errors import TacticEyeError
from tacticeye.hand_calibration import MIN_CLICKS, Click, drawn_lines
from tacticeye.pitch import KEYPOINT_NAMES
from tacticeye.texts.sentences import translate

match = match_frame.get_match()
pitch = polls.service().pitch
# Stops of the slider: more make the page slow on a long match. Between two of them one steps from frame to frame.
STOPS = 3000
# What is being set, by match and frame; the version makes the browser take it over.
draft: dict[str, list[Click]] = st.session_state.setdefault(f"clicks {match.match_id}", {})


def exact_clock(t_s: float) -> str:
    """mm:ss and hundredths. A slider tells values apart by what they are called: no two may be called the same."""
    return f"{charts.clock(t_s)}.{int(t_s % 1 * 100 + 1e-6):02d}"


def choose_moment(moments: list[float]) -> float:
    """The analysed frame to work on, s."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    key = "calibrate_t"
    if key not in st.session_state:
        st.session_state[key] = moments[0]
    at = int(np.abs(np.array(moments) - st.session_state[key]).argmin())
    st.session_state[key] = moments[at]
    stops = sorted({*moments[:: math.ceil(len(moments) / STOPS)], moments[at], moments[-1]})

    def step(by: int) -> None:
        st.session_state[key] = moments[min(max(at + by, 0), len(moments) - 1)]

    chosen: float = row.select_slider(say("pitch.frame_at"), stops, key=key, format_func=exact_clock)
    row.button("◀", on_click=step, args=(-1,), width=64, key="calibrate_back")
    row.button("▶", on_click=step, args=(1,), width=64, key="calibrate_on")
    return chosen


def work_on(t_s: float) -> None:
    """The frame with its landmarks, the pitch that follows from them, and how far off each is."""
    clicks = draft.get(f"{t_s:.3f}", [])
    size, layout = pitch.picture_size(match.match_id), pitch.layout(match.match_id)
    lines: list[list[list[float]]] = []
    residuals: dict[int, float] = {}
    problem = ""
    if len(clicks) >= MIN_CLICKS:
        try:
            found = pitch.fit_by_hand(match.match_id, clicks)
            lines = drawn_lines(found.projection, size, layout)
            residuals = {click.landmark: r for click, r in zip(clicks, found.residual_m, strict=True)}
        except ValueError as error:
            problem = str(error)

    def keep(changed: list[Click]) -> None:
        draft[f"{t_s:.3f}"] = changed

    version = st.session_state.get("calibrate_version", 0)
    landmarks.show(landmarks.Sheet(match.match_id, t_s, size, layout, clicks, lines, residuals, version), keep)
    if problem:
        st.html(panels.hint(translate(problem, texts().language)))
    elif residuals:
        worst = max(residuals, key=lambda landmark: residuals[landmark])
        st.html(panels.hint(say("pitch.residual", n=len(clicks), worst=f"{residuals[worst]:.2f}",
                                name=say(f"landmark.{KEYPOINT_NAMES[worst]}"))))  # fmt: skip
    else:
        st.html(panels.hint(say("pitch.set_more", n=len(clicks), needed=MIN_CLICKS)))
    if st.button(say("pitch.save"), type="primary", disabled=not residuals, icon=":material/save:", key="save_hand"):
        with st.spinner(say("pitch.saving")):
            frames = pitch.save_by_hand(match.match_id, t_s, clicks)
        renew(say("pitch.saved", n=frames))


def renew(message: str) -> None:
    """Shows the page anew with what is true now."""
    polls.forget()
    st.session_state["calibrate_said"] = message
    st.session_state["calibrate_version"] = st.session_state.get("calibrate_version", 0) + 1
    st.rerun()


def list_frames() -> None:
    """Frames set by hand so far, each of which can be shown and taken back."""
    frames = pitch.hand_frames(match.match_id)
    if not frames:
        return
    st.html(panels.heading(say("pitch.hand_frames")))
    for hand in frames:
        text, show, remove = st.columns([6, 1, 1], vertical_alignment="center")
        text.write(say("pitch.hand_frame", time=exact_clock(hand.t_s), n=len(hand.clicks)))

        def open_frame(t_s: float = hand.t_s, clicks: tuple[Click, ...] = hand.clicks) -> None:
            st.session_state["calibrate_t"] = t_s
            st.session_state["calibrate_version"] = st.session_state.get("calibrate_version", 0) + 1
            draft[f"{t_s:.3f}"] = list(clicks)

        show.button(say("pitch.show"), key=f"show {hand.frame}", on_click=open_frame)
        if remove.button(say("pitch.remove"), key=f"remove {hand.frame}"):
            renew(say("pitch.removed", n=pitch.remove_by_hand(match.match_id, hand.frame)))


match_frame.header(match)
try:
    has_results = pitch_polls.facts(match.match_id).end_s > 0
    analysed = pitch.analysed_times(match.match_id).round(3).tolist() if has_results else []
    if analysed:
        st.html(panels.hint(say("pitch.how_to")))
        told = st.container()  # there without words too, or all below moves and is drawn twice for a moment
        said = st.session_state.pop("calibrate_said", "")
        if said:
            told.success(said)
        work_on(choose_moment(analysed))
        list_frames()
    elif has_results:
        st.html(panels.empty(say("pitch.no_frames"), say("pitch.no_frames_sentence")))
    else:
        match_frame.nothing_yet(match)
except TacticEyeError as error:
    st.html(panels.problem(error, texts()))
