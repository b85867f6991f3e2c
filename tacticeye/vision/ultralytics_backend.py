"""YOLO weights as a detector: the only module that knows ultralytics and torch.

One image a forward pass, also on a GPU, so that the boxes of a frame never depend on its neighbours in a batch. Images
go in letterboxed to the asked size (stride 32, no more padding than that needs), RGB, 0..1; raw predictions come out
and are decoded here, so that torchvision plays no part at run time. Half precision on CUDA, float32 elsewhere.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import logging
import os
import pickle
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

# Threads of torch that wait for each other sleep instead of spinning: on two busy cores a forward pass of yolov8n at
# 640 px took 40 ms instead of 1,800. Only read while torch is being loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
import torch
from numpy.typing import NDArray

from tacticeye.errors import ConfigurationError, WeightsError
from tacticeye.types import Boxes, FrameBatch, Image, Role
from tacticeye.vision.class_names import roles_of_classes

log = logging.getLogger(__name__)

STRIDE = 32
PADDING_GREY = 114  # what YOLO models are trained with around a picture
# Two boxes of people that overlap more than this are one person, whatever roles the model gave them. Chosen on 44
# validation frames with an early checkpoint, not the shipped one: precision 0.957 and recall 0.892, against 0.910 and
# 0.894 at ultralytics' own 0.7.
PEOPLE_MAX_IOU = 0.5
# A ball is some 10 px wide, so two boxes of one ball, half a ball apart, overlap by a third.
BALL_MAX_IOU = 0.3
# The ball path needs alternatives, but an empty stand gives hundreds of weak ones.
MAX_BALL_CANDIDATES = 8
MAX_PEOPLE = 100

# What torch and ultralytics raise for files that are damaged or aren't checkpoints.
LOAD_ERRORS = (OSError, RuntimeError, TypeError, ValueError, KeyError, AttributeError, IndexError, EOFError,
               ImportError, pickle.UnpicklingError)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Letterbox:
    """Where the source frame lies inside the model's input: input px = source px * scale + (left, top).

    scale is exact to less than a pixel over the frame: ultralytics rounds the resized picture to whole px as well.
    """

    height: int
    width: int
    resized_height: int
    resized_width: int
    left: int
    top: int
    scale: float

    @classmethod
    def fit(cls, height: int, width: int, imgsz: int) -> Letterbox:
        """The smallest input of whole strides whose longer side is `imgsz` and that holds the frame, centred."""
        scale = min(imgsz / height, imgsz / width)
        resized_height, resized_width = max(round(height * scale), 1), max(round(width * scale), 1)
        pad_x, pad_y = (-resized_width % STRIDE) / 2, (-resized_height % STRIDE) / 2
        return cls(
            height=resized_height + int(2 * pad_y),
            width=resized_width + int(2 * pad_x),
            resized_height=resized_height,
            resized_width=resized_width,
            left=round(pad_x - 0.1),
            top=round(pad_y - 0.1),
            scale=scale,
        )

    def apply(self, image: Image) -> Image:
        """(height, width, 3) uint8 RGB."""
        if image.shape[:2] != (self.resized_height, self.resized_width):
            size = (self.resized_width, self.resized_height)
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        canvas = np.full((self.height, self.width, 3), PADDING_GREY, np.uint8)
        inside = canvas[self.top : self.top + self.resized_height, self.left : self.left + self.resized_width]
        inside[:] = image[:, :, ::-1]
        return canvas

    def to_source(self, xyxy: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
        """(N, 4) float32 input px -> source px, clipped to a frame of `height` x `width`."""
        offset = np.array([self.left, self.top, self.left, self.top], np.float32)
        corners = (xyxy - offset) / np.float32(self.scale)
        limit = np.array([width, height, width, height], np.float32)
        return np.asarray(np.clip(corners, np.float32(0), limit), np.float32)


class UltralyticsDetector:
    """People and ball candidates by a YOLO detection model of any size and generation that ultralytics loads."""

    def __init__(
        self, path: Path, *, conf_threshold: float, ball_conf_threshold: float, imgsz: int, device: str = "auto"
    ) -> None:
        """Raises WeightsError where the file can't be used, ConfigurationError for a device that isn't there."""
        self._conf_threshold = conf_threshold
        self._ball_conf_threshold = ball_conf_threshold
        self._imgsz = imgsz
        self._device = find_device(device)
        network, names = _load(path)
        self._is_end_to_end = bool(getattr(network.model[-1], "end2end", False))
        self._role_of_class = _roles(path, names)
        self._dtype = torch.float16 if self._device.type == "cuda" else torch.float32
        network.to(self._device, self._dtype, memory_format=torch.channels_last)
        self._network = network

    def detect(self, batch: FrameBatch) -> Boxes:
        """Boxes of the batch's analysed frames, by frame and falling score, source px, inside the image."""
        parts = []
        for frame, t_s, image in zip(batch.frame, batch.t_s, batch.images, strict=True):
            xyxy, score, role = self._detect_one(image)
            parts.append(Boxes.build(frame=frame, t_s=t_s, xyxy=xyxy, score=score, role=role))
        return Boxes.concatenate(parts)

    def _detect_one(self, image: Image) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int8]]:
        """xyxy (N, 4), score (N,), role (N,) of one image."""
        height, width = image.shape[:2]
        letterbox = Letterbox.fit(height, width, self._imgsz)
        xyxy, score, role = self._candidates(self._predict(letterbox.apply(image)))
        xyxy = letterbox.to_source(xyxy, height, width)
        keep = np.concatenate(
            [
                _suppress(xyxy, score, np.flatnonzero(role != Role.BALL), PEOPLE_MAX_IOU, MAX_PEOPLE),
                _suppress(xyxy, score, np.flatnonzero(role == Role.BALL), BALL_MAX_IOU, MAX_BALL_CANDIDATES),
            ]
        )
        keep = keep[np.argsort(-score[keep], kind="stable")]
        return xyxy[keep], score[keep], role[keep]

    def _predict(self, picture: Image) -> NDArray[np.float32]:
        """The model's raw answer for one letterboxed RGB picture: (4 + classes, anchors), or (n, 6) when end to end."""
        with torch.inference_mode():
            pixels = torch.from_numpy(picture).to(self._device)
            # NHWC in memory seen as NCHW: exactly the channels_last layout of the weights.
            pixels = pixels.permute(2, 0, 1)[None].to(self._dtype) / 255
            answer = self._network(pixels)
            raw = answer[0] if isinstance(answer, tuple | list) else answer
            return np.asarray(raw[0].float().cpu().numpy(), np.float32)

    def _candidates(
        self, raw: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int8]]:
        """Boxes above their thresholds before suppression: xyxy (K, 4) input px, score (K,), role (K,).

        A place gives at most one person, of the role that scores best there, and one ball.
        """
        if self._is_end_to_end:
            role = self._role_of_class[raw[:, 5].astype(np.int64)]
            threshold = np.where(role == Role.BALL, self._ball_conf_threshold, self._conf_threshold)
            keep = (role >= 0) & (raw[:, 4] >= threshold)
            return raw[keep, :4], raw[keep, 4], role[keep]
        scores = raw[4:]
        people = np.flatnonzero((self._role_of_class >= 0) & (self._role_of_class != Role.BALL))
        best = people[np.argmax(scores[people], axis=0)]
        best_score = np.max(scores[people], axis=0)
        person = np.flatnonzero(best_score >= self._conf_threshold)
        columns, picked, roles = [person], [best_score[person]], [self._role_of_class[best[person]]]
        balls = np.flatnonzero(self._role_of_class == Role.BALL)
        if len(balls):
            ball_score = np.max(scores[balls], axis=0)
            ball = np.flatnonzero(ball_score >= self._ball_conf_threshold)
            columns.append(ball)
            picked.append(ball_score[ball])
            roles.append(np.full(len(ball), Role.BALL, np.int8))
        middle, size = raw[:2, np.concatenate(columns)].T, raw[2:4, np.concatenate(columns)].T
        return np.hstack([middle - size / 2, middle + size / 2]), np.concatenate(picked), np.concatenate(roles)


def _suppress(
    xyxy: NDArray[np.float32], score: NDArray[np.float32], rows: NDArray[np.intp], max_iou: float, limit: int
) -> NDArray[np.intp]:
    """Those of `rows` that stay when the best score wins among boxes overlapping by more than `max_iou`.

    Boxes less than a pixel wide or high, which clipping leaves of those outside the picture, go too.
    """
    size = xyxy[rows, 2:] - xyxy[rows, :2]
    rows = rows[np.min(size, axis=1, initial=np.inf) >= 1]
    if not len(rows):
        return np.zeros(0, np.intp)
    rectangles = np.hstack([xyxy[rows, :2], xyxy[rows, 2:] - xyxy[rows, :2]]).astype(np.float64)
    kept = cv2.dnn.NMSBoxes(rectangles.tolist(), score[rows].tolist(), 0.0, max_iou)
    return rows[np.asarray(kept, np.intp).reshape(-1)[:limit]]


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


def _roles(path: Path, names: dict[int, str]) -> NDArray[np.int8]:
    """(classes,) int8 of Role, -1 for classes that are dropped. Raises WeightsError where nobody is detected."""
    roles = roles_of_classes(names)
    if not np.isin(Role.PLAYER, roles):
        known = ", ".join(str(name) for name in list(names.values())[:6])
        raise WeightsError(path, f"the model finds neither players nor persons, only {known}; choose other weights.")
    if not np.isin(Role.BALL, roles):
        log.warning("%s has no class for the ball: possession and passes will stay unknown", path)
    return roles


def _load(path: Path) -> tuple[Any, dict[int, str]]:
    """The fused network in evaluation mode on the CPU, and its class names. Raises WeightsError; downloads nothing."""
    if path.is_dir():
        raise WeightsError(path, "it is a folder; give the path of a YOLO weights file (.pt).")
    if not path.is_file():
        raise WeightsError(path, "there is no such file; give the path of YOLO weights (.pt).")
    if path.suffix.lower() != ".pt":
        raise WeightsError(path, "only YOLO weights (.pt) and recorded boxes (.parquet) can be used.")
    if path.stat().st_size == 0:
        raise WeightsError(path, "the file is empty; copy or train the weights again.")
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
    return network.fuse(verbose=False).eval().requires_grad_(False), names


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
