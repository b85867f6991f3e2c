"""The most probable camera given evidence of one frame and what was believed before: robust least squares.

Evidence is rows: a place on the pitch, where it was seen, and the direction in which that counts: a keypoint gives two
rows, a point on a line one, across the line. The prior is a Gaussian; with it, an update over time is the iterated
extended Kalman filter (Bell and Cathey 1993), and a frame with three keypoints still has one best answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tacticeye.vision.calibration.camera_model import (
    N_PARAMETERS,
    Picture,
    Vector,
    differences,
    project,
)

Array = NDArray[np.float64]

# Residuals from this many standard deviations on count less and less (Cauchy's weights).
_CAUCHY = 2.0
_DAMPING = 1e-3
_MAX_TRIES = 6
_CONVERGED = 1e-3  # relative gain below which another step is not worth its time


@dataclass(frozen=True, eq=False)
class Measurements:
    """points_m (R, 3) m; observed (R, 2) px; direction (R, 2) unit vectors; sigma (R,) px."""

    points_m: Array
    observed: Array
    direction: Array
    sigma: Array

    def __len__(self) -> int:
        return len(self.sigma)

    @classmethod
    def of_points(cls, points_m: Array, observed: Array, sigma: Array) -> Self:
        """Two rows for each place (K, 2) m on the ground seen at (K, 2) px with a deviation of (K,) px."""
        n = len(points_m)
        ground = np.column_stack([points_m, np.zeros(n)])
        axes = np.repeat(np.eye(2), n, axis=0)
        return cls(np.tile(ground, (2, 1)), np.tile(observed, (2, 1)), axes, np.tile(sigma, 2))

    @classmethod
    def join(cls, parts: Sequence[Measurements]) -> Self:
        return cls(*(np.concatenate([getattr(p, name) for p in parts]) for name in cls.__dataclass_fields__))


@dataclass(frozen=True, eq=False)
class Belief:
    """A camera and how sure it is: mean (11,), covariance (11, 11)."""

    mean: Vector
    covariance: Array

    @classmethod
    def of_deviations(cls, mean: Vector, deviations: Array) -> Self:
        return cls(mean, np.diag(np.asarray(deviations, np.float64) ** 2))


@dataclass(frozen=True, eq=False)
class Fit:
    """belief after the evidence; cost: half the robust sum of squares, prior included; residual (R,) in deviations."""

    belief: Belief
    cost: float
    residual: Array


def fit(start: Vector, prior: Belief, seen: Measurements, picture: Picture, steps: int = 12) -> Fit:
    """Levenberg and Marquardt's descent from `start`."""
    free = np.arange(N_PARAMETERS)
    information: Array = np.asarray(np.linalg.inv(prior.covariance), np.float64)
    vector, damping = start.copy(), _DAMPING
    places, slopes = differences(vector, seen.points_m, picture, free)
    residual = _residual(places, seen)
    cost = _cost(residual, vector, prior.mean, information)
    for _ in range(steps):
        weight = 1 / (1 + (residual / _CAUCHY) ** 2)
        rows = np.einsum("rk,rkf->rf", seen.direction, slopes) / seen.sigma[:, None]
        rows[~np.isfinite(rows).all(axis=1)] = 0.0
        normal = (rows * weight[:, None]).T @ rows + information
        pull = (rows * weight[:, None]).T @ residual + information @ (vector - prior.mean)
        gain = 0.0
        for _ in range(_MAX_TRIES):
            step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), pull)
            trial = _legal(vector - step)
            trial_residual = _residual(project(trial[None], seen.points_m, picture)[0], seen)
            trial_cost = _cost(trial_residual, trial, prior.mean, information)
            if trial_cost < cost:
                gain = cost - trial_cost
                vector, residual, cost, damping = trial, trial_residual, trial_cost, damping / 5
                break
            damping *= 6
        if gain < _CONVERGED * cost:
            break
        places, slopes = differences(vector, seen.points_m, picture, free)
    return Fit(Belief(vector, _covariance(slopes, seen, residual, information)), cost, residual)


def _residual(places: Array, seen: Measurements) -> Array:
    """(R,) in standard deviations; a place that can't be seen counts as far off."""
    off = ((places - seen.observed) * seen.direction).sum(axis=1) / seen.sigma
    return np.asarray(np.where(np.isfinite(off), np.clip(off, -1e4, 1e4), 1e4))


def _cost(residual: Array, vector: Vector, mean: Vector, information: Array) -> float:
    off = vector - mean
    robust = _CAUCHY**2 * np.log1p((residual / _CAUCHY) ** 2).sum()
    return float(0.5 * (robust + off @ information @ off))


def _legal(vector: Vector) -> Vector:
    """The nearest vector that a camera can have: above the ground, a lens that is one."""
    vector = vector.copy()
    vector[6] = max(vector[6], 0.5)
    vector[3] = np.clip(vector[3], 3.0, 11.0)
    vector[7] = np.clip(vector[7], -0.25, 0.25)
    vector[10] = np.clip(vector[10], -0.7, 0.7)
    return vector


def _covariance(slopes: Array, seen: Measurements, residual: Array, information: Array) -> Array:
    """By the slopes of the last step, which differ little from those at the end."""
    rows = np.einsum("rk,rkf->rf", seen.direction, slopes) / seen.sigma[:, None]
    rows[~np.isfinite(rows).all(axis=1)] = 0.0
    weight = 1 / (1 + (residual / _CAUCHY) ** 2)
    covariance = np.linalg.inv((rows * weight[:, None]).T @ rows + information)
    return np.asarray((covariance + covariance.T) / 2)
