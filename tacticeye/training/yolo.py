"""What training adds to a YOLO network: a start from other weights, the loss, the checkpoint that detection loads."""

from __future__ import annotations

import copy
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn

from tacticeye.vision.ultralytics_backend import new_detection_network, open_for_training

# Weights of the parts of the loss, as ultralytics has them.
_GAINS = {"box": 7.5, "cls": 0.5, "dfl": 1.5}

# One class, strides 4 and 8: a ball of 8 to 16 px needs no coarser look, only some context from stride 16.
BALL_NETWORK: dict[str, Any] = {
    "nc": 1,
    "scales": {"n": [0.33, 0.25, 1024]},
    "scale": "n",
    "backbone": [
        [-1, 1, "Conv", [64, 3, 2]],
        [-1, 1, "Conv", [128, 3, 2]],
        [-1, 3, "C2f", [128, True]],
        [-1, 1, "Conv", [256, 3, 2]],
        [-1, 6, "C2f", [256, True]],
        [-1, 1, "Conv", [512, 3, 2]],
        [-1, 6, "C2f", [512, True]],
    ],
    "head": [
        [-1, 1, "nn.Upsample", [None, 2, "nearest"]],
        [[-1, 4], 1, "Concat", [1]],
        [-1, 3, "C2f", [256]],
        [-1, 1, "nn.Upsample", [None, 2, "nearest"]],
        [[-1, 2], 1, "Concat", [1]],
        [-1, 3, "C2f", [128]],
        [-1, 1, "Conv", [128, 3, 2]],
        [[-1, 9], 1, "Concat", [1]],
        [-1, 3, "C2f", [256]],
        [[12, 15], 1, "Detect", ["nc"]],
    ],
}


def start_from(network: nn.Module, start: nn.Module) -> None:
    """Give the network whatever weights of another have the same place and shape."""
    own, theirs = network.state_dict(), start.state_dict()
    fitting = {k: v for k, v in theirs.items() if k in own and own[k].shape == v.shape}
    network.load_state_dict(fitting, strict=False)


def new_ball_network(start: nn.Module) -> nn.Module:
    """The ball network, begun with what it has in common with a detector."""
    network = new_detection_network(BALL_NETWORK, ("ball",))
    start_from(network, start)
    return network


def prepare_loss(network: nn.Module, class_weights: tuple[float, ...] | None = None) -> None:
    """Give the network what its loss asks for; before it is copied or moved."""
    network.args = SimpleNamespace(**_GAINS)  # type: ignore[assignment]
    network.criterion = None  # type: ignore[assignment]
    if class_weights:
        network.class_weights = torch.tensor(class_weights)


def detection_loss(network: Any, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, float]]:
    """ultralytics' detection loss of a batch, in float32 whatever the network computes in; mean of a picture."""
    answer = network(batch["img"])
    answer = _float(answer[1] if isinstance(answer, tuple) else answer)
    with torch.autocast(batch["img"].device.type, enabled=False):
        if network.criterion is None:
            network.criterion = network.init_criterion()
        total, parts = network.criterion(answer, batch)
    return total.sum() / len(batch["img"]), {name: float(part) for name, part in parts.items()}


def _float(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.float() if value.is_floating_point() else value
    if isinstance(value, dict):
        return {name: _float(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_float(part) for part in value]
    return value


def save_network(network: Any, path: Path, task: str = "detect") -> None:
    """Write a checkpoint as ultralytics reads it: half precision, nothing of the training in it."""
    kept = copy.deepcopy(network).half().eval()
    kept.criterion, kept.args = None, {"task": task}
    kept.class_weights = None
    kept.pt_path = None  # where the training began, which is nobody's business
    for parameter in kept.parameters():
        parameter.requires_grad_(False)
    content = {"model": kept, "ema": None, "train_args": {"task": task}, "date": date.today().isoformat()}
    temporary = path.with_suffix(".tmp")
    torch.save(content, temporary)
    temporary.replace(path)


def save_mean(first: Path, second: Path, path: Path) -> None:
    """Write the mean of the weights of two checkpoints of one network, of runs that began with the same weights.

    It is often better on matches never seen than either (Wortsman et al., Model soups, ICML 2022). Raises WeightsError.
    """
    network = open_for_training(first)
    own, theirs = network.state_dict(), open_for_training(second).state_dict()
    network.load_state_dict({k: (v + theirs[k]) / 2 if v.is_floating_point() else v for k, v in own.items()})
    save_network(network, path)
