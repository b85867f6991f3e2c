"""Where the ball is looked for at full resolution: about its expected place, and little by little everywhere.

A ball of some 10 px is lost when a whole frame is scaled down for the detector; in a crop nothing is, and a close look
even doubles it, which the network for balls likes best. Each analysed frame gets one close look at the place where the
path expects the ball, and as many tiles of a grid over the picture as it takes to see all of it about once a second, or
faster while the ball is lost; a new shot is looked over at once. What is found joins the candidates of the whole frame.
Px of the source frame, seconds of video, so the rate of analysis doesn't matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.state_parts import BallSearchState
from tacticeye.types import Boxes, Image, Role

Corner = tuple[int, int]  # x, y of a crop's upper left, px

CROP_PX = 320
CLOSE_PX = 160  # of the picture, scaled up to a crop, about the expected place
SMALL_PICTURE_PX = 540  # shorter side below which a ball is too small without scaling: tiles are close looks too
TILE_OVERLAP = 0.1  # of a tile: a ball on the seam is whole in one of two
SWEEP_S = 1.0  # time in which the tiles see the whole picture
LOST_SWEEP_S = 0.5  # the same while the ball is lost
LONGEST_STEP_S = 0.25  # a frame never stands for longer
SAME_BALL = 0.75  # of a box's longer side: two candidates closer than that are one


class BallFinder(Protocol):
    """Finds ball candidates in crops."""

    def find(self, crops: Sequence[Image]) -> list[NDArray[np.float32]]:
        """(N, 5) float32 of each crop (h, w, 3) uint8 BGR: x1, y1, x2, y2 in px of the crop, score 0..1, best first."""
        ...


@dataclass(frozen=True)
class View:
    """A square of the picture, `size` px, as a crop of CROP_PX. x, y: its upper left, px."""

    x: int
    y: int
    size: int

    def of(self, image: Image) -> Image:
        part = image[self.y : self.y + self.size, self.x : self.x + self.size]
        if self.size == CROP_PX:
            return np.ascontiguousarray(part)
        zoom = CROP_PX / self.size
        return np.asarray(cv2.resize(part, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_LINEAR), np.uint8)

    def in_frame(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 5): boxes in px of the crop -> px of the frame."""
        to_frame = np.array([*[self.size / CROP_PX] * 4, 1], np.float32)
        return np.asarray(rows * to_frame + np.array([self.x, self.y, self.x, self.y, 0], np.float32))


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
        grid = tiles(width, height)
        views = grid if is_new_shot else self._next_of(grid, step_s, is_lost=expected_xy is None)
        if expected_xy is not None:
            views = [view_about(expected_xy, width, height), *views]
        if not views:
            return found
        answers = self._finder.find([view.of(image) for view in views])
        rows = np.concatenate([view.in_frame(answer) for view, answer in zip(views, answers, strict=True)])
        balls = Boxes.build(frame=frame, t_s=t_s, xyxy=rows[:, :4], score=rows[:, 4], role=Role.BALL)
        return joined(found, balls)

    def _next_of(self, grid: list[View], step_s: float, *, is_lost: bool) -> list[View]:
        self._due = min(self._due + len(grid) * step_s / (LOST_SWEEP_S if is_lost else SWEEP_S), float(len(grid)))
        n = int(self._due)
        self._due -= n
        first = self._next_tile % len(grid)
        self._next_tile = (first + n) % len(grid)
        return [grid[(first + i) % len(grid)] for i in range(n)]


def tiles(width: int, height: int) -> list[View]:
    """Views that cover the picture, row by row."""
    size = CLOSE_PX if min(width, height) < SMALL_PICTURE_PX else CROP_PX
    return [View(x, y, size) for y in _starts(height, size) for x in _starts(width, size)]


def _starts(length: int, size: int) -> list[int]:
    last = max(length - size, 0)
    n = int(np.ceil(last / (size * (1 - TILE_OVERLAP))))
    return [round(last * i / n) for i in range(n + 1)] if n else [0]


def view_about(place: NDArray[np.float64], width: int, height: int) -> View:
    """The close look whose middle is nearest to `place` (2,) px and which lies within the picture."""
    return View(*crop_about(place, width, height, CLOSE_PX), CLOSE_PX)


def crop_about(place: NDArray[np.float64], width: int, height: int, size: int = CROP_PX) -> Corner:
    """Upper left corner of the square whose middle is nearest to `place` (2,) px and which lies within the picture."""
    x, y = (round(float(v)) - size // 2 for v in place)
    return min(max(x, 0), max(width - size, 0)), min(max(y, 0), max(height - size, 0))


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
