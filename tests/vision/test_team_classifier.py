"""Teams and roles of tracks: made-up shirts for each promise, and hand-labelled boxes of two real clips."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tacticeye.match_state import MatchState
from tacticeye.state_parts import TeamClassifierState
from tacticeye.types import Boxes, Image, Role, TrackSummary
from tacticeye.vision.appearance import shirt_features
from tacticeye.vision.team_classifier import TeamClassifier, rgb_of_lab

NAVY, WHITE, YELLOW, SKY = (25.0, 5.0, -25.0), (90.0, 0.0, 0.0), (85.0, -15.0, 75.0), (70.0, -10.0, -25.0)
Lab = tuple[float, float, float]


def shirts(colours: list[Lab], random: np.random.Generator, noise: float = 5.0) -> NDArray[np.float32]:
    """Features: Lab with noise, then a soft histogram of lightness."""
    lab = np.array(colours, np.float64).reshape(-1, 3)
    lab = lab + random.normal(0, noise, lab.shape)
    weights = np.exp(-(((lab[:, :1] - np.array([[10, 35, 60, 85]])) / 15) ** 2)) + 1e-6
    return np.hstack([lab, weights / weights.sum(axis=1, keepdims=True)]).astype(np.float32)


def line_up(t_s: float, tracks: list[int], role: object = Role.PLAYER, x: list[float] | None = None) -> Boxes:
    """People side by side, nobody in front of anybody."""
    left = x if x is not None else [50.0 * i for i in range(len(tracks))]
    return Boxes.build(
        frame=round(t_s * 25), t_s=t_s, xyxy=[(a, 200, a + 24, 260) for a in left], score=0.8, role=role, track=tracks
    )


def watch(
    teams: TeamClassifier,
    colours: list[Lab],
    *,
    seconds: float = 5.0,
    hz: float = 5.0,
    start_s: float = 0.0,
    first_track: int = 1,
    noise: float = 5.0,
    role: object = Role.PLAYER,
    seed: int = 0,
    each: Callable[[float], object] = lambda _: None,
) -> list[int]:
    """Shows people in `colours` for a while; the teams of their tracks at the end."""
    random = np.random.default_rng(seed)
    tracks = [first_track + i for i in range(len(colours))]
    for i in range(int(seconds * hz)):
        t_s = start_s + i / hz
        teams.update(t_s, line_up(t_s, tracks, role), shirts(colours, random, noise))
        each(t_s)
    return [teams.team_of(track) for track in tracks]


TWO_TEAMS = [NAVY, WHITE] * 10


@pytest.mark.parametrize("hz", [5.0, 6.25, 25.0])
def test_two_kits_are_found_within_a_second_and_a_half(hz: float) -> None:
    teams = TeamClassifier(TeamClassifierState())
    assert watch(teams, TWO_TEAMS, seconds=1.5, hz=hz) == [0, 1] * 10
    navy, white = (kit.rgb for kit in teams.kits())
    assert max(navy) < 110
    assert min(white) > 190


def test_team_0_is_the_darker_shirt_whoever_comes_first() -> None:
    assert watch(TeamClassifier(TeamClassifierState()), [WHITE, NAVY] * 10) == [1, 0] * 10


def test_a_narrow_view_with_few_players_is_enough_after_some_seconds() -> None:
    assert watch(TeamClassifier(TeamClassifierState()), [NAVY, WHITE] * 3) == [0, 1] * 3


def test_nothing_is_claimed_before_kits_are_known() -> None:
    teams = TeamClassifier(TeamClassifierState())
    assert watch(teams, TWO_TEAMS, seconds=0.2) == [-1] * 20
    assert teams.kits() == []


def test_somebody_in_a_third_colour_belongs_to_neither_team_even_if_detected_as_a_player() -> None:
    found = watch(TeamClassifier(TeamClassifierState()), [*TWO_TEAMS, YELLOW, YELLOW])
    assert found == [0, 1] * 10 + [-1, -1]


def test_a_referee_in_a_teams_colour_has_no_team() -> None:
    roles = [Role.PLAYER] * 20 + [Role.REFEREE]
    teams = TeamClassifier(TeamClassifierState())
    assert watch(teams, [*TWO_TEAMS, NAVY], role=roles)[-1] == -1
    assert teams.role_of(21) == Role.REFEREE


def test_teams_keep_their_numbers_when_the_light_changes() -> None:
    teams = TeamClassifier(TeamClassifierState())
    watch(teams, TWO_TEAMS, seconds=4)
    for minute in range(1, 8):  # shade falls over the pitch within eight minutes
        shade = [(light - 3.0 * minute, a, b) for light, a, b in TWO_TEAMS]
        found = watch(teams, shade, start_s=60.0 * minute, seconds=59, first_track=100 * minute, seed=minute)
        assert found == [0, 1] * 10


def test_identical_kits_are_not_told_apart() -> None:
    found = watch(TeamClassifier(TeamClassifierState()), [NAVY] * 20, seconds=8)
    assert found.count(-1) >= 10


def test_similar_kits_give_a_smaller_margin_than_different_ones() -> None:
    margins = []
    for second in (WHITE, (35.0, 5.0, -38.0)):
        teams = TeamClassifier(TeamClassifierState())
        watch(teams, [NAVY, second] * 10, noise=7.0)
        margins.append(np.mean([summary.team_margin for summary in teams.summaries()]))
    assert margins[1] < margins[0]


def test_one_wrong_look_does_not_turn_a_team() -> None:
    teams = TeamClassifier(TeamClassifierState())
    watch(teams, TWO_TEAMS)
    swapped = shirts([WHITE, NAVY] * 10, np.random.default_rng(1))
    assert teams.update(5.0, line_up(5.0, list(range(1, 21))), swapped).tolist() == [0, 1] * 10


def test_people_without_a_track_get_a_team_only_where_the_shirt_is_clear() -> None:
    teams = TeamClassifier(TeamClassifierState())
    watch(teams, TWO_TEAMS)
    between = tuple((a + b) / 2 for a, b in zip(NAVY, WHITE, strict=True))
    features = shirts([NAVY, WHITE, between, YELLOW], np.random.default_rng(1), noise=0.0)  # type: ignore[list-item]
    assert teams.update(5.0, line_up(5.0, [-1] * 4), features).tolist() == [0, 1, -1, -1]


def test_the_role_is_that_of_most_votes() -> None:
    teams = TeamClassifier(TeamClassifierState())
    for i in range(20):
        role = Role.REFEREE if i % 3 == 0 else Role.PLAYER
        teams.update(i / 5, line_up(i / 5, [7], role), shirts([NAVY], np.random.default_rng(0)))
    assert teams.role_of(7) == Role.PLAYER
    assert teams.role_of(8) == Role.PLAYER


@pytest.mark.parametrize("keeper_x", [0.0, 1250.0])
def test_a_keeper_belongs_to_the_team_that_defends_his_end_whatever_he_wears(keeper_x: float) -> None:
    teams = TeamClassifier(TeamClassifierState())
    random = np.random.default_rng(2)
    tracks = list(range(1, 22))
    roles = [Role.PLAYER] * 20 + [Role.GOALKEEPER]
    x = [150.0 + 30 * i for i in range(10)] + [500.0 + 30 * i for i in range(10)]  # navy to the left of white
    places = [*x, keeper_x]
    for i in range(30):
        colours = [NAVY] * 10 + [WHITE] * 10 + [SKY]
        boxes = line_up(i / 5, tracks, roles, [a + (i % 5) for a in places])
        found = teams.update(i / 5, boxes, shirts(colours, random))
    assert found[:20].tolist() == [0] * 10 + [1] * 10
    assert found[20] == (0 if keeper_x == 0.0 else 1)
    assert teams.role_of(21) == Role.GOALKEEPER


def place_keeper(teams: TeamClassifier, t0_s: float, keeper: int, keeper_m: float, leads_m: list[float]) -> int:
    """The team of a keeper at `keeper_m` after ten seconds in which white stands `leads_m` (in turn) right of navy."""
    random = np.random.default_rng(2)
    tracks, roles = [*range(1, 21), keeper], [Role.PLAYER] * 20 + [Role.GOALKEEPER]
    for i in range(50):
        lead_m = leads_m[i % len(leads_m)]
        x_m = [40.0 + j - lead_m / 2 for j in range(10)] + [40.0 + j + lead_m / 2 for j in range(10)]
        boxes = line_up(t0_s + i / 5, tracks, roles, [40.0 * j for j in range(20)] + [1250.0])
        boxes = replace(boxes, pitch_xy=np.array([(x, 34.0) for x in [*x_m, keeper_m]], np.float32))
        teams.update(t0_s + i / 5, boxes, shirts([NAVY] * 10 + [WHITE] * 10 + [SKY], random))
    return teams.team_of(keeper)


@pytest.mark.parametrize(("keeper_m", "team"), [(4.0, 0), (101.0, 1), (50.0, -1)])
def test_on_the_pitch_a_keeper_belongs_to_the_team_that_defends_the_goal_he_is_near(keeper_m: float, team: int) -> None:
    teams = TeamClassifier(TeamClassifierState())
    # White is mostly the further to the right; in the picture this keeper stands to the right of all.
    assert place_keeper(teams, 0.0, 30, keeper_m, [9.0, 6.0, -4.0]) == team


def test_after_the_change_of_ends_keepers_are_of_the_team_that_defends_there_now() -> None:
    teams = TeamClassifier(TeamClassifierState())
    assert place_keeper(teams, 0.0, 30, 4.0, [8.0]) == 0
    assert place_keeper(teams, 900.0, 31, 4.0, [-8.0]) == 1
    assert place_keeper(teams, 910.0, 32, 101.0, [-8.0]) == 0


def test_teams_that_stand_level_leave_their_keepers_in_doubt() -> None:
    assert place_keeper(TeamClassifier(TeamClassifierState()), 0.0, 30, 4.0, [5.0, -5.0]) == -1


def test_a_keeper_among_the_players_says_nothing() -> None:
    teams = TeamClassifier(TeamClassifierState())
    roles = [Role.PLAYER] * 20 + [Role.GOALKEEPER]
    x = [150.0 + 50 * i for i in range(20)]
    random = np.random.default_rng(2)
    for i in range(30):
        boxes = line_up(i / 5, list(range(1, 22)), roles, [*x, 626.0])
        found = teams.update(i / 5, boxes, shirts([*TWO_TEAMS, SKY], random))
    assert found[20] == -1


def test_shirts_that_others_cover_do_not_teach_the_kits() -> None:
    teams = TeamClassifier(TeamClassifierState())
    random = np.random.default_rng(0)
    for i in range(20):
        boxes = line_up(i / 5, list(range(1, 21)), x=[10.0 * j for j in range(20)])
        teams.update(i / 5, boxes, shirts(TWO_TEAMS, random))
    assert teams.kits() == []


def final_summaries(every: int) -> dict[int, TrackSummary]:
    """What a store holds at the end when it is told each `every` frames; people come and go for three minutes."""
    teams = TeamClassifier(TeamClassifierState())
    random = np.random.default_rng(4)
    stored = {}
    for i in range(900):
        t_s = i / 5
        first = 1 + 20 * int(t_s // 12)
        boxes = line_up(t_s, list(range(first, first + 20)))
        teams.update(t_s, boxes, shirts([NAVY, (45.0, 5.0, -30.0)] * 10, random, 8.0))
        if i % every == every - 1:
            stored.update({summary.track: summary for summary in teams.summaries()})
    stored.update({summary.track: summary for summary in teams.summaries()})
    return stored


def test_what_is_stored_of_a_track_in_the_end_does_not_depend_on_how_often_it_is_asked() -> None:
    often, seldom, never_before = (final_summaries(every) for every in (1, 37, 10_000))
    assert often == seldom == never_before
    assert len(often) == 20 * 15


def test_only_tracks_that_changed_are_summed_up_again() -> None:
    teams = TeamClassifier(TeamClassifierState())
    watch(teams, TWO_TEAMS)
    assert [summary.track for summary in teams.summaries()] == list(range(1, 21))
    assert teams.summaries() == []
    teams.update(5.0, line_up(5.0, [3, -1]), shirts([NAVY, WHITE], np.random.default_rng(0)))
    (summary,) = teams.summaries()
    assert (summary.track, summary.first_s, summary.last_s, summary.n_boxes) == (3, 0.0, 5.0, 26)


def test_memory_does_not_grow_with_the_match() -> None:
    teams = TeamClassifier(TeamClassifierState())
    sizes = []
    for minute in range(6):
        watch(teams, [NAVY, (30.0, 5.0, -28.0)] * 10, start_s=60.0 * minute, seconds=60, first_track=1 + 20 * minute)
        teams.summaries()
        sizes.append(len(MatchState(match_id="m", teams=teams.state()).to_json()))
    assert sizes[-1] < 1.3 * sizes[1]


def test_going_on_from_json_gives_the_same_bits_wherever_it_is_split() -> None:
    whole, broken = TeamClassifier(TeamClassifierState()), TeamClassifier(TeamClassifierState())
    random = np.random.default_rng(6)
    for i in range(60):
        first = 1 + 5 * (i // 20)
        boxes = line_up(i / 6.25, list(range(first, first + 20)), [Role.PLAYER] * 19 + [Role.GOALKEEPER])
        boxes = replace(boxes, pitch_xy=random.uniform((0, 0), (105, 68), (20, 2)).astype(np.float32))
        features = shirts(TWO_TEAMS, random)
        features[random.random(20) < 0.1] = np.nan
        found = [teams.update(i / 6.25, boxes, features).tolist() for teams in (whole, broken)]
        assert found[0] == found[1]
        text = MatchState(match_id="m", teams=broken.state()).to_json()
        broken = TeamClassifier(MatchState.from_json(text).teams)
    assert whole.state() == broken.state()
    assert whole.summaries() == broken.summaries()


def test_nobody_in_view_is_no_problem() -> None:
    teams = TeamClassifier(TeamClassifierState())
    assert teams.update(0.0, Boxes.empty(), np.zeros((0, 7), np.float32)).shape == (0,)
    assert teams.summaries() == []
    assert teams.team_of(5) == -1
    assert teams.sides(np.zeros((0, 2, 3), np.float32)).shape == (0,)


@pytest.mark.parametrize(
    ("lab", "rgb"),
    [
        ((53.24, 80.09, 67.20), (255, 0, 0)),
        ((100.0, 0.0, 0.0), (255, 255, 255)),
        ((32.30, 79.19, -107.86), (0, 0, 255)),
    ],
)
def test_lab_becomes_the_colour_that_a_screen_shows(lab: Lab, rgb: tuple[int, int, int]) -> None:
    assert rgb_of_lab(*lab) == pytest.approx(rgb, abs=2)


def labelled_frames(shared: Path, clip: str) -> list[tuple[Image, NDArray[np.float64], list[str]]]:
    truth = json.loads((shared / f"clips/{clip}.truth.json").read_text())
    labels = {p["frame"]: p["boxes"] for p in truth["players_visible"] if p.get("boxes")}
    frames = []
    with av.open(shared / f"clips/{clip}.mp4") as container:
        container.streams.video[0].thread_type = "AUTO"
        for number, frame in enumerate(container.decode(video=0)):
            if number in labels:
                rows = labels[number]
                image = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
                frames.append((image, np.array([row[:4] for row in rows], float), [row[4] for row in rows]))
    return frames


@pytest.mark.shared
@pytest.mark.parametrize(("clip", "least"), [("inter_napoli_720p25", 0.95), ("athletic_barcelona_720p25", 0.90)])
def test_labelled_players_of_real_clips_get_their_teams(shared: Path, clip: str, least: float) -> None:
    """Each labelled box is a track of its own, looked at for a second: no help from long tracks."""
    frames = labelled_frames(shared, clip)
    teams = TeamClassifier(TeamClassifierState())
    found: dict[tuple[int, int], int] = {}
    for i in range(2 * len(frames) * 5):  # two rounds: the first one finds the kits
        which = i // 5 % len(frames)
        image, xyxy, labels = frames[which]
        role = [Role.REFEREE if n == "REF" else Role.GOALKEEPER if n.startswith("GK") else Role.PLAYER for n in labels]
        tracks = [1 + 100 * (i // 5) + row for row in range(len(labels))]
        boxes = Boxes.build(frame=i, t_s=i / 5, xyxy=xyxy, role=role, track=tracks)
        for row, team in enumerate(teams.update(i / 5, boxes, shirt_features(image, boxes.xyxy)).tolist()):
            found[which, row] = team
    pairs = [(team, frames[f][2][row]) for (f, row), team in found.items() if frames[f][2][row] in ("A", "B")]
    right = max(np.mean([team == (label == first) for team, label in pairs]) for first in ("A", "B"))
    assert right >= least, f"{right:.3f} of {len(pairs)}"
    assert all(
        found[f, row] == -1 for f, (_, _, labels) in enumerate(frames) for row, n in enumerate(labels) if n == "REF"
    )
