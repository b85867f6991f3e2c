"""Periods of play: guessed only from what tells them, kept in the ledger, and turned with the teams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tacticeye import ledger
from tacticeye.corrections import fold
from tacticeye.errors import CorrectionError
from tacticeye.ledger import FirstEnds, Period, SetPeriods, SwapTeams, Undo, in_force
from tacticeye.match_files import MatchFolder
from tacticeye.periods import guess_periods

NO_LEADS = pd.DataFrame({"minute": [], "lead_m": []})
HALVES = np.array([[10.0, 2800.0], [2830.0, 2900.0], [3800.0, 6700.0]])  # a replay of half a minute in the first


def leads(*means: float) -> pd.DataFrame:
    """One value a minute from the video's beginning."""
    return pd.DataFrame({"minute": np.arange(len(means)), "lead_m": means})


def test_the_long_break_is_half_time_and_kick_offs_begin_the_halves() -> None:
    found = guess_periods(HALVES, [42.0, 1500.0, 3815.0], NO_LEADS, 6800.0)
    assert found.half_time == "break"
    assert [(p.start_s, p.end_s, p.to_right) for p in found.periods] == [(42.0, 2900.0, -1), (3815.0, 6700.0, -1)]


def test_without_a_break_a_change_of_ends_tells_half_time_to_the_minute() -> None:
    found = guess_periods(np.array([[0.0, 1200.0]]), [], leads(*[8.0] * 10, *[-8.0] * 10), 1200.0)
    assert found.half_time == "ends"
    assert [(p.start_s, p.end_s, p.to_right) for p in found.periods] == [(0.0, 600.0, 0), (600.0, 1200.0, 1)]


def test_teams_that_stand_level_tell_no_ends_and_short_breaks_no_half_time() -> None:
    found = guess_periods(np.array([[0.0, 500.0], [600.0, 1200.0]]), [], leads(*[1.0] * 20), 1200.0)
    assert found.half_time == ""
    assert [period.to_right for period in found.periods] == [-1]


def test_the_way_that_was_said_beforehand_counts_for_more_than_places_and_turns_at_half_time() -> None:
    found = guess_periods(np.array([[0.0, 1200.0]]), [], leads(*[8.0] * 10, *[-8.0] * 10), 1200.0, first_to_right=1)
    assert found.is_told
    assert [period.to_right for period in found.periods] == [1, 0]


def test_the_way_that_was_said_beforehand_stays_with_the_name_when_detected_teams_are_swapped() -> None:
    assert fold([FirstEnds(0), SwapTeams()]).first_to_right == 0


def test_periods_are_kept_and_can_be_taken_back(tmp_path: Path) -> None:
    folder = MatchFolder(tmp_path)
    halves = (Period(42.0, 2900.0, 0), Period(3815.0, 6700.0, 1))
    entry = ledger.append(folder, SetPeriods(halves))
    assert fold([e.correction for e in in_force(ledger.read_entries(folder))]).periods == halves
    ledger.append(folder, Undo(entry.number))
    assert fold([e.correction for e in in_force(ledger.read_entries(folder))]).periods == ()


def test_swapped_teams_attack_the_other_way() -> None:
    folded = fold([SetPeriods((Period(0.0, 9.0, 0), Period(9.0, 20.0))), SwapTeams()])
    assert [period.to_right for period in folded.periods] == [1, -1]


@pytest.mark.parametrize("periods", [(Period(5.0, 5.0),), (Period(0.0, 9.0), Period(8.0, 20.0))])
def test_periods_that_end_before_they_begin_or_overlap_are_refused(tmp_path: Path, periods: tuple[Period, ...]) -> None:
    with pytest.raises(CorrectionError, match="period"):
        ledger.append(MatchFolder(tmp_path), SetPeriods(periods))
