"""YOLO weights computed by torch: the only module of the product that knows ultralytics and torch.

Raw predictions come out undecoded, so that torchvision plays no part at run time. One image a forward pass on a
processor, groups of a fixed size on a GPU, so that an answer never depends on the other images in a batch. Half
precision on CUDA, float32 elsewhere.
"""

from __future__ import annotations

import copy
import importlib
import importlib.machinery
import importlib.util
import logging
import os
import pickle
import sys
import tempfile
from collections.abc import Iterable
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np

# Threads of torch that wait for each other sleep instead of spinning: on two busy cores a forward pass of yolov8n at
# 640 px took 40 ms instead of 1,800. Only read while torch is being loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
import torch
from numpy.typing import NDArray

from tacticeye.errors import ConfigurationError, WeightsError
from tacticeye.types import Image
from tacticeye.vision.network import NetworkTraits, check_weights

log = logging.getLogger(__name__)

# Pictures a forward pass on a GPU. On a processor one: two cores are busy with one picture (docs/decisions/0003).
GPU_GROUP = 8

# What torch and ultralytics raise for files that are damaged or aren't checkpoints.
LOAD_ERRORS = (OSError, RuntimeError, TypeError, ValueError, KeyError, AttributeError, IndexError, EOFError,
               ImportError, pickle.UnpicklingError)  # fmt: skip


class TorchNetwork:
    """A network computed by torch."""

    def __init__(self, path: Path, device: torch.device) -> None:
        """Raises WeightsError where the file can't be used."""
        network, self._traits = load(path)
        self._device = device
        is_gpu = device.type == "cuda"
        self._dtype = torch.float16 if is_gpu else torch.float32
        self._group = GPU_GROUP if is_gpu else 1
        network.to(device, self._dtype, memory_format=torch.channels_last)
        self._network = network

    @property
    def traits(self) -> NetworkTraits:
        """How to read the answers."""
        return self._traits

    def predict(self, pictures: Iterable[Image]) -> list[NDArray[np.float32]]:
        """The raw answer for each picture, in order."""
        answers: list[NDArray[np.float32]] = []
        for _, alike in groupby(pictures, key=np.shape):
            while group := list(islice(alike, self._group)):
                answers += self._forward(group)
        return answers

    def _forward(self, group: list[Image]) -> list[NDArray[np.float32]]:
        """A pass over pictures of one shape, filled up to a full group: kernels are chosen by shape, and within one
        shape the rows of a group don't mix."""
        full = np.zeros((self._group, *group[0].shape), np.uint8)
        np.stack(group, out=full[: len(group)])
        with torch.inference_mode():
            # NHWC in memory seen as NCHW: exactly the channels_last layout of the weights.
            pixels = torch.from_numpy(full).to(self._device).permute(0, 3, 1, 2).to(self._dtype) / 255
            answer = self._network(pixels)
            raw = answer[0] if isinstance(answer, tuple | list) else answer
            return list(np.asarray(raw[: len(group)].float().cpu().numpy(), np.float32))


def find_device(name: str) -> torch.device:
    """The torch device of that name; "auto" is the first GPU if there is one. Raises ConfigurationError."""
    expected = '"auto", "cpu", "cuda", "cuda:1" or "mps", and a device that this machine has'
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ConfigurationError("device", name, expected) from error
    is_there = {
        "cpu": True,
        "cuda": (device.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not is_there.get(device.type, False):
        raise ConfigurationError("device", name, expected)
    return device


def load(path: Path) -> tuple[Any, NetworkTraits]:
    """The fused network in evaluation mode on the CPU. Raises WeightsError; downloads nothing."""
    check_weights(path)
    load_ultralytics()
    from ultralytics import YOLO
    from ultralytics.nn.modules import Detect

    try:
        model = YOLO(str(path.resolve()))
        network, names = model.model, dict(model.names)
    except LOAD_ERRORS as error:
        log.debug("loading %s failed", path, exc_info=error)
        raise WeightsError(path, "it is damaged or no YOLO model; copy or train the weights again.") from error
    if model.task != "detect" or not isinstance(network.model[-1], Detect):
        raise WeightsError(path, f"it is a model for the task {model.task!r}; choose one that detects boxes.")
    is_end_to_end = bool(getattr(network.model[-1], "end2end", False))
    network = network.fuse(verbose=False).eval().requires_grad_(False)
    return network, NetworkTraits({int(k): str(v) for k, v in names.items()}, is_end_to_end)


def open_for_training(path: Path) -> torch.nn.Module:
    """The detection network in a checkpoint as training goes on with it: not fused, float32. Raises WeightsError."""
    check_weights(path)
    load_ultralytics()
    repair_torchvision()
    from ultralytics import YOLO

    try:
        network: torch.nn.Module = YOLO(str(path.resolve())).model
    except LOAD_ERRORS as error:
        raise WeightsError(path, "it is damaged or no YOLO model; copy or train the weights again.") from error
    return network.float()


def new_detection_network(description: dict[str, Any], names: tuple[str, ...]) -> torch.nn.Module:
    """An untrained YOLO network as ultralytics' yaml files describe it."""
    load_ultralytics()
    repair_torchvision()
    from ultralytics.nn.tasks import DetectionModel

    network: torch.nn.Module = DetectionModel(copy.deepcopy(description), nc=len(names), verbose=False)
    network.names = dict(enumerate(names))  # type: ignore[assignment]
    return network


def new_layers(description: dict[str, Any]) -> tuple[torch.nn.Sequential, list[int]]:
    """Untrained YOLO layers as described, and the numbers of those whose output later layers read."""
    load_ultralytics()
    from ultralytics.nn.tasks import parse_model

    layers, saved = parse_model(copy.deepcopy(description), ch=3, verbose=False)
    return layers, list(saved)


def load_for_export(path: Path, size: tuple[int, int]) -> tuple[torch.nn.Module, torch.Tensor, NetworkTraits]:
    """The network as others may trace it: float32, one answer a picture, places computed anew for each picture size.

    With it a picture of `size` (height, width), and how to read the answers. Raises WeightsError.
    """
    network, traits = load(path)
    head = network.model[-1]
    head.dynamic = head.export = True
    head.format = "openvino"
    return network.float(), torch.zeros(1, 3, *size), traits


def load_ultralytics() -> None:
    """Import ultralytics so that it neither reaches the network, installs packages nor slows torch down.

    It sets OMP_NUM_THREADS to 1 for the process; that is undone, and torch gets every core that this process may use
    unless the user has set OMP_NUM_THREADS himself.
    """
    threads = os.environ.get("OMP_NUM_THREADS")
    if "ultralytics" not in sys.modules:
        os.environ.update(
            YOLO_OFFLINE="1",
            YOLO_AUTOINSTALL="0",
            YOLO_VERBOSE="False",
            YOLO_CONFIG_DIR=str(_settings_folder()),
            # Weights come from strangers too: rebuild known layers only, never run code that a file brings along.
            ULTRALYTICS_SAFE_LOAD="1",
        )
        define_missing_torchvision_operators()
    from ultralytics import settings

    if settings.get("sync"):
        settings.update({"sync": False})
    if threads is None:
        os.environ.pop("OMP_NUM_THREADS", None)
        torch.set_num_threads(available_cores())


def available_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return max(len(os.sched_getaffinity(0)), 1)
    return os.cpu_count() or 1


def _settings_folder() -> Path:
    """A folder of our own that can be written: in the user's cache, else a temporary one."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or "~/.cache"
    try:
        folder = Path(cache).expanduser() / "tacticeye" / "ultralytics"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError):  # RuntimeError: the user has no home
        return Path(tempfile.mkdtemp(prefix="tacticeye-ultralytics-"))


# The operators that torchvision refers to while it is being imported.
MISSING_OPERATORS = ("nms", "qnms")
_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def repair_torchvision() -> None:
    """Import torchvision in a way that its suppression of boxes works, which ultralytics needs to train and evaluate.

    Beside a CPU-only torch the usual wheel can't load its compiled operators, and `import torchvision` itself fails.
    Does nothing more than the import where they load. Detection doesn't need it.
    """
    is_stand_in = define_missing_torchvision_operators()
    extension: Any = importlib.import_module("torchvision.extension")
    if is_stand_in:
        extension._has_ops = lambda: True


def define_missing_torchvision_operators() -> bool:
    """Declare torchvision's operators where its own don't load, before it is imported; True where ours stand in."""
    torch_library: Any = torch.library
    operators: Any = torch.ops.torchvision
    if hasattr(operators, "nms"):
        return hasattr(operators, "stand_in")
    if _load_native_operators():
        return False
    library = torch_library.Library("torchvision", "FRAGMENT")
    for name in MISSING_OPERATORS:
        library.define(name + _SIGNATURE)
    library.impl("nms", _suppress_tensors, "CPU")
    # The definitions live as long as this object, and torch has no other owner for it.
    operators.stand_in = library
    return True


def _load_native_operators() -> bool:
    """Whether torchvision's own compiled operators load, without importing torchvision; True if there is none."""
    package = importlib.util.find_spec("torchvision")
    if package is None or package.origin is None:
        return True
    details = (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES)
    compiled = importlib.machinery.FileFinder(str(Path(package.origin).parent), details).find_spec("_C")
    if compiled is None or compiled.origin is None:
        return False
    operators: Any = torch.ops
    try:
        operators.load_library(compiled.origin)
    except OSError:
        return False
    return True


def _suppress_tensors(dets: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """torchvision::nms: dets (N, 4) xyxy, scores (N,) -> int64 indices of the kept boxes by falling score."""
    boxes = dets.detach().numpy().astype(np.float64)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    order = np.argsort(-scores.detach().numpy(), kind="stable")
    kept = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(int(best))
        overlap = np.minimum(boxes[best, 2:], boxes[order, 2:]) - np.maximum(boxes[best, :2], boxes[order, :2])
        shared = np.prod(np.clip(overlap, 0, None), axis=1)
        order = order[shared <= iou_threshold * (area[best] + area[order] - shared)]
    return torch.as_tensor(kept, dtype=torch.int64)
