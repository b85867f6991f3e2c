"""A YOLO network behind one interface, whoever computes it: pictures in, raw predictions out.

Two implementations: torch (ultralytics_backend) for GPUs and everywhere, OpenVINO (openvino_backend) for processors,
where it is faster. Both are imported when they are opened: torch takes seconds to load.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tacticeye.config import Backend
from tacticeye.errors import ConfigurationError, WeightsError
from tacticeye.types import Image


@dataclass(frozen=True)
class NetworkTraits:
    """What has to be known to read a network's answers.

    names          class names by number
    is_end_to_end  answers are (n, 6) boxes x1, y1, x2, y2, score, class, already without doubles; otherwise
                   (4 + classes, anchors): centre x, centre y, width, height and a score a class
    """

    names: dict[int, str]
    is_end_to_end: bool


class Network(Protocol):
    """Not thread-safe; one per process and set of weights is enough."""

    @property
    def traits(self) -> NetworkTraits:
        """How to read the answers."""
        ...

    def predict(self, pictures: Iterable[Image]) -> list[NDArray[np.float32]]:
        """The raw answer for each picture, in order; px of the picture.

        pictures: (H, W, 3) uint8 RGB, sides multiples of 32. An answer depends on its picture alone, never on what is
        asked for together with it.
        """
        ...


def open_network(path: Path, device: str = "auto", backend: Backend = Backend.AUTO) -> Network:
    """The detection network in YOLO weights.

    Raises WeightsError where the file can't be used, ConfigurationError for a device or backend that isn't there.
    """
    check_weights(path)
    from tacticeye.vision.ultralytics_backend import TorchNetwork, find_device, load_for_export

    if not is_for_openvino(device, backend):
        return TorchNetwork(path, find_device(device))
    from tacticeye.vision.openvino_backend import OpenVinoNetwork

    return OpenVinoNetwork(path, load_for_export, may_be_coarse=backend == Backend.AUTO)


def is_for_openvino(device: str, backend: Backend) -> bool:
    """Whether OpenVINO computes, not torch. Raises ConfigurationError for a device or backend that isn't there."""
    if backend not in set(Backend):
        raise ConfigurationError("backend", backend, "one of " + ", ".join(Backend))
    from tacticeye.vision.ultralytics_backend import find_device

    is_processor = find_device(device).type == "cpu"
    has_openvino = importlib.util.find_spec("openvino") is not None
    if backend == Backend.OPENVINO and not has_openvino:
        raise ConfigurationError("backend", backend, "openvino to be installed (pip install openvino), or torch")
    if backend == Backend.OPENVINO and not is_processor:
        raise ConfigurationError("backend", backend, "the device cpu; GPUs are driven by torch")
    return backend != Backend.TORCH and is_processor and has_openvino


def check_weights(path: Path) -> None:
    """Raises WeightsError where `path` can't be YOLO weights, before anything slow is loaded. Downloads nothing."""
    if path.is_dir():
        raise WeightsError(path, "it is a folder; give the path of a YOLO weights file (.pt).")
    if not path.is_file():
        raise WeightsError(path, "there is no such file; give the path of YOLO weights (.pt).")
    if path.suffix.lower() != ".pt":
        raise WeightsError(path, "only YOLO weights (.pt) and recorded boxes (.parquet) can be used.")
    if path.stat().st_size == 0:
        raise WeightsError(path, "the file is empty; copy or train the weights again.")
