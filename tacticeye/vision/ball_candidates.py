"""What a ball-like box is worth: its score, tempered by its size, its surroundings and how long it has lain there.

Px of the stabilised frame (FrameMotion.image_to_shot), body heights (bh, 1.8 m), seconds of video. Letters:
N candidates, P people.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacticeye.state_parts import BallCandidate, BallSpot
from tacticeye.types import Boxes

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

MOST_CANDIDATES = 12  # kept per frame
TYPICAL_SIZE = 0.30  # bh: a ball is 0.12; with blur and a generous box it stays below that
LARGEST_SIZE = 0.70  # bh: no ball
LARGE_WORTH = 0.3
HEAD_SHARE = 0.45  # upper part of a person's box, where heads, hands and shirts look like balls
HEAD_WORTH = 0.5
NEAR_BH = 1.2  # closer to a person than that: perhaps in play, not lying about
NEAR_REST = 0.5  # what a second at rest near a person counts for
LONELY_BH = 3.0
LONELY_WORTH = 0.8
PERSPECTIVE_PEOPLE = 6  # enough people to say how size changes down the picture
# Places where something ball-like rests: penalty marks, litter, spots on boards.
MOST_SPOTS = 24
SPOT_RADIUS = 0.3  # bh
SPOT_DRIFT_S = 2.0  # a spot follows the drift of the stabilised frame that slowly, so never a rolling ball
SPOT_MEMORY_S = 20.0
SPOT_DOUBT_S = 0.4  # seen at rest for that long: worth less
SPOT_SURE_S = 1.2  # for that long: worth next to nothing
SPOT_WORTH = 0.03


@dataclass(frozen=True, eq=False)
class Surroundings:
    """People and geometry at one frame, px of the image. box (P, 4); body_px: median height, or the last one known."""

    box: Floats
    body_px: float

    @classmethod
    def of(cls, people: Boxes, body_px: float) -> Surroundings:
        return cls(box=people.xyxy.astype(np.float64), body_px=body_px)

    def units(self, y: Floats) -> Floats:
        """(N,) px: a body height at picture heights `y` (N,): a line through the sizes of the people, if many."""
        heights, feet = self.box[:, 3] - self.box[:, 1], self.box[:, 3]
        if len(heights) < PERSPECTIVE_PEOPLE or float(np.std(feet)) < self.body_px / 2:
            return np.full(len(y), self.body_px)
        deviation = feet - feet.mean()
        slope = float((deviation * heights).sum() / (deviation**2).sum())
        line = heights.mean() + slope * (y - feet.mean())
        # Quantiles by hand: numpy's cost as much as all the rest here.
        low, high = np.interp(np.array([0.1, 0.9]) * (len(heights) - 1), np.arange(len(heights)), np.sort(heights))
        return np.asarray(np.clip(line, low, high))

    def distances(self, places: Floats) -> Floats:
        """(N,) px: from `places` (N, 2) to the nearest person's lower half, infinite without people."""
        if not len(self.box):
            return np.full(len(places), np.inf)
        x1, y1, x2, y2 = self.box.T
        across = np.maximum(np.maximum(x1 - places[:, :1], places[:, :1] - x2), 0.0)
        down = np.maximum(np.maximum((y1 + y2) / 2 - places[:, 1:], places[:, 1:] - y2), 0.0)
        return np.asarray(np.hypot(across, down).min(axis=1))

    def in_upper_body(self, places: Floats) -> Mask:
        """(N,): inside the upper part of somebody's box."""
        x1, y1, x2, y2 = self.box.T
        inside = (places[:, :1] >= x1) & (places[:, :1] <= x2)
        inside &= (places[:, 1:] >= y1) & (places[:, 1:] <= y1 + HEAD_SHARE * (y2 - y1))
        return np.asarray(inside.any(axis=1))


def find_candidates(boxes: Boxes, around: Surroundings, image_to_shot: Floats) -> tuple[list[BallCandidate], Mask]:
    """The best candidates of a frame, before spots are taken into account, and which of them lie far from people."""
    places = boxes.centre_xy
    unit = around.units(places[:, 1])
    size = np.sqrt(np.prod(np.maximum(boxes.xyxy[:, 2:] - boxes.xyxy[:, :2], 0).astype(np.float64), axis=1)) / unit
    far = around.distances(places) / unit
    worth = boxes.score.astype(np.float64)
    worth *= np.where(size > LARGEST_SIZE, 0.0, np.where(size > TYPICAL_SIZE, LARGE_WORTH, 1.0))
    worth *= np.where(around.in_upper_body(places), HEAD_WORTH, 1.0)
    worth *= np.where(far > LONELY_BH, LONELY_WORTH, 1.0)
    best = np.argsort(-worth, kind="stable")[:MOST_CANDIDATES]
    best = best[worth[best] > 0]
    scale = float(np.sqrt(abs(np.linalg.det(image_to_shot[:, :2]))))
    moved = transform(places[best], image_to_shot)
    found = [
        BallCandidate(x=x, y=y, unit=u, score=s, gain=g)
        for (x, y), u, s, g in zip(
            moved.tolist(),
            (unit[best] * scale).tolist(),
            boxes.score[best].astype(np.float64).tolist(),
            worth[best].tolist(),
            strict=True,
        )
    ]
    return found, np.asarray(far[best] > NEAR_BH)


def transform(places: Floats, matrix: Floats) -> Floats:
    """(N, 2): `matrix` (2, 3) applied to each row, in the same arithmetic whatever N."""
    x, y = places[:, 0], places[:, 1]
    return np.stack(
        [
            matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2],
            matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2],
        ],
        axis=1,
    )


def spot_worths(candidates: list[BallCandidate], spots: list[BallSpot]) -> list[float]:
    """For each candidate 1 where nothing is known against its place, down to SPOT_WORTH where something always lies."""
    worths = []
    for candidate in candidates:
        near = [s.seen_s for s in spots if _is_at(candidate, s)]
        doubt = (max(near, default=0.0) - SPOT_DOUBT_S) / (SPOT_SURE_S - SPOT_DOUBT_S)
        worths.append(1 - (1 - SPOT_WORTH) * min(max(doubt, 0.0), 1.0))
    return worths


def learn_spots(
    spots: list[BallSpot], candidates: list[BallCandidate], is_far: Mask, t_s: float, span_s: float
) -> list[BallSpot]:
    """The spots after a frame that stands for `span_s`: those seen again gain, less near people; all fade."""
    follow = 1 - float(np.exp(-span_s / SPOT_DRIFT_S))
    fade = float(np.exp(-span_s / SPOT_MEMORY_S))
    spots = [BallSpot(s.x, s.y, s.seen_s * fade, s.last_s) for s in spots]
    for candidate, far in zip(candidates, is_far.tolist(), strict=True):
        near = [(_distance(candidate, s), row) for row, s in enumerate(spots) if _is_at(candidate, s)]
        if near:
            row = min(near)[1]
            spot = spots[row]
            gained = 0.0 if spot.last_s == t_s else span_s if far else NEAR_REST * span_s
            x, y = spot.x + follow * (candidate.x - spot.x), spot.y + follow * (candidate.y - spot.y)
            spots[row] = BallSpot(x, y, spot.seen_s + gained, t_s)
        else:
            spots.append(BallSpot(candidate.x, candidate.y, 0.0, t_s))
    kept = sorted(spots, key=lambda s: (-s.seen_s, -s.last_s))
    return kept[:MOST_SPOTS]


def _distance(candidate: BallCandidate, spot: BallSpot) -> float:
    return math.hypot(candidate.x - spot.x, candidate.y - spot.y)


def _is_at(candidate: BallCandidate, spot: BallSpot) -> bool:
    return _distance(candidate, spot) <= SPOT_RADIUS * candidate.unit
