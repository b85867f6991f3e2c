"""Heatmap: where each team and player was, on the pitch where it is calibrated, in the picture where it isn't."""

from __future__ import annotations

from typing import Any

import streamlit as st

from tacticeye import charts, pitch_charts
from tacticeye.dashboard import match_frame, panels, pitch_polls, polls
from tacticeye.dashboard.language import say
from tacticeye.match_views import HeatmapView
from tacticeye.pitch_views import PitchHeatView
from tacticeye.service import MatchCard

TEAMS, PLAYER = "team.both", "heatmap.one_player"
ON_PITCH, IN_PICTURE = "pitch.on_pitch", "pitch.in_picture"
PHASES: dict[str, bool | None] = {"pitch.all_play": None, "pitch.with_ball": True, "pitch.without_ball": False}
# A shorter match has no minutes to choose from.
SHORTEST_FOR_RANGE_S = 120.0
# A click means the place, not the single cell.
CLICK_REACH_M = 2.0
MOST_STAYS = 40

match = match_frame.get_match()


def draw_picture(view: HeatmapView, colour: str, title: str) -> None:
    """Heat in the picture."""
    st.html(panels.heading(title))
    aspect = view.width / view.height if view.height else 16 / 9
    figure = charts.heatmap(
        view.seconds, aspect, colour, match_frame.colours_of(view.kits), match_frame.labels_of(view.overrides)
    )
    st.vega_lite_chart(figure.rows, figure.spec, key=f"heat {title}", width="stretch")


def draw_pitch(view: PitchHeatView, colour: str, title: str, of: tuple[int | None, int | None]) -> None:
    """Heat on the pitch; a click lists the moments. of: team, track."""
    assert view.heat is not None
    st.html(panels.heading(title))
    labels = match_frame.labels_of(view.overrides)
    layout = polls.service().pitch.layout(match.match_id)
    figure = pitch_charts.pitch_heatmap(view.heat, layout, colour, match_frame.colours_of(view.kits), labels)
    event: Any = st.vega_lite_chart(
        figure.rows,
        figure.spec,
        key=f"pitch heat {title}",
        width="stretch",
        on_select="rerun",
        selection_mode=pitch_charts.CELL_PARAMETER,
    )
    chosen = event.selection.get(pitch_charts.CELL_PARAMETER) or []
    if chosen:
        list_stays((int(chosen[0]["x"]), int(chosen[0]["y"])), of, labels)


def list_stays(cell: tuple[int, int], of: tuple[int | None, int | None], labels: Any) -> None:
    """Who was at the place that was clicked, and when."""
    stays = polls.service().pitch.stays(match.match_id, cell, CLICK_REACH_M, *of)
    st.html(panels.heading(say("pitch.moments", x=cell[0], y=cell[1]), [say("pitch.moments_note", n=len(stays))]))
    shown = stays.head(MOST_STAYS)
    table = {
        say("column.time"): [charts.clock(t) for t in shown["start_s"]],
        say("heatmap.player"): [labels.player(int(t)) for t in shown["track"]],
        say("pitch.seconds"): (shown["end_s"] - shown["start_s"]).round(1).tolist(),
    }
    st.dataframe(table, hide_index=True, height=220, key=f"stays {of}")


def minute_range(end_s: float) -> tuple[int, int] | None:
    """Minutes asked for; None: all."""
    if end_s < SHORTEST_FOR_RANGE_S:
        return None
    last = int(end_s // 60) + 1
    chosen: tuple[int, int] = st.slider(say("heatmap.minutes"), 0, last, (0, last), key="heat_minutes")
    return None if chosen == (0, last) else chosen


def draw_one(on_pitch: bool, phase: bool | None, minutes: tuple[int, int] | None, of: tuple[int | None, int | None],
             title: str) -> None:  # fmt: skip
    """One team's or one player's heat. of: team, track."""
    team, track = of
    if on_pitch:
        view = pitch_polls.heat(match.match_id, team, track, minutes, phase)
        colours = match_frame.colours_of(view.kits)
        colour = colours.teams[team] if team is not None else charts.player_colour(view.tracks, track or -1, colours)
        draw_pitch(view, colour, title, of)
        return
    picture = polls.heatmap(match.match_id, team, track, minutes)
    colours = match_frame.colours_of(picture.kits)
    colour = colours.teams[team] if team is not None else charts.player_colour(picture.tracks, track or -1, colours)
    draw_picture(picture, colour, title)


def choose_player(view: HeatmapView) -> int | None:
    """One player, chosen from those seen longest."""
    players = charts.player_choices(view.tracks, match_frame.labels_of(view.overrides))
    if not players:
        st.html(panels.empty(say("heatmap.no_player"), say("heatmap.no_player_sentence")))
        return None
    return st.selectbox(say("heatmap.player"), list(players), format_func=players.__getitem__, key="heat_player")


def choose_place(everybody: PitchHeatView) -> tuple[bool, bool | None]:
    """Pitch or picture, and the phase of play."""
    if not everybody.is_calibrated or everybody.heat is None:
        st.html(panels.hint(say("pitch.not_calibrated")))
        return False, None
    where, phase = st.columns(2)
    with where:
        place = st.segmented_control(say("pitch.where"), [ON_PITCH, IN_PICTURE], format_func=say, default=ON_PITCH,
                                     required=True, key="heat_where")  # fmt: skip
    on_pitch = place == ON_PITCH
    if not on_pitch:
        st.html(panels.hint(say("heatmap.note")))
        return False, None
    with phase:
        chosen = st.segmented_control(say("pitch.phase"), list(PHASES), format_func=say, default="pitch.all_play",
                                      required=True, key="heat_phase")  # fmt: skip
    heat = everybody.heat
    share = heat.calibrated_s / heat.live_s if heat.live_s else 0.0
    st.html(panels.hint(say("pitch.note", share=f"{share:.0%}", time=charts.clock(heat.calibrated_s))))
    return True, PHASES[chosen]


def heatmap() -> MatchCard:
    """The page's moving part."""
    view = polls.heatmap(match.match_id, None, None, None)
    match_frame.header(view.card)
    if not view.has_data:
        match_frame.nothing_yet(view.card)
        return view.card
    on_pitch, phase = choose_place(pitch_polls.heat(match.match_id, None, None, None, None))
    whom = st.segmented_control(
        say("heatmap.show"), [TEAMS, PLAYER], format_func=say, default=TEAMS, required=True, key="heat_of"
    )
    minutes = minute_range(view.card.t_s)
    labels = match_frame.labels_of(view.overrides)
    if whom == PLAYER:
        track = choose_player(view)
        if track is not None:
            draw_one(on_pitch, phase, minutes, (None, track), labels.player(track))
        return view.card
    for team, column in enumerate(st.columns(2, gap="medium")):
        with column:
            draw_one(on_pitch, phase, minutes, (team, None), labels.team(team))
    return view.card


match_frame.keep_fresh(heatmap, match)
