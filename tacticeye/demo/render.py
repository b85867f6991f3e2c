"""The demo match as video with its truth: simulate, film, draw, encode.

Every frame draws from a generator of its own, so a frame's pixels depend on the seed and its number only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from tacticeye.demo import DEMO_NAME
from tacticeye.demo.camera import CameraView
from tacticeye.demo.camera_operator import film
from tacticeye.demo.looks import Kit, Look, Pattern, random_look
from tacticeye.demo.play import Member, Play
from tacticeye.demo.scene import Actor, BallInScene, Instance, Optics, Sensor, draw_scene, through_lens
from tacticeye.demo.simulate import FPS, play_match
from tacticeye.demo.stadium import Stadium, StadiumStyle
from tacticeye.demo.truth import FrameTruth, write_truth
from tacticeye.types import Image, Role
from tacticeye.video_writer import VideoWriter

SIZE = (1280, 720)
_SHUTTER = 0.42  # share of a frame's time during which the shutter is open
_CRF = 27  # keeps the shipped minute under 8 MB; sensor noise is what costs

TEAM_KITS = (
    Kit((44, 30, 190), (240, 240, 240), (238, 238, 238), (44, 30, 190), (240, 240, 240), Pattern.SLEEVES),
    Kit((236, 236, 236), (110, 60, 30), (96, 48, 22), (236, 236, 236), (60, 30, 20), Pattern.PLAIN),
)
KEEPER_KITS = (
    Kit((190, 180, 40), (20, 20, 20), (150, 140, 30), (190, 180, 40), (20, 20, 20)),
    Kit((150, 40, 110), (240, 240, 240), (120, 32, 88), (150, 40, 110), (240, 240, 240)),
)
REFEREE_KIT = Kit((40, 225, 220), (24, 24, 26), (26, 26, 28), (26, 26, 28), (24, 24, 26))


@dataclass(frozen=True, eq=False)
class RenderedFrame:
    """image (720, 1280, 3); clean: the same before lens, sensor and graphics; camera; instances drawn."""

    image: Image
    clean: Image
    camera: CameraView
    instances: list[Instance]


class DemoRenderer:
    """A simulated match and all that is needed to draw any frame of it."""

    def __init__(self, seed: int, duration_s: float) -> None:
        self.play: Play = play_match(seed, duration_s)
        self.cameras = film(self.play, seed, SIZE)
        self._seed = seed
        rng = np.random.default_rng((seed, 102))
        self._looks = [_look(member, rng) for member in self.play.members]
        self._stadium = Stadium(StadiumStyle(), rng)
        self._sensor = Sensor(SIZE, rng)

    def wear(self, looks: Sequence[Look]) -> None:
        """Other clothes for all, in the order of the play's members."""
        self._looks = list(looks)

    def frame(self, number: int) -> RenderedFrame:
        """Draw one frame of the video."""
        play, camera = self.play, self.cameras[number]
        moment = play.moment(number)
        actors = [Actor(i, pose, self._looks[i]) for i, pose in enumerate(play.poses(moment))]
        pace = play.replay.speed if play.replay is not None and play.is_replay(number) else 1.0
        place, before = play.ball_at(moment), play.ball_at(moment - _SHUTTER * pace)
        ball = BallInScene(place, before, float(place[0] * 3 + place[1] * 2))
        optics = Optics(pan_blur_px=self._pan_blur(number))
        clean, instances = draw_scene(camera, self._stadium, actors, ball, optics)
        image = through_lens(clean, optics, self._sensor, np.random.default_rng((self._seed, 103, number)))
        _draw_graphics(image, number, is_replay=play.is_replay(number))
        return RenderedFrame(image, clean, camera, instances)

    def _pan_blur(self, number: int) -> tuple[float, float]:
        before, now = self.cameras[max(number - 1, 0)], self.cameras[number]
        if before.position_m != now.position_m:
            return 0.0, 0.0
        return (now.pan - before.pan) * now.focal_px * _SHUTTER, (now.tilt - before.tilt) * now.focal_px * _SHUTTER


def render_demo(
    folder: Path,
    seed: int = 7,
    duration_s: float = 60.0,
    name: str = DEMO_NAME,
    on_progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write NAME.mp4 and its truth (see demo.truth) into `folder` and return the video's path.

    on_progress(frames done, frames in all) is called after every frame. Plays under 40 s are free play: no forced
    moments and no replay. Raises StorageError where the folder can't be written.
    """
    renderer = DemoRenderer(seed, duration_s)
    path = folder / f"{name}.mp4"
    truths = []
    with VideoWriter(path, SIZE, Fraction(FPS).limit_denominator(1001), _CRF) as writer:
        for number in range(renderer.play.n_frames):
            rendered = renderer.frame(number)
            writer.write(rendered.image)
            truths.append(FrameTruth(rendered.camera, rendered.instances))
            if on_progress is not None:
                on_progress(number + 1, renderer.play.n_frames)
    write_truth(folder, name, renderer.play, truths, SIZE, seed)
    return path


def _look(member: Member, rng: np.random.Generator) -> Look:
    if member.role is Role.REFEREE:
        return random_look(rng, REFEREE_KIT, 0)
    kits = KEEPER_KITS if member.role is Role.GOALKEEPER else TEAM_KITS
    return random_look(rng, kits[member.team], member.shirt_number, is_keeper=member.role is Role.GOALKEEPER)


def _draw_graphics(image: Image, number: int, *, is_replay: bool) -> None:
    """The scoreboard in live pictures, an R in the replay."""
    font = cv2.FONT_HERSHEY_DUPLEX
    if is_replay:
        cv2.circle(image, (1205, 66), 26, (40, 40, 200), -1, cv2.LINE_AA)
        cv2.putText(image, "R", (1193, 79), font, 1.2, (245, 245, 245), 2, cv2.LINE_AA)
        return
    seconds = 12 * 60 + 7 + int(number / FPS)
    cv2.rectangle(image, (64, 40), (310, 70), (62, 34, 20), -1)
    cv2.rectangle(image, (140, 40), (214, 70), (228, 228, 228), -1)
    for text, x, colour in (("TAC", 80, (245, 245, 245)), ("0 - 0", 149, (30, 30, 30)),
                            (f"{seconds // 60:02d}:{seconds % 60:02d}", 232, (245, 245, 245))):  # fmt: skip
        cv2.putText(image, text, (x, 62), font, 0.65, colour, 1, cv2.LINE_AA)
