"""Stretches in which the ball wasn't seen, and whether what is known around one says whose it was.

Of a gap longer than a moment the owner is credited where the ball was in flight from him to the person who took it, or
where the next touch is his team's again and no opponent was seen at the ball in between. Unseen ones can't be excluded,
so the length is limited: with balls taken out of two matches of event data, 90 to 96 % of the time in such gaps of 2.5
to 4.5 s was that team's, but a third of it where an opponent had been at the ball.
"""

from __future__ import annotations

from collections.abc import Sequence

from tacticeye.analysis.touch import distance_m, team_of
from tacticeye.possession_parts import TouchState, UnseenGapState
from tacticeye.types import NO_TEAM

SAME_TEAM_GAP_S = 4.5  # in a longer one the opponent may have had the ball and lost it
FLIGHT_GAP_S = 2.5  # longest unseen part of a flight
FLIGHT_GAP_M = 4.0
FLIGHT_SPEED_M_S = 35.0
FLIGHT_S = 5.0  # from the owner's last touch to the next one
LONGEST_GAP_S = max(SAME_TEAM_GAP_S, FLIGHT_GAP_S)


def is_credited(
    gap: UnseenGapState, owner: TouchState | None, taker: TouchState, between: Sequence[TouchState], is_metric: bool
) -> bool:
    """The gap, between the owner's last touch and the taker's first, is the owner's team's.

    between: uncontrolled touches that were seen on the way.
    """
    if owner is None:
        return False
    return _is_same_team(gap, owner, taker, between) or _is_flight(gap, owner, taker, is_metric)


def _is_same_team(gap: UnseenGapState, owner: TouchState, taker: TouchState, between: Sequence[TouchState]) -> bool:
    team = team_of(owner)
    if team == NO_TEAM or any(team_of(touch) == 1 - team for touch in between):
        return False
    return team_of(taker) == team and gap.after.t_s - gap.before.t_s <= SAME_TEAM_GAP_S


def _is_flight(gap: UnseenGapState, owner: TouchState, taker: TouchState, is_metric: bool) -> bool:
    missing_s = gap.after.t_s - gap.before.t_s
    way_m = distance_m(gap.before, gap.after, is_metric)
    is_in_time = missing_s <= FLIGHT_GAP_S and taker.start_s - owner.end_s <= FLIGHT_S
    return owner.track != taker.track and is_in_time and FLIGHT_GAP_M <= way_m <= FLIGHT_SPEED_M_S * missing_s
