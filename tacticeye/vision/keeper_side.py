"""Which team a goalkeeper belongs to, told by place: he guards the goal that his team defends.

Where the pitch is calibrated, teams are seen to stand nearer to their own goal, which is remembered for a while, and
the keeper's goal is the one that he is near. Elsewhere he is judged in the picture: he stands behind his defenders.
Votes are shares 0..1 for team 0 and team 1. Letters: N people of a frame.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacticeye.state_parts import EndsState

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Votes = tuple[float, float]

NOTHING: Votes = (0.0, 0.0)
LEAST_PLAYERS = 3  # of each team placed for their places to say anything
# A team stands nearer to its own goal by some 5 to 10 m on average; the fade forgets the ends well within a break.
SURE_LEAD_M = 8.0
ENDS_FADE_S = 45.0  # time constant
ENDS_DOUBT_S = 1.0
LEAST_ENDS_MARGIN = 0.4
NEAR_GOAL_M = 30.0  # from the goal line: further out, as for a corner at the other end, his place says nothing
LONGEST_STEP_S = 0.25
# In the picture.
BEHIND = 0.8  # share of the players in front of him
SURE_BH = 3.0  # difference of the teams' mean depths that gives a full vote, body heights


class Ends:
    """Who defends which end, from where the teams stand. Metres along the pitch from its left goal line."""

    def __init__(self, state: EndsState, length_m: float) -> None:
        self._length_m = length_m
        self._t_s = state.t_s
        self._votes = list(state.votes)

    def state(self) -> EndsState:
        return EndsState(t_s=self._t_s, votes=list(self._votes))

    def see(self, t_s: float, x_m: Floats, sides: tuple[Mask, Mask]) -> None:
        """x_m (N,), NaN unknown; sides (N,) each: the players of team 0 and of team 1."""
        placed = [x_m[side & np.isfinite(x_m)] for side in sides]
        if min(len(xs) for xs in placed) < LEAST_PLAYERS:
            return
        step_s = t_s - self._t_s if np.isfinite(self._t_s) else LONGEST_STEP_S
        self._t_s = t_s
        fade = float(np.exp(-step_s / ENDS_FADE_S))
        self._votes = [vote * fade for vote in self._votes]
        lead = float(placed[1].mean() - placed[0].mean()) / SURE_LEAD_M  # > 0: team 0 is nearer to the left goal
        self._votes[0 if lead > 0 else 1] += min(step_s, LONGEST_STEP_S) * min(abs(lead), 1.0)

    def team_of(self, x_m: float) -> int:
        """The team whose goal somebody at `x_m` is near; -1 near none, or where it isn't clear who defends it."""
        left, right = self._votes
        margin = abs(left - right) / (left + right + ENDS_DOUBT_S)
        if margin < LEAST_ENDS_MARGIN or min(x_m, self._length_m - x_m) > NEAR_GOAL_M:
            return -1
        defends_left = 0 if left > right else 1
        return defends_left if x_m < self._length_m / 2 else 1 - defends_left


def side_in_picture(row: int, feet: Floats, height: float, sides: tuple[Mask, Mask], is_player: Mask) -> Votes:
    """Votes for the keeper in `row`. feet (N, 2) px, height: a body's, px; masks (N,)."""
    if min(int(side.sum()) for side in sides) < LEAST_PLAYERS:
        return NOTHING
    outward = feet[row] - feet[is_player].mean(axis=0)
    depth = ((feet - feet[row]) * outward).sum(axis=1) / max(float(np.hypot(*outward)), 1e-6)  # < 0: in front
    if float((depth[is_player] < 0).mean()) < BEHIND:
        return NOTHING
    lead = float(depth[sides[0]].mean() - depth[sides[1]].mean()) / (SURE_BH * height)
    vote = min(abs(lead), 1.0)
    return (vote, 0.0) if lead > 0 else (0.0, vote)
