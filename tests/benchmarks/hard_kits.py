"""Teams of people in hard kits: rendered scenes of the synthetic match, judged as the analysis judges them.

usage: hard_kits.py [--seconds S] [--seed N] [--case NAME ...] [--calibrated]

Each case is the same few seconds of play in other clothes and another light: similar hues, stripes against the same
colours plain, both teams dark or both light, a pitch half in shade, a keeper in the other team's colours, a referee
whose shirt is near a team's. Boxes are the exact ones of people who are seen, with a detector's jitter; roles are
exact, as those are another part's work. Camera, shirts, tracker and teams are the real ones. Prints, a line a case:
team_acc   share of players' boxes whose track ends in the right team (the better of the two numberings)
--calibrated: people's exact places on the pitch are known, by which keepers are told then.
unsure     share of players' boxes whose track has no team
keepers    share of goalkeepers' boxes in the right team; referees: share of referees' boxes without a team
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tacticeye.demo.looks import Kit, Pattern, random_look
from tacticeye.demo.render import KEEPER_KITS, REFEREE_KIT, TEAM_KITS, DemoRenderer
from tacticeye.demo.scene import BALL_NUMBER
from tacticeye.pitch_projection import PitchProjection
from tacticeye.state_parts import CameraState, TeamClassifierState, TrackerState
from tacticeye.types import Boxes, Image, Role
from tacticeye.vision.appearance import shirt_features
from tacticeye.vision.camera import CameraMotion
from tacticeye.vision.team_classifier import TeamClassifier
from tacticeye.vision.tracker import Tracker

HZ = 5.0
LEAST_VISIBLE = 0.3
PLAY_S, START_S = 60.0, 27.0  # the play that is simulated, and where the scenes begin: an attack on a keeper's goal
JITTER = 0.02  # of a box's size

RED, WHITE, NAVY, BLACK = (44, 30, 190), (236, 236, 236), (92, 38, 22), (28, 26, 26)
SKY, BLUE, MAROON, ORANGE = (235, 200, 130), (180, 90, 30), (48, 24, 110), (30, 110, 235)
GREY, CREAM, GREEN, YELLOW = (150, 150, 150), (190, 225, 238), (60, 120, 40), (40, 225, 220)


def plain(shirt: tuple[int, int, int], shorts: tuple[int, int, int] | None = None) -> Kit:
    return Kit(shirt, shirt, shorts or shirt, shirt, WHITE if sum(shirt) < 380 else BLACK)


def striped(first: tuple[int, int, int], second: tuple[int, int, int]) -> Kit:
    return Kit(first, second, BLACK, BLACK, WHITE, Pattern.STRIPES)


@dataclass(frozen=True)
class Case:
    """Kits of the teams, of their keepers and of the officials; is_shaded: half of the picture lies in shade."""

    teams: tuple[Kit, Kit]
    keepers: tuple[Kit, Kit] = KEEPER_KITS
    referee: Kit = REFEREE_KIT
    is_shaded: bool = False


CASES = {
    "easy": Case(TEAM_KITS),
    "red against orange": Case((plain(RED, WHITE), plain(ORANGE, WHITE))),
    "navy against black": Case((plain(NAVY), plain(BLACK))),
    "white against cream": Case((plain(WHITE), plain(CREAM, NAVY))),
    "sky against white": Case((plain(SKY), plain(WHITE))),
    "red-white stripes against white": Case((striped(RED, WHITE), plain(WHITE))),
    "red-white against blue-white stripes": Case((striped(RED, WHITE), striped(BLUE, WHITE))),
    "blue-black stripes against maroon": Case((striped(BLUE, BLACK), plain(MAROON))),
    "green against red": Case((plain(GREEN, WHITE), plain(RED, WHITE))),
    "shade, white against grey": Case((plain(WHITE), plain(GREY)), is_shaded=True),
    "shade, red against white": Case((plain(RED), plain(WHITE)), is_shaded=True),
    "keeper in the other team's colour": Case((plain(RED, WHITE), plain(BLUE, WHITE)), (plain(BLUE), plain(GREEN))),
    "referee in a team's colour": Case((plain(YELLOW, BLACK), plain(BLUE, WHITE)), referee=plain((60, 215, 200))),
}


def dress(renderer: DemoRenderer, case: Case, seed: int) -> None:
    """Gives everybody of the match the clothes of the case."""
    random = np.random.default_rng((seed, 102))
    looks = []
    for member in renderer.play.members:
        kit = case.referee if member.role is Role.REFEREE else case.teams[member.team]
        kit = case.keepers[member.team] if member.role is Role.GOALKEEPER else kit
        looks.append(random_look(random, kit, member.shirt_number, is_keeper=member.role is Role.GOALKEEPER))
    renderer.wear(looks)


def shaded(image: Image) -> Image:
    """The picture with its left half in the shade of a stand."""
    dark = image.copy()
    half = image.shape[1] // 2
    dark[:, :half] = (dark[:, :half] * np.array([0.55, 0.46, 0.42])).astype(np.uint8)
    return dark


def scenes(
    case: Case, seconds: float, seed: int, *, is_calibrated: bool
) -> Iterator[tuple[float, Image, Boxes, NDArray[np.int64]]]:
    """Times, pictures, boxes with their roles, and who each is."""
    renderer = DemoRenderer(seed, PLAY_S)
    dress(renderer, case, seed)
    random = np.random.default_rng((seed, 7))
    fps = renderer.play.fps
    for number in range(round(START_S * fps), round((START_S + seconds) * fps), round(fps / HZ)):
        frame = renderer.frame(number)
        seen = [i for i in frame.instances if i.number != BALL_NUMBER and i.visible >= LEAST_VISIBLE]
        box = np.array([i.box for i in seen], np.float64).reshape(-1, 4)
        box += random.normal(0, JITTER, box.shape) * np.tile(box[:, 2:] - box[:, :2], 2)
        t_s = number / fps
        roles = [int(renderer.play.members[i.number].role) for i in seen]
        boxes = Boxes.build(frame=number, t_s=t_s, xyxy=box, score=0.85, role=roles)
        if is_calibrated:
            places = PitchProjection(frame.camera.image_to_pitch).to_pitch(boxes.feet_xy)
            boxes = replace(boxes, pitch_xy=places.astype(np.float32))
        image = shaded(frame.image) if case.is_shaded else frame.image
        yield t_s, image, boxes, np.array([i.number for i in seen], np.int64)


def judge(case: Case, seconds: float, seed: int, *, is_calibrated: bool) -> dict[str, float]:
    camera, tracker, teams = CameraMotion(CameraState()), Tracker(TrackerState()), TeamClassifier(TeamClassifierState())
    members = DemoRenderer(seed, PLAY_S).play.members
    seen: list[tuple[int, int]] = []
    for t_s, image, boxes, who in scenes(case, seconds, seed, is_calibrated=is_calibrated):
        motion = camera.update(image, t_s, boxes)
        features = shirt_features(image, boxes.xyxy)
        found = tracker.update(boxes, features, motion, teams.sides(features))
        found = replace(found, team=teams.update(t_s, found, features))
        seen += [(int(w), int(track)) for w, track in zip(who, found.track, strict=True) if track >= 0]
    rows = [(members[w], teams.team_of(track)) for w, track in seen]
    players = [(m.team, team) for m, team in rows if m.role is Role.PLAYER]
    flip = sum(t == team for t, team in players) < sum(1 - t == team for t, team in players)
    right = [team == (1 - t if flip else t) for t, team in players]
    keepers = [(m.team, team) for m, team in rows if m.role is Role.GOALKEEPER]
    referees = [team < 0 for m, team in rows if m.role is Role.REFEREE]
    return {
        "team_acc": float(np.mean(right)),
        "unsure": float(np.mean([team < 0 for _, team in players])),
        "keepers": float(np.mean([team == (1 - t if flip else t) for t, team in keepers])) if keepers else float("nan"),
        "referees": float(np.mean(referees)) if referees else float("nan"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--case", nargs="+", choices=list(CASES))
    parser.add_argument("--calibrated", action="store_true")
    arguments = parser.parse_args()
    print(f"{'case':38} {'team_acc':>8} {'unsure':>7} {'keepers':>8} {'referees':>8}")
    for name in arguments.case or CASES:
        began = time.perf_counter()
        figures = judge(CASES[name], arguments.seconds, arguments.seed, is_calibrated=arguments.calibrated)
        print(
            f"{name:38} {figures['team_acc']:8.3f} {figures['unsure']:7.3f} {figures['keepers']:8.2f} "
            f"{figures['referees']:8.2f}   ({time.perf_counter() - began:.0f} s)",
            flush=True,
        )


if __name__ == "__main__":
    main()
