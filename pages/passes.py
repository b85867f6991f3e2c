"""Passes: who passed to whom and from where, each with its clips."""

from __future__ import annotations

from typing import Any

import streamlit as st

from tacticeye import charts, pass_charts, people_views
from tacticeye.dashboard import drawings, match_frame, panels, player, polls
from tacticeye.dashboard.language import say
from tacticeye.dashboard.words import plain
from tacticeye.labels import Labels
from tacticeye.people_views import PeopleView
from tacticeye.service import MatchCard
from tacticeye.types import EventResult

NETWORK, CLIPS = "pass_network", "pass_clips"

match = match_frame.get_match()
PLAYER = f"pass_player_{match.match_id}"


def picked_pair() -> tuple[int, int] | None:
    """The players of the line that was clicked."""
    chart: dict[str, Any] = st.session_state.get(NETWORK, {})
    picked = chart.get("selection", {}).get("edge", [])
    pair = str(picked[0]["pair"]).split("-") if picked else []
    return (int(pair[0]), int(pair[1])) if len(pair) == 2 else None


def on_clip() -> None:
    """A pass of the list was chosen."""
    rows = st.session_state[CLIPS]["selection"]["rows"]
    numbers, times = st.session_state["passes_shown"]
    if rows and rows[0] < len(numbers):
        player.seek(numbers[rows[0]], times[rows[0]], PLAYER)


def clips(view: PeopleView, team: int, labels: Labels) -> None:
    """The passes of the line that was clicked, or all of the team, with the video."""
    passes = view.passes[(view.passes["team"] == team) & (view.passes["result"] == EventResult.COMPLETE)]
    pair = picked_pair()
    title = say("passes.all_completed")
    if pair is not None:
        both = passes[passes["track_from"].isin(pair) & passes["track_to"].isin(pair)]
        if not both.empty:
            passes, title = both, f"{labels.player(pair[0])} ↔ {labels.player(pair[1])}"
    st.html(panels.heading(title, [say("passes.clips_note")]))
    numbers, times = passes["event_id"].tolist(), passes["t_start_s"].tolist()
    st.session_state["passes_shown"] = (numbers, times)
    table = drawings.kept(CLIPS, view, lambda: charts.event_table(passes, labels), team, pair)
    moments = [player.Moment(*moment) for moment in zip(numbers, times, table["time"].tolist(), strict=True)]
    player.show(match.match_id, moments, PLAYER)
    st.dataframe(
        table[["time", "from", "to", "confidence"]],
        key=CLIPS,
        hide_index=True,
        height=220,
        on_select=on_clip,
        selection_mode="single-row",
        column_config={
            **{name: say(f"column.{name}") for name in ("time", "from", "to")},
            "confidence": st.column_config.NumberColumn(say("column.confidence"), format="percent"),
        },
    )


def figures(view: PeopleView, team: int, labels: Labels) -> None:
    """Strings, zones and directions."""
    strings = view.strings[view.strings["team"] == team]
    st.html(panels.pass_strings(strings, view.tempo[team], labels.texts))
    zones = drawings.kept("pass_zones", view, lambda: people_views.pass_zones(view.passes, view.size))
    st.html(panels.pass_zones(zones[zones["team"] == team], labels.texts, view.is_on_pitch, view.is_turned))


def passes() -> MatchCard:
    """The page's moving part."""
    view = polls.people(match.match_id)
    labels, colours = match_frame.labels_of(view.overrides), match_frame.colours_of(view.kits)
    match_frame.header(view.card)
    if not view.has_data:
        match_frame.nothing_yet(view.card)
        return view.card
    if view.passes.empty:
        st.html(panels.empty(say("passes.none"), say("passes.none_sentence")))
        return view.card
    team = st.segmented_control(
        say("column.team"),
        [0, 1],
        format_func=lambda t: plain(labels.team(t)),
        default=0,
        required=True,
        key="pass_team",
    )
    if not view.is_on_pitch:
        st.html(panels.hint(say("passes.image_note")))
    network, beside = st.columns([3, 2], gap="medium")
    with network:
        st.html(panels.heading(say("passes.network"), [say("passes.network_note")]))
        figure = drawings.kept(NETWORK, view, lambda: pass_charts.pass_network(view, team, colours, labels), team)
        st.vega_lite_chart(
            figure.rows, figure.spec, key=NETWORK, width="stretch", on_select="rerun", selection_mode="edge"
        )
        st.html(panels.heading(say("passes.matrix"), [say("passes.matrix_note")]))
        matrix = drawings.kept("pass_matrix", view, lambda: pass_charts.pass_matrix(view, team, labels), team)
        st.dataframe(matrix, key="pass_matrix")
    with beside:
        clips(view, team, labels)
        figures(view, team, labels)
    return view.card


match_frame.keep_fresh(passes, match)
