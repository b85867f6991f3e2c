"""Heatmap: where each team and player was, on the pitch where it is calibrated, in the picture where it isn't."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from tacticeye import charts, pitch_charts
from tacticeye.dashboard import heat_moments, match_frame, navigation, panels, period_form, pitch_polls, polls
from tacticeye.dashboard.language import say
from tacticeye.match_views import HeatmapView
from tacticeye.periods import knows_ends
from tacticeye.pitch_views import ALL_PERIODS, HeatChoice, PitchHeatView
from tacticeye.service import MatchCard

TEAMS, PLAYER = "team.both", "heatmap.one_player"
ON_PITCH, IN_PICTURE = "pitch.on_pitch", "pitch.in_picture"
PHASES: dict[str, bool | None] = {"pitch.all_play": None, "pitch.with_ball": True, "pitch.without_ball": False}
WHOLE_VIDEO = -2
# A shorter match has no minutes to choose from.
SHORTEST_FOR_RANGE_S = 120.0

match = match_frame.get_match()


def draw_picture(choice: HeatChoice, title: str) -> None:
    """Heat in the picture."""
    view = polls.heatmap(match.match_id, choice.team, choice.track, choice.minutes)
    st.html(panels.heading(title))
    colours = match_frame.colours_of(view.kits)
    colour = (
        colours.teams[choice.team]
        if choice.team is not None
        else charts.player_colour(view.tracks, choice.track or -1, colours)
    )
    aspect = view.width / view.height if view.height else 16 / 9
    figure = charts.heatmap(view.seconds, aspect, colour, colours, match_frame.labels_of(view.overrides))
    st.vega_lite_chart(figure.rows, figure.spec, key=f"heat {title}", width="stretch")


def draw_pitch(choice: HeatChoice, title: str) -> None:
    """Heat on the pitch; a click lists the moments."""
    view = pitch_polls.heat(match.match_id, choice)
    assert view.heat is not None
    st.html(panels.heading(title))
    colours = match_frame.colours_of(view.kits)
    colour = (
        colours.teams[choice.team]
        if choice.team is not None
        else charts.player_colour(view.tracks, choice.track or -1, colours)
    )
    layout = polls.service().pitch.layout(match.match_id)
    figure = pitch_charts.pitch_heatmap(view.heat, layout, colour, colours, match_frame.labels_of(view.overrides))
    key = f"pitch heat {title}"
    st.vega_lite_chart(
        figure.rows,
        figure.spec,
        key=key,
        width="stretch",
        on_select=lambda: heat_moments.pick(match.match_id, key, choice),
        selection_mode=pitch_charts.CELL_PARAMETER,
    )


def minute_range(end_s: float) -> tuple[int, int] | None:
    """Minutes asked for; None: all."""
    if end_s < SHORTEST_FOR_RANGE_S:
        return None
    last = int(end_s // 60) + 1
    chosen: tuple[int, int] = st.slider(say("heatmap.minutes"), 0, last, (0, last), key="heat_minutes")
    return None if chosen == (0, last) else chosen


def choose_time(everybody: PitchHeatView, end_s: float) -> HeatChoice:
    """A period, turned to the right where that is known, or minutes of the video."""
    periods = everybody.overrides.periods
    if not periods:
        navigation.link(navigation.PERIODS, match.match_id, say("periods.link"), ":material/timer:")
        return HeatChoice(minutes=minute_range(end_s))
    names = {WHOLE_VIDEO: say("periods.whole_video"), ALL_PERIODS: say("periods.all")}
    names |= {index: period_form.name(index, len(periods)) for index in range(len(periods))}
    if len(periods) == 1:
        del names[ALL_PERIODS]
    when, way = st.columns([3, 2], vertical_alignment="bottom")
    chosen = when.segmented_control(say("periods.period"), list(names), format_func=names.__getitem__,
                                    default=list(names)[1], required=True, key="heat_period")  # fmt: skip
    if chosen == WHOLE_VIDEO:
        return HeatChoice(minutes=minute_range(end_s))
    if not knows_ends(periods if chosen == ALL_PERIODS else periods[chosen : chosen + 1]):
        way.html(panels.hint(say("periods.no_ends")))
        return HeatChoice(period=chosen)
    return HeatChoice(period=chosen, is_to_right=way.toggle(say("periods.turn"), True, key="heat_turn"))


def choose_place(everybody: PitchHeatView) -> tuple[bool, bool | None]:
    """Pitch or picture, and the phase of play."""
    if not everybody.is_calibrated:
        st.html(panels.hint(say("pitch.not_calibrated")))
        return False, None
    where, phase = st.columns(2)
    with where:
        place = st.segmented_control(say("pitch.where"), [ON_PITCH, IN_PICTURE], format_func=say, default=ON_PITCH,
                                     required=True, key="heat_where")  # fmt: skip
    if place != ON_PITCH:
        st.html(panels.hint(say("heatmap.note")))
        return False, None
    with phase:
        chosen = st.segmented_control(say("pitch.phase"), list(PHASES), format_func=say, default="pitch.all_play",
                                      required=True, key="heat_phase")  # fmt: skip
    return True, PHASES[chosen]


def choose_player(view: HeatmapView) -> int | None:
    """One player, chosen from those seen longest."""
    players = charts.player_choices(view.tracks, match_frame.labels_of(view.overrides))
    if not players:
        st.html(panels.empty(say("heatmap.no_player"), say("heatmap.no_player_sentence")))
        return None
    return st.selectbox(say("heatmap.player"), list(players), format_func=players.__getitem__, key="heat_player")


def note_calibrated(view: PitchHeatView) -> None:
    """How much of the time chosen is calibrated."""
    if view.heat is None:
        return
    share = min(view.heat.calibrated_s / view.heat.live_s, 1.0) if view.heat.live_s else 0.0
    st.html(panels.hint(say("pitch.note", share=f"{share:.0%}", time=charts.clock(view.heat.calibrated_s))))


def heatmap() -> MatchCard:
    """The page's moving part."""
    view = polls.heatmap(match.match_id, None, None, None)
    match_frame.header(view.card)
    if not view.has_data:
        match_frame.nothing_yet(view.card)
        return view.card
    everybody = pitch_polls.heat(match.match_id, HeatChoice())
    on_pitch, phase = choose_place(everybody)
    whom = st.segmented_control(
        say("heatmap.show"), [TEAMS, PLAYER], format_func=say, default=TEAMS, required=True, key="heat_of"
    )
    when = choose_time(everybody, view.card.t_s) if on_pitch else HeatChoice(minutes=minute_range(view.card.t_s))
    choice = replace(when, in_possession=phase)
    labels = match_frame.labels_of(view.overrides)
    if whom == PLAYER:
        track = choose_player(view)
        shown = [] if track is None else [(replace(choice, track=track), labels.player(track))]
    else:
        shown = [(replace(choice, team=team), labels.team(team)) for team in (0, 1)]
    if on_pitch and shown:
        note_calibrated(pitch_polls.heat(match.match_id, shown[0][0]))
    for (one, title), column in zip(shown, st.columns(max(len(shown), 1), gap="medium"), strict=False):
        with column:
            (draw_pitch if on_pitch else draw_picture)(one, title)
    if on_pitch:
        heat_moments.show(match.match_id, labels)
    return view.card


match_frame.keep_fresh(heatmap, match)
