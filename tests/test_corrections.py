"""Corrections laid over what was detected: figures follow, the detected tables stay as they are."""

from __future__ import annotations

import pandas as pd
import pytest

from tacticeye.corrections import (
    Overrides,
    correct_events,
    correct_kits,
    correct_spans,
    correct_totals,
    correct_tracks,
    fold,
)
from tacticeye.ledger import (
    FIRST_SPLIT_TRACK,
    AddPass,
    MergeTracks,
    NamePlayer,
    NameTeam,
    NotLive,
    PinPlayer,
    RejectEvent,
    SplitTrack,
    SwapTeams,
)
from tacticeye.state_parts import Totals
from tacticeye.types import ControlState, EventKind, EventResult, Role

NEW = FIRST_SPLIT_TRACK


@pytest.fixture
def tracks() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "track": [1, 2, 3, 4],
            "role": [0, 0, 0, 0],
            "team": [0, 0, 1, 1],
            "team_margin": [0.9, 0.5, 0.8, 0.7],
            "first_s": [0.0, 30.0, 0.0, 5.0],
            "last_s": [20.0, 60.0, 60.0, 50.0],
            "n_boxes": [200, 300, 600, 450],
        }
    )


@pytest.fixture
def events() -> pd.DataFrame:
    """Two passes 1 to 2, one 3 to 4, an interception by 4 from 2."""
    return pd.DataFrame(
        {
            "event_id": [0, 1, 2, 3],
            "kind": ["PASS", "PASS", "PASS", "INTERCEPTION"],
            "result": ["COMPLETE", "COMPLETE", "COMPLETE", ""],
            "t_start_s": [1.0, 35.0, 40.0, 50.0],
            "t_end_s": [2.0, 36.0, 41.0, 50.0],
            "team": [0, 0, 1, 1],
            "track_from": [1, 1, 3, 2],
            "track_to": [2, 2, 4, 4],
            "x_from": [0.0] * 4, "y_from": [0.0] * 4, "x_to": [0.0] * 4, "y_to": [0.0] * 4,
            "confidence": [0.9] * 4,
            "source": ["auto"] * 4,
        }
    )  # fmt: skip


@pytest.fixture
def spans() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "state": ["team_0", "unseen", "team_1"],
            "track": [1, -1, 3],
            "start_s": [0.0, 10.0, 20.0],
            "end_s": [10.0, 20.0, 60.0],
        }
    )


def row(table: pd.DataFrame, track: int) -> dict[str, object]:
    return {str(k): v for k, v in table[table["track"] == track].iloc[0].to_dict().items()}


def test_without_corrections_everything_is_as_detected(tracks: pd.DataFrame, events: pd.DataFrame) -> None:
    names_only = fold([NamePlayer(1, "Ana", 7), NameTeam(0, "Reds", "#aa0000")])
    assert correct_tracks(tracks, names_only) is tracks
    assert correct_events(events, names_only) is events


def test_detected_tables_are_never_changed(tracks: pd.DataFrame, events: pd.DataFrame, spans: pd.DataFrame) -> None:
    before = [table.copy() for table in (tracks, events, spans)]
    o = fold([SwapTeams(), MergeTracks(2, 1), PinPlayer(3, 0), RejectEvent(0), NotLive(5, 30)])
    correct_tracks(tracks, o)
    correct_events(events, o)
    correct_spans(spans, o)
    for table, copy in zip((tracks, events, spans), before, strict=True):
        pd.testing.assert_frame_equal(table, copy)


def test_two_ids_merged_are_one_player_with_what_both_were_seen(tracks: pd.DataFrame) -> None:
    merged = correct_tracks(tracks, fold([MergeTracks(1, 2)]))
    assert merged["track"].tolist() == [2, 3, 4]
    assert row(merged, 2) | {"first_s": 0.0, "last_s": 60.0, "n_boxes": 500, "team_margin": 0.5} == row(merged, 2)


def test_merging_both_ways_is_no_circle(tracks: pd.DataFrame) -> None:
    assert correct_tracks(tracks, fold([MergeTracks(1, 2), MergeTracks(2, 1)]))["track"].tolist() == [1, 3, 4]


def test_a_pass_between_merged_ids_was_a_carry(events: pd.DataFrame) -> None:
    corrected = correct_events(events, fold([MergeTracks(2, 1)]))
    assert corrected["kind"].tolist()[:2] == [EventKind.CARRY, EventKind.CARRY]
    assert corrected["track_to"].tolist()[:2] == [-1, -1]


def test_a_split_gives_each_person_what_was_seen_of_him(tracks: pd.DataFrame, events: pd.DataFrame) -> None:
    o = fold([SplitTrack(1, 10.0, NEW)])
    sightings = pd.DataFrame({"track": 1, "t_s": [i / 10 for i in range(201)]})
    divided = correct_tracks(tracks, o, sightings)
    assert (row(divided, 1)["n_boxes"], row(divided, NEW)["n_boxes"]) == (100, 101)
    assert row(divided, NEW)["first_s"] == 10.0
    assert correct_events(events, o)["track_from"].tolist() == [1, NEW, 3, 2]


def test_a_split_id_can_be_merged_into_another(tracks: pd.DataFrame) -> None:
    o = fold([SplitTrack(1, 10.0, NEW), MergeTracks(NEW, 2)])
    assert o.shown_track(1, 5.0) == 1
    assert o.shown_track(1, 15.0) == 2


def test_swapped_teams_change_sides_everywhere(tracks: pd.DataFrame, events: pd.DataFrame, spans: pd.DataFrame) -> None:
    o = fold([SwapTeams()])
    assert correct_tracks(tracks, o)["team"].tolist() == [1, 1, 0, 0]
    assert correct_events(events, o)["team"].tolist() == [1, 1, 0, 0]
    assert correct_spans(spans, o)["state"].tolist() == ["team_1", "unseen", "team_0"]
    assert correct_kits({0: (1, 2, 3), 1: (4, 5, 6)}, o) == {1: (1, 2, 3), 0: (4, 5, 6)}


def test_swapping_twice_changes_nothing(tracks: pd.DataFrame) -> None:
    assert not fold([SwapTeams(), SwapTeams()]).changes_figures


def test_a_pinned_player_changes_sides_with_his_team(tracks: pd.DataFrame) -> None:
    assert row(correct_tracks(tracks, fold([PinPlayer(1, 1), SwapTeams()])), 1)["team"] == 0


def test_a_pass_to_somebody_of_the_other_team_was_lost(events: pd.DataFrame) -> None:
    corrected = correct_events(events, fold([PinPlayer(4, 0)]))
    assert corrected.loc[2, "result"] == EventResult.INCOMPLETE
    assert corrected["event_id"].tolist() == [0, 1, 2], "nobody loses the ball to a team-mate"


def test_a_passer_of_the_other_team_lost_the_ball_to_the_receiver(events: pd.DataFrame) -> None:
    corrected = correct_events(events, fold([PinPlayer(1, 1)]))
    assert corrected["team"].tolist() == [1, 1, 1, 1]
    assert corrected["result"].tolist() == ["INCOMPLETE", "INCOMPLETE", "COMPLETE", ""]


def test_a_lost_ball_keeps_its_winner_when_the_loser_is_pinned_where_he_was(events: pd.DataFrame) -> None:
    assert correct_events(events, fold([PinPlayer(2, 0)]))["team"].tolist() == [0, 0, 1, 1]


def test_a_pass_between_two_who_are_team_mates_was_complete(events: pd.DataFrame) -> None:
    lost = events.assign(result=["INCOMPLETE", "COMPLETE", "COMPLETE", ""])
    assert correct_events(lost, fold([PinPlayer(2, 0)]))["result"].tolist()[0] == "COMPLETE"


def test_a_referee_has_no_team_no_ball_and_no_passes(
    tracks: pd.DataFrame, events: pd.DataFrame, spans: pd.DataFrame
) -> None:
    o = fold([PinPlayer(1, None, Role.REFEREE)])
    assert row(correct_tracks(tracks, o), 1)["team"] == -1
    assert correct_events(events, o)["event_id"].tolist() == [2, 3]
    assert correct_spans(spans, o)["state"].tolist() == ["unseen", "unseen", "team_1"]


def test_passes_are_rejected_and_added(events: pd.DataFrame) -> None:
    o = fold([RejectEvent(0), AddPass(1, 12.0, 13.0, 3, 4)])
    corrected = correct_events(events, o)
    assert corrected["event_id"].tolist() == [1, 2, 3, -1]
    assert corrected.iloc[-1]["source"] == "human"
    assert corrected.dtypes.to_dict() == events.dtypes.to_dict()


def test_what_is_no_live_play_counts_for_nobody(events: pd.DataFrame, spans: pd.DataFrame) -> None:
    o = fold([NotLive(5.0, 38.0)])
    corrected = correct_spans(spans, o)
    seconds = (corrected["end_s"] - corrected["start_s"]).groupby(corrected["state"]).sum()
    assert seconds.to_dict() == {"team_0": 5.0, "not_live": 33.0, "team_1": 22.0}
    assert correct_events(events, o)["event_id"].tolist() == [0, 2, 3]


def test_a_stretch_inside_one_span_leaves_both_its_ends(spans: pd.DataFrame) -> None:
    corrected = correct_spans(spans, fold([NotLive(30.0, 40.0)]))
    assert corrected["start_s"].tolist() == [0.0, 10.0, 20.0, 30.0, 40.0]
    assert corrected["end_s"].tolist() == [10.0, 20.0, 30.0, 40.0, 60.0]


def test_totals_follow_spans_and_events(spans: pd.DataFrame, events: pd.DataFrame) -> None:
    totals = Totals(
        seconds_by_state={ControlState.TEAM_0: 10.0, ControlState.UNSEEN: 10.0, ControlState.TEAM_1: 40.0},
        passes_complete_by_team={0: 2, 1: 1},
        passes_attempted_by_team={0: 2, 1: 1},
        current_state=ControlState.TEAM_1,
        current_track=3,
    )
    o = fold([SwapTeams(), RejectEvent(0)])
    corrected = correct_totals(totals, o, correct_spans(spans, o), correct_events(events, o))
    assert corrected.seconds_by_state[ControlState.TEAM_0] == pytest.approx(40.0)
    assert corrected.seconds_by_state[ControlState.TEAM_1] == pytest.approx(10.0)
    assert corrected.passes_complete_by_team == {0: 1, 1: 1}
    assert corrected.current_state is ControlState.TEAM_0


def test_tables_without_rows_stay_without() -> None:
    o = fold([SwapTeams(), MergeTracks(1, 2)])
    assert correct_spans(pd.DataFrame({"state": [], "track": [], "start_s": [], "end_s": []}), o).empty
    assert isinstance(o, Overrides)
