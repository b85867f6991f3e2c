"""Shape: where a team's players stand on average, how wide, deep and high it plays, and in which zones."""

from __future__ import annotations

import streamlit as st

from tacticeye import charts, shape_charts
from tacticeye.dashboard import match_frame, navigation, panels, period_form, pitch_polls, polls, shape_panels
from tacticeye.dashboard.language import say
from tacticeye.ledger import Period
from tacticeye.service import MatchCard
from tacticeye.shape_views import ShapeChoice, ShapeView
from tacticeye.team_colours import TeamColours

PHASES: dict[str, bool | None] = {"pitch.all_play": None, "pitch.with_ball": True, "pitch.without_ball": False}
ALL = -1

match = match_frame.get_match()


def choose(periods: tuple[Period, ...]) -> ShapeChoice:
    """Period and phase of play."""
    when, phase = st.columns([3, 2], vertical_alignment="bottom")
    period = ALL
    with when:
        if periods:
            names = {ALL: say("periods.all")} | {i: period_form.name(i, len(periods)) for i in range(len(periods))}
            period = st.segmented_control(say("periods.period"), list(names), format_func=names.__getitem__,
                                          default=ALL, required=True, key="shape_period")  # fmt: skip
        else:
            navigation.link(navigation.PERIODS, match.match_id, say("periods.link"), ":material/timer:")
    with phase:
        chosen = st.segmented_control(say("pitch.phase"), list(PHASES), format_func=say, default="pitch.all_play",
                                      required=True, key="shape_phase")  # fmt: skip
    return ShapeChoice(None if period == ALL else period, PHASES[chosen])


def one_team(view: ShapeView, team: int, colours: TeamColours) -> None:
    """Board, outline and zones."""
    labels, shape = match_frame.labels_of(view.overrides), view.teams[team]
    st.html(panels.heading(labels.team(team)))
    figure = shape_charts.shape_board(shape, view.layout, team, colours, labels)
    with st.container(key=f"shape_board_{team}"):
        st.vega_lite_chart(figure.rows, figure.spec, key=f"shape {team}", width="stretch")
    st.html(shape_panels.figures(shape, view.entries[team] if view.entries else None, labels.texts))
    columns = {
        "zone": st.column_config.TextColumn(say("shape.zone"), width="small"),
        **{
            name: st.column_config.ProgressColumn(
                say(f"shape.{name}"), format="%.0f %%", max_value=100, width="small", help=say(f"shape.{name}_help")
            )
            for name in ("players", "ball")
        },
    }
    for name, table in zip(("thirds", "lanes"), shape_panels.zones(shape, labels.texts, view.knows_ends), strict=True):
        st.dataframe(table, key=f"{name} {team}", hide_index=True, column_config=columns)


def shape() -> MatchCard:
    """The page's moving part."""
    card = polls.service().status(match.match_id)
    match_frame.header(card)
    facts = pitch_polls.facts(match.match_id)
    if facts.end_s <= 0:
        match_frame.nothing_yet(card)
        return card
    if facts.calibrated_share == 0:
        match_frame.not_calibrated(match.match_id, say("shape.none"))
        return card
    choice = choose(polls.service().overrides(match.match_id).periods)
    view = pitch_polls.shape(match.match_id, choice)
    if view.calibrated_s == 0:
        st.html(panels.hint(say("shape.nobody")))
        return card
    notes = [say("shape.note", time=charts.clock(view.calibrated_s), seen=charts.clock(view.seen_s))]
    notes.append(say("shape.to_right" if view.knows_ends else "shape.as_filmed"))
    st.html(panels.hint(" ".join(notes)))
    colours = match_frame.colours_of(view.kits)
    for team, column in enumerate(st.columns(2, gap="medium")):
        with column:
            one_team(view, team, colours)
    return card


match_frame.keep_fresh(shape, match)
