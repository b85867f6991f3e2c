"""MatchState survives JSON without losing a bit, and its summary states what it counts."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacticeye.errors import StorageError
from tacticeye.match_state import FileSystemStorage, MatchState, Progress, get_default_storage
from tacticeye.state_parts import Totals, TrackerState
from tacticeye.types import ControlState, StreamPosition

FLOATS = st.floats(allow_nan=False)


@given(
    seconds=st.dictionaries(st.sampled_from(list(ControlState)), FLOATS),
    passes=st.dictionaries(st.integers(-1, 1), st.integers(0, 10**9)),
    end_s=FLOATS,
    pts=st.integers(-(2**62), 2**62),
)
def test_json_gives_back_every_bit_and_integer_keys(
    seconds: dict[ControlState, float], passes: dict[int, int], end_s: float, pts: int
) -> None:
    totals = Totals(seconds_by_state=seconds, passes_complete_by_team=passes)
    state = MatchState("m", progress=Progress(position=StreamPosition(1, 0.04, pts), end_s=end_s), totals=totals)
    again = MatchState.from_json(state.to_json())
    assert repr(again) == repr(state)  # repr, because NaN is not equal to itself
    assert again.to_json() == state.to_json()


def test_nan_stays_nan_in_json() -> None:
    again = MatchState.from_json(MatchState("m", tracker=TrackerState(t_s=math.nan)).to_json())
    assert math.isnan(again.tracker.t_s)


def test_a_saved_state_is_loaded_equal(tmp_path: Path) -> None:
    state = MatchState("derby", progress=Progress(next_batch=3, position=StreamPosition(74, 2.96, 37888)))
    (tmp_path / "matches" / "derby").mkdir(parents=True)
    storage = get_default_storage(tmp_path)
    storage.save(state)
    assert repr(storage.load("derby")) == repr(state)
    assert repr(MatchState.load_from_file(tmp_path / "matches" / "derby" / "state.json")) == repr(state)


def test_a_match_without_saved_state_loads_as_none(tmp_path: Path) -> None:
    assert FileSystemStorage(tmp_path).load("nobody") is None


def test_a_missing_state_file_is_named_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"state\.json"):
        MatchState.load_from_file(tmp_path / "state.json")


def test_a_torn_state_file_is_named_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"match_id": "de')
    with pytest.raises(StorageError, match="no state of a match"):
        MatchState.load_from_file(tmp_path / "state.json")


def test_shares_are_of_the_time_in_control_and_the_rest_is_stated() -> None:
    seconds = {ControlState.TEAM_0: 30.0, ControlState.TEAM_1: 10.0, ControlState.UNSEEN: 60.0}
    summary = MatchState("m", totals=Totals(seconds_by_state=seconds)).get_summary()
    assert summary["possession"]["percent_by_team"] == {0: 75.0, 1: 25.0}
    assert summary["possession"]["seconds_unseen"] == 60.0


def test_without_any_control_there_is_no_share() -> None:
    seconds = {ControlState.UNSEEN: 60.0}
    summary = MatchState("m", totals=Totals(seconds_by_state=seconds)).get_summary()
    assert summary["possession"]["percent_by_team"] == {0: None, 1: None}


def test_the_summary_says_finished_only_when_the_source_was_read_to_its_end() -> None:
    state = MatchState("m")
    assert state.get_summary()["status"] == "stopped"
    assert replace(state, progress=Progress(is_finished=True)).get_summary()["status"] == "finished"
    assert state.get_summary(status="crashed")["status"] == "crashed"
