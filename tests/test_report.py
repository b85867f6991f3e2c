"""The printable page: only what was seen well enough, and nothing that users named is markup."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tacticeye import ledger
from tacticeye.analysis.definitions import PossessionDefinition, defined_shares
from tacticeye.config import Settings
from tacticeye.labels import Labels
from tacticeye.ledger import NamePlayer
from tacticeye.match_views import EventsView, LiveView
from tacticeye.people_views import PeopleView
from tacticeye.report import report_html
from tacticeye.service import Service
from tacticeye.store import BallCoverage
from tacticeye.team_colours import team_colours
from tacticeye.texts import LANGUAGES, get_texts
from tests.browser.match_folders import make_match, stand_as

HOSTILE = "<script>alert(1)</script>"
COLOURS = team_colours({}, is_dark=False)
Views = tuple[LiveView, EventsView, PeopleView]


@pytest.fixture
def views(tmp_path: Path) -> Views:
    made = make_match(tmp_path, "derby", HOSTILE, batches=6)
    stand_as(made, "finished")
    ledger.append(made, NamePlayer(4, HOSTILE, 9))
    service = Service(Settings(data_dir=tmp_path))
    return service.live_view("derby"), service.events_view("derby"), service.people_view("derby")


def labels(views: Views, language: str = "en") -> Labels:
    return Labels(get_texts(language), (HOSTILE, ""), views[0].overrides.names)


def test_names_are_text_and_never_markup(views: Views) -> None:
    html = report_html(views[0], views[1].events, views[2], COLOURS, labels(views))
    assert HOSTILE not in html
    assert html.count("&lt;script&gt;") > 2


def test_nothing_is_fetched_from_anywhere(views: Views) -> None:
    html = report_html(views[0], views[1].events, views[2], COLOURS, labels(views))
    assert "http" not in html
    assert "src=" not in html


def test_possession_is_left_out_where_too_little_of_the_ball_was_seen(views: Views) -> None:
    poor = replace(views[0], coverage=BallCoverage(100, 0.2, 0.1, 0.7))
    text = get_texts("en")("report.too_little_ball")
    assert text in report_html(poor, views[1].events, views[2], COLOURS, labels(views))
    assert text not in report_html(views[0], views[1].events, views[2], COLOURS, labels(views))


def test_events_that_the_analysis_is_unsure_of_are_left_out(views: Views) -> None:
    unsure = views[1].events.assign(confidence=0.3)
    full = report_html(views[0], views[1].events, views[2], COLOURS, labels(views))
    assert len(report_html(views[0], unsure, views[2], COLOURS, labels(views))) < len(full)


def test_possession_is_told_by_the_definition_asked_for(views: Views) -> None:
    told = [
        report_html(views[0], views[1].events, views[2], COLOURS, labels(views), definition)
        for definition in PossessionDefinition
    ]
    for html, share in zip(told, defined_shares(views[0].totals), strict=True):
        assert f"{share.percent_by_team[1]:.0f}%</span></div>" in html
        assert get_texts("en")(f"formula.{share.definition}")[1:] in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_every_language(views: Views, language: str) -> None:
    html = report_html(views[0], views[1].events, views[2], COLOURS, labels(views, language))
    assert f"<html lang='{language}'>" in html
    assert get_texts(language)("report.moments") in html


def test_a_turnover_names_whoever_won_the_ball(views: Views) -> None:
    won = views[1].events.assign(kind="INTERCEPTION", track_from=71, track_to=72, confidence=0.9).head(1)
    html = report_html(views[0], won, views[2], COLOURS, labels(views))
    assert "#72" in html
    assert "#71" not in html
