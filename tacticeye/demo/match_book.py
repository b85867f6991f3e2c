"""The scorebook of a match in play: who controls the ball since when, which delivery is on its way, what happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacticeye.demo.play import Control, Delivery, Fact, Happening, Outcome

DEAD = -1


@dataclass(frozen=True)
class OnTheWay:
    """A delivery that hasn't arrived."""

    kind: str
    team: int
    person: int
    t_s: float
    xy: tuple[float, float]


class MatchBook:
    """Takes kicks, touches and outs in order of time."""

    def __init__(self, team: int) -> None:
        self.team = team
        self.on_the_way: OnTheWay | None = None
        self.facts: list[Fact] = []
        self._since_s = 0.0
        self._control: list[Control] = []
        self._deliveries: list[Delivery] = []

    def release(self, kind: str, team: int, person: int, t_s: float, ball: NDArray[np.float64]) -> None:
        """A delivery leaves `person`; a restart puts the ball back into play."""
        self._set_team(team, t_s)
        self.on_the_way = OnTheWay(kind, team, person, t_s, _xy(ball))

    def touch(self, team: int, person: int, t_s: float, ball: NDArray[np.float64]) -> None:
        """A controlled touch."""
        sent = self.on_the_way
        if sent is not None and (sent.team != team or sent.person != person):
            self._close(Outcome.COMPLETE if sent.team == team else Outcome.INCOMPLETE, person, t_s, ball)
        self.on_the_way = None
        if team != self.team:
            kind = Happening.RECOVERY
            if sent is not None:
                kind = Happening.SAVE if sent.kind == "shot" else Happening.INTERCEPTION
            self.note(kind, t_s, team, person)
        self._set_team(team, t_s)

    def out(self, t_s: float, ball: NDArray[np.float64]) -> None:
        """The ball has left the pitch."""
        if self.on_the_way is not None:
            self._close(Outcome.OUT, -1, t_s, ball)
            self.on_the_way = None
        self.note(Happening.OUT, t_s, self.team, -1)
        self._set_team(DEAD, t_s)

    def note(self, kind: Happening, t_s: float, team: int, person: int) -> None:
        """Write down a fact."""
        self.facts.append(Fact(kind, t_s, team, person))

    def closed(self, end_s: float) -> tuple[tuple[Control, ...], tuple[Delivery, ...], tuple[Fact, ...]]:
        """Everything up to end_s; a delivery still on its way is left out, its end being unknown."""
        control = [*self._control, Control(self.team, self._since_s, end_s)]
        return tuple(c for c in control if c.end_s > c.start_s), tuple(self._deliveries), tuple(self.facts)

    def _close(self, outcome: Outcome, person: int, t_s: float, ball: NDArray[np.float64]) -> None:
        sent = self.on_the_way
        assert sent is not None
        self._deliveries.append(
            Delivery(sent.kind, sent.team, sent.person, person, sent.t_s, t_s, sent.xy, _xy(ball), outcome)
        )

    def _set_team(self, team: int, t_s: float) -> None:
        if team != self.team:
            self._control.append(Control(self.team, self._since_s, t_s))
            self.team, self._since_s = team, t_s


def _xy(ball: NDArray[np.float64]) -> tuple[float, float]:
    return float(ball[0]), float(ball[1])
