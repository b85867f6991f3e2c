"""A match on one printable page: standalone HTML, without anything from elsewhere.

Only figures that were seen well enough stand in it, each with the time of its moment in the video; what was left out is
told. Everything that users or files named is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from tacticeye.analysis.definitions import PossessionDefinition, defined_share
from tacticeye.charts import clock
from tacticeye.corrections import TURNOVERS
from tacticeye.labels import Labels, match_title
from tacticeye.match_views import LiveView
from tacticeye.people_views import PeopleView, pass_strings
from tacticeye.team_colours import TeamColours
from tacticeye.types import EventKind, EventResult

# Half of the frames: below, more of the ball is guessed or missing than seen.
LEAST_BALL_SEEN = 0.5
# An event the analysis is less sure of than this isn't printed.
LEAST_CONFIDENCE = 0.6
_MOST_MOMENTS = 24
_MOST_PLAYERS = 22
_STYLE = """
html { background: #fff; }
body { font: 14px/1.45 system-ui, sans-serif; color: #1a221d; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
p { margin: .3rem 0; } .muted { color: #5d6861; } .bar { display: flex; gap: 2px; height: .9rem; margin: .4rem 0; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .22rem .5rem .22rem 0;
border-bottom: 1px solid #dde3db; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
td:first-child { white-space: nowrap; }
.sides { display: flex; justify-content: space-between; font-weight: 650; font-size: 1.25rem; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2rem; } button { font: inherit; padding: .35rem .9rem; }
.note { border-left: 4px solid #3b7fc4; padding: .3rem .8rem; background: #eef3f8; }
@media print { button { display: none; } body { margin: 0 auto; } h2, tr { break-inside: avoid; } }
@media (max-width: 40rem) { .two { grid-template-columns: 1fr; } table { font-size: 12px; } }
"""


def report_html(
    live: LiveView,
    events: pd.DataFrame,
    people: PeopleView,
    colours: TeamColours,
    labels: Labels,
    definition: PossessionDefinition = PossessionDefinition.TIME_IN_CONTROL,
) -> str:
    """The page. events: all of the match, in order of time. colours: on a light ground, as paper is. definition: of
    possession."""
    texts = labels.texts
    title = escape(match_title(live.card.title, texts))
    sure = events[events["confidence"] >= LEAST_CONFIDENCE]
    facts = [texts("progress.video", time=clock(live.card.t_s))]
    if live.coverage is not None and live.coverage.frames_decided:
        facts.append(texts("report.ball_seen", percent=f"{_ball_seen(live):.0%}"))
    parts = [
        f"<h1>{title}</h1><p class='muted'>{escape(' · '.join(facts))}</p>",
        f"<p><button onclick='print()'>{escape(texts('report.print'))}</button></p>",
        _possession(live, definition, colours, labels),
        f"<div class='two'><div>{_passes(live, sure, labels)}</div><div>{_strings(sure, labels)}</div></div>",
        _moments(sure, labels),
        _players(people, labels),
        f"<p class='muted'>{escape(texts('report.threshold', confidence=f'{LEAST_CONFIDENCE:.0%}'))}</p>",
    ]
    return (
        f"<!doctype html><html lang='{texts.language}'><head><meta charset='utf-8'><title>{title}</title>"
        f"<meta name='viewport' content='width=device-width'><style>{_STYLE}</style></head><body>"
        + "".join(parts)
        + "</body></html>"
    )


def _ball_seen(live: LiveView) -> float:
    return live.coverage.detected + live.coverage.interpolated if live.coverage is not None else 0.0


def _possession(live: LiveView, definition: PossessionDefinition, colours: TeamColours, labels: Labels) -> str:
    texts = labels.texts
    heading = f"<h2>{escape(texts('live.possession'))} \u00b7 {escape(labels.definition(definition))}</h2>"
    share = defined_share(live.totals, definition)
    if not share.percent_by_team or _ball_seen(live) < LEAST_BALL_SEEN:
        return heading + f"<p class='note'>{escape(texts('report.too_little_ball'))}</p>"
    percents = [share.percent_by_team[team] for team in (0, 1)]
    sides = "".join(f"<span>{escape(labels.team(team))} {percents[team]:.0f}%</span>" for team in (0, 1))
    bar = "".join(
        f"<span style='flex:{percent:.2f};background:{colour};print-color-adjust:exact'></span>"
        for percent, colour in zip(percents, colours.teams, strict=True)
    )
    is_of_passes = definition is PossessionDefinition.PASSES
    whole = str(share.attempted) if is_of_passes else clock(share.denominator_s)
    formula = labels.formula(definition)
    note = [
        formula[:1].upper() + formula[1:],
        texts(f"definitions.of_{'passes' if is_of_passes else 'time'}", whole=whole),
    ]
    if share.contested_percent >= 1:
        note.append(texts("definitions.contested", percent=f"{share.contested_percent:.0f}"))
    ranges = [f"{share.lowest_by_team[team]:.0f}\u2013{share.highest_by_team[team]:.0f}%" for team in (0, 1)]
    if share.unseen_s >= 1:
        note.append(texts("report.reach", first=ranges[0], second=ranges[1]))
    told = escape(". ".join(part.rstrip(".") for part in note))
    return f"{heading}<div class='sides'>{sides}</div><div class='bar'>{bar}</div><p class='muted'>{told}.</p>"


def _passes(live: LiveView, sure: pd.DataFrame, labels: Labels) -> str:
    """Counts as on the Live page, each team with the times of its first sure passes."""
    texts = labels.texts
    rows = []
    for team in (0, 1):
        complete = live.totals.passes_complete_by_team.get(team, 0)
        attempted = live.totals.passes_attempted_by_team.get(team, 0)
        share = f"{complete / attempted:.0%}" if attempted else "\u2013"
        own = sure[(sure["kind"] == EventKind.PASS) & (sure["team"] == team)]
        times = ", ".join(clock(t) for t in own["t_start_s"].head(4))
        rows.append(_row(labels.team(team), f"{complete} / {attempted}", share, times))
    head = _head(texts("column.team"), texts("live.passes"), texts("player_column.accuracy"), texts("report.first"))
    return f"<h2>{escape(texts('menu.passes'))}</h2><table>{head}{''.join(rows)}</table>"


def _strings(sure: pd.DataFrame, labels: Labels) -> str:
    texts = labels.texts
    strings = pass_strings(sure[sure["kind"] == EventKind.PASS].sort_values("t_start_s")).head(4)
    rows = [
        _row(labels.team(int(team)), f"{n}", f"{clock(start)}\u2013{clock(end)}")
        for team, n, start, end in zip(*(strings[c].tolist() for c in strings.columns), strict=True)
    ]
    head = _head(texts("column.team"), texts("menu.passes"), texts("column.time"))
    return f"<h2>{escape(texts('passes.strings'))}</h2><table>{head}{''.join(rows)}</table>"


def _moments(sure: pd.DataFrame, labels: Labels) -> str:
    """Shots first, then turnovers, each with its time."""
    texts = labels.texts
    lost = (sure["kind"] == EventKind.PASS) & (sure["result"] != EventResult.COMPLETE)
    shots = sure[sure["kind"] == EventKind.SHOT]
    others = sure[sure["kind"].isin([EventKind.INTERCEPTION, EventKind.RECOVERY]) | lost]
    best = others.sort_values("confidence", ascending=False).head(max(_MOST_MOMENTS - len(shots), 0))
    chosen = pd.concat([shots.head(_MOST_MOMENTS), best]).sort_values("t_start_s")
    rows = [
        _row(clock(row["t_start_s"]), labels.team(row["team"]), f"{labels.kind(row['kind'])} "
             f"{labels.result(row['result'])}", labels.player(_actor(row)), f"{row['confidence']:.0%}")
        for row in chosen.to_dict("records")
    ]  # fmt: skip
    names = ("time", "team", "kind", "player", "confidence")
    head = _head(*(texts(f"column.{name}") for name in names))
    return f"<h2>{escape(texts('report.moments'))}</h2><table>{head}{''.join(rows)}</table>"


def _actor(event: Mapping[Any, Any]) -> int:
    """Who did it: of a turnover, whoever won the ball."""
    return int(event["track_to" if event["kind"] in TURNOVERS else "track_from"])


def _players(people: PeopleView, labels: Labels) -> str:
    texts = labels.texts
    rows = [
        _row(
            labels.player(row["track"]), labels.team(row["team"]), f"{row['seconds_seen'] / 60:.1f}",
            f"{row['touches']}", f"{row['complete']} / {row['passes']}",
            f"{row['distance_m'] / 1000:.2f}" if row["distance_m"] == row["distance_m"] else "\u2013",
            f"{clock(row['first_s'])}\u2013{clock(row['last_s'])}",
        )
        for row in people.players.head(_MOST_PLAYERS).to_dict("records")
    ]  # fmt: skip
    names = ("player", "team", "minutes", "touches", "passes", "distance")
    head = _head(*(texts(f"player_column.{name}") for name in names), texts("column.time"))
    return f"<h2>{escape(texts('menu.players'))}</h2><table>{head}{''.join(rows)}</table>"


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _head(*cells: str) -> str:
    return "<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in cells) + "</tr>"
