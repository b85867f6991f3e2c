"""Heatmap: where each team and player was, on the pitch where it is calibrated, in the picture where it isn't."""

from __future__ import annotations

import math
from dataclasses import replace

import streamlit as st

from tacticeye import charts
from tacticeye.dashboard import (
    heat_moments,
    match_frame,
    navigation,
    panels,
    period_form,
    pitch_heat,
    pitch_polls,
    polls,
)
from tacticeye.dashboard.language import say
from tacticeye.periods import knows_ends
from tacticeye.pitch_views import ALL_PERIODS, HeatChoice, PitchFacts
from tacticeye.service import MatchCard
from tacticeye.store.pitch_presence import PitchHeat
from tacticeye.team_colours import TeamColours
from tacticeye.types import NO_TRACK

TEAMS, PLAYER = "team.both", "heatmap.one_player"
ON_PITCH, IN_PICTURE = "pitch.on_pitch", "pitch.in_picture"
PHASES: dict[str, bool | None] = {"pitch.all_play": None, "pitch.with_ball": True, "pitch.without_ball": False}
WHOLE_VIDEO = -2
# A shorter match has no minutes to choose from.
SHORTEST_FOR_RANGE_S = 120.0

match = match_frame.get_match()


def colour_of(choice: HeatChoice, colours: TeamColours) -> str:
    """That of the team, or of the player's."""
    if choice.team is not None:
        return colours.teams[choice.team]
    tracks = polls.heatmap(match.match_id, None, None, None).tracks
    return charts.player_colour(tracks, NO_TRACK if choice.track is None else choice.track, colours)


def draw_picture(choice: HeatChoice, title: str) -> None:
    """Heat in the picture."""
    view = polls.heatmap(match.match_id, choice.team, choice.track, choice.minutes)
    st.html(panels.heading(title))
    colours = match_frame.colours_of(view.kits)
    aspect = view.width / view.height if view.height else 16 / 9
    labels = match_frame.labels_of(view.overrides)
    figure = charts.heatmap(view.seconds, aspect, colour_of(choice, colours), colours, labels)
    st.vega_lite_chart(figure.rows, figure.spec, key=f"heat {title}", width="stretch")


def draw_pitch(choice: HeatChoice, title: str, heat: PitchHeat, facts: PitchFacts) -> None:
    """Heat on the pitch; a click lists the moments."""
    st.html(panels.heading(title))
    colours = match_frame.colours_of(facts.kits)
    pitch_heat.show(
        title,
        heat,
        facts.layout,
        colour_of(choice, colours),
        colours,
        lambda cell: heat_moments.pick(match.match_id, cell, choice),
    )


def minute_range(end_s: float) -> tuple[int, int] | None:
    """Minutes asked for; None: all."""
    if end_s < SHORTEST_FOR_RANGE_S:
        return None
    last = math.ceil(end_s / 60)
    chosen: tuple[int, int] = st.slider(say("heatmap.minutes"), 0, last, (0, last), key="heat_minutes")
    return None if chosen == (0, last) else chosen


def choose_time(facts: PitchFacts, end_s: float) -> HeatChoice:
    """A period, turned to the right where that is known, or minutes of the video."""
    periods = facts.overrides.periods
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


def choose_place(facts: PitchFacts) -> tuple[bool, bool | None]:
    """Pitch or picture, and the phase of play."""
    if not facts.calibrated_share:
        st.html(panels.hint(say("pitch.not_calibrated")))
        navigation.link(navigation.CALIBRATE, match.match_id, say("pitch.to_calibrate"), ":material/straighten:")
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


def choose_player() -> int | None:
    """One player, chosen from those seen longest."""
    view = polls.heatmap(match.match_id, None, None, None)
    players = charts.player_choices(view.tracks, match_frame.labels_of(view.overrides))
    if not players:
        st.html(panels.empty(say("heatmap.no_player"), say("heatmap.no_player_sentence")))
        return None
    return st.selectbox(say("heatmap.player"), list(players), format_func=players.__getitem__, key="heat_player")


def note_calibrated(heat: PitchHeat) -> None:
    """How much of the time chosen is calibrated."""
    share = min(heat.calibrated_s / heat.live_s, 1.0) if heat.live_s else 0.0
    st.html(panels.hint(say("pitch.note", share=f"{share:.0%}", time=charts.clock(heat.calibrated_s))))


def heatmap() -> MatchCard:
    """The page's moving part."""
    card = polls.service().status(match.match_id)
    match_frame.header(card)
    facts = pitch_polls.facts(match.match_id)
    if facts.end_s <= 0:
        match_frame.nothing_yet(card)
        return card
    on_pitch, phase = choose_place(facts)
    whom = st.segmented_control(
        say("heatmap.show"), [TEAMS, PLAYER], format_func=say, default=TEAMS, required=True, key="heat_of"
    )
    when = choose_time(facts, facts.end_s) if on_pitch else HeatChoice(minutes=minute_range(facts.end_s))
    choice = replace(when, in_possession=phase)
    labels = match_frame.labels_of(facts.overrides)
    if whom == PLAYER:
        track = choose_player()
        shown = [] if track is None else [(replace(choice, track=track), labels.player(track))]
    else:
        shown = [(replace(choice, team=team), labels.team(team)) for team in (0, 1)]
    heats = pitch_polls.heats(match.match_id, tuple(one for one, _ in shown)) if on_pitch else ()
    if heats:
        note_calibrated(heats[0])
    for number, ((one, title), column) in enumerate(
        zip(shown, st.columns(max(len(shown), 1), gap="medium"), strict=False)
    ):
        with column:
            if on_pitch:
                draw_pitch(one, title, heats[number], facts)
            else:
                draw_picture(one, title)
    if on_pitch:
        heat_moments.show(match.match_id, labels)
    return card


match_frame.keep_fresh(heatmap, match)
