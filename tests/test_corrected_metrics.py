"""Entries into the final third and the box follow the passes and carries that made them."""

from __future__ import annotations

import pandas as pd
import pytest

from tacticeye.corrected_metrics import METRIC_COLUMNS, without_gone
from tacticeye.corrections import Overrides, correct_events, fold
from tacticeye.ledger import NotLive, PinPlayer, RejectEvent
from tacticeye.pitch import FULL_PITCH
from tacticeye.types import Event, EventKind, EventResult


def made(*moves: tuple[EventKind, float, int, float, float]) -> pd.DataFrame:
    """Passes and carries of team 0 as the store tells them: kind, t_start_s, track, x from, x to (m)."""
    rows = []
    for event_id, (kind, t_s, track, x_from, x_to) in enumerate(moves):
        result = EventResult.COMPLETE if kind is EventKind.PASS else EventResult.NONE
        there = Event(kind, result, t_s, t_s + 1, 0, track, 6, (0.0, 0.0), (0.0, 0.0), 0.9)
        names = ("kind", "result", "t_start_s", "t_end_s", "team", "track_from", "track_to", "confidence", "source")
        rows.append(
            {"event_id": event_id, **{name: getattr(there, name) for name in names},
             "x_from": 0.0, "y_from": 0.0, "x_to": 0.0, "y_to": 0.0,
             "pitch_x_from": x_from, "pitch_y_from": 34.0, "pitch_x_to": x_to, "pitch_y_to": 34.0}
        )  # fmt: skip
    return pd.DataFrame(rows).astype({"kind": str, "result": str})


def entries(o: Overrides, events: pd.DataFrame, *counted: tuple[int, int, str, float]) -> dict[tuple[int, str], float]:
    """By track and name after corrections; counted: rows of minute, track, name, value, all of team 0."""
    detected = pd.DataFrame([(minute, 0, *rest) for minute, *rest in counted], columns=list(METRIC_COLUMNS))
    table = without_gone(detected, events, correct_events(events, o), FULL_PITCH)
    return dict(zip(zip(table["track"], table["name"], strict=True), table["value"], strict=True))


THROUGH = (EventKind.PASS, 10.0, 5, 60.0, 92.0)
COUNTED = ((0, 5, "final_third_entries", 1.0), (0, 5, "box_entries", 1.0))


@pytest.mark.parametrize("correction", [RejectEvent(0), NotLive(9.0, 12.0), PinPlayer(6, team=1)])
def test_a_pass_that_is_gone_takes_its_entries_with_it(correction: RejectEvent | NotLive | PinPlayer) -> None:
    assert not entries(fold([correction]), made(THROUGH), *COUNTED)


def test_other_passes_keep_theirs() -> None:
    again = (EventKind.CARRY, 30.0, 5, 65.0, 75.0)
    counted = ((0, 5, "final_third_entries", 2.0), COUNTED[1])
    assert entries(fold([RejectEvent(0)]), made(THROUGH, again), *counted) == {(5, "final_third_entries"): 1.0}


def test_several_that_are_gone_all_take_theirs() -> None:
    again = (EventKind.CARRY, 30.0, 5, 65.0, 75.0)
    counted = ((0, 5, "final_third_entries", 2.0), COUNTED[1])
    assert not entries(fold([RejectEvent(0), RejectEvent(1)]), made(THROUGH, again), *counted)


def test_a_pass_into_the_own_third_takes_nothing() -> None:
    back = (EventKind.PASS, 30.0, 5, 50.0, 30.0)
    further = (EventKind.PASS, 40.0, 7, 65.0, 75.0)
    counted = ((0, 5, "final_third_entries", 1.0), (0, 7, "final_third_entries", 1.0), COUNTED[1])
    events = made(THROUGH, back, further)
    both = {(5, "final_third_entries"): 1.0, (7, "final_third_entries"): 1.0, (5, "box_entries"): 1.0}
    assert entries(fold([RejectEvent(1)]), events, *counted) == both
    assert entries(fold([RejectEvent(0)]), events, *counted) == {(7, "final_third_entries"): 1.0}


def test_before_the_side_was_known_nothing_was_counted_and_nothing_is_taken() -> None:
    assert not entries(fold([RejectEvent(0)]), made(THROUGH))
