"""Labelled pictures as batches for a detector: each a random view with changed kits, light and quality.

Scales are drawn so that a picture is seen as the product shows it to the network (its longer side at 640 to 1400 px),
with a wider tail; views are centred on rare roles and the ball more often than chance would.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from tacticeye.training import augment, kits
from tacticeye.training.datasets import Sample
from tacticeye.types import Image, Role

Canvas = tuple[int, int]
# Dyes people in the picture, and gives the roles that they have then.
ChangeKits = Callable[[np.random.Generator, Image, NDArray[np.float32], NDArray[np.int8]], NDArray[np.int8]]
MIN_INSIDE = 0.3
RARE = (Role.BALL, Role.GOALKEEPER, Role.REFEREE)


@dataclass(frozen=True)
class ViewRule:
    """What views of a picture are drawn.

    canvases      (width, height) px with the batch's share of the full batch size
    long_side_px  range of the scaled picture's longer side
    change_kits   what people are made to wear
    wide_share    views scaled further up or down
    ball_only     whether nothing but the ball is labelled
    empty_share   views that aim beside the ball
    """

    canvases: tuple[tuple[Canvas, float], ...]
    long_side_px: tuple[float, float]
    change_kits: ChangeKits
    wide_share: float = 0.1
    ball_only: bool = False
    empty_share: float = 0.0


def _kits_for_detector(
    rng: np.random.Generator, image: Image, xyxy: NDArray[np.float32], role: NDArray[np.int8]
) -> NDArray[np.int8]:
    if rng.random() < 0.3:
        kits.recolour_kits(rng, image, xyxy, _groups(rng, role))
    if rng.random() < 0.6:
        kits.dress(rng, image, xyxy[role == Role.REFEREE], shirt_only=rng.random() < 0.7)
    if rng.random() < 0.6:
        kits.dress(rng, image, xyxy[role == Role.GOALKEEPER], shirt_only=rng.random() < 0.3)
    if rng.random() < 0.5:
        role = kits.make_referees(rng, image, xyxy, role, most=2 if rng.random() < 0.3 else 1)
    return role


def _kits_for_ball(
    rng: np.random.Generator, image: Image, xyxy: NDArray[np.float32], role: NDArray[np.int8]
) -> NDArray[np.int8]:
    if rng.random() < 0.5:
        kits.recolour_kits(rng, image, xyxy, _groups(rng, role))
    return role


PLAYER_VIEWS = ViewRule((((960, 544), 1.0), ((960, 544), 1.0), ((1280, 736), 0.5)), (850, 1450), _kits_for_detector)
BALL_VIEWS = ViewRule((((320, 320), 1.0),), (1150, 2200), _kits_for_ball, ball_only=True, empty_share=0.3)


class DetectionSamples:
    """Batches of `img` (B, 3, H, W) uint8 RGB, `cls` (M,), `bboxes` (M, 4) shares of the canvas, `batch_idx` (M,)."""

    def __init__(self, images: Sequence[Sample], copies: Sequence[int], rule: ViewRule) -> None:
        """copies: how often each picture is shown in an epoch."""
        self._images, self._rule = images, rule
        self._order = np.repeat(np.arange(len(images)), copies)
        self._pictures: dict[int, Image] = {}
        for i, labelled in enumerate(images):
            self._pictures[i] = _read(labelled)

    def batches(self, epoch: int, seed: int, size: int) -> list[tuple[Canvas, list[int], int]]:
        rng = np.random.default_rng((seed, epoch))
        order = rng.permutation(self._order).tolist()
        made: list[tuple[Canvas, list[int], int]] = []
        while order:
            canvas, share = self._rule.canvases[int(rng.integers(len(self._rule.canvases)))]
            n = max(1, round(size * share))
            made.append((canvas, order[:n], int(rng.integers(2**31))))
            del order[:n]
        return made

    def load(self, key: tuple[Canvas, list[int], int]) -> dict[str, torch.Tensor]:
        cv2.setNumThreads(0)
        canvas, items, seed = key
        pictures, classes, boxes, owners = [], [], [], []
        for row, item in enumerate(items):
            rng = np.random.default_rng((seed, row))
            image, cls, xyxy = self._view(rng, item, canvas)
            pictures.append(image[:, :, ::-1].transpose(2, 0, 1))
            classes.append(cls)
            boxes.append(_shares(xyxy, canvas))
            owners.append(np.full(len(cls), row))
        return {
            "img": torch.from_numpy(np.ascontiguousarray(np.stack(pictures))),
            "cls": torch.from_numpy(np.concatenate(classes).astype(np.float32)),
            "bboxes": torch.from_numpy(np.concatenate(boxes).astype(np.float32)),
            "batch_idx": torch.from_numpy(np.concatenate(owners).astype(np.float32)),
        }

    def _view(
        self, rng: np.random.Generator, item: int, canvas: Canvas
    ) -> tuple[Image, NDArray[np.int8], NDArray[np.float32]]:
        """One canvas: a portrait picture fills a wide canvas with two views side by side."""
        picture = self._pictures[item]
        is_portrait = picture.shape[0] > picture.shape[1] and canvas[0] > 1.4 * canvas[1]
        parts = 2 if is_portrait else 1
        width = canvas[0] // parts
        seen = [self.part(rng, item, (width, canvas[1])) for _ in range(parts)]
        image = np.hstack([s[0] for s in seen])
        xyxy = np.concatenate([s[2] + np.array([k * width, 0, k * width, 0], np.float32) for k, s in enumerate(seen)])
        cls = np.concatenate([s[1] for s in seen])
        image = augment.degrade(rng, augment.change_light(rng, image))
        if self._rule.ball_only:
            keep = cls == Role.BALL
            return image, np.zeros(int(keep.sum()), np.int8), xyxy[keep]
        return image, _YOLO_CLASS[cls], xyxy

    def part(
        self, rng: np.random.Generator, item: int, canvas: Canvas
    ) -> tuple[Image, NDArray[np.int8], NDArray[np.float32]]:
        """A view of one picture before light and quality are changed, the roles seen in it and their boxes."""
        labelled, picture = self._images[item], self._pictures[item]
        size = (picture.shape[1], picture.shape[0])
        low, high = np.log(self._rule.long_side_px)
        scale = math.exp(rng.uniform(low, high)) / max(size)
        if rng.random() < self._rule.wide_share:
            scale *= math.exp(rng.uniform(math.log(0.6), math.log(2.0)))
        matrix = augment.random_view(rng, size, canvas, scale, self._aim(rng, labelled, size, scale))
        image = augment.warp(picture, matrix, canvas)
        xyxy, keep = augment.warp_boxes(labelled.xyxy, matrix, canvas, MIN_INSIDE)
        xyxy, role = xyxy[keep], labelled.role[keep]
        role = self._rule.change_kits(rng, image, xyxy, role)
        return image, role, xyxy

    def _aim(self, rng: np.random.Generator, labelled: Sample, size: Canvas, scale: float) -> NDArray[np.float64]:
        """(2,) source px: what the view is centred on."""
        middle = (labelled.xyxy[:, :2] + labelled.xyxy[:, 2:]) / 2.0
        if self._rule.ball_only:
            return self._aim_ball(rng, labelled, middle, size, scale)
        rare = np.flatnonzero(np.isin(labelled.role, RARE))
        if len(rare) and rng.random() < 0.6:
            return np.asarray(middle[rng.choice(rare)], np.float64)
        if len(middle) and rng.random() < 0.7:
            return np.asarray(middle[rng.integers(len(middle))], np.float64)
        return rng.uniform((0, 0), size)

    def _aim_ball(
        self,
        rng: np.random.Generator,
        labelled: Sample,
        middle: NDArray[np.floating],
        size: Canvas,
        scale: float,
    ) -> NDArray[np.float64]:
        balls = np.flatnonzero(labelled.role == Role.BALL)
        if len(balls) and rng.random() >= self._rule.empty_share:
            away = np.clip(rng.normal(0, 45, 2), -130, 130) / scale
            return np.asarray(middle[rng.choice(balls)] + away, np.float64)
        people = np.flatnonzero(labelled.role != Role.BALL)
        if len(people) and rng.random() < 0.6:
            i = int(rng.choice(people))
            # Feet, socks and heads are what a ball is mistaken for most.
            y = labelled.xyxy[i, 3] if rng.random() < 0.75 else labelled.xyxy[i, 1]
            return np.array([middle[i, 0], y], np.float64)
        return rng.uniform((0, 0), size)


# The order in which the shipped models name their classes.
CLASS_NAMES = ("ball", "goalkeeper", "player", "referee")
_YOLO_CLASS = np.zeros(len(Role), np.int8)
_YOLO_CLASS[[Role.BALL, Role.GOALKEEPER, Role.PLAYER, Role.REFEREE]] = (0, 1, 2, 3)


def _groups(rng: np.random.Generator, role: NDArray[np.int8]) -> NDArray[np.int8]:
    """Players turn together, so that the two kits stay two; keepers and referees with them or by themselves."""
    group = np.where(role == Role.BALL, -1, 0).astype(np.int8)
    if rng.random() < 0.3:
        group[role == Role.GOALKEEPER] = 1
    if rng.random() < 0.3:
        group[role == Role.REFEREE] = 2
    if rng.random() < 0.2:
        group[role == Role.PLAYER] = -1
    return group


def _shares(xyxy: NDArray[np.float32], canvas: Canvas) -> NDArray[np.float32]:
    size = np.array([*canvas, *canvas], np.float32)
    centre, extent = (xyxy[:, :2] + xyxy[:, 2:]) / 2, xyxy[:, 2:] - xyxy[:, :2]
    return np.asarray(np.hstack([centre, extent]) / size, np.float32)


def _read(labelled: Sample) -> Image:
    image = cv2.imread(str(labelled.path), cv2.IMREAD_COLOR)
    assert image is not None, labelled.path
    return np.asarray(image, np.uint8)
