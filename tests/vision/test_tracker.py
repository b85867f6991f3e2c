"""Identities over time: a made-up match of 22 people, and small scenes for each promise of the tracker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tacticeye.match_state import MatchState
from tacticeye.state_parts import TrackerState
from tacticeye.types import Boxes, Role
from tacticeye.vision.box_overlap import overlaps
from tacticeye.vision.camera import FrameMotion
from tacticeye.vision.tracker import Tracker

STILL = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
HEIGHT = 60.0
N_PEOPLE = 22


def motion(*, matrix: NDArray[np.float64] = STILL, is_cut: bool = False, is_live: bool = True) -> FrameMotion:
    return FrameMotion(previous_to_current=matrix, image_to_shot=STILL, is_cut=is_cut, is_live=is_live)


def shirts(colours: list[float]) -> NDArray[np.float32]:
    """Features of plain shirts: Lab of lightness 50 and the given a, and a histogram of two bins."""
    return np.array([[50, a, 0, 0.5 + a / 100, 0.5 - a / 100] for a in colours], np.float32).reshape(-1, 5)


def people(t_s: float, centres: list[tuple[float, float]], **columns: object) -> Boxes:
    xyxy = [(x - 12, y - HEIGHT / 2, x + 12, y + HEIGHT / 2) for x, y in centres]
    return Boxes.build(frame=round(t_s * 100), t_s=t_s, xyxy=xyxy, **{"score": 0.9, **columns})


def step(
    tracker: Tracker,
    boxes: Boxes,
    colours: list[float] | None = None,
    *,
    is_cut: bool = False,
    is_live: bool = True,
) -> list[int]:
    features = np.full((len(boxes), 5), np.nan, np.float32) if colours is None else shirts(colours)
    found = tracker.update(boxes, features, motion(is_cut=is_cut, is_live=is_live))
    return [int(track) for track in found.track]


@dataclass(frozen=True, eq=False)
class Scene:
    """One frame of the made-up match: boxes with features, how the camera moved, and who each box is."""

    boxes: Boxes
    features: NDArray[np.float32]
    motion: FrameMotion
    who: NDArray[np.int64]


def made_up_match(hz: float, seconds: float, seed: int = 1) -> Iterator[Scene]:
    """22 people who run, stop, turn and hide one another under a camera that pans and zooms; boxes jitter and fail."""
    random = np.random.default_rng(seed)
    fine = 0.02
    place = np.column_stack([random.uniform(0, 1400, N_PEOPLE), random.uniform(150, 650, N_PEOPLE)])
    goal, velocity = place.copy(), np.zeros((N_PEOPLE, 2))
    colour = np.where(np.arange(N_PEOPLE) < 11, -30.0, 30.0)
    previous = STILL
    due_s = 0.0
    for i in range(int(seconds / fine)):
        t_s = i * fine
        renew = random.random(N_PEOPLE) < fine / 2.0
        goal[renew] = np.column_stack([random.uniform(0, 1400, N_PEOPLE), random.uniform(150, 650, N_PEOPLE)])[renew]
        wish = goal - place
        wish *= (np.minimum(np.hypot(*wish.T), 180) / np.maximum(np.hypot(*wish.T), 1))[:, None]
        velocity += np.clip(wish - velocity, -4 * HEIGHT * fine, 4 * HEIGHT * fine)
        place = place + velocity * fine
        if t_s + 1e-9 < due_s:
            continue
        due_s += 1 / hz
        zoom = 1 + 0.15 * np.sin(t_s / 3)
        camera = np.array([[zoom, 0, 250 * np.sin(t_s / 1.7)], [0, zoom, 20 * np.sin(t_s)]])
        yield _filmed(t_s, place, colour, camera, previous, random)
        previous = camera


def _filmed(
    t_s: float,
    place: NDArray[np.float64],
    colour: NDArray[np.float64],
    camera: NDArray[np.float64],
    previous: NDArray[np.float64],
    random: np.random.Generator,
) -> Scene:
    zoom, before = camera[0, 0], previous[0, 0]
    centre = place * zoom + camera[:, 2] + random.normal(0, 2, place.shape)
    half = np.array([12, HEIGHT / 2]) * zoom * (1 + random.normal(0, 0.04, (N_PEOPLE, 1)))
    box = np.hstack([centre - half, centre + half])
    behind = place[:, 1][:, None] < place[:, 1][None]
    hidden = ((overlaps(box, box) > 0.45) & behind).any(axis=1)
    seen = (~hidden | (random.random(N_PEOPLE) < 0.2)) & (random.random(N_PEOPLE) > 0.06)
    seen &= (centre[:, 0] > 0) & (centre[:, 0] < 1280)
    who = random.permutation(np.flatnonzero(seen))
    scores = np.where(random.random(len(who)) < 0.15, 0.4, 0.85)
    features = shirts((colour[who] + random.normal(0, 6, len(who))).tolist())
    features[random.random(len(who)) < 0.1] = np.nan
    ratio = zoom / before
    matrix = np.column_stack([np.eye(2) * ratio, camera[:, 2] - ratio * previous[:, 2]])
    boxes = Boxes.build(frame=round(t_s * 100), t_s=t_s, xyxy=box[who], score=scores)
    return Scene(boxes, features, motion(matrix=matrix, is_cut=t_s == 0), who)


def follow(hz: float, seconds: float = 20.0, seed: int = 1) -> tuple[int, int, float]:
    """Id switches, ids given, share of boxes with an id."""
    tracker, switches, tracked, total = Tracker(TrackerState()), 0, 0, 0
    last: dict[int, int] = {}
    for scene in made_up_match(hz, seconds, seed):
        found = tracker.update(scene.boxes, scene.features, scene.motion)
        given = found.track[found.track >= 0].tolist()
        assert len(set(given)) == len(given)
        for who, track in zip(scene.who.tolist(), found.track.tolist(), strict=True):
            total += 1
            if track >= 0:
                tracked += 1
                switches += last.get(who, track) != track
                last[who] = track
    return switches, tracker.total_ids, tracked / total


@pytest.mark.parametrize("hz", [5.0, 6.25, 12.5, 25.0])
def test_identities_survive_crossings_pans_and_misses_at_any_rate(hz: float) -> None:
    results = [follow(hz, seed=seed) for seed in (1, 2)]
    switches = sum(result[0] for result in results)
    # 22 people, 40 s in all, about 9 crossings a second in which one hides the other.
    assert switches <= 50, switches
    assert min(result[2] for result in results) > 0.95


def test_a_person_keeps_the_id_while_the_role_flickers() -> None:
    tracker = Tracker(TrackerState())
    roles = [Role.PLAYER, Role.REFEREE, Role.GOALKEEPER, Role.PLAYER, Role.REFEREE]
    ids = [step(tracker, people(0.2 * i, [(100 + 5 * i, 200)], role=role))[0] for i, role in enumerate(roles)]
    assert ids == [1] * 5


def test_a_fast_pan_is_no_movement_of_people() -> None:
    tracker = Tracker(TrackerState())
    pan = np.array([[1.0, 0.0, -150.0], [0.0, 1.0, 0.0]])
    step(tracker, people(0.0, [(600, 300), (750, 300)]))
    found = tracker.update(people(0.2, [(450, 300), (600, 300)]), shirts([0, 0]), motion(matrix=pan))
    assert found.track.tolist() == [1, 2]


def test_a_sure_box_gets_its_id_at_once_and_a_good_one_when_seen_again() -> None:
    tracker = Tracker(TrackerState())
    places = [(100.0, 200.0), (300.0, 200.0)]
    scores = [0.9, 0.6]
    assert step(tracker, people(0.0, places, score=scores)) == [1, -1]
    assert step(tracker, people(0.2, places, score=scores)) == [1, 2]


def test_a_good_box_takes_as_long_to_be_confirmed_at_25_hz_as_at_5_hz() -> None:
    tracker = Tracker(TrackerState())
    ids = [step(tracker, people(0.04 * i, [(100, 200)], score=0.6))[0] for i in range(6)]
    assert ids == [-1, -1, -1, -1, 1, 1]


def test_a_flash_never_gets_an_id() -> None:
    tracker = Tracker(TrackerState())
    step(tracker, people(0.0, [(100, 200), (500, 200)], score=[0.9, 0.6]))
    for i in range(1, 6):
        step(tracker, people(0.2 * i, [(100, 200)]))
    assert step(tracker, people(1.2, [(100, 200), (500, 200)], score=[0.9, 0.6])) == [1, -1]
    assert tracker.total_ids == 1


def test_a_weak_box_keeps_the_track_that_a_strong_one_began() -> None:
    tracker = Tracker(TrackerState())
    scores = [0.9, 0.3, 0.3, 0.3, 0.9]
    assert [step(tracker, people(0.2 * i, [(100, 200)], score=s))[0] for i, s in enumerate(scores)] == [1] * 5


@pytest.mark.parametrize(("hidden_s", "colour", "same"), [(1.4, 30.0, True), (1.4, -30.0, False), (4.6, 30.0, True)])
def test_a_hidden_person_is_found_again_if_the_shirt_agrees(hidden_s: float, colour: float, same: bool) -> None:
    tracker = Tracker(TrackerState())
    for i in range(5):
        step(tracker, people(0.2 * i, [(100, 200), (600, 200)]), [30.0, 30.0])
    t_s = 0.8
    while t_s + 0.2 < 0.8 + hidden_s - 1e-9:
        t_s += 0.2
        step(tracker, people(t_s, [(600, 200)]), [30.0])
    ids = step(tracker, people(0.8 + hidden_s, [(120, 205), (600, 200)]), [colour, 30.0])
    assert ids == ([1, 2] if same else [3, 2])


def test_after_a_cut_to_an_unknown_view_team_mates_get_new_ids() -> None:
    tracker = Tracker(TrackerState())
    crowd = [(100.0 + 150 * i, 200.0) for i in range(4)]
    for i in range(4):
        step(tracker, people(0.2 * i, crowd), [30.0] * 4)
    assert step(tracker, people(0.8, crowd), [30.0] * 4, is_cut=True) == [5, 6, 7, 8]


def test_after_a_cut_the_only_one_in_his_shirt_is_known_by_it() -> None:
    tracker = Tracker(TrackerState())
    crowd = [(100.0 + 150 * i, 200.0) for i in range(4)]
    for i in range(4):
        step(tracker, people(0.2 * i, crowd), [30.0, 30.0, 30.0, -40.0])
    elsewhere = [(900.0 - 150 * i, 400.0) for i in range(4)]
    assert step(tracker, people(0.8, elsewhere), [30.0, -40.0, 30.0, 30.0], is_cut=True) == [5, 4, 6, 7]


def test_after_a_replay_people_are_found_again_where_the_camera_shows_the_same_place() -> None:
    tracker = Tracker(TrackerState())
    for i in range(4):
        step(tracker, people(0.2 * i, [(100, 200), (600, 200)]), [30.0, 30.0])
    step(tracker, people(0.8, [(300, 300)]), [30.0], is_cut=True, is_live=False)
    step(tracker, people(3.0, [(320, 300)]), [30.0], is_live=False)
    bridge = np.array([[1.0, 0.0, 50.0], [0.0, 1.0, 0.0]])
    back = FrameMotion(STILL, STILL, is_cut=True, is_live=True, bridge=bridge)
    found = tracker.update(people(3.2, [(660, 205), (170, 195)]), shirts([30.0, 30.0]), back)
    assert found.track.tolist() == [2, 1]


def test_people_out_of_view_come_back_in_their_order() -> None:
    tracker = Tracker(TrackerState())
    for i in range(6):
        step(tracker, people(0.2 * i, [(100, 200), (220, 200), (600, 200)]), [30.0] * 3)
    for i in range(6, 30):
        step(tracker, people(0.2 * i, [(600, 200)]), [30.0])
    assert step(tracker, people(6.0, [(250, 210), (130, 205), (600, 200)]), [30.0] * 3) == [2, 1, 3]


def test_on_a_calibrated_pitch_a_cut_loses_nobody() -> None:
    tracker = Tracker(TrackerState())
    metres = np.array([[30, 20], [42, 40], [60, 34]], np.float32)
    for i in range(4):
        boxes = replace(people(0.2 * i, [(100, 200), (300, 300), (600, 250)]), pitch_xy=metres)
        step(tracker, boxes, [30.0] * 3)
    elsewhere = replace(people(0.8, [(900, 400), (500, 300), (200, 350)]), pitch_xy=metres[[2, 0, 1]] + 0.5)
    assert step(tracker, elsewhere, [30.0] * 3, is_cut=True) == [3, 1, 2]


def test_nobody_takes_over_the_box_of_an_opponent_who_hides_him() -> None:
    tracker = Tracker(TrackerState())
    sides = np.array([-0.96, 0.96])
    for i in range(6):
        boxes = people(0.1 * i, [(100 + 8 * i, 200), (160, 200)])
        tracker.update(boxes, shirts([0.0, 0.0]), motion(is_cut=i == 0), sides)
    alone = [tracker.update(people(0.1 * i, [(160, 200)]), shirts([0.0]), motion(), sides[1:]) for i in range(6, 9)]
    assert [found.track.tolist() for found in alone] == [[2]] * 3
    apart = tracker.update(people(0.9, [(160, 200), (175, 200)]), shirts([0.0, 0.0]), motion(), sides[::-1])
    assert apart.track.tolist() == [2, 1]


def test_a_second_box_on_somebody_starts_no_track() -> None:
    tracker = Tracker(TrackerState())
    for i in range(8):
        ids = step(tracker, people(0.2 * i, [(100, 200), (105, 206)], score=[0.9, 0.6]))
    assert ids == [1, -1]


def test_a_picture_that_is_not_the_match_gets_no_ids_and_leaves_tracks_as_they_were() -> None:
    tracker = Tracker(TrackerState())
    step(tracker, people(0.0, [(100, 200)]))
    before = tracker.state()
    assert step(tracker, people(0.2, [(300, 200)], score=0.99), is_live=False) == [-1]
    assert tracker.state() == before
    assert step(tracker, people(0.4, [(100, 200)])) == [1]


def test_active_tracks_are_those_seen_lately() -> None:
    tracker = Tracker(TrackerState())
    step(tracker, people(0.0, [(100, 200), (600, 200)]))
    for i in range(1, 6):
        step(tracker, people(0.2 * i, [(100, 200)]))
    assert tracker.active_tracks == [1]


def test_an_empty_frame_is_no_problem() -> None:
    tracker = Tracker(TrackerState())
    assert step(tracker, Boxes.empty(), is_cut=True) == []
    assert step(tracker, people(0.2, [(100, 200)])) == [1]
    assert step(tracker, Boxes.empty()) == []


def test_going_on_from_json_gives_the_same_bits_wherever_it_is_split() -> None:
    scenes = list(made_up_match(6.25, 8.0))
    whole = Tracker(TrackerState())
    expected = [whole.update(s.boxes, s.features, s.motion).track.tolist() for s in scenes]
    broken = Tracker(TrackerState())
    for scene, tracks in zip(scenes, expected, strict=True):
        assert broken.update(scene.boxes, scene.features, scene.motion).track.tolist() == tracks
        text = MatchState(match_id="m", tracker=broken.state()).to_json()
        broken = Tracker(MatchState.from_json(text).tracker)
    final = [MatchState(match_id="m", tracker=tracker.state()).to_json() for tracker in (whole, broken)]
    assert final[0] == final[1]


def test_rows_come_back_in_their_order_with_only_the_track_changed() -> None:
    scene = next(made_up_match(5.0, 1.0))
    found = Tracker(TrackerState()).update(scene.boxes, scene.features, scene.motion)
    unchanged = replace(found, track=scene.boxes.track)
    for name in ("frame", "t_s", "xyxy", "score", "role", "track", "team"):
        assert np.array_equal(getattr(unchanged, name), getattr(scene.boxes, name))
