"""FrameObservation, the distances that are taken from it, whose a touch is, and whether it is control."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tacticeye.analysis.control import ControlLedger
from tacticeye.analysis.holder import HolderLabel
from tacticeye.analysis.sighting import make_sighting, move_people
from tacticeye.analysis.touch import begin_touch, team_of, team_share
from tacticeye.possession_parts import ControlLedgerState, PersonMotionState, SightingState, TouchState
from tacticeye.types import NO_TEAM, NO_TRACK, ControlState
from tests.analysis.scenes import FAR, Scene, stand


def sight(ball: tuple[float, float], is_metric: bool) -> SightingState:
    scene = Scene((stand(1, 0, 40.0, 30.0), *FAR), ((0.0, *ball),), end_s=0.0, is_metric=is_metric)
    (observation,) = scene.observe(25.0)
    people: dict[int, PersonMotionState] = {}
    move_people(people, observation)
    return make_sighting(observation, 0, 1.0, people)


def test_columns_of_another_length_are_refused() -> None:
    (observation,) = Scene(FAR, ((0.0, 1.0, 1.0),), end_s=0.0).observe(25.0)
    with pytest.raises(ValueError, match=r"FrameObservation.team: expected shape \(2,\), got \(1,\)"):
        replace(observation, team=observation.team[:1])


def test_a_ball_without_place_is_unseen() -> None:
    (observation,) = Scene(FAR, ((0.0, 1.0, 1.0),), end_s=0.0).observe(25.0)
    assert observation.is_ball_seen
    assert not replace(observation, ball_xy=np.array([np.nan, 3.0])).is_ball_seen


def test_distances_are_metres_in_either_frame_of_reference() -> None:
    for is_metric in (True, False):
        assert sight((41.5, 30.0), is_metric).near[0].distance_m == pytest.approx(1.5)


def test_height_in_an_uncalibrated_picture_counts_for_more_than_width() -> None:
    below = sight((40.0, 31.5), is_metric=False).near[0].distance_m
    assert below > sight((40.0, 31.5), is_metric=True).near[0].distance_m


def test_a_ball_before_the_chest_is_within_reach_in_the_picture() -> None:
    assert sight((40.1, 28.7), is_metric=False).near[0].distance_m < 1.0


def test_people_far_from_the_ball_are_not_near() -> None:
    assert [person.track for person in sight((40.5, 30.0), is_metric=True).near] == [1]


def test_motion_is_metres_a_second() -> None:
    people: dict[int, PersonMotionState] = {}
    scene = Scene((replace(stand(1, 0, 0, 0), points=((0.0, 20.0, 30.0), (4.0, 40.0, 30.0))),), ((0.0, 1.0, 1.0),), 4.0)
    for observation in replace(scene, is_metric=False).observe(10.0):
        move_people(people, observation)
    assert people[1].vx == pytest.approx(5.0, abs=0.1)


def test_a_touch_of_one_who_has_an_opponent_nearer_the_ball_is_his_or_nobodys_but_never_the_opponents() -> None:
    def touch(share_of_opponent: float) -> TouchState:
        label = HolderLabel(sight((40.3, 30.0), True), 1, 1, 0.5, (share_of_opponent, 0.0))
        return begin_touch(label, 0.1)

    assert team_of(touch(0.6)) == 1
    assert team_share(touch(0.6)) == pytest.approx(0.4)
    assert team_of(touch(0.9)) == NO_TEAM


@pytest.mark.parametrize(
    ("evidence_per_s", "state"), [(4.0, ControlState.UNSEEN), (8.0, ControlState.TEAM_1), (17.0, ControlState.TEAM_1)]
)
@pytest.mark.parametrize("rate_hz", [5.0, 12.5, 25.0])
def test_who_shadows_the_ball_without_evidence_that_he_has_it_is_not_in_control(
    evidence_per_s: float, state: ControlState, rate_hz: float
) -> None:
    ledger = ControlLedger(ControlLedgerState())
    for index in range(round(2 * rate_hz)):
        sighting = replace(sight((41.9, 30.0), False), t_s=index / rate_hz)
        holder = 1 if index else NO_TRACK
        ledger.add(HolderLabel(sighting, holder, 1, evidence_per_s / rate_hz, (0.0, 0.0)), {})
    assert ledger.open_spans()[-1].state is state
