"""TrackingFrames: positions of a whole match in memory, checked, and their way into the analysis and into the tables.

Metres on the pitch, origin bottom-left corner, whatever the file's convention was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tacticeye.analysis.observation import BODY_HEIGHT_M, FrameObservation
from tacticeye.pitch import FULL_PITCH, PitchLayout
from tacticeye.types import BallPosition, BallSource, Boxes, Calibration, Role

MARGIN_M = 5.0
PX_PER_M = 10.0
SHOULDERS_M = 0.6
BALL_M = 0.22
_NOWHERE = np.full(2, np.nan)


@dataclass(frozen=True, eq=False)
class TrackingFrames:
    """F frames with R people in all, in order of time.

    number     (F,) int64, the frame's number in the file
    t_s        (F,) float64, strictly ascending
    period     (F,) int64
    ball_xy    (F, 2) float64 m, NaN unseen
    is_dead    (F,) bool, the source says that the ball is out of play
    first_row  (F + 1,) int64: frame k has the rows first_row[k] up to first_row[k + 1] of the columns below
    track      (R,) int32, >= 0
    team       (R,) int8, 0, 1, -1 none
    role       (R,) int8 of Role
    xy         (R, 2) float64 m, NaN unknown
    interval_s median time between frames
    labels     the source's own name for a track, where that isn't its number
    layout     the ground that the places are on
    """

    number: NDArray[np.int64]
    t_s: NDArray[np.float64]
    period: NDArray[np.int64]
    ball_xy: NDArray[np.float64]
    is_dead: NDArray[np.bool_]
    first_row: NDArray[np.int64]
    track: NDArray[np.int32]
    team: NDArray[np.int8]
    role: NDArray[np.int8]
    xy: NDArray[np.float64]
    interval_s: float
    labels: Mapping[int, str] = field(default_factory=dict)
    layout: PitchLayout = FULL_PITCH

    def __len__(self) -> int:
        return len(self.number)

    @property
    def picture_size(self) -> tuple[int, int]:
        """Width and height of the picture from above, px."""
        length, width = (round((side + 2 * MARGIN_M) * PX_PER_M) for side in self.layout.size_m)
        return length, width

    @property
    def end_s(self) -> float:
        """The end of the last frame."""
        return float(self.t_s[-1]) + self.interval_s

    def rows(self, first: int, last: int) -> slice:
        """Rows of the people of the frames first up to last."""
        return slice(int(self.first_row[first]), int(self.first_row[last]))

    def observation(self, index: int) -> FrameObservation:
        """Frame `index` as the analysis takes it."""
        people = self.rows(index, index + 1)
        n = people.stop - people.start
        xy, ball = self.xy[people], self.ball_xy[index]
        return FrameObservation(
            frame=int(self.number[index]),
            t_s=float(self.t_s[index]),
            is_live=True,
            is_cut=index == 0 or bool(self.period[index] != self.period[index - 1]),
            track=self.track[people],
            team=self.team[people],
            role=self.role[people],
            xy=xy,
            units_per_metre=np.ones(n),
            place=self._to_picture(xy),
            ball_xy=ball,
            ball_place=self._to_picture(ball),
            ball_is_detected=True,
            is_metric=True,
            is_dead=bool(self.is_dead[index]),
        )

    def boxes(self, first: int, last: int) -> Boxes:
        """People and ball of the frames first up to last, where their places are known."""
        counts = np.diff(self.first_row[first : last + 1])
        rows = self.rows(first, last)
        balls = last - first
        index = np.concatenate([np.repeat(np.arange(first, last), counts), np.arange(first, last)])
        xy = np.concatenate([self.xy[rows], self.ball_xy[first:last]])
        is_ball = np.arange(len(xy)) >= len(xy) - balls
        order = np.argsort(index, kind="stable")
        order = order[np.isfinite(xy[order]).all(axis=1)]
        feet = self._to_picture(xy)
        half = np.where(is_ball, BALL_M, SHOULDERS_M) * PX_PER_M / 2
        height = np.where(is_ball, BALL_M, BODY_HEIGHT_M) * PX_PER_M
        below = np.where(is_ball, half, 0.0)  # a ball's place is its centre, a person's are the feet
        corners = np.stack([feet[:, 0] - half, feet[:, 1] + below - height, feet[:, 0] + half, feet[:, 1] + below], 1)
        none = np.full(balls, -1)
        boxes = Boxes.build(
            frame=self.number[index],
            t_s=self.t_s[index],
            xyxy=corners,
            role=np.concatenate([self.role[rows], np.full(balls, Role.BALL)]),
            track=np.concatenate([self.track[rows], none]),
            team=np.concatenate([self.team[rows], none]),
            pitch_xy=xy,
        )
        return boxes.select(order)

    def ball_positions(self, first: int, last: int) -> list[BallPosition]:
        """The ball of the frames first up to last, where it is seen."""
        seen = first + np.flatnonzero(np.isfinite(self.ball_xy[first:last]).all(axis=1))
        places = self._to_picture(self.ball_xy[seen])
        return [
            BallPosition(int(number), float(t_s), float(x), float(y), BallSource.DETECTED, 1.0)
            for number, t_s, (x, y) in zip(self.number[seen], self.t_s[seen], places, strict=True)
        ]

    def calibration(self, first: int, last: int) -> Calibration:
        """How the picture from above and the pitch belong together, the same for every frame."""
        n, (width, height) = last - first, self.picture_size
        top_m = self.layout.width_m + MARGIN_M
        to_pitch = np.array([[1 / PX_PER_M, 0, -MARGIN_M], [0, -1 / PX_PER_M, top_m], [0, 0, 1]])
        return replace(
            Calibration.empty(n),
            frame=self.number[first:last],
            t_s=self.t_s[first:last],
            image_to_pitch=np.tile(to_pitch, (n, 1, 1)),
            k1=np.zeros(n),
            centre=np.tile([width / 2, height / 2], (n, 1)),
            scale=np.full(n, width / 2),
            error_m=np.zeros(n),
            is_followed=np.ones(n, np.bool_),
        )

    def nearest_number(self, t_s: float) -> int:
        """The number of the frame at that time; beyond the last frame, as if frames went on."""
        index = int(np.searchsorted(self.t_s, t_s - 0.5 * self.interval_s))
        if index < len(self):
            return int(self.number[index])
        step = int(np.median(np.diff(self.number))) if len(self) > 1 else 1
        return int(self.number[-1]) + step

    def _to_picture(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """(..., 2) px of the picture from above, origin top-left, from (..., 2) m of the pitch, origin bottom-left."""
        x = (xy[..., 0] + MARGIN_M) * PX_PER_M
        y = (self.layout.width_m + MARGIN_M - xy[..., 1]) * PX_PER_M
        return np.stack([x, y], axis=-1)


def find_goalkeepers(
    period: NDArray[np.int64],
    track: NDArray[np.int64],
    team: NDArray[np.int64],
    x_m: NDArray[np.float64],
    length_m: float,
) -> NDArray[np.bool_]:
    """(R,) bool: rows of goalkeepers, each side's person who stays furthest from the halfway line in a period.

    Only a person who does so clearly counts: at least GOALKEEPER_DEPTH of a half away in the median, for a good part of
    the time.
    """
    found = np.zeros(len(track), bool)
    keys = np.stack([period, team, track], axis=1)
    people, row_person, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(row_person, kind="stable")
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    away = np.abs(x_m[order] - length_m / 2)
    median = np.array([np.nanmedian(away[a : a + n]) if np.isfinite(away[a : a + n]).any() else 0.0
                       for a, n in zip(starts, counts, strict=True)])  # fmt: skip
    for side in np.unique(people[:, :2], axis=0):
        if side[1] < 0:
            continue
        members = np.flatnonzero((people[:, :2] == side).all(axis=1))
        members = members[counts[members] >= GOALKEEPER_SHARE * counts[members].max()]
        best = members[np.argmax(median[members])]
        if median[best] >= GOALKEEPER_DEPTH * length_m / 2:
            found |= row_person == best
    return found


GOALKEEPER_DEPTH = 25.0 / 52.5
GOALKEEPER_SHARE = 0.3
