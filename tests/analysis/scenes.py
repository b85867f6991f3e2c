"""Small scripted scenes of play for the tests of the analysis: people who stand or run, a ball that goes by key points.

Places are pitch metres. `observe` samples a scene at a rate; `run` feeds it to a fresh engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tacticeye.analysis.observation import FrameObservation
from tacticeye.analysis.possession import PossessionEngine
from tacticeye.pitch import is_inside
from tacticeye.possession_parts import PossessionState
from tacticeye.types import NOWHERE, ControlSpan, ControlState, Event, Role

PIXELS_PER_METRE = 24.0


@dataclass(frozen=True)
class Person:
    """One person: (t_s, x, y) key points between which he moves evenly."""

    track: int
    team: int
    points: tuple[tuple[float, float, float], ...]
    role: Role = Role.PLAYER

    def at(self, t_s: float) -> tuple[float, float]:
        return along(self.points, t_s)


def along(points: Sequence[tuple[float, float, float]], t_s: float) -> tuple[float, float]:
    """Place on a way of (t_s, x, y) points; before the first and after the last it stands still."""
    times = [point[0] for point in points]
    return (
        float(np.interp(t_s, times, [point[1] for point in points])),
        float(np.interp(t_s, times, [point[2] for point in points])),
    )


def stand(track: int, team: int, x: float, y: float, role: Role = Role.PLAYER) -> Person:
    return Person(track, team, ((0.0, x, y),), role)


@dataclass(frozen=True)
class Scene:
    """is_calibrated: not metric, but where people and ball are on the pitch is known.

    ball: key points (t_s, x, y); hidden: stretches (from, to) in s in which the ball isn't seen."""

    people: tuple[Person, ...]
    ball: tuple[tuple[float, float, float], ...]
    end_s: float
    hidden: tuple[tuple[float, float], ...] = ()
    not_live: tuple[tuple[float, float], ...] = ()
    cuts: tuple[float, ...] = ()
    jitter_m: float = 0.0
    is_metric: bool = True
    is_calibrated: bool = False
    start_s: float = 0.0

    def observe(self, rate_hz: float) -> list[FrameObservation]:
        """The scene at an even rate, from start_s to end_s."""
        rng = np.random.default_rng(7)
        n = math.floor((self.end_s - self.start_s) * rate_hz + 1e-9) + 1
        times = [self.start_s + index / rate_hz for index in range(n)]
        return [
            self._observation(index, t_s, index == 0 or self._is_cut(times[index - 1], t_s), rng)
            for index, t_s in enumerate(times)
        ]

    def _is_cut(self, before_s: float, t_s: float) -> bool:
        return any(before_s < cut_s <= t_s for cut_s in self.cuts)

    def _observation(self, index: int, t_s: float, is_cut: bool, rng: np.random.Generator) -> FrameObservation:
        local_s = t_s - self.start_s
        people = np.array([person.at(local_s) for person in self.people], np.float64).reshape(-1, 2)
        people = people + rng.normal(0, self.jitter_m, people.shape)
        ball = np.array(along(self.ball, local_s)) + rng.normal(0, self.jitter_m, 2)
        if any(a <= local_s < b for a, b in self.hidden):
            ball = np.full(2, np.nan)
        scale = 1.0 if self.is_metric else PIXELS_PER_METRE
        n = len(self.people)
        return FrameObservation(
            frame=index,
            t_s=t_s,
            is_live=not any(a <= local_s < b for a, b in self.not_live),
            is_cut=is_cut,
            track=np.array([person.track for person in self.people], np.int32),
            team=np.array([person.team for person in self.people], np.int8),
            role=np.array([person.role for person in self.people], np.int8),
            xy=people * scale,
            units_per_metre=np.full(n, scale),
            place=people * scale,
            ball_xy=ball * scale,
            ball_place=ball * scale,
            ball_is_detected=True,
            is_metric=self.is_metric,
            ball_pitch=(float(ball[0]), float(ball[1])) if self.is_calibrated and is_inside(ball, 3.0) else NOWHERE,
            people_pitch=people if self.is_calibrated else None,
        )


@dataclass
class Outcome:
    """What the engine made of a scene."""

    spans: list[ControlSpan] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def seconds(self, state: ControlState) -> float:
        return sum(span.end_s - span.start_s for span in self.spans if span.state is state)

    def events_of(self, *kinds: str) -> list[Event]:
        return [event for event in self.events if event.kind in kinds]


def run(
    observations: Iterable[FrameObservation],
    end_s: float,
    between: Callable[[PossessionState], PossessionState] | None = None,
) -> Outcome:
    """Feed a fresh engine; `between` may replace its state after every observation (as saving and reading does)."""
    engine = PossessionEngine(PossessionState())
    outcome = Outcome()
    for observation in observations:
        spans, events = engine.update(observation)
        outcome.spans += spans
        outcome.events += events
        if between is not None:
            engine = PossessionEngine(between(engine.state()))
    spans, events = engine.flush(end_s)
    outcome.spans += spans
    outcome.events += events
    return outcome


def play(scene: Scene, rate_hz: float = 25.0) -> Outcome:
    """The outcome of a scene seen at a rate."""
    return run(scene.observe(rate_hz), scene.end_s)


FAR = (stand(90, 0, 5.0, 60.0), stand(91, 1, 100.0, 60.0))  # people who have nothing to do with it


def pass_scene(team_to: int = 0, role_to: Role = Role.PLAYER) -> Scene:
    """Track 1 of team 0 has the ball for 2 s, plays it 14 m in 1 s, track 2 has it for 2 s."""
    return Scene(
        people=(stand(1, 0, 40.0, 30.0), stand(2, team_to, 54.0, 30.0, role_to), *FAR),
        ball=((0.0, 40.3, 30.2), (2.0, 40.3, 30.2), (3.0, 53.7, 30.1), (5.0, 53.7, 30.1)),
        end_s=5.0,
    )


def long_scene() -> Scene:
    """Half a minute: passes, a dribble, an interception, a tackle, a spell in which the ball isn't seen."""
    runner = Person(3, 0, ((0.0, 60.0, 45.0), (8.0, 60.0, 45.0), (12.0, 75.0, 40.0), (30.0, 75.0, 40.0)))
    return Scene(
        people=(
            stand(1, 0, 40.0, 30.0),
            stand(2, 0, 54.0, 30.0),
            runner,
            stand(11, 1, 88.0, 34.0),
            stand(12, 1, 74.0, 15.0),
            stand(20, 1, 103.0, 34.0, Role.GOALKEEPER),
            *FAR,
        ),
        ball=(
            (0.0, 40.3, 30.2), (2.0, 40.3, 30.2), (3.0, 53.7, 30.1), (5.0, 53.7, 30.1), (6.2, 59.8, 44.7),
            (8.0, 59.8, 44.7), (12.0, 75.3, 39.8), (14.0, 75.3, 39.8), (15.0, 87.7, 34.2), (18.0, 87.7, 34.2),
            (19.4, 74.2, 15.3), (22.0, 74.2, 15.3), (24.0, 102.5, 33.7), (27.0, 102.5, 33.7), (30.0, 102.5, 33.7),
        ),
        end_s=30.0,
        hidden=((26.0, 29.0),),
    )  # fmt: skip


def mirrored(scene: Scene) -> Scene:
    """The same scene with the teams swapped and the pitch turned round."""
    return replace(
        scene,
        people=tuple(
            replace(
                person,
                team=1 - person.team if person.team >= 0 else person.team,
                points=tuple((t_s, 105.0 - x, 68.0 - y) for t_s, x, y in person.points),
            )
            for person in scene.people
        ),
        ball=tuple((t_s, 105.0 - x, 68.0 - y) for t_s, x, y in scene.ball),
    )
