"""The columns in which the tracker holds its tracks, their way to plain data and back, and their move with the camera.

Px of the last frame the tracker saw, seconds of video. Letters: T tracks, D feature dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacticeye.state_parts import TrackState

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass
class TrackTable:
    """Columns of the tracks. place, velocity (T, 2); spread (T, 3): var_position, cov, var_velocity; shirt (T, D);
    pitch (T, 2) m, NaN unknown; side (T,): -1 surely in the kit of team 0, 1 of team 1, 0 unsure;
    contrary_s (T,): time for which its boxes have worn the other kit."""

    track: NDArray[np.int64]
    place: Floats
    velocity: Floats
    spread: Floats
    height: Floats
    height_var: Floats
    aspect: Floats
    first_s: Floats
    last_s: Floats
    sightings: NDArray[np.int64]
    score: Floats
    shirt: Floats
    pitch: Floats
    side: Floats
    contrary_s: Floats

    def __len__(self) -> int:
        return len(self.track)

    def select(self, rows: Mask | NDArray[np.intp]) -> TrackTable:
        return TrackTable(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})

    def append(self, other: TrackTable) -> TrackTable:
        names = self.__dataclass_fields__
        return TrackTable(**{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in names})

    def boxes(self) -> Floats:
        """(T, 4) float64 px: where each person's box is expected."""
        half = np.stack([self.height * self.aspect, self.height], axis=1) / 2
        return np.concatenate([self.place - half, self.place + half], axis=1)


def warp(tracks: TrackTable, previous_to_current: Floats) -> None:
    """Moves the tracks with the camera: places, velocities, sizes and their covariances."""
    linear = previous_to_current[:, :2]
    scale = float(np.sqrt(abs(np.linalg.det(linear))))
    tracks.place = _turn(tracks.place, linear) + previous_to_current[:, 2]
    tracks.velocity = _turn(tracks.velocity, linear)
    tracks.spread = tracks.spread * scale**2
    tracks.height = tracks.height * scale
    tracks.height_var = tracks.height_var * scale**2


def _turn(vectors: Floats, linear: Floats) -> Floats:
    """(T, 2): `linear` (2, 2) applied to each row, in the same arithmetic whatever T and the memory layout."""
    x, y = vectors[:, 0], vectors[:, 1]
    return np.stack([linear[0, 0] * x + linear[0, 1] * y, linear[1, 0] * x + linear[1, 1] * y], axis=1)


def from_states(states: list[TrackState]) -> TrackTable:
    width = max((len(s.feature) for s in states), default=0)
    shirt = np.full((len(states), width), np.nan)
    for row, state in enumerate(states):
        if state.feature:
            shirt[row] = state.feature

    def column(name: str) -> Floats:
        return np.array([getattr(s, name) for s in states], np.float64)

    return TrackTable(
        track=np.array([s.track for s in states], np.int64),
        place=np.stack([column("x"), column("y")], axis=1),
        velocity=np.stack([column("vx"), column("vy")], axis=1),
        spread=np.stack([column("var_position"), column("cov"), column("var_velocity")], axis=1),
        height=column("height"),
        height_var=column("var_height"),
        aspect=column("aspect"),
        first_s=column("first_s"),
        last_s=column("last_s"),
        sightings=np.array([s.sightings for s in states], np.int64),
        score=column("score"),
        shirt=shirt,
        pitch=np.array([s.pitch_xy or (np.nan, np.nan) for s in states], np.float64).reshape(-1, 2),
        side=column("side"),
        contrary_s=column("contrary_s"),
    )


def to_states(tracks: TrackTable) -> list[TrackState]:
    place, velocity, spread = tracks.place.tolist(), tracks.velocity.tolist(), tracks.spread.tolist()
    return [
        TrackState(
            track=int(tracks.track[row]),
            x=place[row][0],
            y=place[row][1],
            vx=velocity[row][0],
            vy=velocity[row][1],
            var_position=spread[row][0],
            cov=spread[row][1],
            var_velocity=spread[row][2],
            height=float(tracks.height[row]),
            var_height=float(tracks.height_var[row]),
            aspect=float(tracks.aspect[row]),
            first_s=float(tracks.first_s[row]),
            last_s=float(tracks.last_s[row]),
            sightings=int(tracks.sightings[row]),
            score=float(tracks.score[row]),
            feature=[] if np.isnan(tracks.shirt[row]).any() else tracks.shirt[row].tolist(),
            pitch_xy=[] if np.isnan(tracks.pitch[row]).any() else tracks.pitch[row].tolist(),
            side=float(tracks.side[row]),
            contrary_s=float(tracks.contrary_s[row]),
        )
        for row in range(len(tracks))
    ]
