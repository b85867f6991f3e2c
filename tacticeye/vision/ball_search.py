"""Where the ball is looked for at native resolution: about its expected place, and little by little everywhere.

A ball of some 10 px is lost when a whole frame is scaled down for the detector; in a crop nothing is scaled. Each
analysed frame gets one crop about the place where the path expects the ball, and as many tiles of a grid over the
picture as it takes to see all of it about once a second, or faster while the ball is lost; a new shot is looked over
at once. What the crops show joins the candidates of the whole frame. Px of the source frame, seconds of video, so the
rate of analysis doesn't matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tacticeye.state_parts import BallSearchState
from tacticeye.types import Boxes, Image, Role

Corner = tuple[int, int]  # x, y of a crop's upper left, px

CROP_PX = 320
TILE_OVERLAP_PX = 32  # a ball on the seam is whole in one of two tiles
SWEEP_S = 1.0  # time in which the tiles see the whole picture
LOST_SWEEP_S = 0.5  # the same while the ball is lost
LONGEST_STEP_S = 0.25  # a frame never stands for longer
SAME_BALL = 0.75  # of a box's longer side: two candidates closer than that are one


class BallFinder(Protocol):
    """Finds ball candidates in crops."""

    def find(self, crops: Sequence[Image]) -> list[NDArray[np.float32]]:
        """(N, 5) float32 of each crop (h, w, 3) uint8 BGR: x1, y1, x2, y2 in px of the crop, score 0..1, best first."""
        ...


class BallSearch:
    """Decides for each frame which crops are worth a look, and looks."""

    def __init__(self, state: BallSearchState, finder: BallFinder) -> None:
        self._finder = finder
        self._t_s = state.t_s
        self._next_tile = state.next_tile
        self._due = state.due

    def state(self) -> BallSearchState:
        return BallSearchState(t_s=self._t_s, next_tile=self._next_tile, due=self._due)

    def look(
        self,
        image: Image,
        frame: int,
        t_s: float,
        found: Boxes,
        expected_xy: NDArray[np.float64] | None,
        *,
        is_new_shot: bool = False,
    ) -> Boxes:
        """The candidates `found` in the whole frame and those of the crops. expected_xy (2,) px, None while lost."""
        step_s = 0.0 if not np.isfinite(self._t_s) else min(t_s - self._t_s, LONGEST_STEP_S)
        self._t_s = t_s
        width, height = image.shape[1], image.shape[0]
        if is_new_shot:
            corners = tiles(width, height)
        else:
            corners = self._due_tiles(width, height, step_s, is_lost=expected_xy is None)
        if expected_xy is not None:
            corners.insert(0, crop_about(expected_xy, width, height))
        if not corners:
            return found
        crops = [np.ascontiguousarray(image[y : y + CROP_PX, x : x + CROP_PX]) for x, y in corners]
        seen = [
            rows + np.array([x, y, x, y, 0], np.float32)
            for rows, (x, y) in zip(self._finder.find(crops), corners, strict=True)
        ]
        rows = np.concatenate(seen)
        balls = Boxes.build(frame=frame, t_s=t_s, xyxy=rows[:, :4], score=rows[:, 4], role=Role.BALL)
        return joined(found, balls)

    def _due_tiles(self, width: int, height: int, step_s: float, *, is_lost: bool) -> list[Corner]:
        grid = tiles(width, height)
        self._due = min(self._due + len(grid) * step_s / (LOST_SWEEP_S if is_lost else SWEEP_S), float(len(grid)))
        n = int(self._due)
        self._due -= n
        first = self._next_tile % len(grid)
        self._next_tile = (first + n) % len(grid)
        return [grid[(first + i) % len(grid)] for i in range(n)]


def tiles(width: int, height: int) -> list[Corner]:
    """Upper left corners of crops that cover the picture, row by row."""
    return [(x, y) for y in _starts(height) for x in _starts(width)]


def _starts(length: int) -> list[int]:
    last = max(length - CROP_PX, 0)
    n = int(np.ceil(last / (CROP_PX - TILE_OVERLAP_PX)))
    return [round(last * i / n) for i in range(n + 1)] if n else [0]


def crop_about(place: NDArray[np.float64], width: int, height: int) -> Corner:
    """Upper left corner of the crop whose middle is nearest to `place` (2,) px and which lies within the picture."""
    x, y = (round(float(v)) - CROP_PX // 2 for v in place)
    return min(max(x, 0), max(width - CROP_PX, 0)), min(max(y, 0), max(height - CROP_PX, 0))


def joined(found: Boxes, seen: Boxes) -> Boxes:
    """The candidates of both; of those for the same ball only the one with the best score stays."""
    both = Boxes.concatenate([found, seen])
    both = both.select(np.argsort(-both.score, kind="stable"))
    centre, reach = both.centre_xy, SAME_BALL * (both.xyxy[:, 2:] - both.xyxy[:, :2]).max(axis=1, initial=0)
    kept: list[int] = []
    for row in range(len(both)):
        if all(np.hypot(*(centre[row] - centre[k])) > max(reach[row], reach[k]) for k in kept):
            kept.append(row)
    return both.select(np.array(kept, np.intp))
