"""Single labelled frames for training: every frame another stadium, camera, light, kits and moment.

Labels are YOLO text, in shares of the picture. labels/: class, centre x, centre y, width, height; classes 0 ball,
1 goalkeeper, 2 player, 3 referee. pitch/labels/: one pitch with the 32 keypoints of tacticeye.pitch as x, y, visibility
(0 outside the picture), and homographies.json: image px to metres, y from the far touchline, by name.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye import pitch
from tacticeye.demo.camera import CameraView
from tacticeye.demo.figures import BALL_RADIUS_M
from tacticeye.demo.looks import Kit, Look, bgr, random_kit, random_look
from tacticeye.demo.scene import BALL_NUMBER, Actor, BallInScene, Instance, Optics, Sensor, draw_scene, through_lens
from tacticeye.demo.skeleton import Pose
from tacticeye.demo.stadium import Stadium, StadiumStyle, random_style
from tacticeye.types import Image, Role

YOLO_CLASS = {Role.BALL: 0, Role.GOALKEEPER: 1, Role.PLAYER: 2, Role.REFEREE: 3}
MIN_INSIDE = 0.4  # share of a figure inside the picture from which it is labelled
MIN_VISIBLE = 0.15  # and the share that isn't hidden behind others
MIN_BALL_VISIBLE = 0.35
_SIZE = (1280, 720)
_FROM_FAR = np.array([[1, 0, 0], [0, -1, pitch.WIDTH_M], [0, 0, 1]], np.float64)  # y from the far touchline
_STADIUM_EVERY = 4  # frames that share a stadium's textures, which are slow to make


@dataclass(frozen=True)
class _Person:
    role: Role
    look: Look
    x: float
    y: float


@dataclass(frozen=True, eq=False)
class TrainingFrame:
    """image, labels of people and ball (N, 5): class, centre x, centre y, width, height as shares; its camera."""

    image: Image
    rows: NDArray[np.float64]
    camera: CameraView


def write_training_frames(folder: Path, n: int, seed: int) -> None:
    """Two data sets of the same `n` JPEGs: people and ball in `folder`, the pitch in `folder`/pitch."""
    for name in ("images", "labels", "pitch/labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    names = []
    homographies: dict[str, dict[str, list[list[float]]]] = {}
    sensor = Sensor(_SIZE, np.random.default_rng(seed))
    stadium = Stadium(StadiumStyle(), np.random.default_rng(seed))
    for i in range(n):
        rng = np.random.default_rng((seed, i))
        if i % _STADIUM_EVERY == 0:
            stadium = Stadium(random_style(rng), rng)
        frame = training_frame(rng, stadium, sensor)
        name = f"demo_{seed}_{i:05d}"
        quality = int(rng.integers(45, 97))
        cv2.imwrite(str(folder / "images" / f"{name}.jpg"), frame.image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        lines = [f"{int(c)} {x:.6f} {y:.6f} {w:.6f} {h:.6f}" for c, x, y, w, h in frame.rows]
        (folder / "labels" / f"{name}.txt").write_text("\n".join(lines) + "\n")
        (folder / "pitch" / "labels" / f"{name}.txt").write_text(_pitch_row(frame.camera) + "\n")
        homographies[name] = {"image_to_pitch": (_FROM_FAR @ frame.camera.image_to_pitch).tolist()}
        names.append(name)
    classes = {number: role.name.lower() for role, number in YOLO_CLASS.items()}
    _describe(folder, names, "./images", f"names: {classes}\n")
    shape = f"kpt_shape: [{len(pitch.KEYPOINT_NAMES)}, 3]\nnames: {{0: pitch}}\n"
    _describe(folder / "pitch", names, "./images", shape)
    (folder / "pitch" / "homographies.json").write_text(json.dumps(homographies))
    images = folder / "pitch" / "images"
    if not images.exists():
        images.symlink_to(Path("..") / "images")


def _describe(folder: Path, names: list[str], images: str, content: str) -> None:
    (folder / "train.txt").write_text("".join(f"{images}/{name}.jpg\n" for name in names))
    (folder / "data.yaml").write_text(f"path: .\ntrain: train.txt\n{content}")


def _pitch_row(camera: CameraView) -> str:
    """The pitch as a YOLO pose: a box around the keypoints in the picture, then all of them."""
    flat = pitch.keypoints_m()
    px = camera.project(np.column_stack([flat, np.zeros(len(flat))])) / _SIZE
    is_seen: NDArray[np.bool_] = np.logical_and.reduce((px >= 0) & (px < 1), axis=1)
    if not is_seen.any():
        return ""
    low, high = px[is_seen].min(axis=0), px[is_seen].max(axis=0)
    points = np.column_stack([np.where(is_seen[:, None], px, 0), 2 * is_seen]).ravel()
    return " ".join(f"{v:.6f}" for v in (0, *(low + high) / 2, *(high - low), *points))


def training_frame(rng: np.random.Generator, stadium: Stadium, sensor: Sensor) -> TrainingFrame:
    """A picture drawn at random, with its labels and camera."""
    focus = np.array([rng.uniform(2, pitch.LENGTH_M - 2), rng.uniform(3, pitch.WIDTH_M - 3)])
    camera = _random_camera(rng, focus)
    people = _random_people(rng, focus)
    actors = [Actor(i, _random_pose(rng, p, focus), p.look) for i, p in enumerate(people)]
    ball = _random_ball(rng, focus, actors)
    optics = _random_optics(rng, stadium.style)
    image, instances = draw_scene(camera, stadium, actors, ball, optics)
    roles = {i: p.role for i, p in enumerate(people)} | {BALL_NUMBER: Role.BALL}
    rows = [_yolo_row(instance, roles[instance.number]) for instance in instances if _is_labelled(instance)]
    image = through_lens(image, optics, sensor, rng)
    if rng.random() < 0.6:
        _draw_graphic(image, rng)
    if rng.random() < 0.3:
        image = _rescaled(image, float(rng.uniform(0.5, 0.9)))
    return TrainingFrame(image, np.array(rows, np.float64).reshape(-1, 5), camera)


def _is_labelled(instance: Instance) -> bool:
    if instance.number == BALL_NUMBER:
        return instance.visible >= MIN_BALL_VISIBLE
    return instance.inside >= MIN_INSIDE and instance.visible >= MIN_VISIBLE


def _yolo_row(instance: Instance, role: Role) -> tuple[float, float, float, float, float]:
    x1, x2 = np.clip(instance.box[0::2], 0, _SIZE[0]) / _SIZE[0]
    y1, y2 = np.clip(instance.box[1::2], 0, _SIZE[1]) / _SIZE[1]
    return YOLO_CLASS[role], (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1


def _random_camera(rng: np.random.Generator, focus: NDArray[np.float64]) -> CameraView:
    kind = rng.random()
    if kind < 0.75:
        place = (rng.uniform(38, 67), -rng.uniform(18, 55), rng.uniform(11, 28))
        tall = math.exp(rng.uniform(math.log(28), math.log(125)))
    elif kind < 0.87:
        end = -rng.uniform(15, 45)
        place = (end if rng.random() < 0.5 else pitch.LENGTH_M - end, rng.uniform(24, 44), rng.uniform(10, 26))
        tall = math.exp(rng.uniform(math.log(18), math.log(80)))
    else:
        place = (focus[0] + rng.uniform(-25, 25), -rng.uniform(6, 25), rng.uniform(2.5, 9))
        tall = math.exp(rng.uniform(math.log(80), math.log(260)))
    target = (float(focus[0] + rng.normal(0, 4)), float(np.clip(focus[1] - 4 + rng.normal(0, 4), 2, 60)), 1.0)
    distance = math.dist(place, target)
    focal = max(900.0, tall * distance / 1.8)
    return CameraView.looking_at(place, target, focal, _SIZE, float(rng.normal(0, 0.008)))


def _random_people(rng: np.random.Generator, focus: NDArray[np.float64]) -> list[_Person]:
    home = random_kit(rng)
    away = random_kit(rng, (home.shirt,))
    shirts = (home.shirt, away.shirt)
    people: list[_Person] = []
    attacks_right = rng.random() < 0.5
    for team, kit in enumerate((home, away)):
        places = _formation(rng, focus, attacks_right=(team == 0) == attacks_right)
        numbers = rng.permutation(np.arange(2, 30))
        for (x, y), number in zip(places, numbers, strict=False):
            people.append(_Person(Role.PLAYER, random_look(rng, kit, int(number)), x, y))
        own_x = 0.0 if (team == 0) == attacks_right else pitch.LENGTH_M
        keeper_x = own_x + (1 if own_x == 0 else -1) * abs(rng.normal(4, 4))
        keeper_kit = replace(random_kit(rng, shirts), pattern=home.pattern.PLAIN)
        look = random_look(rng, keeper_kit, 1, is_keeper=True)
        people.append(_Person(Role.GOALKEEPER, look, keeper_x, 34 + rng.normal(0, 2.5)))
    referee = _referee_kit(rng, shirts)
    near_ball = focus + rng.normal(0, 9, 2)
    spots = [(float(near_ball[0]), float(near_ball[1]))] + (
        [(rng.uniform(5, 100), float(rng.choice([-0.8, 68.8])))] * 2
    )
    for x, y in spots[: int(rng.integers(1, 4))]:
        people.append(_Person(Role.REFEREE, random_look(rng, referee, 0), float(x + rng.normal(0, 0.3)), float(y)))
    return _spread(people)


def _referee_kit(rng: np.random.Generator, avoid: tuple[tuple[int, int, int], ...]) -> Kit:
    shirts = [(40, 235, 225), (28, 28, 30), (190, 230, 60), (90, 60, 235), (230, 190, 60), (60, 240, 170)]
    far = [s for s in shirts if all(np.abs(np.subtract(s, a)).sum() > 150 for a in avoid)] or [
        bgr(rng.random(), 0.8, 0.9)
    ]
    shirt = far[int(rng.integers(len(far)))]
    black = (26, 26, 28)
    return Kit(shirt, black, black if rng.random() < 0.8 else shirt, black if rng.random() < 0.7 else shirt, black)


def _formation(rng: np.random.Generator, focus: NDArray[np.float64], *, attacks_right: bool) -> NDArray[np.float64]:
    """(10, 2) m: lines of a 4-4-2 or 4-3-3 shifted and squeezed towards the ball, with scatter."""
    lines = ((4, 0.18), (4, 0.42), (2, 0.66)) if rng.random() < 0.5 else ((4, 0.18), (3, 0.42), (3, 0.66))
    places = []
    ball_share = focus[0] / pitch.LENGTH_M if attacks_right else 1 - focus[0] / pitch.LENGTH_M
    for count, depth in lines:
        for k in range(count):
            across = (k + 0.5) / count * 56 + 6
            along = np.clip(depth + 0.62 * (ball_share - 0.42), 0.06, 0.97) * pitch.LENGTH_M
            x = along if attacks_right else pitch.LENGTH_M - along
            places.append((x, across * 0.75 + 0.25 * focus[1]))
    spots = np.array(places) + rng.normal(0, 4.5, (10, 2))
    pulled = rng.permutation(10)[: int(rng.integers(1, 5))]
    spots[pulled] = focus + rng.normal(0, 3.5, (len(pulled), 2))
    return np.clip(spots, (0.5, 0.5), (pitch.LENGTH_M - 0.5, pitch.WIDTH_M - 0.5))


def _spread(people: list[_Person], apart_m: float = 0.55) -> list[_Person]:
    xy = np.array([(p.x, p.y) for p in people])
    for _ in range(8):
        gap = xy[:, None] - xy[None]
        distance = np.hypot(gap[..., 0], gap[..., 1]) + 10 * np.eye(len(xy))
        close = (distance < apart_m)[..., None]
        xy += np.where(close, gap / np.maximum(distance, 0.05)[..., None] * 0.2, 0).sum(axis=1)
    return [replace(p, x=float(x), y=float(y)) for p, (x, y) in zip(people, xy, strict=True)]


def _random_pose(rng: np.random.Generator, person: _Person, focus: NDArray[np.float64]) -> Pose:
    speed = float(rng.choice([0.0, rng.uniform(0.8, 2), rng.uniform(2.5, 8)], p=(0.2, 0.35, 0.45)))
    to_ball = math.atan2(focus[1] - person.y, focus[0] - person.x)
    heading = to_ball + rng.normal(0, 0.9) if rng.random() < 0.6 else rng.uniform(-math.pi, math.pi)
    phase, spread = float(rng.uniform(0, math.tau)), float(rng.uniform(0.05, 0.45))
    pose = Pose(person.x, person.y, float(heading), speed, phase, spread=spread)
    return _keeper_pose(rng, pose) if person.role is Role.GOALKEEPER else _special_pose(rng, pose)


def _keeper_pose(rng: np.random.Generator, pose: Pose) -> Pose:
    chance = rng.random()
    if chance < 0.15:
        return replace(pose, dive=float(rng.uniform(-1, 1)), reach=float(rng.uniform(0.3, 1)))
    if chance < 0.5:
        return replace(pose, speed=0.0, crouch=float(rng.uniform(0.1, 0.5)), spread=0.5)
    return pose


def _special_pose(rng: np.random.Generator, pose: Pose) -> Pose:
    """Now and then a kick, raised arms, a fall or a crouch."""
    chance = rng.random()
    if chance < 0.05:
        return replace(pose, kick=float(rng.uniform(0.05, 1.9)))
    if chance < 0.09:
        return replace(pose, reach=float(rng.uniform(0.3, 1)), speed=0.0)
    if chance < 0.11:
        return replace(pose, dive=float(rng.uniform(-1, 1)))
    if chance < 0.15:
        return replace(pose, crouch=float(rng.uniform(0.1, 0.5)))
    return pose


def _random_ball(rng: np.random.Generator, focus: NDArray[np.float64], actors: list[Actor]) -> BallInScene:
    if rng.random() < 0.5:
        near = min(actors, key=lambda a: math.dist((a.pose.x, a.pose.y), focus)).pose
        ahead = rng.uniform(0.4, 1.2)
        xy = np.array([near.x + ahead * math.cos(near.heading), near.y + ahead * math.sin(near.heading)])
    else:
        xy = focus + rng.normal(0, 5, 2)
    height = BALL_RADIUS_M if rng.random() < 0.7 else float(rng.uniform(0.2, 7))
    place = np.append(xy, height)
    speed = rng.uniform(0, 22) if rng.random() < 0.6 else 0.0
    angle = rng.uniform(0, math.tau)
    before = place - np.array([math.cos(angle), math.sin(angle), 0]) * speed * rng.uniform(0.004, 0.02)
    return BallInScene(place, before, float(rng.uniform(0, math.tau)))


def _random_optics(rng: np.random.Generator, style: StadiumStyle) -> Optics:
    if style.is_sunny:
        angle = rng.uniform(0, math.tau)
        reach = rng.uniform(0.5, 2.2)
        shadows = ((reach * math.cos(angle), reach * math.sin(angle), float(rng.uniform(0.3, 0.55))),)
    else:
        reach, strength = rng.uniform(0.1, 0.6), float(rng.uniform(0.05, 0.25))
        shadows = tuple((sx * reach, sy * reach, strength) for sx in (-1, 1) for sy in (-1, 1))  # type: ignore[assignment]
    level = rng.uniform(0.8, 1.25)
    gain = tuple(float(level * g) for g in np.clip(rng.normal(1, 0.05, 3), 0.88, 1.12))
    pan = (float(rng.normal(0, 4)), float(rng.normal(0, 1.0))) if rng.random() < 0.3 else (0.0, 0.0)
    return Optics(shadows, gain, float(rng.uniform(0.3, 1.3)), float(rng.uniform(0.5, 6)),  # type: ignore[arg-type]
                  float(rng.uniform(0, 0.35)), pan, float(rng.uniform(0.6, 1.0)))  # fmt: skip


def _draw_graphic(image: Image, rng: np.random.Generator) -> None:
    """A scoreboard in a corner, as broadcasts have."""
    x, y = (int(rng.choice([40, 90, 930])), int(rng.choice([28, 50])))
    dark, light = bgr(rng.random(), 0.8, 0.4), bgr(rng.random(), 0.2, 0.95)
    cv2.rectangle(image, (x, y), (x + 240, y + 30), dark, -1)
    cv2.rectangle(image, (x + 88, y), (x + 152, y + 30), light, -1)
    for text, at, colour in (("TAC", x + 16, light), ("EYE", x + 172, light), ("1 - 0", x + 98, (20, 20, 20))):
        cv2.putText(image, text, (at, y + 22), cv2.FONT_HERSHEY_DUPLEX, 0.65, colour, 1, cv2.LINE_AA)


def _rescaled(image: Image, share: float) -> Image:
    """As if it had been streamed smaller."""
    small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, _SIZE, interpolation=cv2.INTER_CUBIC), np.uint8)
