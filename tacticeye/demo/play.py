"""A played match as plain data: where everybody and the ball are, frame by frame, and what happened.

Metres on the pitch (origin bottom-left, y up), seconds from the first frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from tacticeye.demo.skeleton import Pose
from tacticeye.types import Role


class Column(IntEnum):
    """Last axis of Play.people."""

    X = 0
    Y = 1
    HEADING = 2
    SPEED = 3
    PHASE = 4
    KICK = 5
    CROUCH = 6
    DIVE = 7
    REACH = 8


class Outcome(StrEnum):
    """How a pass or shot ended."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    OUT = "out"


class Happening(StrEnum):
    """Kinds of facts in Play.facts."""

    INTERCEPTION = "interception"
    RECOVERY = "recovery"
    SHOT = "shot"
    SAVE = "save"
    OUT = "ball_out"
    THROW_IN = "throw_in"
    GOAL_KICK = "goal_kick"
    GOAL = "goal"
    CORNER = "corner"


@dataclass(frozen=True)
class Member:
    """One person. team 0, 1 or -1 for officials."""

    number: int
    team: int
    role: Role
    shirt_number: int


@dataclass(frozen=True)
class Delivery:
    """A pass, throw-in, goal kick or shot. person_to -1: nobody. t_end_s: reception, loss or out; xy of the ball, m."""

    kind: str
    team: int
    person_from: int
    person_to: int
    t_release_s: float
    t_end_s: float
    xy_from: tuple[float, float]
    xy_to: tuple[float, float]
    outcome: Outcome


@dataclass(frozen=True)
class Control:
    """team has the ball from start_s to end_s; -1: the ball is dead."""

    team: int
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Fact:
    """Something that happened. team, person: the acting side, -1 nobody."""

    kind: Happening
    t_s: float
    team: int
    person: int


@dataclass(frozen=True)
class Replay:
    """Frames first..stop (half-open) show source_s onwards at `speed` of real time."""

    first: int
    stop: int
    source_s: float
    speed: float


@dataclass(frozen=True, eq=False)
class Play:
    """people (T, P, 9) float64 by Column; ball (T, 3) float64 m, centre; fps frames a second."""

    fps: float
    members: tuple[Member, ...]
    people: NDArray[np.float64]
    ball: NDArray[np.float64]
    control: tuple[Control, ...]
    deliveries: tuple[Delivery, ...]
    facts: tuple[Fact, ...]
    replay: Replay | None

    @property
    def n_frames(self) -> int:
        return len(self.ball)

    def moment(self, frame: int) -> float:
        """Which frame of the play (a fraction in the replay) is shown at a frame of the video."""
        if self.replay is None or not self.replay.first <= frame < self.replay.stop:
            return float(frame)
        return self.replay.source_s * self.fps + (frame - self.replay.first) * self.replay.speed

    def is_replay(self, frame: int) -> bool:
        return self.replay is not None and self.replay.first <= frame < self.replay.stop

    def poses(self, moment: float) -> list[Pose]:
        """Everybody's pose at a frame of the play; between frames interpolated."""
        low = int(np.clip(np.floor(moment), 0, self.n_frames - 1))
        high, share = min(low + 1, self.n_frames - 1), moment - low
        change = self.people[high] - self.people[low]
        for column in (Column.HEADING, Column.PHASE):
            change[:, column] = (change[:, column] + np.pi) % (2 * np.pi) - np.pi
        rows = self.people[low] + share * change
        return [Pose(*(float(v) for v in row)) for row in rows]

    def ball_at(self, moment: float) -> NDArray[np.float64]:
        """(3,) m: the ball's centre at a frame of the play; between frames interpolated, held at both ends."""
        low = int(np.clip(np.floor(moment), 0, self.n_frames - 1))
        high = min(low + 1, self.n_frames - 1)
        return np.asarray(self.ball[low] + float(np.clip(moment - low, 0, 1)) * (self.ball[high] - self.ball[low]))
