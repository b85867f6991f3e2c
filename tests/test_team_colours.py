"""Team colours: like the kits where that works, always readable, never alike."""

from __future__ import annotations

import pytest

from tacticeye.team_colours import _contrast, _difference, _rgb, team_colours

WHITE, BLACK, RED = (250, 250, 250), (12, 12, 12), (200, 25, 30)
GREEN, NAVY, SKY = (40, 120, 30), (20, 25, 70), (120, 190, 240)


def kits(first: tuple[int, int, int], second: tuple[int, int, int]) -> dict[int, tuple[int, int, int]]:
    return {0: first, 1: second}


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("pair", [(WHITE, RED), (BLACK, SKY), (NAVY, WHITE), (RED, GREEN), (SKY, NAVY)])
def test_colours_stand_out_from_the_page_and_from_each_other(
    pair: tuple[tuple[int, int, int], tuple[int, int, int]], is_dark: bool
) -> None:
    colours = team_colours(kits(*pair), is_dark)
    first, second = (_rgb(colour) for colour in colours.teams)
    background = _rgb(colours.background)
    assert _contrast(first, background) >= 2.95
    assert _contrast(second, background) >= 2.95
    assert _difference(first, second) >= 0.1


def test_colours_follow_kits_that_can_be_told_apart() -> None:
    colours = team_colours(kits(RED, NAVY), is_dark=False)
    assert colours.follows_kits
    assert colours.teams == ("#c8191e", "#141946")


@pytest.mark.parametrize("is_dark", [False, True])
def test_red_against_white_stays_red_against_white(is_dark: bool) -> None:
    assert team_colours(kits((184, 64, 74), (232, 232, 228)), is_dark).follows_kits


def test_kits_that_look_alike_give_way_to_colours_that_do_not() -> None:
    colours = team_colours(kits(NAVY, (25, 30, 80)), is_dark=False)
    assert not colours.follows_kits
    assert colours.shirts == ("#141946", "#191e50")


def test_swatches_show_the_shirt_as_it_was_seen() -> None:
    assert team_colours(kits(WHITE, RED), is_dark=False).shirts == ("#fafafa", "#c8191e")


def test_unknown_kits_have_no_swatch() -> None:
    assert team_colours({}, is_dark=True).shirts == (None, None)
