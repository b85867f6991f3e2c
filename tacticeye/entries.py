"""Entries into the final third and the box, counted anew from what was corrected once the user has told the ends.

An entry is a complete pass or a carry that ends in the zone and began outside it: from where its player stood when it
began to where the receiver (of a carry: he himself) stood when it ended. Who has no place then makes none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tacticeye.corrected_match import detected_family
from tacticeye.corrections import Overrides
from tacticeye.ledger import Period
from tacticeye.periods import ways
from tacticeye.pitch import PitchLayout, pitch_layout_of
from tacticeye.store import Snapshot
from tacticeye.store.pitch_presence import read_places_at
from tacticeye.types import NO_TRACK, EventKind, EventResult, Metric

ENTRIES = (Metric.FINAL_THIRD_ENTRIES, Metric.BOX_ENTRIES)
ENTRY_COLUMNS = ("name", "t_s", "team", "track")


def read_entries(snapshot: Snapshot, overrides: Overrides, events: pd.DataFrame) -> pd.DataFrame:
    """ENTRY_COLUMNS, one row an entry. events: as corrected. Only within the overrides' periods of known ends."""
    is_pass = (events["kind"] == EventKind.PASS) & (events["result"] == EventResult.COMPLETE)
    moves = events[(is_pass | (events["kind"] == EventKind.CARRY)) & (events["track_from"] != NO_TRACK)]
    to = moves["track_to"].where(moves["kind"] == EventKind.PASS, moves["track_from"])
    start = _places(snapshot, overrides, moves["track_from"], moves["t_start_s"])
    end = _places(snapshot, overrides, to, moves["t_end_s"])
    layout = pitch_layout_of(snapshot.match().config_json)
    return count_entries(moves, start, end, overrides.periods, layout)


def count_entries(
    moves: pd.DataFrame,
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    periods: Sequence[Period],
    layout: PitchLayout,
) -> pd.DataFrame:
    """start, end: (N, 2) m, places of the N moves as filmed, NaN unknown. moves: t_end_s, team, track_from."""
    way = ways(moves["t_end_s"].to_numpy(np.float64), moves["team"].to_numpy(np.int64), periods)
    begin, stop = (_to_right(places, way, layout) for places in (start, end))
    is_known = (way != 0) & np.isfinite(begin).all(axis=1) & np.isfinite(stop).all(axis=1)
    parts = []
    for metric, is_within in zip(ENTRIES, (_in_final_third, _in_box), strict=True):
        entered = moves[is_known & is_within(stop, layout) & ~is_within(begin, layout)]
        columns = {"t_s": entered["t_end_s"], "team": entered["team"], "track": entered["track_from"]}
        parts.append(pd.DataFrame({"name": str(metric), **columns}))
    return pd.concat(parts).sort_values("t_s", kind="stable", ignore_index=True)


def _to_right(places: NDArray[np.float64], way: NDArray[np.int64], layout: PitchLayout) -> NDArray[np.float64]:
    turned: NDArray[np.float64] = np.where((way < 0)[:, None], np.array(layout.size_m) - places, places)
    return turned


def _in_final_third(places: NDArray[np.float64], layout: PitchLayout) -> NDArray[np.bool_]:
    return np.asarray(places[:, 0] >= layout.length_m * 2 / 3)


def _in_box(places: NDArray[np.float64], layout: PitchLayout) -> NDArray[np.bool_]:
    is_deep = places[:, 0] >= layout.length_m - layout.penalty_area_depth_m
    return np.asarray(is_deep & (np.abs(places[:, 1] - layout.width_m / 2) <= layout.penalty_area_width_m / 2))


def _places(snapshot: Snapshot, overrides: Overrides, track: pd.Series, t_s: pd.Series) -> NDArray[np.float64]:
    """(N, 2) m where these people, by the ids shown, stood at these times."""
    shown, times = track.to_numpy(np.int64), t_s.to_numpy(np.float64)
    families = {int(t): detected_family(overrides, int(t)) for t in np.unique(shown) if t >= 0}
    asked = [(n, one, t) for n, (who, t) in enumerate(zip(shown.tolist(), times.tolist(), strict=True))
             for one in families.get(who, ())]  # fmt: skip
    found = read_places_at(snapshot, pd.DataFrame(asked, columns=["number", "track", "t_s"]))
    places = np.full((len(shown), 2), np.nan)
    places[found["number"].to_numpy(np.int64)] = found[["x", "y"]].to_numpy(np.float64)
    return places
