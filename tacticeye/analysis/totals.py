"""Running totals of a match, and the figures read off them, each with its denominator.

time in control   seconds of team / (seconds of team 0 + seconds of team 1), in percent: the figure shown by default
unseen range      the lowest and highest that time in control could be, had the other or this team had the ball for all
                  of the unseen seconds: what isn't known stays visible
share of passes   complete and attempted passes of team / those of both, in percent
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tacticeye.state_parts import Totals
from tacticeye.types import ControlSpan, ControlState, Event, EventKind, EventResult

TEAMS = (0, 1)


@dataclass(frozen=True)
class Shares:
    """Figures of possession. percent_by_team and the range are empty where neither team had the ball.

    control_s           s in which a team was in control: the denominator of percent_by_team
    percent_by_team     time in control, adds up to 100
    lowest_by_team, highest_by_team  the unseen range
    seconds_by_team     s in control
    contested_s, dead_s, unseen_s, not_live_s  s outside the denominator
    pass_percent_by_team  share of attempted passes, empty where there is none; attempted: its denominator
    """

    control_s: float
    percent_by_team: dict[int, float]
    lowest_by_team: dict[int, float]
    highest_by_team: dict[int, float]
    seconds_by_team: dict[int, float]
    contested_s: float
    dead_s: float
    unseen_s: float
    not_live_s: float
    attempted: int
    pass_percent_by_team: dict[int, float]


def add(
    totals: Totals, spans: Iterable[ControlSpan], events: Iterable[Event], current: ControlSpan | None = None
) -> Totals:
    """The totals with further final spans and events. current: the open span, for the figure of the moment."""
    complete = dict(totals.passes_complete_by_team)
    attempted = dict(totals.passes_attempted_by_team)
    for event in events:
        if event.kind is not EventKind.PASS or event.team not in TEAMS:
            continue
        attempted[event.team] = attempted.get(event.team, 0) + 1
        if event.result is EventResult.COMPLETE:
            complete[event.team] = complete.get(event.team, 0) + 1
    return replace(
        totals.with_spans(spans),
        passes_complete_by_team=complete,
        passes_attempted_by_team=attempted,
        current_state=totals.current_state if current is None else current.state,
        current_track=totals.current_track if current is None else current.track,
    )


def shares(totals: Totals) -> Shares:
    """The figures of possession; see the module's formulas."""
    seconds = totals.seconds_by_state
    held = {team: seconds.get(ControlState.of_team(team), 0.0) for team in TEAMS}
    control_s = held[0] + held[1]
    unseen_s = seconds.get(ControlState.UNSEEN, 0.0)
    attempts = {team: totals.passes_attempted_by_team.get(team, 0) for team in TEAMS}
    attempted = attempts[0] + attempts[1]
    known_s = control_s + unseen_s
    return Shares(
        control_s=control_s,
        percent_by_team={team: 100.0 * held[team] / control_s for team in TEAMS} if control_s > 0 else {},
        lowest_by_team={team: 100.0 * held[team] / known_s for team in TEAMS} if control_s > 0 else {},
        highest_by_team={team: 100.0 * (held[team] + unseen_s) / known_s for team in TEAMS} if control_s > 0 else {},
        seconds_by_team=held,
        contested_s=seconds.get(ControlState.CONTESTED, 0.0),
        dead_s=seconds.get(ControlState.DEAD, 0.0),
        unseen_s=unseen_s,
        not_live_s=seconds.get(ControlState.NOT_LIVE, 0.0),
        attempted=attempted,
        pass_percent_by_team={team: 100.0 * attempts[team] / attempted for team in TEAMS} if attempted else {},
    )
