"""Who touches the ball when: a hidden Markov model over "held by one of the people near it" and "free".

Evidence of holding (natural-log likelihood ratios against a free ball):
  distance   2D normal of HELD_DEVIATION_M about the feet, against an even spread over FREE_AREA_M2
  motion     the ball's velocity relative to the person, HELD_MOTION_M_S against FREE_MOTION_M_S, before or after
  contact    entering a hold takes a change of the ball's velocity there (ball_motion.py)
Distance and motion count per time, EVIDENCE_S of video for one full count, so that the rate doesn't matter. Changes of
holder cost what they are worth per second. Decoding is Viterbi with a fixed lag: once a label is given out, hypotheses
that contradict it are dropped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tacticeye.analysis.ball_motion import BallMotion, Slope
from tacticeye.match_state import HolderStepState, NearPersonState, SightingState

NOBODY = -1
HELD_DEVIATION_M = 0.75
FREE_AREA_M2 = 30.0
HELD_MOTION_M_S = 2.5
FREE_MOTION_M_S = 9.0
MOTION_LEAST, MOTION_MOST = -1.0, 1.5
EVIDENCE_S = 0.2
HOLD_TIME_S = 1.0  # mean time until a holder lets go
FREE_TIME_S = 1.0  # mean time until a free ball is taken
SNATCH_TIME_S = 3.0  # mean time until a ball changes hands without having been free
REACH_M = 3.5  # no hold begins further away
IMPOSSIBLE = -1e9


def hold_evidence(person: NearPersonState, motion: BallMotion, jitter_m: float) -> float:
    """Log-likelihood ratio held by `person` : free, for one full count."""
    variance = HELD_DEVIATION_M**2 + 2.0 * jitter_m * jitter_m
    value = math.log(FREE_AREA_M2 / (2.0 * math.pi * variance)) - 0.5 * person.distance_m**2 / variance
    together = [_motion_evidence(person, side) for side in (motion.before, motion.after) if side is not None]
    return value + max(together, default=0.0)


def _motion_evidence(person: NearPersonState, ball: Slope) -> float:
    held = HELD_MOTION_M_S**2 + ball.variance
    free = FREE_MOTION_M_S**2 + ball.variance
    square = (ball.vx - person.vx) ** 2 + (ball.vy - person.vy) ** 2
    value = math.log(free / held) - 0.5 * square * (1.0 / held - 1.0 / free)
    return min(max(value, MOTION_LEAST), MOTION_MOST)


class HolderDecoder:
    """Decodes the holder of the ball; one step a sighting, in order."""

    def __init__(self, steps: Sequence[HolderStepState], scores: Sequence[float]) -> None:
        self.steps = list(steps)
        self.scores = list(scores)

    def add(self, sighting: SightingState, motion: BallMotion | None, jitter_m: float, elapsed_s: float) -> None:
        """Take the next sighting. motion: None where the ball is unseen. elapsed_s: since the last seen one."""
        last = self.steps[-1] if self.steps else None
        is_fresh = last is None or last.sighting.shot != sighting.shot
        old_holders = [NOBODY] if is_fresh or last is None else last.holders
        old_teams = [NOBODY] if is_fresh or last is None else last.teams
        dt_s = max(sighting.t_s - last.sighting.t_s, 1e-3) if last is not None else EVIDENCE_S
        base = [max(self.scores, default=0.0)] if is_fresh else self.scores
        if is_fresh and last is not None:
            best = max(range(len(self.scores)), key=self.scores.__getitem__)
            back = [best]
        else:
            back = list(range(len(old_holders)))
        if motion is None:
            holders, teams, gains = self._unseen(old_holders, old_teams)
            contact = 0.0
        else:
            holders, teams, gains = self._seen(sighting, motion, jitter_m, min(1.0, elapsed_s / EVIDENCE_S))
            contact = motion.contact
        scores, previous = [], []
        for holder, gain in zip(holders, gains, strict=True):
            options = [
                score + _change(old, holder, dt_s, contact, motion is not None)
                for old, score in zip(old_holders, base, strict=True)
            ]
            best = max(range(len(options)), key=options.__getitem__)
            scores.append(options[best] + gain)
            previous.append(back[best])
        top = max(scores)
        self.scores = [score - top for score in scores]
        evidence = [gain + max(contact, 0.0) * (holder != NOBODY) for holder, gain in zip(holders, gains, strict=True)]
        self.steps.append(HolderStepState(sighting, holders, teams, previous, evidence))

    @staticmethod
    def _unseen(holders: list[int], teams: list[int]) -> tuple[list[int], list[int], list[float]]:
        return list(holders), list(teams), [0.0] * len(holders)

    @staticmethod
    def _seen(
        sighting: SightingState, motion: BallMotion, jitter_m: float, count: float
    ) -> tuple[list[int], list[int], list[float]]:
        near = [person for person in sighting.near if person.distance_m < REACH_M]
        holders = [NOBODY] + [person.track for person in near]
        teams = [NOBODY] + [person.team for person in near]
        gains = [0.0] + [count * hold_evidence(person, motion, jitter_m) for person in near]
        return holders, teams, gains

    def take(self, until_s: float) -> list[tuple[SightingState, int, int, float]]:
        """Final labels (sighting, holder, team, evidence) of all steps up to until_s; those steps are let go."""
        n = sum(1 for step in self.steps if step.sighting.t_s <= until_s)
        if n == 0:
            return []
        path = self._ancestors(max(range(len(self.scores)), key=self.scores.__getitem__))
        labels = []
        for step, choice in zip(self.steps[:n], path[:n], strict=True):
            labels.append((step.sighting, step.holders[choice], step.teams[choice], step.evidence[choice]))
        if n == len(self.steps):
            self.steps, self.scores = [], []
            return labels
        committed = path[n - 1]
        for end in range(len(self.scores)):
            if self._ancestors(end)[n - 1] != committed:
                self.scores[end] = IMPOSSIBLE
        self.steps = self.steps[n:]
        return labels

    def _ancestors(self, end: int) -> list[int]:
        """Index of the hypothesis at every step on the way to hypothesis `end` of the last step."""
        path = [end]
        for step in reversed(self.steps[1:]):
            path.append(step.previous[path[-1]])
        path.reverse()
        return path


def _change(old: int, new: int, dt_s: float, contact: float, is_seen: bool) -> float:
    """Log-probability of going from holder old to new within dt_s, the contact that it takes included."""
    if old == new:
        return -dt_s / (FREE_TIME_S if new == NOBODY else HOLD_TIME_S)
    if new == NOBODY:
        return math.log(-math.expm1(-dt_s / HOLD_TIME_S))
    if not is_seen:
        return IMPOSSIBLE
    time_s = FREE_TIME_S if old == NOBODY else SNATCH_TIME_S
    return math.log(-math.expm1(-dt_s / time_s)) + contact
