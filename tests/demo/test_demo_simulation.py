"""The simulated play: deterministic, physically plausible, and a book that agrees with itself."""

from __future__ import annotations

import numpy as np
import pytest

from tacticeye.demo.play import Column, Outcome, Play
from tacticeye.demo.simulate import play_match

SECONDS = 25.0


@pytest.fixture(scope="module")
def play() -> Play:
    return play_match(3, SECONDS)


def test_the_same_seed_gives_the_same_play() -> None:
    one, two = play_match(5, 3.0), play_match(5, 3.0)
    assert np.array_equal(one.people, two.people)
    assert np.array_equal(one.ball, two.ball)
    assert one.control == two.control
    assert not np.array_equal(one.ball, play_match(6, 3.0).ball)


def test_people_run_no_faster_than_people_can(play: Play) -> None:
    steps = np.diff(play.people[..., [Column.X, Column.Y]], axis=0)
    speed = np.hypot(steps[..., 0], steps[..., 1]) * play.fps
    assert speed.max() < 8.5
    assert 1.0 < np.median(speed) < 3.5


def test_the_ball_flies_no_faster_than_a_hard_shot(play: Play) -> None:
    speed = np.linalg.norm(np.diff(play.ball, axis=0), axis=1) * play.fps
    assert speed.max() < 36
    assert play.ball[:, 2].min() > 0.1


def test_bodies_do_not_stay_inside_each_other(play: Play) -> None:
    places = play.people[..., [Column.X, Column.Y]]
    gaps = np.linalg.norm(places[:, :, None] - places[:, None], axis=3) + 9 * np.eye(places.shape[1])
    inside = gaps < 0.35
    longest = max(_longest_run(inside[:, i, k]) for i in range(len(play.members)) for k in range(i))
    assert longest / play.fps < 1.0


def test_control_covers_the_match_without_gaps(play: Play) -> None:
    assert play.control[0].start_s == 0
    assert play.control[-1].end_s == pytest.approx(SECONDS)
    for before, after in zip(play.control[:-1], play.control[1:], strict=True):
        assert before.end_s == after.start_s
        assert before.team != after.team


def test_passes_agree_with_control(play: Play) -> None:
    assert len(play.deliveries) >= 4
    for sent in play.deliveries:
        assert sent.t_release_s < sent.t_end_s
        assert _team_at(play, sent.t_release_s + 1e-3) == sent.team
        receiver = play.members[sent.person_to].team if sent.person_to >= 0 else -1
        assert _team_at(play, sent.t_end_s + 1e-3) == receiver
        assert (sent.outcome is Outcome.COMPLETE) == (receiver == sent.team)


def _team_at(play: Play, t_s: float) -> int:
    return next(c.team for c in play.control if c.start_s <= t_s < c.end_s)


def _longest_run(flags: np.ndarray) -> int:
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest
