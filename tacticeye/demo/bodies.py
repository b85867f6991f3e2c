"""Moving bodies: bounded speed and acceleration, turning, stride, and people who give way to each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MAX_ACCELERATION = 4.5  # m/s^2
_TURN_RATE = 7.0  # rad/s
_SHY_M = 1.1  # people closer than this drift apart
_BODY_M = 0.55  # and never stay closer than this
_EASE = 1.1  # 1/s: how eagerly a gap to the target becomes speed


class Bodies:
    """places (P, 2) m, velocities (P, 2) m/s, headings (P,) rad, phases (P,) rad."""

    def __init__(self, places: Array, headings: Array, phases: Array) -> None:
        self.places = places.copy()
        self.velocities = np.zeros_like(places)
        self.headings = headings.copy()
        self.phases = phases.copy()

    @property
    def speeds(self) -> Array:
        return np.asarray(np.hypot(self.velocities[:, 0], self.velocities[:, 1]))

    def move(self, targets: Array, top_speeds: Array, faces: Array, dt_s: float) -> None:
        """One step towards targets (P, 2) at no more than top_speeds (P,), facing faces (P, 2) when slow."""
        gap = targets - self.places
        distance = np.hypot(gap[:, 0], gap[:, 1])
        wanted_speed = np.minimum(_EASE * np.maximum(distance - 0.15, 0), top_speeds)
        wanted = gap / np.maximum(distance, 1e-6)[:, None] * wanted_speed[:, None]
        wanted += self._shyness()
        speed = np.hypot(wanted[:, 0], wanted[:, 1])
        wanted *= np.minimum(1, np.maximum(top_speeds, 0.6) / np.maximum(speed, 1e-6))[:, None]
        change = wanted - self.velocities
        size = np.hypot(change[:, 0], change[:, 1])
        self.velocities += change * np.minimum(1, MAX_ACCELERATION * dt_s / np.maximum(size, 1e-9))[:, None]
        self.places += self.velocities * dt_s
        self._push_apart(dt_s)
        self._turn(faces, dt_s)
        speeds = self.speeds
        self.phases = (self.phases + 2 * np.pi * dt_s * speeds / (1.25 + 0.34 * speeds)) % (2 * np.pi)

    def _gaps(self) -> tuple[Array, Array]:
        gap = self.places[:, None] - self.places[None]
        return gap, np.hypot(gap[..., 0], gap[..., 1]) + 100 * np.eye(len(gap))

    def _shyness(self) -> Array:
        gap, distance = self._gaps()
        push = np.maximum(0, _SHY_M - distance) * 2.2 / np.maximum(distance, 0.1)
        return np.asarray((gap * push[..., None]).sum(axis=1))

    def _push_apart(self, dt_s: float) -> None:
        gap, distance = self._gaps()
        push = np.maximum(0, _BODY_M - distance) / np.maximum(distance, 0.1)
        step = (gap * push[..., None]).sum(axis=1) * 0.5
        size = np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-9)
        self.places += step * np.minimum(1, 0.35 * dt_s / size)[:, None]

    def _turn(self, faces: Array, dt_s: float) -> None:
        looks = np.arctan2(faces[:, 1] - self.places[:, 1], faces[:, 0] - self.places[:, 0])
        runs = np.arctan2(self.velocities[:, 1], self.velocities[:, 0])
        goal = np.where(self.speeds > 1.7, runs, looks)
        turn = (goal - self.headings + np.pi) % (2 * np.pi) - np.pi
        self.headings += np.clip(turn, -_TURN_RATE * dt_s, _TURN_RATE * dt_s)
