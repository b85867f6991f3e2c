"""Where in the picture people spent their time; the pitch's heat is in pitch_presence.py."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tacticeye.store.records import HEAT_COLUMNS, HEAT_ROWS
from tacticeye.store.snapshot import ALL_ROWS, Snapshot
from tacticeye.types import Role


def read_heat(
    snapshot: Snapshot, minutes: tuple[int, int] | None = None, tracks: Sequence[int] | None = None
) -> NDArray[np.float64]:
    """Where did all players, or these tracks whatever their role, spend their time? minutes: half-open range.

    (36, 64) float64, seconds by cell of the picture, row 0 at the top. A box counts for the median time between
    analysed frames; while that is unknown (a single frame) every cell is 0.
    """
    first, end = minutes or (0, ALL_ROWS)
    cells = snapshot.query(
        """
        SELECT cell_y, cell_x, SUM(n) AS n
        FROM heat
        WHERE minute >= $first
            AND minute < $end
            AND (CAST($tracks AS INTEGER[]) IS NULL OR LIST_CONTAINS(CAST($tracks AS INTEGER[]), track))
            AND track IN (
                SELECT track
                FROM tracks
                WHERE CAST($tracks AS INTEGER[]) IS NOT NULL OR role IN ($player, $goalkeeper)
            )
        GROUP BY cell_y, cell_x
        """,
        {
            "first": first,
            "end": end,
            "tracks": None if tracks is None else [int(track) for track in tracks],
            "player": int(Role.PLAYER),
            "goalkeeper": int(Role.GOALKEEPER),
        },
    )
    grid = np.zeros((HEAT_ROWS, HEAT_COLUMNS))
    grid[cells["cell_y"], cells["cell_x"]] = cells["n"]
    return grid * snapshot.box_interval_s()
