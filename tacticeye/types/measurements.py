"""What was measured in frames, as structs of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tacticeye.types.words import NO_TEAM, NO_TRACK, Role


@dataclass(frozen=True, eq=False)
class Boxes:
    """Struct of arrays, one row a box, ordered by frame; also the table `positions`. No column is ever None.

    frame (N,) int64; t_s (N,) float64 s; xyxy (N, 4) float32 px; score (N,) float32 0..1; role (N,) int8 of Role;
    track (N,) int32, -1 none; team (N,) int8, -1 unsure; pitch_xy (N, 2) float32 m, NaN where not calibrated.
    """

    frame: NDArray[np.int64]
    t_s: NDArray[np.float64]
    xyxy: NDArray[np.float32]
    score: NDArray[np.float32]
    role: NDArray[np.int8]
    track: NDArray[np.int32]
    team: NDArray[np.int8]
    pitch_xy: NDArray[np.float32]

    def __post_init__(self) -> None:
        n = len(self.frame)
        for name, shape in (("t_s", (n,)), ("xyxy", (n, 4)), ("score", (n,)), ("role", (n,)), ("track", (n,)),
                            ("team", (n,)), ("pitch_xy", (n, 2))):  # fmt: skip
            actual = getattr(self, name).shape
            if actual != shape:
                raise ValueError(f"Boxes.{name}: expected shape {shape}, got {actual}")

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def build(
        cls,
        *,
        frame: object,
        t_s: object,
        xyxy: object,
        score: object = 1.0,
        role: object = Role.PLAYER,
        track: object = NO_TRACK,
        team: object = NO_TEAM,
        pitch_xy: object = (np.nan, np.nan),
    ) -> Self:
        """A legal object from plain lists, arrays or scalars; scalars are repeated for every row of `xyxy`."""
        corners = np.asarray(xyxy, np.float32).reshape(-1, 4)
        n = len(corners)

        def column(values: object, dtype: type[np.generic]) -> NDArray[np.generic]:
            return np.ascontiguousarray(np.broadcast_to(np.asarray(values, dtype), (n,)))

        return cls(
            frame=column(frame, np.int64),  # type: ignore[arg-type]
            t_s=column(t_s, np.float64),  # type: ignore[arg-type]
            xyxy=corners,
            score=column(score, np.float32),  # type: ignore[arg-type]
            role=column(role, np.int8),  # type: ignore[arg-type]
            track=column(track, np.int32),  # type: ignore[arg-type]
            team=column(team, np.int8),  # type: ignore[arg-type]
            pitch_xy=np.ascontiguousarray(np.broadcast_to(np.asarray(pitch_xy, np.float32), (n, 2))),
        )

    @classmethod
    def empty(cls) -> Self:
        return cls.build(frame=0, t_s=0.0, xyxy=[])

    @classmethod
    def concatenate(cls, parts: Sequence[Boxes]) -> Self:
        """All rows of `parts` in the order given."""
        if not parts:
            return cls.empty()
        return cls(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in cls.__dataclass_fields__})

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Boxes:
        """The rows picked by a mask, indices or a slice."""
        return Boxes(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})

    @property
    def feet_xy(self) -> NDArray[np.float64]:
        """(N, 2) float64 px: middle of each box's lower edge."""
        return np.stack([(self.xyxy[:, 0] + self.xyxy[:, 2]) / 2, self.xyxy[:, 3]], axis=1).astype(np.float64)

    @property
    def centre_xy(self) -> NDArray[np.float64]:
        """(N, 2) float64 px: centre of each box."""
        return ((self.xyxy[:, :2] + self.xyxy[:, 2:]) / 2).astype(np.float64)

    @property
    def height(self) -> NDArray[np.float64]:
        """(N,) float64 px."""
        return (self.xyxy[:, 3] - self.xyxy[:, 1]).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Calibration:
    """How each analysed frame and the pitch belong together, and how the camera moved; also the table `calibration`.

    frame (B,) int64; t_s (B,) float64 s; image_to_pitch (B, 3, 3) float64, homogeneous px of the undistorted picture ->
    m, NaN unknown; k1 (B,) float64, centre (B, 2) float64 px, scale (B,) float64 px: the lens (pitch_projection.py),
    NaN unknown; error_m (B,) float64, expected error in the picture's middle, NaN unknown; shot (B,) int32, number of
    the shot from 0; image_to_shot (B, 2, 3) float64, px -> px of the shot's first frame; is_followed (B,) bool: the
    camera's motion up to this frame was measured.
    """

    frame: NDArray[np.int64]
    t_s: NDArray[np.float64]
    image_to_pitch: NDArray[np.float64]
    k1: NDArray[np.float64]
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    error_m: NDArray[np.float64]
    shot: NDArray[np.int32]
    image_to_shot: NDArray[np.float64]
    is_followed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def empty(cls, n: int = 0) -> Self:
        """n rows of which nothing is known, the camera at rest in one shot."""
        return cls(
            frame=np.zeros(n, np.int64),
            t_s=np.zeros(n),
            image_to_pitch=np.full((n, 3, 3), np.nan),
            k1=np.full(n, np.nan),
            centre=np.full((n, 2), np.nan),
            scale=np.full(n, np.nan),
            error_m=np.full(n, np.nan),
            shot=np.zeros(n, np.int32),
            image_to_shot=np.tile(np.eye(2, 3), (n, 1, 1)),
            is_followed=np.zeros(n, np.bool_),
        )

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """(B,) bool."""
        return np.asarray(np.isfinite(self.image_to_pitch).all(axis=(1, 2)))
