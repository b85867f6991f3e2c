"""What must happen in a demo match, and when: the play itself is free between these points."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

FULL_LENGTH_S = 60.0
MIN_PLANNED_S = 40.0  # shorter plays have no forced moments and no replay
REPLAY_S = 4.0
REPLAY_SPEED = 0.45
REPLAY_WAIT_S = 1.6  # from the ball going out to the cut
REPLAY_LEAD_S = 1.25  # of play before the shot that the replay shows


class Wish(StrEnum):
    """Something the side on the ball is made to do next."""

    MISPLACED_PASS = "misplaced_pass"
    PASS_OUT = "pass_out"
    SHOT_SAVED = "shot_saved"
    SHOT_WIDE = "shot_wide"


@dataclass(frozen=True)
class Due:
    """A wish and the time from which it holds."""

    wish: Wish
    from_s: float


def make_plan(duration_s: float, rng: np.random.Generator) -> list[Due]:
    """The wishes of one match in order of time."""
    if duration_s < MIN_PLANNED_S:
        return []
    scale = duration_s / FULL_LENGTH_S
    points = (
        (Wish.MISPLACED_PASS, 5.0),
        (Wish.PASS_OUT, 9.0),
        (Wish.MISPLACED_PASS, 15.0),
        (Wish.SHOT_SAVED, 17.5),
        (Wish.MISPLACED_PASS, 27.0),
        (Wish.SHOT_WIDE, 30.5),
        (Wish.MISPLACED_PASS, 50.0),
    )
    return [Due(wish, scale * at + float(rng.uniform(-0.8, 0.8))) for wish, at in points]
