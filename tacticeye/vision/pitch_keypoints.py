"""Landmarks and painted lines of the pitch in one picture, by the pitch network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from tacticeye.config import Backend
from tacticeye.errors import WeightsError
from tacticeye.pitch import KEYPOINT_NAMES
from tacticeye.types import Image
from tacticeye.vision.letterbox import PADDING_GREY, STRIDE
from tacticeye.vision.network import Network, NetworkTraits, is_for_openvino
from tacticeye.vision.pitch_network import LAYERS, N_KEYPOINTS, OUTPUT_STRIDE, PitchNetwork
from tacticeye.vision.ultralytics_backend import LOAD_ERRORS, find_device, new_layers

INPUT_PX = 640  # longer side; the network was trained on pictures shown at 560 to 1150 px
_FORMAT = "tacticeye pitch network 1"
_TRAITS = NetworkTraits(dict(enumerate(KEYPOINT_NAMES)), is_end_to_end=False)  # answers are maps, no boxes


@dataclass(frozen=True, eq=False)
class PitchEvidence:
    """What one picture shows of the pitch.

    keypoints   (32, 3) float64: x, y in px of the picture and confidence 0..1, in the order of pitch.KEYPOINT_NAMES;
                a place with low confidence means nothing
    lines       (h, w) uint8: 0..255 chance that painted line passes through this cell
    line_scale  px of the picture a cell; line_origin: px (x, y) of the outer corner of the first cell
    """

    keypoints: NDArray[np.float64]
    lines: NDArray[np.uint8]
    line_scale: float
    line_origin: tuple[float, float] = (0.0, 0.0)


class PitchKeypointDetector:
    """Finds the landmarks of the pitch. Not thread-safe."""

    def __init__(
        self, path: Path, device: str = "auto", backend: Backend = Backend.AUTO, imgsz: int = INPUT_PX
    ) -> None:
        """Raises WeightsError where the file can't be used, ConfigurationError for a device that isn't there."""
        self._imgsz = imgsz
        self._network = open_pitch_network(path, device, backend)

    def detect(self, image: Image) -> PitchEvidence:
        """The evidence in a picture (H, W, 3) uint8 BGR of any size."""
        scale = self._imgsz / max(image.shape[:2])
        width, height = round(image.shape[1] * scale), round(image.shape[0] * scale)
        small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        # Padded to the right and below only, so that cells begin at the picture's corner.
        canvas = np.full((height + -height % STRIDE, width + -width % STRIDE, 3), PADDING_GREY, np.uint8)
        canvas[:height, :width] = small[:, :, ::-1]
        answer = np.asarray(1 / (1 + np.exp(-self._network.predict([canvas])[0])), np.float32)
        cells = peaks(answer[:N_KEYPOINTS])
        lines = answer[N_KEYPOINTS, : -(-height // OUTPUT_STRIDE), : -(-width // OUTPUT_STRIDE)]
        return PitchEvidence(
            keypoints=np.column_stack([cells[:, :2] * OUTPUT_STRIDE / scale, cells[:, 2]]),
            lines=np.rint(lines * 255).astype(np.uint8),
            line_scale=OUTPUT_STRIDE / scale,
        )


class _TorchPitchNetwork:
    """The network computed by torch, in float32."""

    def __init__(self, path: Path, device: torch.device) -> None:
        self.traits = _TRAITS
        self._device = device
        self._network = load_pitch_network(path).to(device)
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def predict(self, pictures: Iterable[Image]) -> list[NDArray[np.float32]]:
        """(33, H/4, W/4) logits for each picture (H, W, 3) uint8 RGB."""
        with torch.inference_mode():
            return [self._answer(picture) for picture in pictures]

    def _answer(self, picture: Image) -> NDArray[np.float32]:
        pixels = torch.from_numpy(picture).to(self._device).permute(2, 0, 1)[None].float() / 255
        return np.asarray(self._network(pixels)[0].cpu().numpy(), np.float32)


def open_pitch_network(path: Path, device: str = "auto", backend: Backend = Backend.AUTO) -> Network:
    """The pitch network, computed by whom `open_network` takes for detectors, always in float32: coarser numbers would
    move landmarks. Raises WeightsError, ConfigurationError."""
    if not is_for_openvino(device, backend):
        return _TorchPitchNetwork(path, find_device(device))
    from tacticeye.vision.openvino_backend import OpenVinoNetwork

    _check_is_there(path)
    return OpenVinoNetwork(path, lambda file, size: (load_pitch_network(file), torch.zeros(1, 3, *size), _TRAITS))


def peaks(heat: NDArray[np.float32]) -> NDArray[np.float64]:
    """(K, 3) float64 of heatmaps (K, h, w) 0..1: x, y in cells (a cell's centre at whole numbers and a half), height.

    Between cells by the parabola through the logarithms of the peak and its two neighbours, exact for a Gaussian.
    """
    k, _, width = heat.shape
    flat = heat.reshape(k, -1).argmax(1)
    row, column = np.divmod(flat, width)
    level = np.log(np.clip(np.pad(heat, ((0, 0), (1, 1), (1, 1)), mode="edge"), 1e-6, 1).astype(np.float64))
    n, r, c = np.arange(k), row + 1, column + 1
    middle = level[n, r, c]
    dx = _vertex(level[n, r, c - 1], middle, level[n, r, c + 1])
    dy = _vertex(level[n, r - 1, c], middle, level[n, r + 1, c])
    return np.column_stack([column + 0.5 + dx, row + 0.5 + dy, heat[np.arange(k), row, column].astype(np.float64)])


def _vertex(
    before: NDArray[np.float64], middle: NDArray[np.float64], after: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Where a parabola through three values a step apart is highest, -0.5 to 0.5 from the middle one."""
    bend = before - 2 * middle + after
    safe = np.where(bend < -1e-6, bend, -1.0)
    return np.asarray(np.where(bend < -1e-6, np.clip(0.5 * (before - after) / safe, -0.5, 0.5), 0.0))


def save_pitch_network(network: PitchNetwork, path: Path) -> None:
    """Write the weights in half precision, plain tensors that load without running code."""
    weights = {n: v.half() if v.dtype.is_floating_point else v for n, v in network.state_dict().items()}
    temporary = path.with_suffix(".tmp")
    torch.save({"format": _FORMAT, "weights": weights}, temporary)
    temporary.replace(path)


def _check_is_there(path: Path) -> None:
    if not path.is_file():
        raise WeightsError(path, "there is no such file; give the path of pitch weights (.pt).")


def load_pitch_network(path: Path) -> PitchNetwork:
    """The network in evaluation mode on the CPU, float32. Raises WeightsError."""
    _check_is_there(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except LOAD_ERRORS as error:
        raise WeightsError(path, "it is damaged or no pitch model; copy or train the weights again.") from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise WeightsError(path, "it holds no pitch model; give weights that `train pitch` wrote.")
    network = PitchNetwork(*new_layers(LAYERS))
    try:
        network.load_state_dict(content["weights"])
    except (KeyError, RuntimeError) as error:
        raise WeightsError(path, "it holds another kind of pitch model; copy or train the weights again.") from error
    return network.float().eval().requires_grad_(False)
