"""How far and how fast people ran, from their mean places second by second: pure, metres and seconds.

The mean over a second smooths the jitter of feet and calibration. Speed is from one second's place to the next one's;
over seconds without a place nothing is measured.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

# Nobody runs faster, m/s: such a step is somebody else's place, not running.
FASTEST_M_S = 12.0
# Where sprinting begins, m/s (25.2 km/h), as is usual in match reports; for two steps on end, so that no single step
# that is wrong makes one.
SPRINT_M_S = 7.0
LEAST_STEPS = 2

RUNNING_COLUMNS = ("distance_m", "seconds_measured", "top_speed_m_s", "sprints")


def running(places: pd.DataFrame) -> pd.DataFrame:
    """RUNNING_COLUMNS by track. places: track, second, x, y m, one row a track and second that has a place.

    top_speed_m_s: the highest kept for LEAST_STEPS steps, NaN where there are no two steps on end. seconds_measured:
    steps that count.
    """
    known = places.sort_values(["track", "second"])
    step = known.groupby("track")[["second", "x", "y"]].diff()
    speed = np.hypot(step["x"], step["y"])
    counts = known[["track", "second"]].assign(speed=speed)[(step["second"] == 1) & (speed <= FASTEST_M_S)]
    before = counts.groupby("track")[["second", "speed"]].shift()
    is_next = counts["second"] - before["second"] == 1
    kept = counts["speed"].where(counts["speed"] < before["speed"], before["speed"]).where(is_next)
    is_fast = kept >= SPRINT_M_S
    begins = is_fast & ~(is_fast.groupby(counts["track"]).shift(fill_value=False) & is_next)
    by_track = counts.assign(kept=kept, begins=begins).groupby("track")
    return pd.DataFrame(
        {
            "distance_m": by_track["speed"].sum(),
            "seconds_measured": by_track.size(),
            "top_speed_m_s": by_track["kept"].max(),
            "sprints": by_track["begins"].sum(),
        }
    )
