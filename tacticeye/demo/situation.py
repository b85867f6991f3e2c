"""The state of a match in play: who is where, who has the ball, what is planned; and how everybody's body looks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacticeye import pitch
from tacticeye.demo import ball_flight, tactics
from tacticeye.demo.bodies import Bodies
from tacticeye.demo.figures import BALL_RADIUS_M
from tacticeye.demo.match_book import MatchBook
from tacticeye.demo.match_plan import Due, make_plan
from tacticeye.demo.play import Column, Member
from tacticeye.demo.skeleton import Pose
from tacticeye.types import NO_TEAM, Role

KEEPERS = (0, 11)
REFEREE, ASSISTANTS = 22, (23, 24)
TEAMS = np.array([0] * 11 + [1] * 11 + [NO_TEAM] * 3)
OUTFIELD = (np.arange(1, 11), np.arange(12, 22))
WINDUP_S, _FOLLOW_S = 0.18, 0.3
PATH_STEP_S, PATH_STEPS = 0.08, 50


@dataclass
class Restart:
    """kind "throw_in" or "goal_kick"; taker; spot (2,) m; not before from_s; the ball is fetched first."""

    kind: str
    taker: int
    spot: NDArray[np.float64]
    from_s: float
    is_fetched: bool = False


@dataclass
class Save:
    """The keeper meets the ball at t_s with the hands at y_m, diving to the `sign` side (1: towards larger y)."""

    keeper: int
    t_s: float
    y_m: float
    sign: float


def make_members() -> tuple[Member, ...]:
    """Eleven a side with their keepers first, the referee and two assistants."""
    numbers = (1, 2, 4, 5, 3, 8, 6, 10, 7, 9, 11)
    members = []
    for person, team in enumerate(TEAMS.tolist()):
        role = Role.REFEREE if team == NO_TEAM else Role.GOALKEEPER if person in KEEPERS else Role.PLAYER
        members.append(Member(person, team, role, 0 if team == NO_TEAM else numbers[person % 11]))
    return tuple(members)


class Situation:
    """What there is at one instant, and the clock; subclasses make it move."""

    def __init__(self, rng: np.random.Generator, duration_s: float, dt_s: float) -> None:
        self.members = make_members()
        self._rng, self._dt, self.t_s = rng, dt_s, 0.0
        self._plan: list[Due] = make_plan(duration_s, rng)
        places = self._opening_places()
        self.bodies = Bodies(places, rng.uniform(-3, 3, len(places)), rng.uniform(0, 6.2, len(places)))
        self._wander = np.zeros_like(places)
        self._kick_t = np.full(len(places), -9.0)
        self._windup: tuple[float, int, bool] | None = None  # release time, target person, is shot
        self.owner = int(rng.integers(4, 8))
        self._gained_s, self._hold_s = 0.0, 0.9
        self._in_hands = False
        self._dribble = 0.0
        self.ball = np.append(places[self.owner] + (0.6, 0), BALL_RADIUS_M)
        self._ball_v = np.zeros(3)
        self._last_kicker, self._receiver = -1, -1
        self._path, self._path_t = np.zeros((1, 3)), 0.0
        self._restart: Restart | None = None
        self._save: Save | None = None
        self._shot_t, self._thrown_t = -1.0, -1.0
        self._is_lost = False  # the ball on its way is given up by everybody
        self._replay: tuple[float, float] | None = None  # cut at, source from
        self._offers = np.zeros_like(places)
        self.book = MatchBook(0)

    def _opening_places(self) -> NDArray[np.float64]:
        centre = np.array([46.0, 36.0])
        places = np.zeros((25, 2))
        for team in (0, 1):
            places[OUTFIELD[team]] = tactics.formation_spots(team, centre, has_ball=team == 0)
            places[KEEPERS[team]] = (4.0, 34.0) if team == 0 else (pitch.LENGTH_M - 4, 34.0)
        places[REFEREE], places[ASSISTANTS[0]], places[ASSISTANTS[1]] = (40, 28), (28, 68.7), (78, -0.7)
        return places + self._rng.normal(0, 1.2, places.shape) * (np.arange(25) < 22)[:, None]

    @property
    def _side(self) -> int:
        """The team that controls the ball, or restarts."""
        if self._restart is not None:
            return int(TEAMS[self._restart.taker])
        return max(self.book.team, 0)

    def _rivals(self, team: int) -> NDArray[np.float64]:
        return np.asarray(self.bodies.places[:22][TEAMS[:22] == 1 - team])

    def _set_free(self, velocity: NDArray[np.float64]) -> None:
        self._ball_v = velocity
        self._path = ball_flight.path(self.ball, velocity, PATH_STEP_S, PATH_STEPS)
        self._path_t = self.t_s

    def _pose(self, person: int) -> Pose:
        return Pose(*(float(v) for v in self.pose_rows()[person]))

    def pose_rows(self) -> NDArray[np.float64]:
        """(P, 9) float64 by Column: everybody now."""
        bodies = self.bodies
        rows = np.zeros((len(self.members), len(Column)))
        rows[:, [Column.X, Column.Y]] = bodies.places
        rows[:, Column.HEADING], rows[:, Column.SPEED], rows[:, Column.PHASE] = (
            bodies.headings,
            bodies.speeds,
            bodies.phases,
        )
        since = self.t_s - self._kick_t
        swing = np.where(since <= 0, 1 + since / WINDUP_S, 1 + since / _FOLLOW_S)
        rows[:, Column.KICK] = np.where((swing > 0) & (swing < 2), swing, 0)
        for team, keeper in enumerate(KEEPERS):
            near = float(np.linalg.norm(self.ball[:2] - bodies.places[keeper])) < 28 and self._side != team
            rows[keeper, Column.CROUCH] = 0.22 * near * max(0.0, 1 - float(bodies.speeds[keeper]) / 2)
        if self._save is not None:
            self._add_dive(rows, self._save)
        if self.owner >= 0 and self._in_hands:
            is_throwing = self._restart is not None and self._windup is not None
            rows[self.owner, Column.REACH] = 0.95 if is_throwing else max(rows[self.owner, Column.REACH], 0.2)
        return rows

    def _add_dive(self, rows: NDArray[np.float64], save: Save) -> None:
        keeper = save.keeper if save.keeper >= 0 else -1 - save.keeper
        since = self.t_s - save.t_s
        share = np.interp(since, (-0.45, 0.0, 0.4, 1.1), (0.0, 1.0, 1.0, 0.0))
        side = save.sign * math.cos(rows[keeper, Column.HEADING])
        rows[keeper, Column.DIVE] = share * (1 if side > 0 else -1)
        rows[keeper, Column.REACH] = max(rows[keeper, Column.REACH], 0.85 * share)
