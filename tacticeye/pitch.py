"""The 105 x 68 m pitch: markings and landmarks in metres, origin bottom-left corner, x along the touchline, y up.

Lines are drawn on their geometric axis: the few centimetres of paint are not modelled here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

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
# People up to this far outside the lines take part in the match: throw-ins, corners, keepers behind the goal line.
OUTSIDE_MARGIN_M = 3.0

MIDDLE_X_M = LENGTH_M / 2
MIDDLE_Y_M = WIDTH_M / 2

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


@dataclass(frozen=True)
class PitchLayout:
    """Size and markings of a pitch in metres. Areas lie at both ends, the spot in front of each goal.

    area depths are measured from the goal line, widths along it; circle_radius_m: of the centre circle and of the arc
    at the penalty area, which is there only where the circle around the spot reaches over the box line. rounded_area:
    futsal's penalty area, two quarter circles of its depth around the posts joined by a line.
    """

    length_m: float = LENGTH_M
    width_m: float = WIDTH_M
    penalty_area_depth_m: float = PENALTY_AREA_DEPTH_M
    penalty_area_width_m: float = PENALTY_AREA_WIDTH_M
    goal_area_depth_m: float = GOAL_AREA_DEPTH_M
    goal_area_width_m: float = GOAL_AREA_WIDTH_M
    penalty_spot_m: float = PENALTY_SPOT_M
    circle_radius_m: float = CIRCLE_RADIUS_M
    has_arc: bool = True
    rounded_area: bool = False
    goal_width_m: float = GOAL_WIDTH_M

    @property
    def size_m(self) -> tuple[float, float]:
        return self.length_m, self.width_m


FULL_PITCH = PitchLayout()
# Usual markings of smaller games; the size of the ground itself is a setting, for it differs from club to club.
LAYOUTS: Mapping[str, PitchLayout] = {
    "11": FULL_PITCH,
    "9": PitchLayout(73.0, 46.0, 12.0, 29.0, 4.5, 14.0, 8.0, 7.0, has_arc=False, goal_width_m=4.88),
    "7": PitchLayout(60.0, 40.0, 9.0, 24.0, 3.0, 12.0, 9.0, 6.0, has_arc=False, goal_width_m=6.0),
    "futsal": PitchLayout(
        40.0, 20.0, 6.0, 15.0, 0.0, 0.0, 6.0, 3.0, has_arc=False, rounded_area=True, goal_width_m=3.0
    ),
}
YARD_M = 0.9144
_SIZE = re.compile(r"(\d+(?:[.,]\d+)?)\s*[x×]\s*(\d+(?:[.,]\d+)?)\s*(m|yd)?", re.IGNORECASE)  # noqa: RUF001
_SIDES_M = (15.0, 130.0)


def read_size(text: str) -> tuple[float, float]:
    """(length, width) m from "105x68", "100 x 64 m" or "115x75 yd". Raises ValueError with what is expected."""
    found = _SIZE.fullmatch(text.strip())
    if found is not None:
        unit = YARD_M if (found[3] or "m").lower() == "yd" else 1.0
        length, width = (float(found[i].replace(",", ".")) * unit for i in (1, 2))
        if _SIDES_M[0] <= width <= length <= _SIDES_M[1]:
            return length, width
    raise ValueError(
        f"length x width in metres or yards, like 105x68 or 115x75 yd, {_SIDES_M[0]:g} to {_SIDES_M[1]:g} m"
    )


def pitch_layout(kind: str = "11", size: str = "") -> PitchLayout:
    """The layout of a kind of game (a key of LAYOUTS) on a ground of `size` (as for read_size; "": the usual one).

    Raises ValueError for an unknown kind or size.
    """
    if kind not in LAYOUTS:
        raise ValueError("one of " + ", ".join(LAYOUTS))
    layout = LAYOUTS[kind]
    if not size:
        return layout
    length, width = read_size(size)
    return replace(layout, length_m=length, width_m=width)


def pitch_layout_of(config_json: str) -> PitchLayout:
    """The layout that a match's stored settings name; settings of before there was a choice mean the usual pitch."""
    fields = json.loads(config_json)
    return pitch_layout(fields.get("pitch_kind", "11"), fields.get("pitch_size", ""))


@dataclass(frozen=True, eq=False)
class Marking:
    """One painted line or curve. points_m (K, 2) float64, metres, in drawing order; a straight line has two."""

    name: str
    points_m: NDArray[np.float64]


def keypoints_m(layout: PitchLayout = FULL_PITCH) -> NDArray[np.float64]:
    """(32, 2) float64 m: the keypoints in the order of KEYPOINT_NAMES, NaN for those that a layout hasn't.

    "Top" is the far touchline, y = width.
    """
    middle_x, middle_y = layout.length_m / 2, layout.width_m / 2
    across = (
        layout.width_m,
        middle_y + layout.penalty_area_width_m / 2,
        middle_y + layout.goal_area_width_m / 2,
        middle_y - layout.goal_area_width_m / 2,
        middle_y - layout.penalty_area_width_m / 2,
        0.0,
    )
    half_chord = _arc_half_chord(layout)
    box, radius = layout.penalty_area_depth_m, layout.circle_radius_m
    left = [(0.0, y) for y in across]
    left += [(layout.goal_area_depth_m, across[2]), (layout.goal_area_depth_m, across[3])]
    left += [(layout.penalty_spot_m, middle_y)]
    left += [(box, across[1]), (box, middle_y + half_chord), (box, middle_y - half_chord), (box, across[4])]
    middle = [(middle_x, layout.width_m), (middle_x, middle_y + radius), (middle_x, middle_y - radius), (middle_x, 0.0)]
    right = [(layout.length_m - x, y) for x, y in [*left[9:13], left[8], left[6], left[7], *left[:6]]]
    circle = [(middle_x - radius, middle_y), (middle_x + radius, middle_y)]
    points = np.array(left + middle + right + circle, np.float64)
    if not layout.goal_area_depth_m:
        points[[2, 3, 6, 7, 22, 23, 26, 27]] = np.nan
    if layout.rounded_area:
        points[[1, 4, 9, 12, 17, 20, 25, 28]] = np.nan
    return points


def markings(arc_step_m: float = 0.25, layout: PitchLayout = FULL_PITCH) -> tuple[Marking, ...]:
    """Every line, circle, arc and spot. Curves are sampled about every `arc_step_m` metres; a spot is one point."""
    length, width = layout.size_m
    middle = (length / 2, width / 2)
    made = [
        _closed("boundary", (0.0, 0.0), (length, width)),
        Marking("halfway", np.array([(middle[0], 0.0), (middle[0], width)])),
        Marking("circle", _arc(middle, layout.circle_radius_m, 0.0, math.tau, arc_step_m)),
        Marking("centre_spot", np.array([middle])),
    ]
    for m in _left_end(layout, arc_step_m):
        made.append(Marking(f"left_{m.name}", m.points_m))
    for m in _left_end(layout, arc_step_m):
        made.append(Marking(f"right_{m.name}", np.stack([length - m.points_m[:, 0], m.points_m[:, 1]], axis=1)))
    for name, x, y, start in (
        ("corner_bottom_left", 0.0, 0.0, 0.0),
        ("corner_bottom_right", length, 0.0, math.pi / 2),
        ("corner_top_right", length, width, math.pi),
        ("corner_top_left", 0.0, width, 1.5 * math.pi),
    ):
        made.append(Marking(name, _arc((x, y), CORNER_RADIUS_M, start, start + math.pi / 2, arc_step_m)))
    return tuple(made)


def goal_frames_m() -> NDArray[np.float64]:
    """(2, 4, 3) float64 m: foot, head, head and foot of the posts (x, y, height) of the left and the right goal."""
    low, high = MIDDLE_Y_M - GOAL_WIDTH_M / 2, MIDDLE_Y_M + GOAL_WIDTH_M / 2
    frame = [(low, 0.0), (low, GOAL_HEIGHT_M), (high, GOAL_HEIGHT_M), (high, 0.0)]
    return np.array([[(x, y, z) for y, z in frame] for x in (0.0, LENGTH_M)], np.float64)


def is_inside(
    xy_m: NDArray[np.float64], margin_m: float = 0.0, size_m: tuple[float, float] = (LENGTH_M, WIDTH_M)
) -> NDArray[np.bool_]:
    """(...,) bool for points (..., 2) m: within the pitch of `size_m` grown by `margin_m`; NaN is outside."""
    x, y = xy_m[..., 0], xy_m[..., 1]
    return (x >= -margin_m) & (x <= size_m[0] + margin_m) & (y >= -margin_m) & (y <= size_m[1] + margin_m)


def _arc_half_chord(layout: PitchLayout) -> float:
    """m: half of what the box line cuts from the circle around the spot; NaN where there is no arc."""
    reach = layout.penalty_area_depth_m - layout.penalty_spot_m
    if not layout.has_arc or reach >= layout.circle_radius_m:
        return math.nan
    return math.sqrt(layout.circle_radius_m**2 - reach**2)


def _left_end(layout: PitchLayout, step_m: float) -> list[Marking]:
    middle_y = layout.width_m / 2
    spot = (layout.penalty_spot_m, middle_y)
    made = [_penalty_area(layout, step_m)]
    if layout.goal_area_depth_m:
        made.append(_three_sides("goal_area", layout.goal_area_depth_m, layout.goal_area_width_m / 2, middle_y))
    made.append(Marking("penalty_spot", np.array([spot])))
    if math.isfinite(_arc_half_chord(layout)):
        opening = math.acos((layout.penalty_area_depth_m - layout.penalty_spot_m) / layout.circle_radius_m)
        made.append(Marking("arc", _arc(spot, layout.circle_radius_m, -opening, opening, step_m)))
    return made


def _penalty_area(layout: PitchLayout, step_m: float) -> Marking:
    middle_y, depth = layout.width_m / 2, layout.penalty_area_depth_m
    if not layout.rounded_area:
        return _three_sides("penalty_area", depth, layout.penalty_area_width_m / 2, middle_y)
    low, high = middle_y - layout.goal_width_m / 2, middle_y + layout.goal_width_m / 2
    quarter = math.pi / 2
    return Marking(
        "penalty_area",
        np.concatenate(
            [_arc((0.0, low), depth, -quarter, 0.0, step_m), _arc((0.0, high), depth, 0.0, quarter, step_m)]
        ),
    )


def _three_sides(name: str, depth_m: float, half_width_m: float, middle_y_m: float) -> Marking:
    low, high = middle_y_m - half_width_m, middle_y_m + half_width_m
    return Marking(name, np.array([(0.0, low), (depth_m, low), (depth_m, high), (0.0, high)]))


def _closed(name: str, low: tuple[float, float], high: tuple[float, float]) -> Marking:
    return Marking(name, np.array([low, (high[0], low[1]), high, (low[0], high[1]), low]))


def _arc(
    centre_m: tuple[float, float], radius_m: float, start: float, stop: float, step_m: float
) -> NDArray[np.float64]:
    n = max(3, math.ceil((stop - start) * radius_m / step_m) + 1)
    angle = np.linspace(start, stop, n)
    return np.stack([centre_m[0] + radius_m * np.cos(angle), centre_m[1] + radius_m * np.sin(angle)], axis=1)
