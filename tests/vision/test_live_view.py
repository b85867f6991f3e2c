"""The decision whether a picture shows the match."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from tacticeye.state_parts import LiveViewState
from tacticeye.vision.live_view import LiveView, View, find_view, grass_share

MATCH = View(grass_share=0.7, n_people=18, height=0.1)
CLOSE_UP = View(grass_share=0.6, n_people=2, height=0.7)
REPLAY = View(grass_share=0.6, n_people=6, height=0.25)
STAND = View(grass_share=0.02, n_people=12, height=0.1)


def test_a_shot_is_judged_at_its_first_frame() -> None:
    live = LiveView(LiveViewState())
    assert live.update(MATCH, 0.0, is_cut=True)
    assert not live.update(CLOSE_UP, 0.2, is_cut=True)
    assert live.update(MATCH, 0.4, is_cut=True)


def test_a_picture_without_grass_is_not_the_match() -> None:
    assert not LiveView(LiveViewState()).update(STAND, 0.0, is_cut=True)


@pytest.mark.parametrize("hz", [5.0, 25.0])
def test_within_a_shot_the_decision_changes_after_a_fixed_time(hz: float) -> None:
    live = LiveView(LiveViewState())
    live.update(MATCH, 0.0, is_cut=True)
    times = 1 + np.arange(0, 2 * hz) / hz
    changed = next(t for t in times if not live.update(CLOSE_UP, float(t), is_cut=False))
    assert changed - times[0] == pytest.approx(0.6, abs=1.01 / hz)


def test_someone_who_runs_past_the_lens_does_not_stop_the_match() -> None:
    live = LiveView(LiveViewState())
    live.update(MATCH, 0.0, is_cut=True)
    views = [MATCH, CLOSE_UP, CLOSE_UP, MATCH, CLOSE_UP, MATCH]
    assert all(live.update(view, 0.2 * i, is_cut=False) for i, view in enumerate(views, 1))


def test_a_new_shot_with_far_larger_people_is_a_replay() -> None:
    live = LiveView(LiveViewState())
    live.update(MATCH, 0.0, is_cut=True)
    assert not live.update(REPLAY, 5.0, is_cut=True)
    assert live.update(MATCH, 9.0, is_cut=True)


def test_the_main_camera_may_zoom_in_within_its_shot() -> None:
    live = LiveView(LiveViewState())
    live.update(MATCH, 0.0, is_cut=True)
    assert all(live.update(REPLAY, 0.2 * i, is_cut=False) for i in range(1, 20))


def test_a_closer_camera_that_stays_becomes_the_match_view() -> None:
    live = LiveView(LiveViewState())
    live.update(MATCH, 0.0, is_cut=True)
    answers = [live.update(REPLAY, float(t), is_cut=t == 1) for t in range(1, 26)]
    assert not answers[0] and answers[-1]


def test_one_person_who_fills_the_picture_outweighs_the_crowd_behind() -> None:
    picture = np.zeros((180, 320, 3), np.uint8)
    view = find_view(picture, np.array([600.0, 60, 60, 60, 55, 50, 62]), 720)
    assert view.height == pytest.approx(600 / 720)
    assert math.isnan(find_view(picture, np.zeros(0), 720).height)


@pytest.mark.parametrize(
    ("bgr", "is_grass"),
    [
        ((45, 130, 60), True),
        ((30, 150, 150), True),
        ((20, 58, 25), True),
        ((235, 230, 225), False),
        ((110, 110, 110), False),
        ((60, 110, 190), False),
        ((180, 90, 30), False),
    ],
    ids=["grass", "yellowish", "dark indoor turf", "ice", "asphalt", "wood", "water"],
)
def test_grounds_are_told_apart_by_hue(bgr: tuple[int, int, int], is_grass: bool) -> None:
    hsv = cv2.cvtColor(np.full((90, 160, 3), bgr, np.uint8), cv2.COLOR_BGR2HSV)
    assert grass_share(hsv) == (1.0 if is_grass else 0.0)


def test_grass_without_people_after_a_cut_is_a_close_up_whose_person_was_missed() -> None:
    live = LiveView(LiveViewState())
    live.update(MATCH, 0.0, is_cut=True)
    assert not live.update(View(grass_share=0.8, n_people=0, height=math.nan), 5.0, is_cut=True)


def test_a_closer_camera_does_not_become_the_match_view_by_a_small_zoom() -> None:
    live = LiveView(LiveViewState())
    live.update(MATCH, 0.0, is_cut=True)
    live.update(REPLAY, 5.0, is_cut=True)
    wider = View(grass_share=0.6, n_people=6, height=0.16)
    assert not any(live.update(wider, 5.0 + 0.2 * i, is_cut=False) for i in range(1, 20))
