"""Who touches the ball when: a hidden Markov model over "held by one of the people near it" and "free".

Evidence of holding (natural-log likelihood ratios against a free ball):
  distance   2D normal of HELD_DEVIATION_M about the feet, against an even spread over FREE_AREA_M2
  motion     the ball's velocity relative to the person, HELD_MOTION_M_S against FREE_MOTION_M_S, before or after
  contact    entering a hold takes a change of the ball's velocity there (ball_motion.py)
  mates      a free ball is more often got by the team that had it last (MATE_SHARE), the more so the sooner
Distance and motion count per time, EVIDENCE_S of video for one full count, so that the rate doesn't matter. Changes of
holder cost what they are worth per second. Decoding is Viterbi with a fixed lag: once a label is given out, hypotheses
that contradict it are dropped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tacticeye.analysis.ball_motion import JUMP, START
from tacticeye.possession_parts import BallMotionState, HolderStepState, NearPersonState, SightingState, SlopeState
from tacticeye.types import NO_TEAM

NOBODY = -1
HELD_DEVIATION_M = 0.75
TOUCH_DEVIATION_M = 0.5  # at the instant of a touch
IMAGE_TOUCH_DEVIATION_M = 0.75  # a box's lower edge isn't where the feet are
TOUCH_TIMING_S = 0.1
CUT_TIMING_S = 0.35  # where the ball's track begins anew
TIMING_COST = 0.5
FREE_AREA_M2 = 30.0
HELD_MOTION_M_S = 2.0
FREE_MOTION_M_S = 9.0
MOTION_LEAST, MOTION_MOST = -2.5, 1.5
EVIDENCE_S = 0.2
INTERPOLATED = 0.5  # weight of a place that was interpolated
HOLD_TIME_S = 1.0  # mean time until a holder lets go
FREE_TIME_S = 1.0  # mean time until a free ball is taken
SNATCH_TIME_S = 3.0  # mean time until a ball changes hands without having been free
INSTANT_S = 0.25  # a change of holder can't be timed better: it may have come at any of the sightings within
MATE_SHARE = 0.75  # of receptions are by the passer's team: 0.74 and 0.73 in two matches of event data
MATE_MEMORY_S = 5.0  # while the ball is out of sight that counts for less and less
REACH_M = 3.5  # no hold begins further away
IMPOSSIBLE = -1e9
CLEAREST = 20.0  # more evidence makes no difference


def distance_evidence(person: NearPersonState) -> float:
    """Log-likelihood ratio held by `person` : free, of where the ball is."""
    variance = HELD_DEVIATION_M**2 + person.variance
    return math.log(FREE_AREA_M2 / (2.0 * math.pi * variance)) - 0.5 * person.distance_m**2 / variance


def touch_evidence(person: NearPersonState, motion: BallMotionState, is_metric: bool) -> float:
    """Log-likelihood ratio of where the ball is at the instant of a touch: within reach of `person`, against free.

    The instant is known to about TOUCH_TIMING_S, so the ball's way just before and after counts too, with a discount.
    A ball that came into sight on the move flew like that since it was played.
    """
    deviation_m = TOUCH_DEVIATION_M if is_metric else IMAGE_TOUCH_DEVIATION_M
    variance = deviation_m**2 + person.variance
    cost = 0.5 * person.distance_m**2 / variance
    timing_s = CUT_TIMING_S if motion.contact in (START, JUMP) else TOUCH_TIMING_S
    before = motion.after if motion.contact == START else motion.before
    for side, sign in ((before, 1.0), (motion.after, -1.0)):
        if side is None:
            continue
        speed_2 = side.vx**2 + side.vy**2
        along = sign * (person.to_ball_x_m * side.vx + person.to_ball_y_m * side.vy)
        away_s = min(max(along / speed_2, 0.0), timing_s) if speed_2 > 0 else 0.0
        x = person.to_ball_x_m - sign * away_s * side.vx
        y = person.to_ball_y_m - sign * away_s * side.vy
        cost = min(cost, 0.5 * (x * x + y * y) / variance + TIMING_COST * (away_s / timing_s) ** 2)
    return math.log(FREE_AREA_M2 / (2.0 * math.pi * variance)) - cost


def motion_evidence(person: NearPersonState, motion: BallMotionState) -> float:
    """Log-likelihood ratio held by `person` : free, of how the ball moves relative to him, before or after."""
    together = [_motion_evidence(person, side) for side in (motion.before, motion.after) if side is not None]
    return max(together, default=0.0)


def _motion_evidence(person: NearPersonState, ball: SlopeState) -> float:
    held = HELD_MOTION_M_S**2 + ball.variance
    free = FREE_MOTION_M_S**2 + ball.variance
    square = (ball.vx - person.vx) ** 2 + (ball.vy - person.vy) ** 2
    value = math.log(free / held) - 0.5 * square * (1.0 / held - 1.0 / free)
    return min(max(value, MOTION_LEAST), MOTION_MOST)


@dataclass(frozen=True)
class HolderLabel:
    """What is finally thought of one sighting.

    holder: track, -1 nobody. team: his, as seen. evidence: that he holds it; where nobody does, that it was touched all
    the same. rivals: the shares of the probability at this sighting by itself that are others' of team 0 and of team 1;
    others of an unknown team count half for each.
    """

    sighting: SightingState
    holder: int
    team: int
    evidence: float
    rivals: tuple[float, float]


class HolderDecoder:
    """Decodes the holder of the ball; one step a sighting, in order."""

    def __init__(self, steps: Sequence[HolderStepState], scores: Sequence[float]) -> None:
        self.steps = list(steps)
        self.scores = list(scores)

    def add(
        self,
        sighting: SightingState,
        motion: BallMotionState | None,
        contact: float,
        elapsed_s: float,
    ) -> None:
        """Take the next sighting. motion: None where the ball is unseen. elapsed_s: since the last seen one."""
        last = self.steps[-1] if self.steps else None
        is_fresh = last is None or last.sighting.shot != sighting.shot
        old_holders = [NOBODY] if is_fresh or last is None else last.holders
        old_teams = [NO_TEAM] if is_fresh or last is None else last.teams
        # While the ball is unseen nothing is known to change; when it is back, anything may have since it was lost.
        dt_s = elapsed_s if motion is not None else 0.0
        base = [max(self.scores, default=0.0)] if is_fresh else self.scores
        if is_fresh and last is not None:
            best = max(range(len(self.scores)), key=self.scores.__getitem__)
            back = [best]
        else:
            back = list(range(len(old_holders)))
        if motion is None:
            holders, teams = list(old_holders), list(old_teams)
            gains = [0.0] * len(holders)
            entries = [IMPOSSIBLE] * len(holders)
        else:
            count = min(1.0, elapsed_s / EVIDENCE_S) * (1.0 if sighting.is_detected else INTERPOLATED)
            holders, teams, gains, entries = _weigh(sighting, motion, contact, count)
        changes = _Changes(dt_s)
        scores, previous = [], []
        for holder, team, gain, entry in zip(holders, teams, gains, entries, strict=True):
            options = [
                score + changes.value(old, old_team, holder, team) + (entry if old != holder else 0.0)
                for old, old_team, score in zip(old_holders, old_teams, base, strict=True)
            ]
            best = max(range(len(options)), key=options.__getitem__)
            scores.append(options[best] + gain)
            previous.append(back[best])
        top = max(scores)
        self.scores = [score - top for score in scores]
        self.steps.append(HolderStepState(sighting, contact, holders, teams, previous, gains))

    def take(self, until_s: float) -> list[HolderLabel]:
        """Final labels of all steps up to until_s; those steps are let go."""
        n = sum(1 for step in self.steps if step.sighting.t_s <= until_s)
        if n == 0:
            return []
        path = self._ancestors(max(range(len(self.scores)), key=self.scores.__getitem__))
        labels = [_label(step, choice) for step, choice in zip(self.steps[:n], path[:n], strict=True)]
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


def _label(step: HolderStepState, choice: int) -> HolderLabel:
    holder = step.holders[choice]
    if holder == NOBODY:
        return HolderLabel(step.sighting, holder, NO_TEAM, step.contact, (0.0, 0.0))
    total, rivals = 1.0, [0.0, 0.0]
    for index, (team, evidence) in enumerate(zip(step.teams, step.evidence, strict=True)):
        if index == choice or step.holders[index] == NOBODY:
            continue
        weight = math.exp(min(evidence - step.evidence[choice], CLEAREST))
        total += weight
        for side in (0, 1):
            rivals[side] += 0.5 * weight if team == NO_TEAM else weight * (team == side)
    shares = rivals[0] / total, rivals[1] / total
    return HolderLabel(step.sighting, holder, step.teams[choice], step.evidence[choice], shares)


def _weigh(
    sighting: SightingState, motion: BallMotionState, contact: float, count: float
) -> tuple[list[int], list[int], list[float], list[float]]:
    """Holders, their teams, the evidence for each, and the extra for one who has only just got the ball.

    count: how much of a full count this sighting is. A touch is one instant: there the distance counts in full.
    """
    holders, teams, gains, entries = [NOBODY] * 3, [NO_TEAM, 0, 1], [0.0] * 3, [0.0] * 3
    for person in sighting.near:
        if person.distance_m >= REACH_M:
            continue
        distance = distance_evidence(person)
        touch = contact
        if contact > 0:
            touch += touch_evidence(person, motion, sighting.is_metric) - count * distance
        holders.append(person.track)
        teams.append(person.team)
        gains.append(count * (distance + motion_evidence(person, motion)) + max(touch, 0.0))
        entries.append(min(touch, 0.0))
    return holders, teams, gains, entries


class _Changes:
    """Log-probabilities of who has the ball dt_s after somebody or nobody had it: a two-state Markov process in
    continuous time, free or held. A free ball remembers whose it was last: MATE_SHARE.
    """

    def __init__(self, dt_s: float) -> None:
        rate_hz = 1.0 / FREE_TIME_S + 1.0 / HOLD_TIME_S
        free_share = FREE_TIME_S / (FREE_TIME_S + HOLD_TIME_S)
        settled, instant = -math.expm1(-dt_s * rate_hz), max(dt_s, INSTANT_S)
        self._stays_free = math.log1p(-settled * (1.0 - free_share))
        self._stays_held = math.log1p(-settled * free_share)
        settled = -math.expm1(-instant * rate_hz)
        self._let_go = math.log(settled * free_share)
        self._taken = math.log(settled * (1.0 - free_share))
        self._snatched = math.log(-math.expm1(-instant / SNATCH_TIME_S))
        mate_share = 0.5 + (MATE_SHARE - 0.5) * math.exp(-dt_s / MATE_MEMORY_S)
        self._by_mate, self._by_opponent = math.log(2.0 * mate_share), math.log(2.0 * (1.0 - mate_share))

    def value(self, old: int, old_team: int, new: int, new_team: int) -> float:
        """From holder old to new; the team of nobody is whose the ball was last."""
        if old == new != NOBODY:
            return self._stays_held
        if new == NOBODY:
            is_free_already = old == NOBODY
            return IMPOSSIBLE if old_team != new_team else self._stays_free if is_free_already else self._let_go
        if old != NOBODY:
            return self._snatched
        if NO_TEAM in (old_team, new_team):
            return self._taken
        return self._taken + (self._by_mate if old_team == new_team else self._by_opponent)
