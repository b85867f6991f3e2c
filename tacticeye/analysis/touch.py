"""Touches: stretches during which one person has the ball, and what can be said of one or two of them.

All distances are metres, measured with the length of a metre at the ball; heights of an uncalibrated picture are
stretched as in observation.py. Functions are pure; a touch is plain data (TouchState).
"""

from __future__ import annotations

import math
from dataclasses import replace

from tacticeye.analysis.holder import HolderLabel
from tacticeye.analysis.observation import IMAGE_STRETCH
from tacticeye.analysis.sighting import People
from tacticeye.pitch import PitchLayout
from tacticeye.possession_parts import BallMarkState, SightingState, TouchState
from tacticeye.types import NO_TEAM

# Evidence of holding per second of a touch: a ball at the feet gives 17. One that bounces before somebody who shadows
# it gives 4, in a picture, where before him and at his feet look alike.
KEEPING = 6.0
LEAST_KNOWN = 0.25  # of a touch's time must speak for either team
SAME_PERSON_STEP_M = 1.5  # a lost track and its successor lie so close together, plus what he may have run since
SAME_PERSON_SPEED_M_S = 8.0
OVERLAP_S = 0.25  # two tracks of one person may both be reported for so long while one hands over to the other


def mark_ball(sighting: SightingState) -> BallMarkState:
    """The ball of a sighting that sees it."""
    s = sighting
    on_pitch = (s.x, s.y) if s.is_metric else (s.pitch_x, s.pitch_y)
    return BallMarkState(s.t_s, s.x, s.y, s.place_x, s.place_y, s.metre, *on_pitch)


def begin_touch(label: HolderLabel, share_s: float) -> TouchState:
    """A touch of one sighting, which stands for share_s of video."""
    t_s, mark = label.sighting.t_s, mark_ball(label.sighting)
    votes = _add_votes([0.0, 0.0, 0.0], label, share_s)
    return TouchState(label.holder, votes, t_s, t_s, share_s, label.evidence, mark, mark)


def extend_touch(touch: TouchState, label: HolderLabel, share_s: float) -> TouchState:
    """The same touch with one more sighting."""
    return replace(
        touch,
        team_votes=_add_votes(touch.team_votes, label, share_s),
        end_s=label.sighting.t_s,
        held_s=touch.held_s + share_s,
        evidence=touch.evidence + label.evidence,
        end=mark_ball(label.sighting),
    )


def _add_votes(votes: list[float], label: HolderLabel, share_s: float) -> list[float]:
    """The share of the time speaks for his team, except for what an opponent as near as he makes doubtful.

    What is doubtful speaks for nobody: had the opponent had the ball, it would be another touch.
    """
    added = list(votes)
    doubt = label.rivals[1 - label.team] if label.team != NO_TEAM else 0.0
    added[label.team + 1] += share_s * (1.0 - doubt)
    added[0] += share_s * doubt
    return added


def team_of(touch: TouchState) -> int:
    """The team with most of the touch's time; -1 on a tie and where hardly any of the time speaks for a team."""
    unsure, zero, one = touch.team_votes
    if zero == one or zero + one < LEAST_KNOWN * (unsure + zero + one):
        return NO_TEAM
    return 0 if zero > one else 1


def is_evident(touch: TouchState) -> bool:
    """He had the ball rather than that it was near him."""
    return touch.evidence >= KEEPING * touch.held_s


def team_share(touch: TouchState) -> float:
    """0..1: the part of the touch's time that speaks for its team."""
    total = sum(touch.team_votes)
    return touch.team_votes[team_of(touch) + 1] / total if total > 0 else 0.0


def distance_m(a: BallMarkState, b: BallMarkState, is_metric: bool) -> float:
    """How far the ball went from a to b, straight, in metres."""
    stretch = 1.0 if is_metric else IMAGE_STRETCH
    return math.hypot(b.x - a.x, stretch * (b.y - a.y)) / (0.5 * (a.metre + b.metre))


def beyond_m(mark: BallMarkState, layout: PitchLayout) -> float:
    """How far the ball is outside the pitch; negative inside, NaN unknown."""
    x, y = mark.pitch_x, mark.pitch_y
    return max(-x, x - layout.length_m, -y, y - layout.width_m) if math.isfinite(x + y) else math.nan


def pitch_way_m(a: BallMarkState, b: BallMarkState) -> float:
    """How far the ball went on the pitch from a to b, straight."""
    return math.hypot(b.pitch_x - a.pitch_x, b.pitch_y - a.pitch_y)


def is_same_person(first: TouchState, second: TouchState, people: People) -> bool:
    """The two touches are by one person: same track, or a track that took over where the other was lost."""
    if first.track == second.track:
        return True
    old, new = people.get(first.track), people.get(second.track)
    if new is None or old is None or new.first_s < old.t_s - OVERLAP_S or new.first_s <= first.start_s:
        return False
    away_m = math.hypot(new.first_x - old.x, new.first_y - old.y) / second.start.metre
    return away_m <= SAME_PERSON_STEP_M + SAME_PERSON_SPEED_M_S * max(0.0, new.first_s - old.t_s)
