"""The play in metres: two teams, a referee and a ball under simple rules, seeded, with everything that happens noted.

A team controls the ball from its first controlled touch until the opponents' first controlled touch or until the ball
is dead; flight counts for the passer. Time step 1/50 s, recorded at every second step.
"""

from __future__ import annotations

import numpy as np

from tacticeye.demo.match_engine import STEPS_PER_FRAME, MatchEngine
from tacticeye.demo.match_plan import MIN_PLANNED_S
from tacticeye.demo.play import Column, Happening, Outcome, Play

FPS = 25.0
_MAX_ATTEMPTS = 60


def play_match(seed: int, duration_s: float = 60.0) -> Play:
    """A match of `duration_s` seconds.

    Plays of 40 s or more are tried with further seeds derived from `seed` until they have what a demo needs: enough
    passes, interceptions, a throw-in, a save, a shot wide with its replay and goal kick.
    """
    best: Play | None = None
    best_score = -1
    for attempt in range(_MAX_ATTEMPTS):
        play = _attempt(np.random.default_rng((seed, attempt)), duration_s)
        score = _score(play)
        if score > best_score:
            best, best_score = play, score
        if best_score == _FULL_SCORE or duration_s < MIN_PLANNED_S:
            break
    assert best is not None
    return best


def _attempt(rng: np.random.Generator, duration_s: float) -> Play:
    n_frames = max(1, round(duration_s * FPS))
    engine = MatchEngine(rng, duration_s, 1 / (FPS * STEPS_PER_FRAME))
    people = np.zeros((n_frames, len(engine.members), len(Column)))
    ball = np.zeros((n_frames, 3))
    for frame in range(n_frames):
        people[frame] = engine.pose_rows()
        ball[frame] = engine.ball
        for _ in range(STEPS_PER_FRAME):
            engine.step()
    return engine.finish(FPS, people, ball, n_frames / FPS)


_FULL_SCORE = 9


def _score(play: Play) -> int:
    """How many of the demo's wishes the play fulfils."""
    kinds = [fact.kind for fact in play.facts]
    passes = sum(d.kind != "shot" and d.outcome is Outcome.COMPLETE for d in play.deliveries)
    shares = [sum(c.end_s - c.start_s for c in play.control if c.team == team) for team in (0, 1)]
    length = play.n_frames / play.fps
    wishes = (
        13 <= passes * 60 / length <= 26,
        3 <= kinds.count(Happening.INTERCEPTION) <= 8,
        kinds.count(Happening.SHOT) == 2,
        kinds.count(Happening.SAVE) == 1,
        1 <= kinds.count(Happening.THROW_IN) <= 2,
        kinds.count(Happening.GOAL_KICK) == 1,
        Happening.GOAL not in kinds and Happening.CORNER not in kinds,
        play.replay is not None and play.replay.stop < play.n_frames - 4 * play.fps,
        min(shares) > 0.3 * sum(shares),
    )
    return sum(wishes)
