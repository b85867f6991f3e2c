"""Figures: what they draw from plain data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tacticeye.charts import (
    clock,
    event_table,
    event_timeline,
    heatmap,
    possession_over_time,
)
from tacticeye.labels import Labels
from tacticeye.possession_charts import momentum, possession_curve
from tacticeye.team_colours import team_colours
from tacticeye.texts import get_texts
from tacticeye.types import NO_TEAM, ControlState, EventKind, EventResult

COLOURS = team_colours({}, is_dark=False)
LABELS = Labels(get_texts("en"))


def spans(*rows: tuple[ControlState, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["state", "start_s", "end_s"])


def events(*rows: tuple[EventKind, EventResult, float, int, int, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["kind", "result", "t_start_s", "team", "track_from", "track_to"])
    return table.assign(t_end_s=table["t_start_s"] + 1.0, confidence=0.5, event_id=range(len(table)))


@pytest.mark.parametrize(
    ("t_s", "shown"), [(0.0, "00:00"), (61.9, "01:01"), (5400.0, "90:00"), (-0.04, "00:00"), (float("nan"), "--:--")]
)
def test_times_are_shown_as_minutes_and_seconds(t_s: float, shown: str) -> None:
    assert clock(t_s) == shown


def test_columns_of_possession_share_out_every_second_of_video() -> None:
    figure = possession_over_time(
        spans((ControlState.TEAM_0, 0, 3.5), (ControlState.UNSEEN, 3.5, 4.0), (ControlState.TEAM_1, 4.0, 10.0))
    , COLOURS, LABELS)  # fmt: skip
    seconds = figure.rows.groupby("who")["seconds"].sum()
    assert seconds["Team A"] == pytest.approx(3.5)
    assert seconds["Team B"] == pytest.approx(6.0)
    assert seconds["Not counted"] == pytest.approx(0.5)


def test_each_column_of_possession_reaches_from_nothing_to_everything() -> None:
    rows = possession_over_time(
        spans((ControlState.TEAM_1, 2.0, 3.4), (ControlState.DEAD, 3.4, 5.0)), COLOURS, LABELS
    ).rows  # fmt: skip
    columns = rows.groupby("start_ms")
    assert np.allclose(columns["from"].min(), 0)
    assert np.allclose(columns["to"].max(), 1)


def test_a_whole_match_fits_in_a_phone_s_width_of_columns() -> None:
    rows = possession_over_time(spans((ControlState.TEAM_0, 0, 5700)), COLOURS, LABELS).rows
    assert rows["start_ms"].nunique() <= 72


def test_the_description_of_possession_stays_the_same_while_the_match_grows() -> None:
    early = possession_over_time(spans((ControlState.TEAM_0, 0, 3)), COLOURS, LABELS)
    late = possession_over_time(spans((ControlState.TEAM_0, 0, 3), (ControlState.TEAM_1, 3, 900)), COLOURS, LABELS)
    assert early.spec == late.spec


def test_the_description_stays_the_same_when_a_shirt_s_colour_is_seen_better() -> None:
    better = team_colours({0: (200, 20, 20), 1: (20, 20, 120)}, is_dark=False)
    what = spans((ControlState.TEAM_0, 0, 3))
    assert possession_over_time(what, COLOURS, LABELS).spec == possession_over_time(what, better, LABELS).spec
    grid = np.ones((36, 64))
    assert (
        heatmap(grid, 1.6, COLOURS.teams[0], COLOURS, LABELS).spec
        == heatmap(grid, 1.6, better.teams[0], better, LABELS).spec
    )


def test_possession_of_nothing_is_an_empty_figure() -> None:
    assert possession_over_time(spans(), COLOURS, LABELS).rows.empty


def test_not_counted_time_says_of_what_it_is_made() -> None:
    rows = possession_over_time(
        spans((ControlState.UNSEEN, 0, 0.6), (ControlState.DEAD, 0.6, 1.0)), COLOURS, LABELS
    ).rows
    assert rows.loc[rows["who"] == "Not counted", "detail"].tolist() == ["ball out of play 0.4 s, ball not seen 0.6 s"]


def test_events_are_told_in_words() -> None:
    table = event_table(events((EventKind.PASS, EventResult.INCOMPLETE, 65.0, 1, 7, -1)), LABELS)
    assert table.iloc[0].to_dict() == {
        "time": "01:05",
        "team": "Team B",
        "kind": "Pass",
        "result": "lost",
        "from": "#7",
        "to": "",
        "confidence": 0.5,
    }


def test_an_event_of_an_unsure_team_is_called_unsure() -> None:
    table = event_table(events((EventKind.BALL_OUT, EventResult.NONE, 1.0, -1, -1, -1)), LABELS)
    assert table.loc[0, "team"] == "Unsure"


def test_every_kind_and_result_of_event_has_a_name() -> None:
    rows = [(kind, result, 1.0, 0, 1, 2) for kind in EventKind for result in EventResult]
    assert len(event_timeline(events(*rows), 10.0, COLOURS, LABELS).rows) == len(rows)


def test_passes_that_did_not_come_off_are_drawn_faint() -> None:
    rows = event_timeline(
        events((EventKind.PASS, EventResult.COMPLETE, 1.0, 0, 1, 2), (EventKind.PASS, EventResult.OUT, 2.0, 0, 1, -1)),
        10.0,
        COLOURS,
        LABELS,
    ).rows
    assert rows["strength"].iloc[1] < rows["strength"].iloc[0]


def test_a_timeline_without_events_can_be_drawn() -> None:
    assert event_timeline(events(), 10.0, COLOURS, LABELS).rows.empty


def test_the_heatmap_is_strongest_where_most_time_was_spent() -> None:
    grid = np.zeros((36, 64))
    grid[10, 20] = 5.0
    rows = heatmap(grid, 16 / 9, "#0072b2", COLOURS, LABELS).rows
    best = rows.iloc[int(rows["strength"].to_numpy().argmax())]
    assert (round(best["x"] * 64), round(best["y"] * 36)) == (20, 10)
    assert best["strength"] == pytest.approx(1.0)


def test_smoothing_a_heatmap_keeps_its_seconds() -> None:
    grid = np.random.default_rng(1).random((36, 64))
    assert heatmap(grid, 16 / 9, "#0072b2", COLOURS, LABELS).rows["seconds"].sum() == pytest.approx(grid.sum())


def test_an_empty_heatmap_is_all_background() -> None:
    assert heatmap(np.zeros((36, 64)), 16 / 9, "#0072b2", COLOURS, LABELS).rows["strength"].max() == 0


def test_events_of_nobody_s_team_are_outlines_whatever_colour_the_kits_have() -> None:
    told = events(
        (EventKind.BALL_OUT, EventResult.NONE, 3.0, NO_TEAM, -1, -1),
        (EventKind.PASS, EventResult.COMPLETE, 5.0, 1, 3, 4),
    )
    figure = event_timeline(told, 10.0, team_colours({0: (200, 30, 40), 1: (240, 240, 240)}, is_dark=False), LABELS)
    assert figure.rows["filled"].tolist() == [0.0, 1.0]
    assert figure.spec["encoding"]["fillOpacity"]["field"] == "filled"


def test_each_mark_of_a_figure_that_is_drawn_again_and_again_is_known_by_its_key() -> None:
    # Marks without one would pile up in the browser's memory.
    what = spans((ControlState.TEAM_0, 0, 300), (ControlState.TEAM_1, 300, 900))
    happened = events(*[(EventKind.PASS, EventResult.COMPLETE, t_s, 0, 1, 2) for t_s in (1.0, 2.0)])
    figures = (
        (possession_over_time(what, COLOURS, LABELS), None),
        (possession_curve(what, COLOURS, LABELS), 1),
        (momentum(what, COLOURS, LABELS), None),
        (event_timeline(happened, 900.0, COLOURS, LABELS), None),
    )
    for figure, layer in figures:
        drawn = figure.spec if layer is None else figure.spec["layer"][layer]
        assert figure.rows[drawn["encoding"]["key"]["field"]].is_unique


def test_figures_of_time_in_which_neither_team_had_the_ball_are_empty() -> None:
    nobody = spans((ControlState.TEAM_0, 0, 300), (ControlState.UNSEEN, 300, 900))
    assert momentum(nobody, COLOURS, LABELS).rows.empty
    assert possession_curve(nobody.iloc[1:], COLOURS, LABELS).rows.empty


def test_the_curve_of_possession_is_one_unbroken_line() -> None:
    rows = possession_curve(spans((ControlState.TEAM_0, 0, 300), (ControlState.TEAM_1, 300, 900)), COLOURS, LABELS).rows
    assert rows["before_ms"].tolist()[1:] == rows["t_ms"].tolist()[:-1]
    assert rows["before"].tolist()[1:] == rows["share"].tolist()[:-1]
    assert rows["share"].iloc[-1] == pytest.approx(1 / 3)
