"""PossessionState and its parts: the memory of the analysis as plain data (see match_state.py for the rules)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tacticeye.types import ControlState


@dataclass(frozen=True)
class PersonMotionState:
    """Where a person was last (units of the observation's xy), how he moves (m/s), when he was first seen (s).

    team: the newest belief, -1 unsure. trail: his latest places, lists in step.
    """

    x: float
    y: float
    vx: float
    vy: float
    t_s: float
    first_s: float
    first_x: float
    first_y: float
    team: int
    trail_t: list[float] = field(default_factory=list)
    trail_x: list[float] = field(default_factory=list)
    trail_y: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class NearPersonState:
    """A person who could be touching the ball: distance in m, way from him to the ball in m, his motion in m/s.

    variance: of the error of each component of that way, m2.
    """

    track: int
    team: int
    distance_m: float
    to_ball_x_m: float
    to_ball_y_m: float
    vx: float
    vy: float
    variance: float = 0.0


@dataclass(frozen=True)
class SightingState:
    """One observation as possession keeps it. metre: length of one in units of x, y; pitch: m, NaN unknown. Unseen
    ball: NaN, near empty."""

    frame: int
    t_s: float
    shot: int
    is_live: bool
    is_metric: bool
    is_dead: bool
    x: float
    y: float
    place_x: float
    place_y: float
    metre: float
    is_detected: bool
    near: list[NearPersonState]
    pitch_x: float = math.nan
    pitch_y: float = math.nan


@dataclass(frozen=True)
class SlopeState:
    """The ball's velocity on one side of an instant, m/s, and the variance of each component, (m/s)^2."""

    vx: float
    vy: float
    variance: float


@dataclass(frozen=True)
class BallMotionState:
    """Slopes on both sides of an instant, None where unseen; contact: log-likelihood ratio touched : free there."""

    before: SlopeState | None
    after: SlopeState | None
    contact: float


@dataclass(frozen=True)
class HolderStepState:
    """Hypotheses at one sighting: who holds the ball (-1 nobody), from which earlier hypothesis, with what evidence.

    teams: of the holders; of nobody the team that had the ball last, -1 unknown.

    contact: log-likelihood ratio touched : free at this sighting, by whomever.
    """

    sighting: SightingState
    contact: float
    holders: list[int]
    teams: list[int]
    previous: list[int]
    evidence: list[float]


@dataclass(frozen=True)
class BallMarkState:
    """The ball at an instant. x, y: units of the observation; place: where to show it; metre, pitch as in
    SightingState."""

    t_s: float
    x: float
    y: float
    place_x: float
    place_y: float
    metre: float
    pitch_x: float = math.nan
    pitch_y: float = math.nan


@dataclass(frozen=True)
class TouchState:
    """A stretch during which one person had the ball. team_votes: seconds of team -1, 0, 1."""

    track: int
    team_votes: list[float]
    start_s: float
    end_s: float
    held_s: float
    evidence: float
    start: BallMarkState
    end: BallMarkState


@dataclass(frozen=True)
class BallFlightState:
    """How the ball flew when it was last detected: where, and its velocity before that (m/s), None unknown."""

    shot: int
    mark: BallMarkState
    slope: SlopeState | None


@dataclass(frozen=True)
class CrowdState:
    """Where people were at an instant at which the ball wasn't detected; lists in step. Referees are left out.

    x, y: units of the observation; place: where to show them.
    """

    t_s: float
    track: list[int]
    team: list[int]
    x: list[float]
    y: list[float]
    place_x: list[float]
    place_y: list[float]


@dataclass(frozen=True)
class HiddenTouchState:
    """A touch that nobody saw, between the detections at from_s and until_s. touch: None where it's unclear by whom."""

    from_s: float
    until_s: float
    touch: TouchState | None


@dataclass(frozen=True)
class UnseenGapState:
    """The ball was last seen at `before` and next at `after`."""

    before: BallMarkState
    after: BallMarkState


@dataclass(frozen=True)
class OutOfPlayState:
    """Memory of analysis/out_of_play.py. beyond_s: since when the ball seems beyond a line; crossing: where it is so
    evidently, for outside_s so far; start: from where a restart is watched; touch: the last one of a dead ball."""

    is_dead: bool = False
    beyond_s: float | None = None
    crossing: BallMarkState | None = None
    outside_s: float = 0.0
    start: BallMarkState | None = None
    touch: TouchState | None = None


@dataclass(frozen=True)
class ControlLedgerState:
    """Memory of analysis/control.py: the open span, who had the ball last, and touches that are not yet judged."""

    shot: int = -1
    now_s: float = 0.0
    span_state: ControlState = ControlState.UNSEEN
    span_track: int = -1
    span_start_s: float = 0.0
    span_end_s: float = 0.0
    nobody: ControlState = ControlState.UNSEEN  # what time is while there is no owner
    owner: TouchState | None = None
    is_owner_touching: bool = False
    owner_seen_s: float = 0.0  # when the owner was last seen near the ball
    pending: list[TouchState] = field(default_factory=list)
    touch: TouchState | None = None
    unknown_s: float | None = None  # the first touch by an unknown person since the last one by a known person
    gaps: list[UnseenGapState] = field(default_factory=list)
    last_seen: BallMarkState | None = None
    out_of_play: OutOfPlayState = field(default_factory=OutOfPlayState)
    is_metric: bool = False


@dataclass(frozen=True)
class ReceptionState:
    """Who got the ball last, when and where: x, y m of the pitch, place px of the picture; NaN unknown."""

    track: int
    t_s: float
    x: float
    y: float
    place_x: float
    place_y: float


@dataclass(frozen=True)
class BreakState:
    """The last stretch without play. is_out: it began with the ball out of the pitch."""

    state: ControlState
    start_s: float
    end_s: float
    is_out: bool


@dataclass(frozen=True)
class PlayEventsState:
    """Memory of analysis/play_events.py. sides: of each team's goalkeeper, -1 left end to 1 right end, 0 unknown.

    string: team and number of the completed passes in a row so far. string_end_s: when the last of them arrived.
    out_s: when the ball last went out.
    """

    reception: ReceptionState | None = None
    last_break: BreakState | None = None
    sides: list[float] = field(default_factory=lambda: [0.0, 0.0])
    seen_s: float | None = None
    string: tuple[int, int] = (-1, 0)
    string_end_s: float = 0.0
    out_s: float | None = None


@dataclass(frozen=True)
class PossessionState:
    """Memory of analysis/possession.py; about two seconds of observations, whatever their rate."""

    shot: int = 0
    now_s: float | None = None
    metre: float = 1.0
    jitter_m: float = 0.15
    people: dict[int, PersonMotionState] = field(default_factory=dict)
    sightings: list[SightingState] = field(default_factory=list)
    motions: list[BallMotionState | None] = field(default_factory=list)  # of the first sightings; None: ball unseen
    n_weighed: int = 0
    steps: list[HolderStepState] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    flight: BallFlightState | None = None
    crowds: list[CrowdState] = field(default_factory=list)
    hidden: list[HiddenTouchState] = field(default_factory=list)
    ledger: ControlLedgerState = field(default_factory=ControlLedgerState)
