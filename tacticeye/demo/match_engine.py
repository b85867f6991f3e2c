"""One match, step by step: decisions on the ball, the ball's flight, restarts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tacticeye import pitch
from tacticeye.demo import ball_flight, tactics
from tacticeye.demo.figures import BALL_RADIUS_M
from tacticeye.demo.match_plan import REPLAY_LEAD_S, REPLAY_S, REPLAY_SPEED, REPLAY_WAIT_S, Wish
from tacticeye.demo.play import Happening, Play, Replay
from tacticeye.demo.running import Running
from tacticeye.demo.situation import KEEPERS, OUTFIELD, TEAMS, WINDUP_S, Restart, Save
from tacticeye.demo.skeleton import Joint, joints_m

STEPS_PER_FRAME = 2
_TOUCH_M, _TOUCH_HEIGHT_M = 0.75, 1.35
_CLEAR_M = 2.2  # a kicked ball is too quick for those who stand closer than this to the kicker
_SHOT_RANGE_M = 24.0
_THROW_GRACE_S = 0.6  # a throw-in begins outside the lines


class MatchEngine(Running):
    """The state of a match; `step` moves it on by dt_s."""

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
        place, team = self.bodies.places[self.owner], int(TEAMS[self.owner])
        rivals = self._rivals(team)
        pressure = float(np.linalg.norm(rivals - place, axis=1).min())
        wish = self._wish()
        held_s = self.t_s - self._gained_s
        if wish in (Wish.SHOT_SAVED, Wish.SHOT_WIDE) and self._may_shoot(place, team, held_s):
            self._wind_up(-1, is_shot=True)
        elif not self._in_hands and self._is_tackled(rivals, held_s, wish):
            self._lose_to(int(np.flatnonzero(1 - team == TEAMS)[np.linalg.norm(rivals - place, axis=1).argmin()]))
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
        self._windup = (self.t_s + WINDUP_S, target, is_shot)
        self._kick_t[self.owner] = self.t_s + WINDUP_S

    def _choose_mate(self, team: int, wish: Wish | None) -> int:
        mates = np.flatnonzero((team == TEAMS) & (np.arange(25) != self.owner))
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
        team, start = int(TEAMS[self.owner]), self.ball.copy()
        target = self._lead(mate, start)
        rivals = self._rivals(team)
        wish = self._wish()
        distance = float(np.linalg.norm(target - start[:2]))
        to_edge = min(start[1], pitch.WIDTH_M - start[1])
        if wish is Wish.PASS_OUT and to_edge < 22 and min(target[1], pitch.WIDTH_M - target[1]) < 16:
            beyond = -1.5 if start[1] < 34 else pitch.WIDTH_M + 1.5
            target = np.array([target[0] + 5 * tactics.direction(team), beyond])
            velocity = ball_flight.ground_kick(start, target, 8.0)
            self._fulfil(Wish.PASS_OUT)
            self._is_lost = True
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
        self._release("pass", velocity, -1 if self._is_lost else mate)

    def _reader(self, rivals: NDArray[np.float64], start: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """(2,) m: an opponent who can read a pass played near him."""
        distance = np.linalg.norm(rivals - start, axis=1)
        order = np.argsort(np.abs(distance - 13))
        if not 6 < distance[order[0]] < 24:
            return None
        return np.asarray(rivals[order[0]] + self._rng.normal(0, 0.9, 2))

    def _lead(self, mate: int, start: NDArray[np.float64]) -> NDArray[np.float64]:
        place, velocity = self.bodies.places[mate], self.bodies.velocities[mate]
        target = place
        for _ in range(2):
            flight_s = float(np.linalg.norm(target - start[:2])) / 10.5
            target = place + velocity * min(flight_s, 1.6) * 0.75
        return np.asarray(np.clip(target, (1, 1), (pitch.LENGTH_M - 1, pitch.WIDTH_M - 1)))

    def _shoot(self) -> None:
        team, start = int(TEAMS[self.owner]), self.ball.copy()
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
        self._save = Save(keeper if is_saved else -1 - keeper, self.t_s + (index + 1) * self._dt, y_m, sign)

    def _release(self, kind: str, velocity: NDArray[np.float64], receiver: int) -> None:
        self.book.release(kind, int(TEAMS[self.owner]), self.owner, self.t_s, self.ball)
        self._kick_t[self.owner] = self.t_s
        self._last_kicker, self._receiver, self.owner = self.owner, receiver, -1
        self._in_hands = False
        self._set_free(velocity)

    def _gain(self, person: int, *, in_hands: bool = False) -> None:
        self.owner, self._in_hands, self._receiver, self._windup = person, in_hands, -1, None
        self._is_lost = False
        self._gained_s = self.t_s
        quick = self._rng.random() < 0.32
        self._hold_s = (
            2.6 if in_hands else float(self._rng.uniform(0.15, 0.4) if quick else self._rng.uniform(0.5, 1.5))
        )
        self._dribble = float(self.bodies.headings[person])
        self.book.touch(int(TEAMS[person]), person, self.t_s, self.ball)

    # --- restarts ---

    def _go_out(self) -> None:
        team, self._is_lost = self.book.team, False
        self.book.out(self.t_s, self.ball)
        self._receiver = -1
        x, y = float(self.ball[0]), float(self.ball[1])
        if not 0 <= y <= pitch.WIDTH_M:
            spot = np.array([np.clip(x, 1, pitch.LENGTH_M - 1), -0.25 if y < 0 else pitch.WIDTH_M + 0.25])
            takers = OUTFIELD[1 - team]
            gaps = np.linalg.norm(self.bodies.places[takers] - spot, axis=1)
            self._restart = Restart("throw_in", int(takers[gaps.argmin()]), spot, self.t_s + 2.2)
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
        self._restart = Restart("goal_kick", taker, spot, from_s)

    def _run_restart(self, restart: Restart) -> None:
        taker_at = self.bodies.places[restart.taker]
        if not restart.is_fetched:
            self._fetch(restart, taker_at)
            return
        if self._windup is not None:
            if self.t_s >= self._windup[0]:
                self._take(restart, self._windup[1])
            return
        close = float(np.linalg.norm(taker_at - restart.spot)) < (0.75 if restart.kind == "throw_in" else 0.9)
        if close and self.t_s >= restart.from_s:
            self.owner = restart.taker
            self._wind_up(self._choose_mate(self._side, None), is_shot=False)
            self._kick_t[restart.taker] += 9.0 if restart.kind == "throw_in" else 0.0  # thrown, not kicked

    def _fetch(self, restart: Restart, taker_at: NDArray[np.float64]) -> None:
        if restart.kind == "throw_in":
            restart.is_fetched = float(np.linalg.norm(taker_at - self.ball[:2])) < 0.85
            self._in_hands = restart.is_fetched
            self.owner = restart.taker if restart.is_fetched else -1
        elif self.t_s > restart.from_s - 3.2:
            restart.is_fetched = True
            self.ball, self._ball_v = np.append(restart.spot, BALL_RADIUS_M), np.zeros(3)

    def _take(self, restart: Restart, mate: int) -> None:
        self._restart, self._windup, self.owner = None, None, restart.taker
        target = self._lead(mate, self.ball)
        happening = Happening.THROW_IN if restart.kind == "throw_in" else Happening.GOAL_KICK
        self.book.note(happening, self.t_s, int(TEAMS[restart.taker]), restart.taker)
        if restart.kind == "throw_in":
            velocity = ball_flight.aimed_kick(self.ball, np.append(target, 0.4), 9.5)
            self._thrown_t = self.t_s
        else:
            velocity = ball_flight.lofted_kick(self.ball, target, 0.6)
        self._release(restart.kind, velocity, mate)
        self._kick_t[restart.taker] = self.t_s if restart.kind == "goal_kick" else -9.0

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
        save, sent = self._save, self.book.on_the_way
        is_shot = sent is not None and sent.kind == "shot"
        if is_shot and save is not None and save.keeper >= 0 and self.t_s >= save.t_s:
            self._gain(save.keeper, in_hands=True)
            return
        if not pitch.is_inside(self.ball[:2], BALL_RADIUS_M):
            if self.t_s > self._thrown_t + _THROW_GRACE_S:
                self._go_out()
            return
        if self.ball[2] > _TOUCH_HEIGHT_M or is_shot:
            return
        gaps = np.linalg.norm(self.bodies.places[:22] - self.ball[:2], axis=1)
        if self._last_kicker >= 0 and self.t_s - self._kick_t[self._last_kicker] < 0.7:
            gaps[self._last_kicker] = 99
        if sent is not None and self.t_s < sent.t_s + 0.6 and math.dist(sent.xy, self.ball[:2]) < _CLEAR_M:
            return
        person = int(gaps.argmin())
        if gaps[person] < _TOUCH_M:
            self._gain(person)

    def finish(self, fps: float, people: NDArray[np.float64], ball: NDArray[np.float64], end_s: float) -> Play:
        """The recorded play with its book closed at end_s."""
        control, deliveries, facts = self.book.closed(end_s)
        replay = None
        if self._replay is not None and self._replay[0] + REPLAY_S < end_s:
            first = round(self._replay[0] * fps)
            replay = Replay(first, first + round(REPLAY_S * fps), self._replay[1], REPLAY_SPEED)
        return Play(fps, self.members, people, ball, control, deliveries, facts, replay)
