"""Live: possession, passes and what happened, while the match is analysed and afterwards."""

from __future__ import annotations

import math
from collections.abc import Callable

import streamlit as st

from tacticeye import charts
from tacticeye.dashboard import drawings, match_frame, panels, player, polls
from tacticeye.dashboard.definitions_panel import definitions
from tacticeye.dashboard.language import say
from tacticeye.labels import Labels
from tacticeye.match_views import LiveView
from tacticeye.possession_charts import momentum, possession_curve
from tacticeye.service import MatchCard
from tacticeye.team_colours import TeamColours

# A shorter match has no minutes to choose from.
SHORTEST_FOR_RANGE_S = 120.0

match = match_frame.get_match()


def chosen_minutes(end_s: float) -> tuple[float, float] | None:
    """Stretch asked for, s; None: all."""
    if end_s < SHORTEST_FOR_RANGE_S:
        return None
    last = math.ceil(end_s / 60)
    first, end = st.slider(say("heatmap.minutes"), 0, last, (0, last), key="live_minutes")
    return None if (first, end) == (0, last) else (first * 60.0, end * 60.0)


def picture(view: LiveView, colours: TeamColours, labels: Labels) -> None:
    """The newest frame while the match works, the video afterwards."""
    if view.card.status.is_active:
        st.html(panels.heading(say("live.frame"), [say("live.frame_note")]))
        frame = polls.preview(view.card.preview_path)
        if frame:
            st.image(frame, width="stretch")
        else:
            st.html(panels.no_frame(say("nothing.no_picture")))
    else:
        st.html(panels.heading(say("live.video"), [say("live.video_note")]))
        events = view.events.sort_values("t_start_s")
        numbers, times = events["event_id"].tolist(), events["t_start_s"].tolist()
        kinds = [labels.kind(kind) for kind in events["kind"]]
        moments = [
            player.Moment(number, t_s, f"{charts.clock(t_s)} · {kind}")
            for number, t_s, kind in zip(numbers, times, kinds, strict=True)
        ]
        player.show(match.match_id, moments, f"live_player_{match.match_id}")
    st.html(panels.kits(colours, labels) or "<span></span>")


def chart(name: str, view: LiveView, draw: Callable[[], charts.VegaFigure]) -> bool:
    """Shows the figure; False where there is nothing to draw, which is for the caller to say."""
    figure = drawings.kept(name, view, draw)
    if figure.rows.empty:
        return False
    st.vega_lite_chart(figure.rows, figure.spec, key=name, width="stretch")
    return True


def curves(view: LiveView, colours: TeamColours, labels: Labels) -> None:
    """How possession went: stretch by stretch, the share so far, and lately."""
    st.html(panels.heading(say("live.over_time"), [say("live.over_time_note")]))
    st.html(panels.legend(colours, labels, say("state.not_counted"), colours.neutral))
    columns = chart("possession_over_time", view, lambda: charts.possession_over_time(view.spans, colours, labels))
    if not columns:
        st.html(panels.hint(say("live.too_early")))
        return
    share, lately = st.columns(2, gap="medium")
    with share:
        st.html(panels.heading(say("live.curve"), [say("live.curve_note", team=labels.team(0))]))
        if not chart("possession_curve", view, lambda: possession_curve(view.spans, colours, labels)):
            st.html(panels.hint(say("live.no_control")))
    with lately:
        first, second = labels.both_teams()
        st.html(panels.heading(say("live.momentum"), [say("live.momentum_note", first=first, second=second)]))
        if not chart("momentum", view, lambda: momentum(view.spans, colours, labels)):
            st.html(panels.hint(say("live.no_control")))


def figures(view: LiveView, colours: TeamColours, labels: Labels) -> None:
    """Possession above, what lies behind it below."""
    minutes = chosen_minutes(view.card.t_s)
    totals = view.totals if minutes is None else view.totals_within(*minutes)
    st.html(panels.possession(totals, colours, labels, view.card.status.is_active and minutes is None))
    over_time, beside = st.columns([3, 2], gap="medium")
    with over_time:
        curves(view, colours, labels)
    with beside:
        picture(view, colours, labels)
        st.html(panels.passes(view.totals, colours, labels))
    events, trust = st.columns([3, 2], gap="medium")
    events.html(panels.feed(view.events, colours, labels))
    events.html(definitions(view.totals, labels))
    trust.html(panels.trust(view.stats, labels.texts))


def live() -> MatchCard:
    """The page's moving part."""
    view = polls.live(match.match_id)
    match_frame.header(view.card)
    if view.has_data:
        figures(view, match_frame.colours_of(view.kits), match_frame.labels_of(view.overrides))
    else:
        match_frame.nothing_yet(view.card)
    return view.card


match_frame.keep_fresh(live, match, match_frame.POLL_EVERY)
