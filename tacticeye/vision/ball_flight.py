"""Whether the ball is in the air: is a stretch of its path explained by free flight, by the ground, or by neither?

Both are fitted to the sightings of several windows about the instant. A rolling ball keeps to a straight line of the
ground and slows down; of a flying one, gravity bends the path in the picture, by a known amount. A ball rolled, touched
once and rolled on makes a corner and not a bow, so flight must beat that too, at heights and speeds that balls have.
Where the pitch is calibrated, lines of sight are followed to the ground in metres; elsewhere bodies in the picture give
the length of a metre. Misfits count in body heights (bh) of the picture. Where nothing is clearly better, nothing is
said. A ball that is carried or held moves as on the ground.
Letters: T sightings, V windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tacticeye.pitch_projection import PitchProjection
from tacticeye.state_parts import BallFlightState, FlightSighting, FrameWaiting
from tacticeye.types import BallPosition
from tacticeye.vision.ball_path import BallDecision, BallSighting

Floats = NDArray[np.float64]

GRAVITY = 9.81
BODY_M = 1.8
LEAST_CAMERA_M = 2.0  # a lower camera doesn't see the ground from above
STEP_M = 0.05  # for slopes, small against how a picture's scale changes
BALL_RADIUS_M = 0.11
# bh: a sighting's deviation from the path, measured on broadcast pictures: 0.01 for the boxes, the rest for the camera.
JITTER = 0.015
# Windows about the instant: short ones keep clear of kicks, long ones tell a bow from a corner.
LENGTHS_S = (0.64, 0.96, 1.28)
HISTORY_S, FORESIGHT_S = 1.28, 0.8
LEAST_SPAN_S, LEAST_SIGHTINGS = 0.5, 5
ENOUGH = 6.0  # logarithm of the likelihood ratio from which one explanation is taken
WORST_FIT = 2.0  # squared misfit for each degree of freedom up to which an explanation holds
# Deceleration along the way, m/s^2: rolling on grass; in the air drag, 0.012 v^2. Deviations beside it.
ROLLING, ROLLING_SPREAD = 2.0, 1.5
DRAG_PER_M, DRAG_SPREAD = 0.012, 1.0
# What is known of a flight beforehand: height (m) and rise (m/s) at the instant, deviations; what no kick gives.
HEIGHT, HEIGHT_SPREAD, RISE_SPREAD = 2.0, 2.5, 5.0
LOWEST_M, HIGHEST_M, FASTEST_M_S = -1.0, 20.0, 40.0
# Columns of the equations of a sighting.
PLACE, SPEED, BEND, LIFT, RISE, TARGET, FALL = slice(0, 2), slice(2, 4), slice(4, 6), 6, 7, 8, 9
N_COLUMNS = 10
ROLLING_COLUMNS, FLYING_COLUMNS = [0, 1, 2, 3], [0, 1, 2, 3, LIFT, RISE]
GROUND_PARAMETERS, FLIGHT_PARAMETERS = 5, 7
UNKNOWN = 1e-9  # how surely a parameter is known beforehand: not at all, but enough to solve for it


class BallFlight:
    """Takes the path's decisions in order, gives them back with what can be said of flight."""

    def __init__(self, state: BallFlightState) -> None:
        self._shot = state.shot
        self._seen = list(state.seen)
        self._prepared: dict[BallSighting, FlightSighting] = {}  # of sightings still to come

    def state(self) -> BallFlightState:
        return BallFlightState(shot=self._shot, seen=list(self._seen))

    def judge(self, decision: BallDecision, waiting: Sequence[FrameWaiting]) -> BallPosition | None:
        """The decided position with `in_air`. waiting: the decided frame and those after it, not decided yet."""
        if decision.shot != self._shot:
            self._shot, self._seen = decision.shot, []
        self._seen = [s for s in self._seen if decision.t_s - s.t_s <= HISTORY_S + 1e-6]
        frames = {w.frame: w for w in waiting if w.t_s - decision.t_s <= FORESIGHT_S + 1e-6}
        prepared = {
            s: self._prepared.get(s) or flight_sighting(s, frames[s.frame])
            for s in decision.sightings
            if s.frame in frames
        }
        self._prepared = prepared
        ahead = list(prepared.values())
        position = decision.position
        if position is not None:
            is_metric = ahead[0].is_metric if ahead else False
            stretch = [s for s in (*self._seen, *ahead) if s.is_metric == is_metric]
            position = replace(position, in_air=in_air(stretch, decision.t_s) if stretch else None)
        self._seen += [s for s in ahead if s.t_s == decision.t_s]
        return position


def flight_sighting(seen: BallSighting, frame: FrameWaiting) -> FlightSighting:
    """`seen` in `frame` as the equations of flight want it: in metres where the frame is calibrated, else in px."""
    projection = PitchProjection.from_numbers(frame.projection)
    metre = seen.unit / BODY_M
    camera = projection.camera_m
    to_shot = np.array(frame.image_to_shot).reshape(2, 3)
    image = np.linalg.solve(to_shot[:, :2], np.array([seen.x, seen.y]) - to_shot[:, 2])
    ground = projection.to_pitch(image)
    if camera is None or camera[2] < LEAST_CAMERA_M or not np.isfinite(ground).all():
        inverse = 1 / seen.unit
        return FlightSighting(frame.t_s, False, seen.x, seen.y, 0.0, -metre, [inverse, 0.0, 0.0, inverse], metre)
    steps = np.array([(STEP_M, 0.0), (0.0, STEP_M)])
    slope = (projection.to_image(ground + steps) - projection.to_image(ground - steps)).T / (2 * STEP_M)
    zoom = float(np.sqrt(abs(np.linalg.det(to_shot[:, :2]))))
    x, y = ground.tolist()
    lift_x, lift_y = ((ground - camera[:2]) / camera[2]).tolist()
    return FlightSighting(frame.t_s, True, x, y, lift_x, lift_y, (slope * zoom / seen.unit).ravel().tolist(), 1.0)


def in_air(sightings: Sequence[FlightSighting], t_s: float) -> bool | None:
    """Whether the ball flies at `t_s`, from sightings of one shot in order of time; None where they don't tell."""
    times = np.array([s.t_s for s in sightings]) - t_s
    bounds = _windows(times)
    if not len(bounds):
        return None
    rows = _equations(sightings, times) / JITTER
    moments = np.concatenate([np.zeros((1, N_COLUMNS, N_COLUMNS)), np.cumsum(rows.transpose(0, 2, 1) @ rows, axis=0)])
    window = moments[bounds[:, 1]] - moments[bounds[:, 0]]
    metre = median(s.metre for s in sightings)
    ground, (flight, path) = _ground_misfit(window, metre), _flight_misfit(window, metre)
    freedom = 2 * (bounds[:, 1] - bounds[:, 0])
    lead = (ground - flight) / 2  # > 0: flight explains better
    flies = (flight <= WORST_FIT * (freedom - FLIGHT_PARAMETERS)) & (lead >= ENOUGH)
    for row in np.flatnonzero(flies).tolist():
        first, end = bounds[row].tolist()
        if not _is_flight(path[row], times[first:end], metre):
            lead[row] = 0.0
        else:
            lead[row] = min(lead[row], (_corner_misfit(moments, first, end, times) - flight[row]) / 2)
    flies &= lead >= ENOUGH
    rolls = (ground <= WORST_FIT * (freedom - GROUND_PARAMETERS)) & (lead <= -ENOUGH)
    surest = int(np.abs(np.where(flies | rolls, lead, 0.0)).argmax())
    return bool(flies[surest]) if flies[surest] or rolls[surest] else None


def _windows(times: Floats) -> NDArray[np.intp]:
    """(V, 2) first and one past the last sighting of each window about time 0 that has enough of them."""
    spans = [(length - after, after) for length in LENGTHS_S for after in (0.0, length / 2, min(length, FORESIGHT_S))]
    found = set()
    for before, after in spans:
        first = int(np.searchsorted(times, -before - 1e-6))
        end = int(np.searchsorted(times, after + 1e-6))
        if end - first >= LEAST_SIGHTINGS and times[end - 1] - times[first] >= LEAST_SPAN_S - 1e-6:
            found.add((first, end))
    return np.array(sorted(found), np.intp).reshape(-1, 2)


def _is_flight(path: Floats, times: Floats, metre: float) -> bool:
    """Whether a ball can fly so. path: parameters as of _flight_misfit."""
    height = path[4] + path[5] * times - GRAVITY * times**2 / 2
    fast = max(float(np.hypot(*path[2:4])) / metre, float(path[6] / DRAG_PER_M) ** 0.5 if path[6] > 0 else 0.0)
    return bool(height.min() >= LOWEST_M and height.max() <= HIGHEST_M and fast <= FASTEST_M_S)


def _equations(sightings: Sequence[FlightSighting], t: Floats) -> Floats:
    """(T, 2, 10) bh: place + speed t + lift (height + rise t - g t^2 / 2) = seen, one column a term."""
    n = len(sightings)
    seen = np.array([(s.x, s.y) for s in sightings])
    lift = np.array([(s.lift_x, s.lift_y) for s in sightings])
    weight = np.array([s.weight for s in sightings]).reshape(n, 2, 2)
    rows = np.zeros((n, 2, N_COLUMNS))
    half = t * t / 2
    for axis in (0, 1):
        rows[:, axis, axis], rows[:, axis, 2 + axis], rows[:, axis, 4 + axis] = 1.0, t, half
    rows[:, :, LIFT], rows[:, :, RISE] = lift, lift * t[:, None]
    rows[:, :, TARGET], rows[:, :, FALL] = seen - seen[0], lift * half[:, None]
    return np.asarray(weight @ rows)


def _ground_misfit(window: Floats, metre: float) -> Floats:
    """(V,) of rolling straight on. window (V, 10, 10): sums of products of the equations' columns."""
    sums = _Sums.of(window, ROLLING_COLUMNS, _ground_target())
    known = np.array([UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, ROLLING_SPREAD**-2])
    mean = np.zeros((len(window), 5))
    mean[:, 4] = ROLLING
    slowed = sums.with_column(_slowing(sums.solve(mean[:, :4], known[:4])[:, 2:4], metre))
    return slowed.fit(mean, known)[1]


def _flight_misfit(window: Floats, metre: float) -> tuple[Floats, Floats]:
    """(V,) of flying freely, and the flights (V, 7): place, speed, height, rise, drag."""
    target = np.zeros(N_COLUMNS)
    target[TARGET], target[FALL] = 1.0, GRAVITY
    sums = _Sums.of(window, FLYING_COLUMNS, target)
    known = np.array([UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, HEIGHT_SPREAD**-2, RISE_SPREAD**-2, DRAG_SPREAD**-2])
    mean = np.zeros((len(window), 7))
    mean[:, 4] = HEIGHT
    speed = sums.solve(mean[:, :6], known[:6])[:, 2:4]
    mean[:, 6] = DRAG_PER_M * (np.hypot(*speed.T) / metre) ** 2
    path, misfit = sums.with_column(_slowing(speed, metre)).fit(mean, known)
    return misfit, path


def _ground_target() -> Floats:
    """(10,): the ball's middle is seen, which is a radius above the ground."""
    target = np.zeros(N_COLUMNS)
    target[TARGET], target[LIFT] = 1.0, -BALL_RADIUS_M
    return target


def _slowing(speed: Floats, metre: float) -> Floats:
    """(V, 10): the column of a deceleration by 1 m/s^2 along speed (V, 2); nothing for a ball that hardly moves."""
    columns = np.zeros((len(speed), N_COLUMNS))
    columns[:, BEND] = -metre * speed / np.maximum(np.hypot(*speed.T), 0.5 * metre)[:, None]
    return columns


def _corner_misfit(moments: Floats, first: int, end: int, t: Floats) -> float:
    """The least of rolling straight, one touch at a sighting, and rolling straight on from there."""
    turns = np.arange(first + 1, end - 1)
    early, late = moments[turns + 1] - moments[first], moments[end] - moments[turns + 1]
    target = _ground_target()
    before, after = np.zeros((2, len(turns), 6, N_COLUMNS))
    before[:, :4, :4] = np.eye(4)
    after[:, :2, :2] = np.eye(2)
    after[:, 2, 0] = after[:, 3, 1] = t[turns]
    after[:, 4, 2] = after[:, 5, 3] = 1.0
    after[:, 4, 0] = after[:, 5, 1] = -t[turns]
    normal = before @ early @ before.transpose(0, 2, 1) + after @ late @ after.transpose(0, 2, 1)
    right = before @ early @ target + after @ late @ target
    found = np.linalg.solve(normal + UNKNOWN * np.eye(6), right[..., None])[..., 0]
    misfit = (early + late) @ target @ target - (found * right).sum(axis=1)
    return float(misfit.min())


@dataclass(frozen=True, eq=False)
class _Sums:
    """Normal equations of least squares in V windows for P parameters.

    window (V, 10, 10), target (10,): what they are made from; pull (V, 10): window @ target; normal (V, P, P), right
    (V, P).
    """

    window: Floats
    target: Floats
    pull: Floats
    normal: Floats
    right: Floats

    @classmethod
    def of(cls, window: Floats, columns: list[int], target: Floats) -> Self:
        """Parameters that are columns of the equations."""
        pull = window @ target
        return cls(window, target, pull, window[:, columns][:, :, columns], pull[:, columns])

    def with_column(self, column: Floats) -> _Sums:
        """One parameter more, whose column (V, 10) mixes those of the equations."""
        n = self.normal.shape[1]
        along = (self.window @ column[..., None])[..., 0]
        normal = np.empty((len(column), n + 1, n + 1))
        normal[:, :n, :n] = self.normal
        normal[:, :n, n] = normal[:, n, :n] = along[:, FLYING_COLUMNS[:n]]
        normal[:, n, n] = (column * along).sum(axis=1)
        right = np.column_stack([self.right, (column * self.pull).sum(axis=1)])
        return _Sums(self.window, self.target, self.pull, normal, right)

    def solve(self, mean: Floats, known: Floats) -> Floats:
        """(V, P). known (P,): how surely each is near its `mean` (V, P)."""
        return np.asarray(np.linalg.solve(self.normal + np.diag(known), (self.right + known * mean)[..., None])[..., 0])

    def fit(self, mean: Floats, known: Floats) -> tuple[Floats, Floats]:
        """The same, and the misfit (V,)."""
        found = self.solve(mean, known)
        explained = (found * (2 * self.right - (self.normal @ found[..., None])[..., 0])).sum(axis=1)
        misfit = self.pull @ self.target - explained + (known * (found - mean) ** 2).sum(axis=1)
        return found, np.asarray(misfit, np.float64)
