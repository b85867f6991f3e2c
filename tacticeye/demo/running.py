"""Where everybody runs: formation, marking, offering, pressing, chasing, the keepers and the officials."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tacticeye import pitch
from tacticeye.demo import tactics
from tacticeye.demo.situation import (
    ASSISTANTS,
    KEEPERS,
    OUTFIELD,
    PATH_STEP_S,
    PATH_STEPS,
    REFEREE,
    TEAMS,
    Restart,
    Situation,
)

_READING_STEPS = 4  # steps of the path by which an opponent must beat the receiver before he goes for a pass


class Running(Situation):
    """Moves the people; the ball is moved elsewhere."""

    def _move_people(self) -> None:
        noise = self._rng.normal(0, 1, self._wander.shape)
        self._wander += -0.25 * self._wander * self._dt + 0.75 * math.sqrt(self._dt) * noise
        targets, tops = self._targets()
        faces = np.tile(self.ball[:2], (len(targets), 1))
        if self._windup is not None and self.owner >= 0:
            mate = self._windup[1]
            aim = self.bodies.places[mate] if mate >= 0 else tactics.goal_xy(int(TEAMS[self.owner]))
            faces[self.owner] = aim
        self.bodies.move(targets, tops, faces, self._dt)

    def _targets(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        targets, tops = self.bodies.places.copy(), np.full(25, 4.7)
        for team in (0, 1):
            has_ball = self._side == team
            spots = tactics.formation_spots(team, self.ball[:2], has_ball=has_ball)
            if not has_ball and self._restart is None:
                spots = tactics.marked(spots, self._rivals(team), team)
            targets[OUTFIELD[team]] = spots
            targets[KEEPERS[team]] = self._keeper_spot(team)
        targets += self._wander
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
        aside = np.array([-11.0 if self._side == 0 else 11.0, 9.0 if self.ball[1] < 34 else -9.0])
        targets[REFEREE] = np.clip(self.ball[:2] + aside, (18, 8), (87, 60)) + 0.5 * self._wander[REFEREE]
        for assistant, team, y in ((ASSISTANTS[0], 0, pitch.WIDTH_M + 0.8), (ASSISTANTS[1], 1, -0.8)):
            line = np.sort(self.bodies.places[OUTFIELD[team], 0])
            x = min(line[0], 52.5) if team == 0 else max(line[-1], 52.5)
            targets[assistant] = (float(np.clip(x, 1, 104)), y)

    def _send_taker(self, restart: Restart, targets: NDArray[np.float64], tops: NDArray[np.float64]) -> None:
        taker = restart.taker
        if restart.kind == "throw_in":
            targets[taker] = restart.spot if restart.is_fetched else self.ball[:2]
            tops[taker] = 3.0 if restart.is_fetched else 5.5
            mates = [p for p in OUTFIELD[self._side].tolist() if p != taker]
            near = sorted(mates, key=lambda p: float(np.linalg.norm(self.bodies.places[p] - restart.spot)))[:3]
            inward = 1.0 if restart.spot[1] < 34 else -1.0
            for mate, (along, across) in zip(near, ((4.0, 6.5), (-6.0, 8.0), (10.0, 9.0)), strict=True):
                targets[mate] = restart.spot + np.array([along, inward * across])
        else:
            behind = restart.spot - (2.2 * tactics.direction(self._side), 0)
            targets[taker] = restart.spot if self.t_s > restart.from_s - 0.2 else behind
            tops[taker] = 4.0

    def _send_around_carrier(self, targets: NDArray[np.float64], tops: NDArray[np.float64]) -> None:
        owner, team = self.owner, int(TEAMS[self.owner])
        place, rivals = self.bodies.places[owner], self._rivals(team)
        if self._in_hands:
            targets[owner], tops[owner] = place, 0.5
            return
        self._dribble += float(np.clip(self._turn_to(place, rivals, team), -3.0 * self._dt, 3.0 * self._dt))
        targets[owner] = place + 6 * np.array([math.cos(self._dribble), math.sin(self._dribble)])
        tops[owner] = 2.0 if self._windup is not None else 4.6
        targets[owner] = np.clip(targets[owner], (2, 1.5), (pitch.LENGTH_M - 2, pitch.WIDTH_M - 1.5))
        self._press(targets, tops, team, place)
        mates = [p for p in OUTFIELD[team].tolist() if p != owner]
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
        rivals = OUTFIELD[1 - team]
        order = rivals[np.argsort(np.linalg.norm(self.bodies.places[rivals] - place, axis=1))]
        to_goal = tactics.goal_xy(team) - place
        to_goal = to_goal / max(float(np.hypot(*to_goal)), 0.1)
        targets[order[0]], tops[order[0]] = self.ball[:2] + 0.7 * to_goal, 6.4
        if float(np.linalg.norm(self.bodies.places[order[1]] - place)) < 16:
            targets[order[1]] = place + 5.0 * to_goal

    def _send_to_ball(self, targets: NDArray[np.float64], tops: NDArray[np.float64]) -> None:
        passed = min(int((self.t_s - self._path_t) / PATH_STEP_S), PATH_STEPS - 1)
        path = self._path[passed:]
        first = tactics.intercepts(path, PATH_STEP_S, self.bodies.places[:22], tactics.TOP_SPEED)
        first = np.where(np.arange(22) == self._last_kicker, len(path), first)
        for team in (0, 1):
            chasers = np.flatnonzero(TEAMS[:22] == team)
            chaser = int(chasers[first[chasers].argmin()])
            if team == self.book.team and self._receiver >= 0:
                chaser = self._receiver
            elif self._receiver >= 0 and first[chaser] + _READING_STEPS > first[self._receiver]:
                continue
            if chaser in KEEPERS and self._save is not None and self.t_s < self._save.t_s:
                continue
            targets[chaser] = path[min(int(first[chaser]), len(path) - 1), :2]
            if self.ball[2] < 1 and math.dist(self.bodies.places[chaser], self.ball[:2]) < 3.5:
                targets[chaser] = self.ball[:2] + 0.25 * self._ball_v[:2]
            tops[chaser] = 4.5 if self._is_lost else tactics.TOP_SPEED
