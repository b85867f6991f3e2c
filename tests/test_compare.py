"""Figures of one team over one stretch."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from tacticeye.compare import figures

SPANS = pd.DataFrame(
    {
        "state": ["team_0", "team_1", "not_live", "unseen", "team_0"],
        "track": -1,
        "start_s": [0.0, 30.0, 40.0, 100.0, 110.0],
        "end_s": [30.0, 40.0, 100.0, 110.0, 130.0],
    }
)
EVENTS = pd.DataFrame(
    {
        "kind": ["PASS", "PASS", "PASS", "INTERCEPTION"],
        "result": ["COMPLETE", "COMPLETE", "INCOMPLETE", ""],
        "team": [0, 0, 0, 1],
        "t_start_s": [1.0, 4.0, 8.0, 9.0],
        "t_end_s": [2.0, 5.0, 9.0, 9.0],
    }
)


def test_rates_leave_out_what_is_no_match_view() -> None:
    found = figures(SPANS, EVENTS, 0, 0.0, 130.0)
    assert found.control_share == pytest.approx(50 / 60)
    assert found.passes_per_minute == pytest.approx(3 / 70 * 60)
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.longest_string == 2
    assert found.seen_share == pytest.approx(60 / 70)


def test_a_stretch_takes_only_what_lies_in_it() -> None:
    found = figures(SPANS, EVENTS, 0, 3.0, 35.0)
    assert found.control_minutes == pytest.approx(27 / 60)
    assert found.control_share == pytest.approx(27 / 32)
    assert found.passes_per_minute == pytest.approx(2 / 32 * 60)


def test_of_a_stretch_without_anything_nothing_is_known() -> None:
    found = figures(SPANS, EVENTS, 1, 500.0, 600.0)
    assert math.isnan(found.control_share)
    assert math.isnan(found.passes_per_minute)
    assert math.isnan(found.accuracy)
