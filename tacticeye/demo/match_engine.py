"""One match, step by step: decisions on the ball, the ball's flight, restarts, and where everybody runs."""

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
from tacticeye.demo.match_plan import (
    REPLAY_LEAD_S,
    REPLAY_S,
    REPLAY_SPEED,
    REPLAY_WAIT_S,
    Due,
    Wish,
    make_plan,
)
from tacticeye.demo.play import Column, Happening, Member, Play, Replay
from tacticeye.demo.skeleton import Joint, Pose, joints_m
from tacticeye.types import NO_TEAM, Role

STEPS_PER_FRAME = 2
KEEPERS = (0, 11)
REFEREE, ASSISTANTS = 22, (23, 24)
_TEAMS = np.array([0] * 11 + [1] * 11 + [NO_TEAM] * 3)
_OUTFIELD = (np.arange(1, 11), np.arange(12, 22))
_WINDUP_S, _FOLLOW_S = 0.18, 0.3
_TOUCH_M, _TOUCH_HEIGHT_M = 0.75, 1.35
_PATH_STEP_S, _PATH_STEPS = 0.08, 50
_SHOT_RANGE_M = 24.0


@dataclass
class _Restart:
    """kind "throw_in" or "goal_kick"; taker; spot (2,) m; not before from_s; the ball is fetched first."""

    kind: str
    taker: int
    spot: NDArray[np.float64]
    from_s: float
    is_fetched: bool = False


@dataclass
class _Save:
    """The keeper meets the ball at t_s with the hands at y_m, diving to the `sign` side (1: towards larger y)."""

    keeper: int
    t_s: float
    y_m: float
    sign: float


def make_members() -> tuple[Member, ...]:
    """Eleven a side with their keepers first, the referee and two assistants."""
    numbers = (1, 2, 4, 5, 3, 8, 6, 10, 7, 9, 11)
    members = []
    for person, team in enumerate(_TEAMS.tolist()):
        role = Role.REFEREE if team == NO_TEAM else Role.GOALKEEPER if person in KEEPERS else Role.PLAYER
        members.append(Member(person, team, role, 0 if team == NO_TEAM else numbers[person % 11]))
    return tuple(members)


class MatchEngine:
    """The state of a match; `step` moves it on by dt_s."""

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
        self._restart: _Restart | None = None
        self._save: _Save | None = None
        self._shot_t = -1.0
        self._replay: tuple[float, float] | None = None  # cut at, source from
        self._offers = np.zeros_like(places)
        self.book = MatchBook(0)

    def _opening_places(self) -> NDArray[np.float64]:
        centre = np.array([46.0, 36.0])
        places = np.zeros((25, 2))
        for team in (0, 1):
            places[_OUTFIELD[team]] = tactics.formation_spots(team, centre, has_ball=team == 0)
            places[KEEPERS[team]] = (4.0, 34.0) if team == 0 else (pitch.LENGTH_M - 4, 34.0)
        places[REFEREE], places[ASSISTANTS[0]], places[ASSISTANTS[1]] = (40, 28), (28, 68.7), (78, -0.7)
        return places + self._rng.normal(0, 1.2, places.shape) * (np.arange(25) < 22)[:, None]

    @property
    def _side(self) -> int:
        """The team that controls the ball, or restarts."""
        if self._restart is not None:
            return int(_TEAMS[self._restart.taker])
        return max(self.book.team, 0)

    def step(self) -> None:
        """Move on by one time step."""
        self.t_s += self._dt
        if self._restart is not None:
            self._run_restart(self._restart)
        elif self.owner >= 0:
            self._decide()
        self._move_people()
        self._move_ball()

    # --- decisions on the ball ---

    def _decide(self) -> None:
        if self._windup is not None:
            release_s, target, is_shot = self._windup
            if self.t_s >= release_s:
                self._windup = None
                self._shoot() if is_shot else self._pass_to(target)
            return
        place, team = self.bodies.places[self.owner], int(_TEAMS[self.owner])
        rivals = self._rivals(team)
        pressure = float(np.linalg.norm(rivals - place, axis=1).min())
        wish = self._wish()
        held_s = self.t_s - self._gained_s
        if wish in (Wish.SHOT_SAVED, Wish.SHOT_WIDE) and self._may_shoot(place, team, held_s):
            self._wind_up(-1, is_shot=True)
        elif not self._in_hands and self._is_tackled(rivals, held_s, wish):
            self._lose_to(int(np.flatnonzero(_TEAMS == 1 - team)[np.linalg.norm(rivals - place, axis=1).argmin()]))
        elif held_s > self._hold_s or (pressure < 1.7 and held_s > 0.35 and not self._in_hands):
            self._wind_up(self._choose_mate(team, wish), is_shot=False)

    def _wish(self) -> Wish | None:
        return self._plan[0].wish if self._plan and self.t_s >= self._plan[0].from_s else None

    def _fulfil(self, *wishes: Wish) -> None:
        if self._wish() in wishes:
            self._plan.pop(0)

    def _may_shoot(self, place: NDArray[np.float64], team: int, held_s: float) -> bool:
        gap = tactics.goal_xy(team) - place
        distance, patience = float(np.hypot(*gap)), self.t_s - self._plan[0].from_s
        reach = _SHOT_RANGE_M + (7 if patience > 9 else 0)
        return held_s > 0.3 and 8 < distance < reach and abs(gap[1]) < 17 and not self._in_hands

    def _is_tackled(self, rivals: NDArray[np.float64], held_s: float, wish: Wish | None) -> bool:
        if wish in (Wish.SHOT_SAVED, Wish.SHOT_WIDE) or held_s < 0.5:
            return False
        close = float(np.linalg.norm(rivals - self.ball[:2], axis=1).min()) < 0.95
        return close and bool(self._rng.random() < 1.2 * self._dt)

    def _lose_to(self, rival: int) -> None:
        self._windup = None
        if self._rng.random() < 0.6:
            self._gain(rival)
            return
        away = self._rng.uniform(-math.pi, math.pi)
        self._last_kicker, self.owner = self.owner, -1
        self._kick_t[self._last_kicker] = self.t_s - 0.2
        self._set_free(np.array([math.cos(away), math.sin(away), 0]) * self._rng.uniform(3.5, 6))
        self._receiver = -1

    def _wind_up(self, target: int, *, is_shot: bool) -> None:
        self._windup = (self.t_s + _WINDUP_S, target, is_shot)
        self._kick_t[self.owner] = self.t_s + _WINDUP_S

    def _rivals(self, team: int) -> NDArray[np.float64]:
        return np.asarray(self.bodies.places[:22][_TEAMS[:22] == 1 - team])

    def _choose_mate(self, team: int, wish: Wish | None) -> int:
        mates = np.flatnonzero((_TEAMS == team) & (np.arange(25) != self.owner))
        attacking = wish in (Wish.SHOT_SAVED, Wish.SHOT_WIDE)
        places = self.bodies.places[mates] + 0.5 * self.bodies.velocities[mates]
        weight = 2.2 if attacking else 0.5
        scores = tactics.pass_scores(self.bodies.places[self.owner], places, self._rivals(team), team, weight)
        scores = scores + self._rng.normal(0, 0.22, len(mates)) - np.where(mates == KEEPERS[team], 0.9, 0)
        scores -= np.where(mates == self._last_kicker, 0.35, 0)
        if wish is Wish.PASS_OUT:
            edge = np.minimum(places[:, 1], pitch.WIDTH_M - places[:, 1])
            scores = -edge - 0.3 * np.abs(np.linalg.norm(places - self.ball[:2], axis=1) - 14)
        return int(mates[int(scores.argmax())])

    # --- kicks ---

    def _pass_to(self, mate: int) -> None:
        team, start = int(_TEAMS[self.owner]), self.ball.copy()
        target = self._lead(mate, start)
        rivals = self._rivals(team)
        wish = self._wish()
        distance = float(np.linalg.norm(target - start[:2]))
        if wish is Wish.PASS_OUT and min(target[1], pitch.WIDTH_M - target[1]) < 16:
            target[1] = -2.5 if target[1] < 34 else pitch.WIDTH_M + 2.5
            velocity = ball_flight.ground_kick(start, target, 8.5)
            self._fulfil(Wish.PASS_OUT)
        elif wish is Wish.MISPLACED_PASS and (rival := self._reader(rivals, start[:2])) is not None:
            velocity = ball_flight.ground_kick(start, rival, 6.0)
            self._fulfil(Wish.MISPLACED_PASS)
        elif self._in_hands:
            velocity = ball_flight.aimed_kick(start, np.append(target, BALL_RADIUS_M), min(17.0, 9 + 0.3 * distance))
        elif distance > 27 or (distance > 13 and tactics.lane_clearance(start[:2], target, rivals) < 1.1):
            velocity = ball_flight.lofted_kick(start, target, float(self._rng.uniform(0.5, 0.72)))
        else:
            noise = self._rng.normal(0, 0.035 * distance, 2)
            velocity = ball_flight.ground_kick(start, target + noise, float(self._rng.uniform(4.5, 7.0)))
        self._release("pass", velocity, mate)

    def _reader(self, rivals: NDArray[np.float64], start: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """(2,) m: an opponent who can read a pass played near him."""
        distance = np.linalg.norm(rivals - start, axis=1)
        order = np.argsort(np.abs(distance - 13))
        return rivals[order[0]] + self._rng.normal(0, 0.9, 2) if 6 < distance[order[0]] < 24 else None

    def _lead(self, mate: int, start: NDArray[np.float64]) -> NDArray[np.float64]:
        place, velocity = self.bodies.places[mate], self.bodies.velocities[mate]
        target = place
        for _ in range(2):
            flight_s = float(np.linalg.norm(target - start[:2])) / 10.5
            target = place + velocity * min(flight_s, 1.6) * 0.75
        return np.clip(target, (1, 1), (pitch.LENGTH_M - 1, pitch.WIDTH_M - 1))

    def _shoot(self) -> None:
        team, start = int(_TEAMS[self.owner]), self.ball.copy()
        is_saved = self._wish() is Wish.SHOT_SAVED
        side = 1.0 if self._rng.random() < 0.5 else -1.0
        goal = tactics.goal_xy(team)
        if is_saved:
            aim = np.array([goal[0], goal[1] + side * self._rng.uniform(1.6, 2.9), self._rng.uniform(0.4, 1.1)])
        elif self._rng.random() < 0.5:
            aim = np.array([goal[0], goal[1] + side * self._rng.uniform(0.5, 3), self._rng.uniform(3.3, 4.2)])
        else:
            aim = np.array([goal[0], goal[1] + side * self._rng.uniform(4.7, 6), self._rng.uniform(0.4, 1.5)])
        self._fulfil(Wish.SHOT_SAVED, Wish.SHOT_WIDE)
        self.book.note(Happening.SHOT, self.t_s, team, self.owner)
        self._shot_t = self.t_s
        self._release("shot", ball_flight.aimed_kick(start, aim, float(self._rng.uniform(21, 25))), -1)
        self._plan_save(1 - team, is_saved=is_saved)

    def _plan_save(self, team: int, *, is_saved: bool) -> None:
        keeper = KEEPERS[team]
        fine = ball_flight.path(self.ball, self._ball_v, self._dt, 120)
        index = int(np.abs(fine[:, 0] - self.bodies.places[keeper, 0]).argmin())
        sign = 1.0 if fine[index, 1] > self.bodies.places[keeper, 1] else -1.0
        y_m = float(fine[index, 1]) if is_saved else float(np.clip(fine[index, 1], 30.5, 37.5))
        self._save = _Save(keeper if is_saved else -1 - keeper, self.t_s + (index + 1) * self._dt, y_m, sign)

    def _release(self, kind: str, velocity: NDArray[np.float64], receiver: int) -> None:
        self.book.release(kind, int(_TEAMS[self.owner]), self.owner, self.t_s, self.ball)
        self._kick_t[self.owner] = self.t_s
        self._last_kicker, self._receiver, self.owner = self.owner, receiver, -1
        self._in_hands = False
        self._set_free(velocity)

    def _set_free(self, velocity: NDArray[np.float64]) -> None:
        self._ball_v = velocity
        self._path = ball_flight.path(self.ball, velocity, _PATH_STEP_S, _PATH_STEPS)
        self._path_t = self.t_s

    def _gain(self, person: int, *, in_hands: bool = False) -> None:
        self.owner, self._in_hands, self._receiver, self._windup = person, in_hands, -1, None
        self._gained_s = self.t_s
        quick = self._rng.random() < 0.22
        self._hold_s = 2.6 if in_hands else float(self._rng.uniform(0.15, 0.4) if quick else self._rng.uniform(0.7, 2.2))
        self._dribble = float(self.bodies.headings[person])
        self.book.touch(int(_TEAMS[person]), person, self.t_s, self.ball)

    # --- restarts ---

    def _go_out(self) -> None:
        team = self.book.team
        self.book.out(self.t_s, self.ball)
        self._receiver = -1
        x, y = float(self.ball[0]), float(self.ball[1])
        if not 0 <= y <= pitch.WIDTH_M:
            spot = np.array([np.clip(x, 1, pitch.LENGTH_M - 1), -0.25 if y < 0 else pitch.WIDTH_M + 0.25])
            takers = _OUTFIELD[1 - team]
            gaps = np.linalg.norm(self.bodies.places[takers] - spot, axis=1)
            self._restart = _Restart("throw_in", int(takers[gaps.argmin()]), spot, self.t_s + 2.2)
            return
        is_their_end = (x > pitch.MIDDLE_X_M) == (team == 0)
        if not is_their_end:
            self.book.note(Happening.CORNER, self.t_s, 1 - team, -1)
        if abs(y - pitch.MIDDLE_Y_M) < pitch.GOAL_WIDTH_M / 2 and self.ball[2] < pitch.GOAL_HEIGHT_M:
            self.book.note(Happening.GOAL, self.t_s, team, self._last_kicker)
        taker = KEEPERS[0] if x < pitch.MIDDLE_X_M else KEEPERS[1]
        spot = np.array([5.0 if taker == KEEPERS[0] else pitch.LENGTH_M - 5.0, 39.0 if y > 34 else 29.0])
        from_s = self.t_s + 5.5
        if 0 < self.t_s - self._shot_t < 3 and self._replay is None:
            self._replay = (self.t_s + REPLAY_WAIT_S, self._shot_t - REPLAY_LEAD_S)
            from_s = self.t_s + REPLAY_WAIT_S + REPLAY_S + 1.2
        self._restart = _Restart("goal_kick", taker, spot, from_s)

    def _run_restart(self, restart: _Restart) -> None:
        taker_at = self.bodies.places[restart.taker]
        if not restart.is_fetched:
            self._fetch(restart, taker_at)
            return
        if self._windup is not None:
            if self.t_s >= self._windup[0]:
                self._take(restart, self._windup[1])
            return
        close = float(np.linalg.norm(taker_at - restart.spot)) < (0.45 if restart.kind == "throw_in" else 0.9)
        if close and self.t_s >= restart.from_s:
            self.owner = restart.taker
            self._wind_up(self._choose_mate(self._side, None), is_shot=False)
            self._kick_t[restart.taker] += 9.0 if restart.kind == "throw_in" else 0.0  # thrown, not kicked

    def _fetch(self, restart: _Restart, taker_at: NDArray[np.float64]) -> None:
        if restart.kind == "throw_in":
            restart.is_fetched = float(np.linalg.norm(taker_at - self.ball[:2])) < 0.85
            self._in_hands = restart.is_fetched
            self.owner = restart.taker if restart.is_fetched else -1
        elif self.t_s > restart.from_s - 3.2:
            restart.is_fetched = True
            self.ball, self._ball_v = np.append(restart.spot, BALL_RADIUS_M), np.zeros(3)

    def _take(self, restart: _Restart, mate: int) -> None:
        self._restart, self._windup, self.owner = None, None, restart.taker
        target = self._lead(mate, self.ball)
        happening = Happening.THROW_IN if restart.kind == "throw_in" else Happening.GOAL_KICK
        self.book.note(happening, self.t_s, int(_TEAMS[restart.taker]), restart.taker)
        if restart.kind == "throw_in":
            velocity = ball_flight.aimed_kick(self.ball, np.append(target, 0.4), 9.5)
        else:
            velocity = ball_flight.lofted_kick(self.ball, target, 0.6)
        self._release(restart.kind, velocity, mate)
        self._kick_t[restart.taker] = self.t_s if restart.kind == "goal_kick" else -9.0

    # --- people ---

    def _move_people(self) -> None:
        noise = self._rng.normal(0, 1, self._wander.shape)
        self._wander += -0.5 * self._wander * self._dt + 1.5 * math.sqrt(self._dt) * noise
        targets, tops = self._targets()
        faces = np.tile(self.ball[:2], (len(targets), 1))
        if self._windup is not None and self.owner >= 0:
            mate = self._windup[1]
            aim = self.bodies.places[mate] if mate >= 0 else tactics.goal_xy(int(_TEAMS[self.owner]))
            faces[self.owner] = aim
        self.bodies.move(targets, tops, faces, self._dt)

    def _targets(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        targets, tops = self.bodies.places.copy(), np.full(25, 5.8)
        for team in (0, 1):
            has_ball = self._side == team
            spots = tactics.formation_spots(team, self.ball[:2], has_ball=has_ball)
            if not has_ball and self._restart is None:
                spots = tactics.marked(spots, self._rivals(team), team)
            targets[_OUTFIELD[team]] = spots
            targets[KEEPERS[team]] = self._keeper_spot(team)
        targets += self._wander * (0.9 + 0 * targets)
        targets[list(KEEPERS)] -= 0.7 * self._wander[list(KEEPERS)]
        self._send_officials(targets)
        if self._restart is not None:
            self._send_taker(self._restart, targets, tops)
        elif self.owner >= 0:
            self._send_around_carrier(targets, tops)
        else:
            self._send_to_ball(targets, tops)
        if self._save is not None:
            keeper = self._save.keeper if self._save.keeper >= 0 else -1 - self._save.keeper
            if self.t_s < self._save.t_s + 0.1:
                targets[keeper, 1] = self._save.y_m - self._save.sign * 1.2
                tops[keeper] = 5.0
            elif self.t_s < self._save.t_s + 1.0:
                tops[keeper] = 0.3
        return targets, tops

    def _keeper_spot(self, team: int) -> NDArray[np.float64]:
        own_goal = tactics.goal_xy(1 - team)
        gap = self.ball[:2] - own_goal
        distance = max(float(np.hypot(*gap)), 0.1)
        return np.asarray(own_goal + gap / distance * float(np.clip(0.14 * distance, 1.2, 9.0)))

    def _send_officials(self, targets: NDArray[np.float64]) -> None:
        aside = np.array([-7.0 if self._side == 0 else 7.0, 8.0 if self.ball[1] < 34 else -8.0])
        targets[REFEREE] = np.clip(self.ball[:2] + aside, (8, 8), (97, 60)) + 0.5 * self._wander[REFEREE]
        for assistant, team, y in ((ASSISTANTS[0], 0, pitch.WIDTH_M + 0.8), (ASSISTANTS[1], 1, -0.8)):
            line = np.sort(self.bodies.places[_OUTFIELD[team], 0])
            x = min(line[0], 52.5) if team == 0 else max(line[-1], 52.5)
            targets[assistant] = (float(np.clip(x, 1, 104)), y)

    def _send_taker(self, restart: _Restart, targets: NDArray[np.float64], tops: NDArray[np.float64]) -> None:
        taker = restart.taker
        if restart.kind == "throw_in":
            targets[taker] = restart.spot if restart.is_fetched else self.ball[:2]
            tops[taker] = 2.2 if restart.is_fetched else 5.5
            mates = [p for p in _OUTFIELD[self._side].tolist() if p != taker]
            near = sorted(mates, key=lambda p: float(np.linalg.norm(self.bodies.places[p] - restart.spot)))[:3]
            inward = 1.0 if restart.spot[1] < 34 else -1.0
            for mate, (along, across) in zip(near, ((4.0, 6.5), (-6.0, 8.0), (10.0, 9.0)), strict=True):
                targets[mate] = restart.spot + (along, inward * across)
        else:
            behind = restart.spot - (2.2 * tactics.direction(self._side), 0)
            targets[taker] = restart.spot if self.t_s > restart.from_s - 0.2 else behind
            tops[taker] = 4.0

    def _send_around_carrier(self, targets: NDArray[np.float64], tops: NDArray[np.float64]) -> None:
        owner, team = self.owner, int(_TEAMS[self.owner])
        place, rivals = self.bodies.places[owner], self._rivals(team)
        if self._in_hands:
            targets[owner], tops[owner] = place, 0.5
            return
        self._dribble += float(np.clip(self._turn_to(place, rivals, team), -3.0 * self._dt, 3.0 * self._dt))
        targets[owner] = place + 6 * np.array([math.cos(self._dribble), math.sin(self._dribble)])
        tops[owner] = 2.0 if self._windup is not None else 4.6
        targets[owner] = np.clip(targets[owner], (2, 1.5), (pitch.LENGTH_M - 2, pitch.WIDTH_M - 1.5))
        self._press(targets, tops, team, place)
        mates = [p for p in _OUTFIELD[team].tolist() if p != owner]
        near = sorted(mates, key=lambda p: float(np.linalg.norm(self.bodies.places[p] - place)))[:3]
        if int(self.t_s / self._dt) % 45 == 0:
            angles = self._rng.uniform(0, math.tau, 6)
            for mate in near:
                self._offers[mate] = tactics.offered_spot(self.bodies.places[mate], place, rivals, angles)
        for mate in near:
            if float(np.linalg.norm(self._offers[mate] - targets[mate])) < 14:
                targets[mate] = 0.4 * targets[mate] + 0.6 * self._offers[mate]

    def _turn_to(self, place: NDArray[np.float64], rivals: NDArray[np.float64], team: int) -> float:
        wanted = tactics.dribble_heading(place, rivals, team, self._dribble)
        return (wanted - self._dribble + math.pi) % math.tau - math.pi

    def _press(
        self, targets: NDArray[np.float64], tops: NDArray[np.float64], team: int, place: NDArray[np.float64]
    ) -> None:
        """The nearest opponent closes the carrier down, the second covers the way to goal."""
        rivals = _OUTFIELD[1 - team]
        order = rivals[np.argsort(np.linalg.norm(self.bodies.places[rivals] - place, axis=1))]
        to_goal = tactics.goal_xy(team) - place
        to_goal = to_goal / max(float(np.hypot(*to_goal)), 0.1)
        targets[order[0]], tops[order[0]] = self.ball[:2] + 0.7 * to_goal, 6.4
        if float(np.linalg.norm(self.bodies.places[order[1]] - place)) < 16:
            targets[order[1]] = place + 5.0 * to_goal

    def _send_to_ball(self, targets: NDArray[np.float64], tops: NDArray[np.float64]) -> None:
        passed = min(int((self.t_s - self._path_t) / _PATH_STEP_S), _PATH_STEPS - 1)
        path = self._path[passed:]
        first = tactics.intercepts(path, _PATH_STEP_S, self.bodies.places[:22], tactics.TOP_SPEED)
        first = np.where(np.arange(22) == self._last_kicker, len(path), first)
        for team in (0, 1):
            chasers = np.flatnonzero(_TEAMS[:22] == team)
            chaser = int(chasers[first[chasers].argmin()])
            if team == self.book.team and self._receiver >= 0:
                chaser = self._receiver
            elif self._receiver >= 0 and first[chaser] > first[self._receiver] + 8:
                continue
            if chaser in KEEPERS and self._save is not None and self.t_s < self._save.t_s:
                continue
            targets[chaser] = path[min(int(first[chaser]), len(path) - 1), :2]
            tops[chaser] = tactics.TOP_SPEED

    # --- the ball ---

    def _move_ball(self) -> None:
        if self.owner >= 0 and self._in_hands:
            hands = joints_m(self._pose(self.owner), 1.82)[[Joint.HAND_L, Joint.HAND_R]].mean(axis=0)
            self.ball = self.ball + (hands - self.ball) * min(1.0, 14 * self._dt)
        elif self.owner >= 0 and self._restart is None:
            self._dribble_ball()
        elif self._restart is None or not self._restart.is_fetched:
            self.ball, self._ball_v = ball_flight.stepped(self.ball, self._ball_v, self._dt)
            if self._restart is None:
                self._meet_ball()

    def _dribble_ball(self) -> None:
        bodies, owner = self.bodies, self.owner
        speed = float(bodies.speeds[owner])
        ahead = 0.48 + 0.06 * speed * (1 + math.sin(float(bodies.phases[owner])))
        heading = float(bodies.headings[owner])
        wanted = bodies.places[owner] + ahead * np.array([math.cos(heading), math.sin(heading)])
        step = (wanted - self.ball[:2]) * min(1.0, 9 * self._dt)
        self.ball[:2] += step
        self.ball[2] += (BALL_RADIUS_M - self.ball[2]) * min(1.0, 12 * self._dt)

    def _meet_ball(self) -> None:
        save = self._save
        if save is not None and save.keeper >= 0 and self.book.on_the_way is not None and self.t_s >= save.t_s:
            if self.book.on_the_way.kind == "shot":
                self._gain(save.keeper, in_hands=True)
                return
        if not pitch.is_inside(self.ball[:2], BALL_RADIUS_M):
            self._go_out()
            return
        sent = self.book.on_the_way
        if self.ball[2] > _TOUCH_HEIGHT_M or (sent is not None and sent.kind == "shot"):
            return
        gaps = np.linalg.norm(self.bodies.places[:22] - self.ball[:2], axis=1)
        if self._last_kicker >= 0 and self.t_s - self._kick_t[self._last_kicker] < 0.7:
            gaps[self._last_kicker] = 99
        person = int(gaps.argmin())
        if gaps[person] < _TOUCH_M:
            self._gain(person)

    # --- the record ---

    def _pose(self, person: int) -> Pose:
        return Pose(*(float(v) for v in self.pose_rows()[person]))

    def pose_rows(self) -> NDArray[np.float64]:
        """(P, 9) float64 by Column: everybody now."""
        bodies = self.bodies
        rows = np.zeros((len(self.members), len(Column)))
        rows[:, [Column.X, Column.Y]] = bodies.places
        rows[:, Column.HEADING], rows[:, Column.SPEED], rows[:, Column.PHASE] = bodies.headings, bodies.speeds, bodies.phases
        since = self.t_s - self._kick_t
        swing = np.where(since <= 0, 1 + since / _WINDUP_S, 1 + since / _FOLLOW_S)
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

    def _add_dive(self, rows: NDArray[np.float64], save: _Save) -> None:
        keeper = save.keeper if save.keeper >= 0 else -1 - save.keeper
        since = self.t_s - save.t_s
        share = np.interp(since, (-0.45, 0.0, 0.4, 1.1), (0.0, 1.0, 1.0, 0.0))
        side = save.sign * math.cos(rows[keeper, Column.HEADING])
        rows[keeper, Column.DIVE] = share * (1 if side > 0 else -1)
        rows[keeper, Column.REACH] = max(rows[keeper, Column.REACH], 0.85 * share)

    def finish(
        self, fps: float, people: NDArray[np.float64], ball: NDArray[np.float64], end_s: float
    ) -> Play:
        """The recorded play with its book closed at end_s."""
        control, deliveries, facts = self.book.closed(end_s)
        replay = None
        if self._replay is not None and self._replay[0] + REPLAY_S < end_s:
            first = round(self._replay[0] * fps)
            replay = Replay(first, first + round(REPLAY_S * fps), self._replay[1], REPLAY_SPEED)
        return Play(fps, self.members, people, ball, control, deliveries, facts, replay)


