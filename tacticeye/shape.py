"""The shape of a team from where its people stood, second by second: pure functions from tables to figures.

People are rows (track, second, team, is_keeper, x, y, held): places in m, told so that every team attacks to the right
where the ends are known; held: team that had the ball then, -1 nobody or unknown. Figures are means over the seconds
that could be measured, with how many those are; NaN where none could.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tacticeye.pitch import PitchLayout

# Outfield players that must have a place in a second for the team's outline to be measured, by kind of game: one or two
# may be out of the picture, more would make the team look smaller than it is. And how many make up a line.
LEAST_OUTFIELD: Mapping[str, int] = {"11": 8, "9": 6, "7": 5, "futsal": 4}
IN_A_LINE: Mapping[str, int] = {"11": 4, "9": 3, "7": 2, "futsal": 2}
# On the board stand those seen longest, and only who was seen this long, s.
BOARD_PLAYERS: Mapping[str, int] = {"11": 11, "9": 9, "7": 7, "futsal": 5}
LEAST_ON_BOARD_S = 10
THIRDS, LANES = 3, 5


class Spread(NamedTuple):
    """Mean and standard deviation."""

    mean: float = float("nan")
    deviation: float = float("nan")


_UNKNOWN = Spread()


@dataclass(frozen=True, eq=False)
class TeamShape:
    """One team. seconds: in which its outline could be measured. in_a_line: players that make up a line.

    width, depth: of the outfield players, m. centre_x, centre_y: mean place of them, m. back_line, front_line: mean x
    of the deepest and of the most advanced, m from the own goal line; NaN where the ends aren't known. players: track,
    x, y, spread_x, spread_y, seconds. thirds (3,) along x, lanes (5,) across, y growing: shares of the players' time;
    held_thirds, held_lanes: of the time in which one of them held the ball.
    """

    seconds: int = 0
    in_a_line: int = IN_A_LINE["11"]
    width: Spread = _UNKNOWN
    depth: Spread = _UNKNOWN
    centre_x: Spread = _UNKNOWN
    centre_y: Spread = _UNKNOWN
    back_line: Spread = _UNKNOWN
    front_line: Spread = _UNKNOWN
    players: pd.DataFrame = field(default_factory=pd.DataFrame)
    thirds: tuple[float, ...] = (float("nan"),) * THIRDS
    lanes: tuple[float, ...] = (float("nan"),) * LANES
    held_thirds: tuple[float, ...] = (float("nan"),) * THIRDS
    held_lanes: tuple[float, ...] = (float("nan"),) * LANES


def team_shape(
    people: pd.DataFrame, holders: pd.DataFrame, team: int, layout: PitchLayout, kind: str, knows_ends: bool
) -> TeamShape:
    """people: as above. holders: track, second, seconds of who held the ball. kind: of LEAST_OUTFIELD."""
    own = people[people["team"] == team]
    outfield = own[~own["is_keeper"]].sort_values(["second", "x"])
    by_second = outfield.groupby("second")
    counts = by_second["x"].size()
    measured = counts[counts >= LEAST_OUTFIELD[kind]].index
    full = outfield[outfield["second"].isin(measured)]
    grouped = full.groupby("second")
    rank, n = grouped.cumcount(), grouped["x"].transform("size")
    back = full[rank < IN_A_LINE[kind]].groupby("second")["x"].mean()
    front = full[rank >= n - IN_A_LINE[kind]].groupby("second")["x"].mean()
    held = own.merge(holders, on=["track", "second"])
    return TeamShape(
        seconds=len(measured),
        in_a_line=IN_A_LINE[kind],
        width=_spread(grouped["y"].max() - grouped["y"].min()),
        depth=_spread(grouped["x"].max() - grouped["x"].min()),
        centre_x=_spread(grouped["x"].mean()),
        centre_y=_spread(grouped["y"].mean()),
        back_line=_spread(back) if knows_ends else _UNKNOWN,
        front_line=_spread(front) if knows_ends else _UNKNOWN,
        players=average_places(own, BOARD_PLAYERS[kind]),
        thirds=_shares(_thirds(own["x"], layout), THIRDS),
        lanes=_shares(_lanes(own["y"], layout), LANES),
        held_thirds=_shares(_thirds(held["x"], layout), THIRDS, held["seconds"]),
        held_lanes=_shares(_lanes(held["y"], layout), LANES, held["seconds"]),
    )


def average_places(people: pd.DataFrame, most: int) -> pd.DataFrame:
    """track, x, y, spread_x, spread_y (standard deviations), seconds, is_keeper; those seen longest first."""
    grouped = people.groupby("track")
    table = pd.DataFrame(
        {
            "x": grouped["x"].mean(),
            "y": grouped["y"].mean(),
            "spread_x": grouped["x"].std(ddof=0),
            "spread_y": grouped["y"].std(ddof=0),
            "seconds": grouped["x"].size(),
            "is_keeper": grouped["is_keeper"].first(),
        }
    ).reset_index()
    table = table[table["seconds"] >= LEAST_ON_BOARD_S]
    return table.sort_values(["seconds", "track"], ascending=[False, True]).head(most).reset_index(drop=True)


def lane_edges(layout: PitchLayout) -> NDArray[np.float64]:
    """(4,) m: where wing, half-space, centre, half-space and wing meet, drawn on from the sides of both areas.

    Where there is no goal area or a rounded penalty area, all five are equally wide.
    """
    middle = layout.width_m / 2
    if not layout.goal_area_width_m or layout.rounded_area:
        return np.asarray(layout.width_m * np.arange(1, LANES) / LANES)
    wide, narrow = layout.penalty_area_width_m / 2, layout.goal_area_width_m / 2
    return np.array([middle - wide, middle - narrow, middle + narrow, middle + wide])


def _thirds(x: pd.Series, layout: PitchLayout) -> NDArray[np.int64]:
    return np.clip(np.floor(x.to_numpy(np.float64) / layout.length_m * THIRDS), 0, THIRDS - 1).astype(np.int64)


def _lanes(y: pd.Series, layout: PitchLayout) -> NDArray[np.int64]:
    return np.searchsorted(lane_edges(layout), y.to_numpy(np.float64), side="right")


def _shares(zone: NDArray[np.int64], count: int, weight: pd.Series | None = None) -> tuple[float, ...]:
    total = np.bincount(zone, None if weight is None else weight.to_numpy(np.float64), minlength=count)
    return tuple((total / total.sum()).tolist()) if total.sum() > 0 else (float("nan"),) * count


def _spread(values: pd.Series) -> Spread:
    return Spread(float(values.mean()), float(values.std(ddof=0))) if len(values) else _UNKNOWN
