"""Distance, speed and sprints: nothing is measured over seconds without a place, and nobody runs 12 m/s."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tacticeye.running import running


def run(*speeds: float, track: int = 1, first: int = 0) -> pd.DataFrame:
    """Second by second along x at these speeds, m/s; NaN is a second without a place (he stands still meanwhile)."""
    x = np.concatenate([[0.0], np.cumsum(np.nan_to_num(speeds))])
    table = pd.DataFrame({"track": track, "second": first + np.arange(len(x)), "x": x, "y": 30.0})
    return table[~np.isnan([0.0, *speeds])]


def test_distance_and_top_speed_are_those_of_the_steps() -> None:
    found = running(pd.concat([run(2.0, 3.0, 5.0, 4.0), run(1.0, 1.0, track=2)])).loc[1]
    assert found["distance_m"] == 14.0
    assert found["seconds_measured"] == 4
    assert found["top_speed_m_s"] == 4.0  # kept over two steps


def test_a_jump_to_somebody_else_is_no_running() -> None:
    found = running(run(2.0, 30.0, 2.0)).loc[1]
    assert found["distance_m"] == 4.0
    assert found["seconds_measured"] == 2
    assert np.isnan(found["top_speed_m_s"])


def test_nothing_is_measured_over_a_second_without_a_place() -> None:
    found = running(run(2.0, float("nan"), 2.0, 2.0)).loc[1]
    assert found["seconds_measured"] == 2
    assert found["distance_m"] == pytest.approx(4.0)


def test_a_sprint_is_counted_once_and_a_single_fast_step_is_none() -> None:
    assert running(run(3.0, 7.5, 8.0, 8.5, 8.0, 3.0, 7.2, 7.1, 2.0)).loc[1, "sprints"] == 2
    assert running(run(3.0, 9.0, 3.0)).loc[1, "sprints"] == 0
