"""What "possession" may mean, each way with its formula, its denominator and how far the unseen time could move it.

time_in_control  seconds of a team / (seconds of team 0 + seconds of team 1); the figure shown by default
in_play          seconds of a team / (team 0 + team 1 + contested), contested apart as FIFA publishes it: the shares of
                 both teams and the contested share add up to 100
passes           attempted passes of a team / those of both
The range: the lowest and highest share had the other or this team had all of the unseen seconds; of passes, had passes
gone on in them at the same rate, all by one team. What was not live is left out: nothing was played that we could see.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tacticeye.state_parts import Totals
from tacticeye.types import ControlState

TEAMS = (0, 1)


class PossessionDefinition(StrEnum):
    """Ways to say who had the ball. Text keys: definition.NAME for its name, formula.NAME for its formula."""

    TIME_IN_CONTROL = "time_in_control"
    IN_PLAY = "in_play"
    PASSES = "passes"


@dataclass(frozen=True)
class DefinedShare:
    """One definition's figures; shares in percent, empty where the denominator is 0.

    denominator_s     seconds that the shares are of; of passes, the seconds in which they were counted
    contested_percent share of contested time, only of IN_PLAY (0 otherwise)
    lowest_by_team, highest_by_team  the range from unseen_s
    attempted         passes of both teams: what the share of passes is of
    """

    definition: PossessionDefinition
    percent_by_team: dict[int, float]
    lowest_by_team: dict[int, float]
    highest_by_team: dict[int, float]
    denominator_s: float
    contested_percent: float
    unseen_s: float
    attempted: int


def defined_shares(totals: Totals) -> tuple[DefinedShare, ...]:
    """The figures of all definitions, the default first."""
    return tuple(defined_share(totals, definition) for definition in PossessionDefinition)


def defined_share(totals: Totals, definition: PossessionDefinition) -> DefinedShare:
    """The figures of one definition."""
    seconds = totals.seconds_by_state
    held = {team: seconds.get(ControlState.of_team(team), 0.0) for team in TEAMS}
    contested_s = seconds.get(ControlState.CONTESTED, 0.0) if definition is PossessionDefinition.IN_PLAY else 0.0
    unseen_s = seconds.get(ControlState.UNSEEN, 0.0)
    passes = {team: totals.passes_attempted_by_team.get(team, 0) for team in TEAMS}
    attempted, denominator_s = sum(passes.values()), sum(held.values()) + contested_s
    if definition is PossessionDefinition.PASSES:
        parts: dict[int, float] = {team: float(n) for team, n in passes.items()}
        whole = float(attempted)
        unknown = whole * unseen_s / denominator_s if denominator_s > 0 else 0.0
    else:
        parts, whole, unknown = held, denominator_s, unseen_s
    if not whole > 0:
        return DefinedShare(definition, {}, {}, {}, denominator_s, 0.0, unseen_s, attempted)
    return DefinedShare(
        definition=definition,
        percent_by_team={team: 100.0 * part / whole for team, part in parts.items()},
        lowest_by_team={team: 100.0 * part / (whole + unknown) for team, part in parts.items()},
        highest_by_team={team: 100.0 * (part + unknown) / (whole + unknown) for team, part in parts.items()},
        denominator_s=denominator_s,
        contested_percent=100.0 * contested_s / whole if definition is PossessionDefinition.IN_PLAY else 0.0,
        unseen_s=unseen_s,
        attempted=attempted,
    )
