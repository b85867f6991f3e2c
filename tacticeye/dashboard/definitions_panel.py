"""Possession by each of its definitions, with the formula, the range and what the share is of."""

from __future__ import annotations

from html import escape

from tacticeye.analysis.definitions import DefinedShare, PossessionDefinition, defined_shares
from tacticeye.charts import clock
from tacticeye.dashboard.panels import panel
from tacticeye.labels import Labels
from tacticeye.state_parts import Totals


def definitions(totals: Totals, labels: Labels) -> str:
    """A row a definition; nothing while no team had the ball."""
    shares = [share for share in defined_shares(totals) if share.percent_by_team]
    if not shares:
        return "<span></span>"
    return panel(labels.texts("definitions.title"), "".join(_row(share, labels) for share in shares))


def _row(share: DefinedShare, labels: Labels) -> str:
    texts, definition = labels.texts, share.definition
    sides = [_side(share, team) for team in (0, 1)]
    is_of_passes = definition is PossessionDefinition.PASSES
    whole = str(share.attempted) if is_of_passes else clock(share.denominator_s)
    note = texts("definitions.of_passes" if is_of_passes else "definitions.of_time", whole=whole)
    if share.contested_percent >= 1:
        note += " · " + texts("definitions.contested", percent=f"{share.contested_percent:.0f}")
    return (
        f'<div style="margin-bottom:.6rem"><div><b>{escape(labels.definition(definition))}</b> '
        f'<span class="te-number">{sides[0]} : {sides[1]}</span></div>'
        f'<div class="te-small te-muted">{escape(labels.formula(definition))}. {escape(note)}</div></div>'
    )


def _side(share: DefinedShare, team: int) -> str:
    low, high = share.lowest_by_team[team], share.highest_by_team[team]
    reach = f" ({low:.0f}-{high:.0f})" if high - low >= 1 else ""
    return f"{share.percent_by_team[team]:.0f}%{reach}"
