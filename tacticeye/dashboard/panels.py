"""Blocks of HTML that pages show: pure functions from figures to text.

Every string that may come from a user or a file is escaped here; colours and numbers are our own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd

from tacticeye.charts import NOT_COUNTED, clock, event_table
from tacticeye.dashboard.words import UNKNOWN, percent, progress_facts, status_name, status_sentence
from tacticeye.errors import TacticEyeError
from tacticeye.labels import Labels, match_title
from tacticeye.match_queue import MatchStatus
from tacticeye.people_views import string_counts
from tacticeye.service import MatchCard
from tacticeye.state_parts import Totals
from tacticeye.team_colours import TeamColours
from tacticeye.texts import Texts
from tacticeye.texts.sentences import translate
from tacticeye.trust_figures import TrustScore
from tacticeye.types import ControlState

# The feed shows as many as are read at a glance; the Events page has them all.
_FEED_LENGTH = 8


def match_state(card: MatchCard, texts: Texts, title_class: str = "te-title", teams: str = "") -> str:
    """Title, status, progress and what to know about them."""
    status = card.status.value
    sentence = status_sentence(card, texts)
    bar = ""
    if card.status is not MatchStatus.FINISHED and card.share is not None:
        bar = f'<div class="te-progress te-{status}"><span style="width:{card.share:.2%}"></span></div>'
    under = f'<div class="te-small">{escape(teams)}</div>' if teams else ""
    facts = " · ".join(escape(fact) for fact in progress_facts(card, texts)) if card.t_s > 0 else ""
    return (
        f'<div class="te-row"><span class="{title_class}">{escape(match_title(card.title, texts))}</span>'
        f'<span class="te-chip te-{status}">{escape(status_name(card, texts))}</span></div>{under}{bar}'
        + (f'<div class="te-small te-muted te-number">{facts}</div>' if facts else "")
        + (f'<div class="te-small" style="margin-top:.25rem">{escape(sentence)}</div>' if sentence else "")
    )


def trust_score(score: TrustScore | None, texts: Texts) -> str:
    """One line of a card; empty while nothing is known."""
    if score is None:
        return ""
    weakest = texts(f"trust.{score.weakest}")
    return (
        f'<div class="te-small te-muted te-number" title="{escape(texts("trust.help"))}">'
        f"{escape(texts('trust.score', percent=percent(score.share), weakest=weakest))}</div>"
    )


def possession(totals: Totals, colours: TeamColours, labels: Labels, is_going_on: bool) -> str:
    """Shares of both teams with their minutes, who has the ball now if it goes on, and what the shares leave out."""
    seconds = [totals.seconds_by_state.get(ControlState.of_team(team), 0.0) for team in (0, 1)]
    in_control = sum(seconds)
    not_counted = {state: totals.seconds_by_state.get(state, 0.0) for state in NOT_COUNTED}
    watched = in_control + sum(not_counted.values())
    unseen_s = not_counted[ControlState.UNSEEN]
    left_out = " · ".join(f"{labels.state(state).lower()} {clock(s)}" for state, s in not_counted.items() if s >= 1)
    sides = "".join(_side(team, seconds[team], in_control, unseen_s, colours, labels) for team in (0, 1))
    bar = "".join(
        f'<span style="flex-grow:{100 * s / max(in_control, 1e-9):.2f};background:{colour}"></span>'
        for s, colour in zip(seconds, colours.teams, strict=True)
    )
    texts = labels.texts
    note = texts("live.nothing_decided")
    if watched > 0:
        key = "live.shares_so_far" if is_going_on else "live.shares"
        note = texts(key, time=clock(in_control), percent=percent(in_control / watched))
    if left_out:
        note += " " + texts("live.not_counted", states=left_out)
    return panel(
        texts("live.possession"),
        f'<div class="te-possession">{sides}<div class="te-bar">{bar if in_control > 0 else ""}</div></div>'
        f'<div class="te-note te-small te-muted te-number">{escape(note)}</div>',
        aside=escape(texts("live.now", who=_now(totals.current_state, labels))) if is_going_on else "",
    )


def _side(team: int, seconds: float, in_control: float, unseen_s: float, colours: TeamColours, labels: Labels) -> str:
    with_ball = labels.texts("live.with_ball", time=clock(seconds))
    low, high = seconds / max(in_control + unseen_s, 1e-9), (seconds + unseen_s) / max(in_control + unseen_s, 1e-9)
    between = labels.texts("live.between", low=f"{low:.0%}", high=f"{high:.0%}")
    share = f"{100 * seconds / in_control:.0f}<small>%</small>" if in_control > 0 else UNKNOWN
    return (
        f'<div class="{"te-right" if team else "te-left"}"><div>{team_label(team, colours, labels)}</div>'
        f'<div class="te-share te-number">{share}</div>'
        f'<div class="te-small te-muted te-number">{escape(with_ball)}'
        + (f" · {escape(between)}" if in_control > 0 and high - low >= 0.01 else "")
        + "</div></div>"
    )


def _now(state: ControlState, labels: Labels) -> str:
    if state.team >= 0:
        return labels.texts("live.has_ball", team=labels.team(state.team))
    return labels.state(state).lower()


def passes(totals: Totals, colours: TeamColours, labels: Labels) -> str:
    """Completed and attempted passes of both teams."""
    rows = []
    for team in (0, 1):
        complete = totals.passes_complete_by_team.get(team, 0)
        attempted = totals.passes_attempted_by_team.get(team, 0)
        share = f" · {complete / attempted:.0%}" if attempted else ""
        of_attempted = escape(labels.texts("live.of_attempted", attempted=attempted))
        rows.append(
            (
                team_label(team, colours, labels),
                f'<b>{complete}</b><span class="te-muted"> {of_attempted}{share}</span>',
            )
        )
    return panel(labels.texts("live.passes"), table(rows))


def trust(stats: Mapping[str, float], texts: Texts) -> str:
    """How much of the match was seen well enough to count."""

    def share(part: str, *whole: str) -> str:
        total = sum(stats.get(name, 0.0) for name in whole)
        return percent(stats.get(part, 0.0) / total) if total else percent(float("nan"))

    balls = ("ball_detected", "ball_interpolated", "ball_unseen")
    rows = (
        (texts("live.trust_ball"), share("ball_detected", *balls)),
        (texts("live.trust_filled"), share("ball_interpolated", *balls)),
        (texts("live.trust_unseen"), share("ball_unseen", *balls)),
        (texts("live.trust_followed"), share("people_tracked", "people_boxes")),
        (texts("live.trust_team"), share("people_with_team", "people_boxes")),
        (texts("live.trust_live"), share("frames_live", "frames_analysed")),
    )
    return panel(texts("live.trust"), table(rows))


def feed(events: pd.DataFrame, colours: TeamColours, labels: Labels, title: str = "") -> str:
    """The newest events, or those under another title. events: newest first."""
    newest = events.head(_FEED_LENGTH)
    items = []
    for team, row in zip(newest["team"], event_table(newest, labels).to_dict("records"), strict=True):
        who, whom = str(row["from"]), str(row["to"])
        players = labels.texts("live.from_to", from_player=who, to_player=whom) if who and whom else who or whom
        what = " ".join(part for part in (str(row["kind"]), str(row["result"])) if part)
        items.append(
            f'<div class="te-item"><time>{row["time"]}</time><span>{team_label(int(team), colours, labels)} '
            f'{escape(what)}<span class="te-muted"> {escape(players)}</span></span></div>'
        )
    body = "".join(items) if items else _quiet(labels.texts("live.feed_empty"))
    return panel(title or labels.texts("live.feed"), body)


def pass_strings(strings: pd.DataFrame, tempo: float, texts: Texts) -> str:
    """Tempo, how many passes in a row, and the longest string with its time. strings: of one team, longest first."""
    pace = UNKNOWN if math.isnan(tempo) else texts("passes.per_minute", n=f"{tempo:.1f}")
    rows = [(texts("passes.tempo"), pace)]
    for band, n in string_counts(strings).items():
        rows.append((texts("passes.in_a_row", n=band.replace("-", "\u2013")), f"{n}"))
    if len(strings):
        start, end = (clock(float(strings[name].iloc[0])) for name in ("t_start_s", "t_end_s"))
        rows.append((texts("passes.longest"), f"{int(strings['n'].iloc[0])} · {start}\u2013{end}"))
    return panel(texts("passes.strings"), table(rows))


def pass_zones(zones: pd.DataFrame, texts: Texts, is_on_pitch: bool, is_turned: bool) -> str:
    """Passes by third and direction. zones: of one team, as people_views.pass_zones gives them.

    is_turned: whether the team always plays to the right in them.
    """
    rows = []
    kind = "played_" if is_turned else ""
    for zone, name in ((0, "left"), (1, "middle"), (2, "right"), (-1, "unknown")):
        part = zones[zones["zone"] == zone]
        if zone >= 0 or len(part):
            rows.append((texts(f"passes.zone_{kind}{name}"), _of(int(part["complete"].sum()), int(part["n"].sum()))))
    for way, name in ((1, "right"), (0, "across"), (-1, "left")):
        part = zones[zones["way"] == way]
        rows.append((texts(f"passes.way_{kind}{name}"), _of(int(part["complete"].sum()), int(part["n"].sum()))))
    place = "pitch" if is_on_pitch else "picture"
    return panel(texts(f"passes.zones_{'played' if is_turned else place}"), table(rows))


def _of(part: int, whole: int) -> str:
    share = f" · {part / whole:.0%}" if whole else ""
    return f'<b>{part}</b><span class="te-muted"> / {whole}{share}</span>'


def notes(rows: Sequence[tuple[float, str]], title: str) -> str:
    """What the analyst wrote down. rows: (s, text) in order of time."""
    items = (f'<div class="te-item"><time>{clock(t_s)}</time><span>{escape(text)}</span></div>' for t_s, text in rows)
    return panel(title, "".join(items))


def team_label(team: int, colours: TeamColours, labels: Labels) -> str:
    """A swatch in the colour of the charts and the team's name."""
    if team not in (0, 1):
        return f'<span class="te-muted">{escape(labels.team(team))}</span>'
    swatch = f'<span class="te-swatch" style="background:{colours.teams[team]}"></span>'
    return swatch + escape(labels.team(team))


def legend(colours: TeamColours, labels: Labels, extra: str, extra_colour: str, is_hollow: bool = False) -> str:
    """Which colour is which team, and one more, drawn as an outline where asked for."""
    parts = [team_label(team, colours, labels) for team in (0, 1)]
    parts.append(
        f'<span class="te-swatch{" te-hollow" if is_hollow else ""}" style="--colour:{extra_colour}"></span>'
        + escape(extra)
    )
    return f'<div class="te-row te-small">{"".join(f"<span>{part}</span>" for part in parts)}</div>'


def kits(colours: TeamColours, labels: Labels) -> str:
    """Which shirts the teams were recognised by; empty until they are known."""
    if None in colours.shirts:
        return ""
    shirts = " · ".join(
        f'{escape(labels.team(team))} <span class="te-swatch" '
        f'style="background:{colours.shirts[team]};margin:0 .2rem"></span>'
        for team in (0, 1)
    )
    note = "" if colours.follows_kits else " " + escape(labels.texts("live.shirts_note"))
    return f'<div class="te-small te-muted">{escape(labels.texts("live.shirts"))} {shirts}{note}</div>'


def empty(title: str, sentence: str) -> str:
    """What a page shows while it has nothing to show."""
    return f'<div class="te-empty"><h3>{escape(title)}</h3><p class="te-muted">{escape(sentence)}</p></div>'


def problem(error: TacticEyeError, texts: Texts) -> str:
    """An error in its one sentence, which may quote what a user typed or named: it is text, never markup."""
    return f'<div class="te-problem" role="alert">{escape(translate(str(error), texts.language))}</div>'


def hint(text: str) -> str:
    """What one should know to read the page rightly."""
    return f'<div class="te-hint">{escape(text)}</div>'


def definition(term: str, meaning: str) -> str:
    """A name and what it stands for."""
    return f'<div class="te-small"><b>{escape(term)}</b> <span class="te-muted">{escape(meaning)}</span></div>'


def no_frame(words: str) -> str:
    """Stands where a picture will be."""
    return f'<div class="te-thumb te-small">{escape(words)}</div>'


def heading(text: str, notes: Sequence[str] = ()) -> str:
    """A small heading above a chart, with notes under it."""
    below = "".join(f'<div class="te-small te-muted">{escape(note)}</div>' for note in notes)
    return f'<div><div class="te-heading" style="margin-bottom:.15rem">{escape(text)}</div>{below}</div>'


def panel(title: str, body: str, aside: str = "") -> str:
    """A titled box. body, aside: HTML."""
    return (
        f'<div class="te-panel"><div class="te-row" style="justify-content:space-between">'
        f'<span class="te-heading">{escape(title)}</span><span class="te-small te-aside">{aside}</span></div>'
        f"{body}</div>"
    )


def table(rows: Sequence[tuple[str, str]]) -> str:
    """Names and figures. rows: pairs of HTML."""
    body = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in rows)
    return f'<table class="te-table">{body}</table>'


def _quiet(text: str) -> str:
    return f'<div class="te-small te-muted">{escape(text)}</div>'
