"""Blocks of HTML that pages show: pure functions from figures to text.

Every string that may come from a user or a file is escaped here; colours and numbers are our own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd

from tacticeye.charts import NOT_COUNTED, STATE_NAMES, TEAM_NAMES, clock, event_table
from tacticeye.dashboard.words import UNKNOWN, percent, progress_facts, status_name, status_sentence
from tacticeye.errors import TacticEyeError
from tacticeye.match_queue import MatchStatus
from tacticeye.service import MatchCard
from tacticeye.state_parts import Totals
from tacticeye.team_colours import TeamColours
from tacticeye.types import ControlState

# The feed shows as many as are read at a glance; the Events page has them all.
_FEED_LENGTH = 8


def match_state(card: MatchCard, title_class: str = "te-title") -> str:
    """Title, status, progress and what to know about them."""
    status = card.status.value
    sentence = status_sentence(card)
    bar = ""
    if card.status is not MatchStatus.FINISHED and card.share is not None:
        bar = f'<div class="te-progress te-{status}"><span style="width:{card.share:.2%}"></span></div>'
    facts = " · ".join(escape(fact) for fact in progress_facts(card)) if card.t_s > 0 else ""
    return (
        f'<div class="te-row"><span class="{title_class}">{escape(card.title)}</span>'
        f'<span class="te-chip te-{status}">{escape(status_name(card))}</span></div>{bar}'
        + (f'<div class="te-small te-muted te-number">{facts}</div>' if facts else "")
        + (f'<div class="te-small" style="margin-top:.25rem">{escape(sentence)}</div>' if sentence else "")
    )


def possession(totals: Totals, colours: TeamColours, is_going_on: bool) -> str:
    """Shares of both teams with their minutes, who has the ball now if it goes on, and what the shares leave out."""
    seconds = [totals.seconds_by_state.get(ControlState.of_team(team), 0.0) for team in (0, 1)]
    in_control = sum(seconds)
    not_counted = {state: totals.seconds_by_state.get(state, 0.0) for state in NOT_COUNTED}
    watched = in_control + sum(not_counted.values())
    left_out = " · ".join(f"{STATE_NAMES[state].lower()} {clock(s)}" for state, s in not_counted.items() if s >= 1)
    sides = "".join(_side(team, seconds[team], in_control, colours) for team in (0, 1))
    bar = "".join(
        f'<span style="flex-grow:{100 * s / max(in_control, 1e-9):.2f};background:{colour}"></span>'
        for s, colour in zip(seconds, colours.teams, strict=True)
    )
    note = (
        f"Shares of the <b>{clock(in_control)}</b> in which a team controls the ball, "
        f"{percent(in_control / watched)} of the video{' so far' if is_going_on else ''}."
        if watched > 0
        else "No time has been decided yet."
    ) + (f" Not counted: {left_out}." if left_out else "")
    return _panel(
        "Possession",
        f'<div class="te-possession">{sides}<div class="te-bar">{bar if in_control > 0 else ""}</div></div>'
        f'<div class="te-note te-small te-muted te-number">{note}</div>',
        aside=f"Now: {_now(totals.current_state, colours)}" if is_going_on else "",
    )


def _side(team: int, seconds: float, in_control: float, colours: TeamColours) -> str:
    share = f"{100 * seconds / in_control:.0f}<small>%</small>" if in_control > 0 else UNKNOWN
    return (
        f'<div class="{"te-right" if team else "te-left"}"><div>{team_label(team, colours)}</div>'
        f'<div class="te-share te-number">{share}</div>'
        f'<div class="te-small te-muted te-number">{clock(seconds)} with the ball</div></div>'
    )


def _now(state: ControlState, colours: TeamColours) -> str:
    return f"{team_label(state.team, colours)} has the ball" if state.team >= 0 else STATE_NAMES[state].lower()


def passes(totals: Totals, colours: TeamColours) -> str:
    """Completed and attempted passes of both teams."""
    rows = []
    for team in (0, 1):
        complete = totals.passes_complete_by_team.get(team, 0)
        attempted = totals.passes_attempted_by_team.get(team, 0)
        share = f" · {complete / attempted:.0%}" if attempted else ""
        rows.append(
            (team_label(team, colours), f'<b>{complete}</b><span class="te-muted"> of {attempted}{share}</span>')
        )
    return _panel("Passes completed", _table(rows))


def trust(stats: Mapping[str, float]) -> str:
    """How much of the match was seen well enough to count."""

    def share(part: str, *whole: str) -> str:
        total = sum(stats.get(name, 0.0) for name in whole)
        return percent(stats.get(part, 0.0) / total) if total else percent(float("nan"))

    balls = ("ball_detected", "ball_interpolated", "ball_unseen")
    rows = (
        ("Ball seen", share("ball_detected", *balls)),
        ("Ball filled in between sightings", share("ball_interpolated", *balls)),
        ("Ball not seen", share("ball_unseen", *balls)),
        ("People followed", share("people_tracked", "people_boxes")),
        ("People with a team", share("people_with_team", "people_boxes")),
        ("Match view (not replay or close-up)", share("frames_live", "frames_analysed")),
    )
    return _panel("How far to trust this", _table(rows))


def feed(events: pd.DataFrame, colours: TeamColours) -> str:
    """The newest events. events: newest first."""
    newest = events.head(_FEED_LENGTH)
    table = event_table(newest)
    items = []
    for team, row in zip(newest["team"], table.itertuples(index=False), strict=True):
        players = " to ".join(name for name in (str(row.From), str(row.To)) if name)
        what = " ".join(part for part in (str(row.Kind), str(row.Result)) if part)
        items.append(
            f'<div class="te-item"><time>{row.Time}</time><span>{team_label(int(team), colours)} {escape(what)}'
            f'<span class="te-muted"> {escape(players)}</span></span></div>'
        )
    body = "".join(items) if items else _quiet("No event yet.")
    return _panel("Latest events", body)


def team_label(team: int, colours: TeamColours) -> str:
    """A swatch in the colour of the charts and the team's name."""
    if team not in (0, 1):
        return '<span class="te-muted">Unsure</span>'
    return f'<span class="te-swatch" style="background:{colours.teams[team]}"></span>{TEAM_NAMES[team]}'


def legend(colours: TeamColours, extra: str, extra_colour: str) -> str:
    """Which colour is which team, and one more."""
    parts = [team_label(team, colours) for team in (0, 1)]
    parts.append(f'<span class="te-swatch" style="background:{extra_colour}"></span>{escape(extra)}')
    return f'<div class="te-row te-small">{"".join(f"<span>{part}</span>" for part in parts)}</div>'


def kits(colours: TeamColours) -> str:
    """Which shirts the teams were recognised by; empty until they are known."""
    if None in colours.shirts:
        return ""
    shirts = " · ".join(
        f'{TEAM_NAMES[team]} <span class="te-swatch" style="background:{colours.shirts[team]};margin:0 .2rem"></span>'
        for team in (0, 1)
    )
    note = "" if colours.follows_kits else " Charts use other colours, which are easier to tell apart."
    return f'<div class="te-small te-muted">Shirts as seen: {shirts}{note}</div>'


def empty(title: str, sentence: str) -> str:
    """What a page shows while it has nothing to show."""
    return f'<div class="te-empty"><h3>{escape(title)}</h3><p class="te-muted">{escape(sentence)}</p></div>'


def problem(error: TacticEyeError) -> str:
    """An error in its one sentence, which may quote what a user typed or named: it is text, never markup."""
    return f'<div class="te-problem" role="alert">{escape(str(error))}</div>'


def hint(text: str) -> str:
    """What one should know to read the page rightly."""
    return f'<div class="te-hint">{escape(text)}</div>'


def no_frame(words: str) -> str:
    """Stands where a picture will be."""
    return f'<div class="te-thumb te-small">{escape(words)}</div>'


def heading(text: str, notes: Sequence[str] = ()) -> str:
    """A small heading above a chart, with notes under it."""
    below = "".join(f'<div class="te-small te-muted">{escape(note)}</div>' for note in notes)
    return f'<div><div class="te-heading" style="margin-bottom:.15rem">{escape(text)}</div>{below}</div>'


def _panel(title: str, body: str, aside: str = "") -> str:
    return (
        f'<div class="te-panel"><div class="te-row" style="justify-content:space-between">'
        f'<span class="te-heading">{title}</span><span class="te-small te-aside">{aside}</span></div>{body}</div>'
    )


def _table(rows: Sequence[tuple[str, str]]) -> str:
    body = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in rows)
    return f'<table class="te-table">{body}</table>'


def _quiet(text: str) -> str:
    return f'<div class="te-small te-muted">{escape(text)}</div>'
