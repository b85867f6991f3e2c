"""Training the networks that ship: what each is made from, shown and told, in one place.

The result is players.pt, ball.pt, pitch.pt or roles.pt in the folder of the run; last.pt beside it is what a resumed
run goes on from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tacticeye.config import AnalysisConfig
from tacticeye.demo.training_frames import write_training_frames
from tacticeye.errors import DataSetError
from tacticeye.training import yolo
from tacticeye.training.datasets import DataSet, Sample, Split, check_no_leak
from tacticeye.training.detection_samples import BALL_VIEWS, CLASS_NAMES, PLAYER_VIEWS, DetectionSamples
from tacticeye.training.fit import EpochReport, Loss, Recipe, Run, Samples, fit
from tacticeye.training.pitch_samples import PitchSamples, pitch_loss, with_lines
from tacticeye.training.role_samples import FALSE_ALARM_SCORE, RoleSamples, role_loss, shows_people, with_false_alarms
from tacticeye.types import Role
from tacticeye.vision.network import open_network
from tacticeye.vision.pitch_keypoints import save_pitch_network
from tacticeye.vision.pitch_network import LAYERS, PitchNetwork
from tacticeye.vision.role_network import RoleNetwork, save_role_network
from tacticeye.vision.ultralytics_backend import new_layers, open_for_training
from tacticeye.vision.yolo_detector import YoloDetector

PLAYERS = Recipe(epochs=36, learning_rate=8e-4, batch=8, frozen_layers=1)
BALL = Recipe(epochs=12, learning_rate=1.5e-3, batch=32)
PITCH = Recipe(epochs=14, learning_rate=1.5e-3, batch=16)
# With the gradient cut short as for other networks with attention it learns from a third of the views.
ROLES = Recipe(epochs=40, learning_rate=1.5e-3, batch=32, weight_decay=0.05, warmup_steps=40, gradient_limit=1.0)

# Rare classes weigh more in the loss, in the order of CLASS_NAMES: ball, goalkeeper, player, referee.
CLASS_WEIGHTS = (2.0, 2.5, 1.0, 3.0)
HOMOGRAPHIES = "homographies.json"

OnStep = Callable[[int, int, int], None]
OnEpoch = Callable[[EpochReport], None]


@dataclass(frozen=True)
class Material:
    """What a network is trained on.

    sets       data sets with the number of times an epoch shows each picture
    synthetic  rendered frames to add, and their seed; start: weights of a detector to begin with
    views_seed order and views that are drawn: a run that goes on from another's weights should see others
    """

    sets: Sequence[tuple[Path, int]]
    synthetic: int
    start: Path
    seed: int = 1
    views_seed: int = 0


@dataclass(frozen=True, eq=False)
class Learning:
    """A network, what it is shown and told, and how and under which name it is kept."""

    network: nn.Module
    samples: Samples
    loss: Loss
    save: Callable[[Any, Path], None]
    name: str


def train_players(
    material: Material, run: Run, epochs: int | None, on_step: OnStep | None = None, on_epoch: OnEpoch | None = None
) -> Path:
    """People and ball in whole frames. Raises DataSetError, WeightsError, ConfigurationError."""
    samples, copies = _samples(material, run.folder)
    network = open_for_training(material.start)
    if list(dict(network.names).values()) != list(CLASS_NAMES):  # type: ignore[arg-type]
        raise DataSetError(material.start, "training starts from weights with our four classes; give weights/best.pt.")
    yolo.prepare_loss(network, CLASS_WEIGHTS)
    shown = DetectionSamples(samples, copies, PLAYER_VIEWS)
    learning = Learning(network, shown, yolo.detection_loss, yolo.save_network, "players.pt")
    return _train(learning, _recipe(PLAYERS, epochs, material), run, on_step, on_epoch)


def train_ball(
    material: Material, run: Run, epochs: int | None, on_step: OnStep | None = None, on_epoch: OnEpoch | None = None
) -> Path:
    """The ball in crops at native resolution. Raises DataSetError, WeightsError, ConfigurationError."""
    samples, copies = _samples(material, run.folder)
    if not any((sample.role == Role.BALL).any() for sample in samples):
        raise DataSetError(material.sets[0][0], "no ball is labelled in it; give images with balls.")
    torch.manual_seed(BALL.seed)  # layers that start from nothing start the same each time
    network = yolo.new_ball_network(open_for_training(material.start))
    yolo.prepare_loss(network)
    shown = DetectionSamples(samples, copies, BALL_VIEWS)
    learning = Learning(network, shown, yolo.detection_loss, yolo.save_network, "ball.pt")
    return _train(learning, _recipe(BALL, epochs, material), run, on_step, on_epoch)


def train_pitch(
    material: Material, run: Run, epochs: int | None, on_step: OnStep | None = None, on_epoch: OnEpoch | None = None
) -> Path:
    """The landmarks and lines of the pitch. Raises DataSetError, WeightsError, ConfigurationError."""
    samples, copies = [], []
    for folder, times in _folders(material, run.folder, pitch=True):
        homographies = folder / HOMOGRAPHIES
        own = DataSet.open(folder).samples(Split.TRAIN)
        samples += with_lines(own, homographies if homographies.is_file() else None)
        copies += [times] * len(own)
    torch.manual_seed(PITCH.seed)
    network = PitchNetwork(*new_layers(LAYERS))
    yolo.start_from(network, open_for_training(material.start))
    learning = Learning(network, PitchSamples(samples, copies), pitch_loss, save_pitch_network, "pitch.pt")
    return _train(learning, _recipe(PITCH, epochs, material), run, on_step, on_epoch)


def train_roles(
    material: Material, run: Run, epochs: int | None, on_step: OnStep | None = None, on_epoch: OnEpoch | None = None
) -> Path:
    """Who is referee or goalkeeper among the people of a frame; what the detector that training starts from takes for
    people by mistake is shown as nobody. Raises DataSetError, WeightsError, ConfigurationError."""
    samples, copies = _samples(material, run.folder)
    peopled = [i for i, sample in enumerate(samples) if shows_people(sample)]
    if not peopled:
        raise DataSetError(material.sets[0][0], "nobody is labelled in it; give images with people.")
    detector = YoloDetector(
        open_network(material.start, run.device),
        material.start,
        conf_threshold=FALSE_ALARM_SCORE,
        ball_conf_threshold=FALSE_ALARM_SCORE,
        imgsz=AnalysisConfig().imgsz,
    )
    shown = RoleSamples([with_false_alarms(samples[i], detector) for i in peopled], [copies[i] for i in peopled])
    torch.manual_seed(ROLES.seed)
    learning = Learning(RoleNetwork(), shown, role_loss, save_role_network, "roles.pt")
    return _train(learning, _recipe(ROLES, epochs, material), run, on_step, on_epoch)


def _train(learning: Learning, recipe: Recipe, run: Run, on_step: OnStep | None, on_epoch: OnEpoch | None) -> Path:
    """Trains, and writes the averaged network after each epoch. Returns where to."""
    target = run.folder / learning.name

    def keep(report: EpochReport, average: nn.Module) -> None:
        learning.save(average, target)
        if on_epoch:
            on_epoch(report)

    fit(learning.network, learning.samples, learning.loss, recipe, run, on_step=on_step, on_epoch=keep)
    return target


def _recipe(recipe: Recipe, epochs: int | None, material: Material) -> Recipe:
    return replace(recipe, epochs=recipe.epochs if epochs is None else epochs, seed=material.views_seed)


def _samples(material: Material, folder: Path) -> tuple[list[Sample], list[int]]:
    samples: list[Sample] = []
    copies: list[int] = []
    for place, times in _folders(material, folder):
        own = DataSet.open(place).samples(Split.TRAIN)
        samples += own
        copies += [times] * len(own)
    return samples, copies


def _folders(material: Material, folder: Path, *, pitch: bool = False) -> list[tuple[Path, int]]:
    """The data sets, no match in training and validation at once, and the rendered frames, made where they aren't."""
    check_no_leak([DataSet.open(place) for place, _ in material.sets])
    places = list(material.sets)
    if material.synthetic:
        rendered = folder / f"synthetic_{material.seed}_{material.synthetic}"
        # data.yaml of the pitch is written last: rendering that was cut off begins again.
        if not (rendered / "pitch" / "data.yaml").is_file():
            write_training_frames(rendered, material.synthetic, material.seed)
        places.append((rendered / "pitch" if pitch else rendered, 1))
    if not places:
        raise DataSetError(folder, "there is nothing to train on; give --data, or --synthetic with a number of frames.")
    return places
