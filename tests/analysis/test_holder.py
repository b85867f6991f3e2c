"""Whose touch it is where two are as near."""

from __future__ import annotations

import pytest

from tacticeye.types import EventKind, EventResult
from tests.analysis.scenes import Scene, run, stand


@pytest.mark.parametrize("team", [0, 1])
def test_of_two_who_are_as_near_the_team_mate_of_the_one_who_played_it_had_it(team: int) -> None:
    pair = stand(2, 0, 40.0, 30.5), stand(3, 1, 40.0, 29.5)
    people = (stand(1, team, 20.0, 30.0), *pair, stand(4, team, 58.0, 30.0))
    # It turns a little between the two, as at a touch, and nothing tells by whom.
    ball = ((0.0, 20.0, 30.0), (1.0, 20.0, 30.0), (2.2, 40.0, 30.0), (4.0, 58.0, 30.0))
    scene = Scene(people, ball, end_s=6.0)
    events = run(scene.observe(25.0), scene.end_s).events
    assert [(event.kind, event.result) for event in events] == [(EventKind.PASS, EventResult.COMPLETE)] * 2
    assert [(event.track_from, event.track_to) for event in events] == [(1, 2 + team), (2 + team, 4)]
