"""Blocks of the pages: what they say, and that what users typed stays text."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from tacticeye.dashboard import panels, words
from tacticeye.errors import MatchNotFoundError
from tacticeye.labels import Labels
from tacticeye.match_queue import MatchStatus
from tacticeye.service import MatchCard
from tacticeye.state_parts import Totals
from tacticeye.team_colours import team_colours
from tacticeye.texts import get_texts
from tacticeye.types import ControlState, EventKind, EventResult

COLOURS = team_colours({}, is_dark=False)
TEXTS = get_texts("en")
LABELS = Labels(TEXTS)
CARD = MatchCard(
    match_id="derby", title="Derby", status=MatchStatus.RUNNING, share=0.5, t_s=30.0, total_s=60.0, speed=2.0,
    batch_idx=9, created_at=0.0, queue_place=0, message="", preview_path=None, quiet_s=1.0,
)  # fmt: skip
HOSTILE = "<img src=x onerror=alert(1)>"


def test_a_title_is_text_and_never_markup() -> None:
    html = panels.match_state(replace(CARD, title=HOSTILE), TEXTS)
    assert HOSTILE not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html


def test_the_demo_match_is_called_so_in_the_readers_language_whatever_it_was_begun_in() -> None:
    spanish, english = get_texts("es"), get_texts("en")
    assert spanish("new.tab_demo") in panels.match_state(replace(CARD, title=english("new.tab_demo")), spanish)
    assert english("new.tab_demo") in panels.match_state(replace(CARD, title=spanish("new.tab_demo")), english)


def test_an_error_is_text_and_never_markup() -> None:
    assert HOSTILE not in panels.problem(MatchNotFoundError(HOSTILE), get_texts("es"))


def test_shares_of_possession_are_of_the_time_in_which_a_team_has_the_ball() -> None:
    totals = Totals(seconds_by_state={ControlState.TEAM_0: 30, ControlState.TEAM_1: 10, ControlState.UNSEEN: 60})
    html = panels.possession(totals, COLOURS, LABELS, is_going_on=False)
    assert "75<small>%" in html
    assert "25<small>%" in html
    assert "Shares of the 00:40" in html
    assert "40% of the video" in html
    assert "ball not seen 01:00" in html


def test_the_bar_of_possession_is_full_from_the_first_tenth_of_a_second() -> None:
    html = panels.possession(Totals(seconds_by_state={ControlState.TEAM_1: 0.1}), COLOURS, LABELS, is_going_on=True)
    assert "flex-grow:100.00" in html


def test_possession_without_any_control_is_a_dash_and_not_a_half() -> None:
    html = panels.possession(Totals(seconds_by_state={ControlState.UNSEEN: 20}), COLOURS, LABELS, is_going_on=True)
    assert "<small>%" not in html
    assert words.UNKNOWN in html
    assert "Now: ball not seen" in html


def test_who_has_the_ball_now_is_told_only_while_it_goes_on() -> None:
    totals = Totals(seconds_by_state={ControlState.TEAM_0: 1}, current_state=ControlState.TEAM_0)
    assert "has the ball" in panels.possession(totals, COLOURS, LABELS, is_going_on=True)
    assert "has the ball" not in panels.possession(totals, COLOURS, LABELS, is_going_on=False)


def test_trust_figures_of_nothing_are_dashes() -> None:
    assert panels.trust({}, TEXTS).count(words.UNKNOWN) == 6


def test_the_feed_begins_with_the_newest_event() -> None:
    events = pd.DataFrame(
        {
            "kind": [EventKind.SHOT, EventKind.PASS],
            "result": [EventResult.NONE, EventResult.COMPLETE],
            "t_start_s": [61.0, 2.0],
            "team": [1, 0],
            "track_from": [9, 4],
            "track_to": [-1, 8],
            "confidence": [0.9, 0.8],
        }
    )
    html = panels.feed(events, COLOURS, LABELS)
    assert html.index("01:01") < html.index("00:02")
    assert "#4 to #8" in html


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"status": MatchStatus.RUNNING}, "Analysing"),
        ({"status": MatchStatus.WAITING, "queue_place": 2}, "In the queue, place 2"),
        ({"status": MatchStatus.WAITING}, "Starting"),
        ({"status": MatchStatus.STOPPED, "batch_idx": -1}, "Not started"),
        ({"status": MatchStatus.CRASHED}, "Crashed"),
    ],
)
def test_every_status_has_a_name(changes: dict[str, object], name: str) -> None:
    assert words.status_name(replace(CARD, **changes), TEXTS) == name  # type: ignore[arg-type]


def test_time_left_follows_from_the_speed() -> None:
    assert "about 15 s left" in words.progress_facts(CARD, TEXTS)


def test_a_worker_without_news_for_minutes_is_told() -> None:
    assert "No news for 2 min" in words.status_sentence(replace(CARD, quiet_s=130.0), TEXTS)


def test_a_stop_says_from_where_it_goes_on() -> None:
    assert "00:30" in words.status_sentence(replace(CARD, status=MatchStatus.STOPPED), TEXTS)
