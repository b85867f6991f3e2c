"""The line that tells how far an analysis is."""

from __future__ import annotations

import pytest

from tacticeye.progress_bar import clock, describe


@pytest.mark.parametrize(("seconds", "text"), [(0, "00:00"), (59.9, "00:59"), (75, "01:15"), (5461, "1:31:01")])
def test_time_reads_as_on_a_stadium_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_all_that_is_known_is_shown() -> None:
    line = describe(t_s=15.0, total_s=60.0, speed=1.5)
    assert line == "[######------------------]  25 %  00:15 of 01:00  1.5 x real time  00:30 to go"


def test_what_is_unknown_is_left_out() -> None:
    assert describe(t_s=15.0, total_s=0.0, speed=0.0) == "00:15"


def test_a_container_that_claims_too_little_never_shows_more_than_all() -> None:
    assert "100 %" in describe(t_s=61.0, total_s=60.0, speed=2.0)
    assert "00:00 to go" in describe(t_s=61.0, total_s=60.0, speed=2.0)
