"""The people of labelled pictures for the role network: views as a detector is shown, in other kits, cut into people.

Boxes shake as a detector's do, now and then one is missing, and false alarms of a detector stand among the people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tacticeye.training import augment, kits
from tacticeye.training.datasets import Sample, read_picture
from tacticeye.training.detection_samples import Canvas, DetectionSamples, ViewRule
from tacticeye.types import Image, Role
from tacticeye.vision.box_overlap import overlaps
from tacticeye.vision.company import N_KINDS, ROLES, person_pictures, places_among
from tacticeye.vision.yolo_detector import YoloDetector

# The score from which a detector's false alarms are kept: weaker ones are never company.
FALSE_ALARM_SCORE = 0.015
NOBODY = -1  # in the place of a Role
_MAX_COMMON = 0.15  # IoU with anybody labelled; more may be the labelled person
_LEAST_PX = 8  # height of a box that shows anything
_SHAKE = 0.035  # of a box's size
_MISSING = 0.06
_KIND = {role: kind for kind, role in enumerate(ROLES)} | {NOBODY: N_KINDS - 1}
# Referees and goalkeepers are few.
_WEIGHTS = (1.5, 1.0, 1.5, 1.0)


def _kits_for_roles(
    rng: np.random.Generator, image: Image, xyxy: NDArray[np.float32], role: NDArray[np.int8]
) -> NDArray[np.int8]:
    chance = rng.random()
    if chance < 0.35:
        kits.dress_sides(rng, image, xyxy, role)
    elif chance < 0.6:
        kits.recolour_kits(rng, image, xyxy, np.where(np.isin(role, ROLES), 0, -1).astype(np.int8))
    for whom in (Role.REFEREE, Role.GOALKEEPER):
        if rng.random() < 0.5:
            kits.dress_apart(rng, image, xyxy, role, whom)
    if rng.random() < 0.4:
        role = kits.make_referees(rng, image, xyxy, role, most=2 if rng.random() < 0.4 else 1)
    return role


ROLE_VIEWS = ViewRule((((1280, 736), 1.0), ((1280, 736), 1.0), ((960, 544), 1.0)), (850, 1450), _kits_for_roles)


class RoleSamples:
    """Batches of `img` (N, 3, 40, 60) uint8 RGB, `places` (N, N_PLACES), `frames` (N,) whose picture each person is
    in, `kind` (N,) place of his role in company.ROLES, its length for nobody."""

    def __init__(self, images: Sequence[Sample], copies: Sequence[int]) -> None:
        """images: people shown in each, see shows_people; copies: how often each picture is shown in an epoch."""
        self._images = images
        self._shown = DetectionSamples(images, copies, ROLE_VIEWS)

    def batches(self, epoch: int, seed: int, size: int) -> list[tuple[Canvas, list[int], int]]:
        return self._shown.batches(epoch, seed, size)

    def load(self, key: tuple[Canvas, list[int], int]) -> dict[str, torch.Tensor]:
        canvas, items, seed = key
        pictures, places, frames, kinds = [], [], [], []
        for row, item in enumerate(items):
            rng = np.random.default_rng((seed, row))
            image, role, xyxy = self._people(rng, item, canvas)
            while not len(role):  # a view beside everybody shows nothing
                image, role, xyxy = self._people(rng, item, canvas)
            pictures.append(person_pictures(image, xyxy))
            places.append(places_among(xyxy))
            frames.append(np.full(len(role), row))
            kinds.append(np.array([_KIND[number] for number in role.tolist()]))
        return {
            "img": torch.from_numpy(np.concatenate(pictures).transpose(0, 3, 1, 2).copy()),
            "places": torch.from_numpy(np.concatenate(places)),
            "frames": torch.from_numpy(np.concatenate(frames)),
            "kind": torch.from_numpy(np.concatenate(kinds)),
        }

    def _people(
        self, rng: np.random.Generator, item: int, canvas: Canvas
    ) -> tuple[Image, NDArray[np.int8], NDArray[np.float32]]:
        sample = self._images[item]
        if sample.height > sample.width:
            canvas = (canvas[0] // 2, canvas[1])
        image, role, xyxy = self._shown.part(rng, item, canvas)
        image = augment.degrade(rng, augment.change_light(rng, image))
        size = xyxy[:, 2:] - xyxy[:, :2]
        is_seen = (role != Role.BALL) & (size[:, 1] >= _LEAST_PX) & (rng.random(len(role)) >= _MISSING)
        role, xyxy, size = role[is_seen], xyxy[is_seen], size[is_seen]
        xyxy = xyxy + rng.normal(0, _SHAKE, xyxy.shape) * np.tile(size, 2)
        xyxy[:, 2:] = np.maximum(xyxy[:, 2:], xyxy[:, :2] + 2)
        return image, role, xyxy.astype(np.float32)


def shows_people(sample: Sample) -> bool:
    """Whether somebody is labelled who is tall enough for most views."""
    is_tall = sample.xyxy[:, 3] - sample.xyxy[:, 1] >= 2 * _LEAST_PX
    return bool((np.isin(sample.role, ROLES) & is_tall).any())


def with_false_alarms(sample: Sample, detector: YoloDetector) -> Sample:
    """The same picture with what the detector takes for people where nobody is labelled, as NOBODY."""
    ((xyxy, _, role),) = detector.find([read_picture(sample.path)])
    people = sample.xyxy[sample.role != Role.BALL]
    common = overlaps(xyxy, people).max(axis=1, initial=0)
    false = xyxy[
        (role != Role.BALL) & (common < _MAX_COMMON) & (xyxy[:, 3] - xyxy[:, 1] >= kits.LEAST_REFEREE_PX / 1.5)
    ]
    return replace(
        sample,
        role=np.concatenate([sample.role, np.full(len(false), NOBODY, np.int8)]),
        xyxy=np.concatenate([sample.xyxy, false]),
    )


def role_loss(network: nn.Module, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, float]]:
    """Cross entropy of each person's kind, rare ones weighing more."""
    logits = network(batch["img"], batch["places"], batch["frames"]).float()
    weights = torch.tensor(_WEIGHTS, device=logits.device)
    loss = nn.functional.cross_entropy(logits, batch["kind"], weights, label_smoothing=0.05)
    return loss, {"roles": float(loss.detach())}
