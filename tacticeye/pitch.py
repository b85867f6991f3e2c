"""The 105 x 68 m pitch: markings and landmarks in metres, origin bottom-left corner, x along the touchline, y up.

Lines are drawn on their geometric axis: the few centimetres of paint are not modelled here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LENGTH_M = 105.0
WIDTH_M = 68.0
PENALTY_AREA_DEPTH_M = 16.5
PENALTY_AREA_WIDTH_M = 40.32
GOAL_AREA_DEPTH_M = 5.5
GOAL_AREA_WIDTH_M = 18.32
PENALTY_SPOT_M = 11.0
CIRCLE_RADIUS_M = 9.15
CORNER_RADIUS_M = 1.0
GOAL_WIDTH_M = 7.32
GOAL_HEIGHT_M = 2.44
LINE_WIDTH_M = 0.12

MIDDLE_X_M = LENGTH_M / 2
MIDDLE_Y_M = WIDTH_M / 2
# Half the chord that the box line cuts from the circle around the penalty spot: sqrt(9.15^2 - 5.5^2) = 7.31 m.
ARC_HALF_CHORD_M = math.sqrt(CIRCLE_RADIUS_M**2 - (PENALTY_AREA_DEPTH_M - PENALTY_SPOT_M) ** 2)

# The 32 keypoints in the order of the pitch data sets. Numbers 10, 11, 18 and 19 are where the penalty arc meets the
# box line; a widely used table puts them at the goal area's width, up to 2 m off.
KEYPOINT_NAMES: tuple[str, ...] = (
    "left_goal_line_top", "left_box_goal_line_top", "left_goal_area_goal_line_top",
    "left_goal_area_goal_line_bottom", "left_box_goal_line_bottom", "left_goal_line_bottom",
    "left_goal_area_top", "left_goal_area_bottom", "left_penalty_spot",
    "left_box_top", "left_arc_top", "left_arc_bottom", "left_box_bottom",
    "halfway_top", "circle_top", "circle_bottom", "halfway_bottom",
    "right_box_top", "right_arc_top", "right_arc_bottom", "right_box_bottom",
    "right_penalty_spot", "right_goal_area_top", "right_goal_area_bottom",
    "right_goal_line_top", "right_box_goal_line_top", "right_goal_area_goal_line_top",
    "right_goal_area_goal_line_bottom", "right_box_goal_line_bottom", "right_goal_line_bottom",
    "circle_left", "circle_right",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Marking:
    """One painted line or curve. points_m (K, 2) float64, metres, in drawing order; a straight line has two."""

    name: str
    points_m: NDArray[np.float64]


def keypoints_m() -> NDArray[np.float64]:
    """(32, 2) float64 m: the keypoints in the order of KEYPOINT_NAMES. "Top" is the far touchline, y = 68."""
    across = (
        WIDTH_M,
        MIDDLE_Y_M + PENALTY_AREA_WIDTH_M / 2,
        MIDDLE_Y_M + GOAL_AREA_WIDTH_M / 2,
        MIDDLE_Y_M - GOAL_AREA_WIDTH_M / 2,
        MIDDLE_Y_M - PENALTY_AREA_WIDTH_M / 2,
        0.0,
    )
    arc = (MIDDLE_Y_M + ARC_HALF_CHORD_M, MIDDLE_Y_M - ARC_HALF_CHORD_M)
    box = PENALTY_AREA_DEPTH_M
    left = [(0.0, y) for y in across]
    left += [(GOAL_AREA_DEPTH_M, across[2]), (GOAL_AREA_DEPTH_M, across[3]), (PENALTY_SPOT_M, MIDDLE_Y_M)]
    left += [(box, across[1]), (box, arc[0]), (box, arc[1]), (box, across[4])]
    middle = [
        (MIDDLE_X_M, WIDTH_M),
        (MIDDLE_X_M, MIDDLE_Y_M + CIRCLE_RADIUS_M),
        (MIDDLE_X_M, MIDDLE_Y_M - CIRCLE_RADIUS_M),
        (MIDDLE_X_M, 0.0),
    ]
    right = [(LENGTH_M - x, y) for x, y in [*left[9:13], left[8], left[6], left[7], *left[:6]]]
    circle = [(MIDDLE_X_M - CIRCLE_RADIUS_M, MIDDLE_Y_M), (MIDDLE_X_M + CIRCLE_RADIUS_M, MIDDLE_Y_M)]
    return np.array(left + middle + right + circle, np.float64)


def markings(arc_step_m: float = 0.25) -> tuple[Marking, ...]:
    """Every line, circle, arc and spot. Curves are sampled about every `arc_step_m` metres; a spot is one point."""
    made = [
        _closed("boundary", (0.0, 0.0), (LENGTH_M, WIDTH_M)),
        Marking("halfway", np.array([(MIDDLE_X_M, 0.0), (MIDDLE_X_M, WIDTH_M)])),
        Marking("circle", _arc((MIDDLE_X_M, MIDDLE_Y_M), CIRCLE_RADIUS_M, 0.0, math.tau, arc_step_m)),
        Marking("centre_spot", np.array([(MIDDLE_X_M, MIDDLE_Y_M)])),
    ]
    for side, mirror in (("left", _same), ("right", _mirrored)):
        made += [Marking(f"{side}_{m.name}", mirror(m.points_m)) for m in _left_end(arc_step_m)]
    for name, x, y, start in (
        ("corner_bottom_left", 0.0, 0.0, 0.0),
        ("corner_bottom_right", LENGTH_M, 0.0, math.pi / 2),
        ("corner_top_right", LENGTH_M, WIDTH_M, math.pi),
        ("corner_top_left", 0.0, WIDTH_M, 1.5 * math.pi),
    ):
        made.append(Marking(name, _arc((x, y), CORNER_RADIUS_M, start, start + math.pi / 2, arc_step_m)))
    return tuple(made)


def goal_frames_m() -> NDArray[np.float64]:
    """(2, 4, 3) float64 m: foot, head, head and foot of the posts (x, y, height) of the left and the right goal."""
    low, high = MIDDLE_Y_M - GOAL_WIDTH_M / 2, MIDDLE_Y_M + GOAL_WIDTH_M / 2
    frame = [(low, 0.0), (low, GOAL_HEIGHT_M), (high, GOAL_HEIGHT_M), (high, 0.0)]
    return np.array([[(x, y, z) for y, z in frame] for x in (0.0, LENGTH_M)], np.float64)


def is_inside(xy_m: NDArray[np.float64], margin_m: float = 0.0) -> NDArray[np.bool_]:
    """(...,) bool for points (..., 2) m: within the pitch grown by `margin_m`; NaN is outside."""
    x, y = xy_m[..., 0], xy_m[..., 1]
    return (x >= -margin_m) & (x <= LENGTH_M + margin_m) & (y >= -margin_m) & (y <= WIDTH_M + margin_m)


def _left_end(step_m: float) -> list[Marking]:
    half_box, half_goal_area = PENALTY_AREA_WIDTH_M / 2, GOAL_AREA_WIDTH_M / 2
    opening = math.acos((PENALTY_AREA_DEPTH_M - PENALTY_SPOT_M) / CIRCLE_RADIUS_M)
    return [
        _three_sides("penalty_area", PENALTY_AREA_DEPTH_M, half_box),
        _three_sides("goal_area", GOAL_AREA_DEPTH_M, half_goal_area),
        Marking("penalty_spot", np.array([(PENALTY_SPOT_M, MIDDLE_Y_M)])),
        Marking("arc", _arc((PENALTY_SPOT_M, MIDDLE_Y_M), CIRCLE_RADIUS_M, -opening, opening, step_m)),
    ]


def _three_sides(name: str, depth_m: float, half_width_m: float) -> Marking:
    low, high = MIDDLE_Y_M - half_width_m, MIDDLE_Y_M + half_width_m
    return Marking(name, np.array([(0.0, low), (depth_m, low), (depth_m, high), (0.0, high)]))


def _closed(name: str, low: tuple[float, float], high: tuple[float, float]) -> Marking:
    return Marking(name, np.array([low, (high[0], low[1]), high, (low[0], high[1]), low]))


def _arc(
    centre_m: tuple[float, float], radius_m: float, start: float, stop: float, step_m: float
) -> NDArray[np.float64]:
    n = max(3, math.ceil((stop - start) * radius_m / step_m) + 1)
    angle = np.linspace(start, stop, n)
    return np.stack([centre_m[0] + radius_m * np.cos(angle), centre_m[1] + radius_m * np.sin(angle)], axis=1)


def _same(points_m: NDArray[np.float64]) -> NDArray[np.float64]:
    return points_m


def _mirrored(points_m: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([LENGTH_M - points_m[:, 0], points_m[:, 1]], axis=1)
