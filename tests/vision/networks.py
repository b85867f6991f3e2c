"""Networks that have learned nothing, batches of pictures, and detectors over weights, for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tacticeye.config import Backend
from tacticeye.types import FrameBatch, Image
from tacticeye.vision.network import open_network
from tacticeye.vision.ultralytics_backend import load_ultralytics
from tacticeye.vision.yolo_detector import YoloDetector

# A YOLO of few layers, strides 8, 16 and 32: quick to make, load and translate.
TINY: dict[str, Any] = {
    "nc": 80,
    "backbone": [[-1, 1, "Conv", [16, 3, 2]] for _ in range(5)],
    "head": [[[2, 3, 4], 1, "Detect", ["nc"]]],
}


def batch(images: list[Image]) -> FrameBatch:
    numbers = np.arange(len(images), dtype=np.int64)
    return FrameBatch(0, 0, len(images), 0.0, 1.0, numbers, numbers / 25, images)


def open_weights(
    path: Path, imgsz: int = 320, conf: float = 0.3, ball_conf: float = 0.1, backend: Backend = Backend.TORCH
) -> YoloDetector:
    network = open_network(path, "cpu", backend)
    return YoloDetector(network, path, conf_threshold=conf, ball_conf_threshold=ball_conf, imgsz=imgsz)


def untrained(
    path: Path,
    architecture: str = "tiny",
    names: dict[int, str] | None = None,
    is_end_to_end: bool = False,
    seed: int = 0,
) -> Path:
    """Weights file of a model that has learned nothing: TINY, or an architecture that comes with the package."""
    load_ultralytics()
    if architecture == "tiny":
        description = path.with_name(f"{path.stem}-tiny.yaml")
        description.write_text(json.dumps(TINY))
        architecture = str(description)
    from ultralytics import YOLO

    torch.manual_seed(seed)
    model: Any = YOLO(architecture)
    if names is not None:
        model.model.names = names
    if is_end_to_end:
        model.model.model[-1].end2end = True
    model.save(path)
    return path


def overlap(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N, M) IoU of boxes (N, 4) and (M, 4)."""
    sides = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    shared_area = np.prod(np.clip(sides, 0, None), axis=2, dtype=np.float64)
    area = [np.prod(x[:, 2:] - x[:, :2], axis=1) for x in (a, b)]
    return np.asarray(shared_area / (area[0][:, None] + area[1][None] - shared_area), np.float64)
