"""The network that tells roles by company: it sees all people of a frame at once, and none of the rest of the frame.

A referee is who wears neither side's shirt, and no detector can know the sides' shirts of a match it has never seen:
it judges each place by itself. Here each person is a small picture, one of what is around him, and a few numbers of
where he stands among the others; attention lets each be compared with all (Vaswani et al., Attention is all you need,
2017; for detections: Hu et al., Relation networks for object detection, CVPR 2018).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import nn

from tacticeye.errors import WeightsError
from tacticeye.types import Image
from tacticeye.vision.company import (
    N_KINDS,
    N_PLACES,
    PERSON_WIDTH_PX,
    FloatArray,
    person_pictures,
    places_among,
)
from tacticeye.vision.ultralytics_backend import LOAD_ERRORS, find_device

_WIDTH = 96
_HEADS = 4
_FORMAT = "tacticeye role network 1"


class RoleNetwork(nn.Module):
    """See the module's docstring."""

    def __init__(self) -> None:
        super().__init__()
        self.person = nn.Sequential(_layer(3, 16, 1), _layer(16, 32, 2), _layer(32, 48, 2), _layer(48, 64, 2))
        self.around = nn.Sequential(_layer(3, 16, 2), _layer(16, 24, 2), _layer(24, 32, 2))
        self.place = nn.Sequential(nn.Linear(N_PLACES, 32), nn.SiLU(), nn.Linear(32, 32))
        self.person_out = nn.Linear(64 * 5 * 3, _WIDTH)
        self.around_out = nn.Linear(32 * 5 * 5, _WIDTH // 2)
        self.together = nn.Linear(_WIDTH + _WIDTH // 2 + 32, _WIDTH)
        layer = nn.TransformerEncoderLayer(
            _WIDTH, _HEADS, 2 * _WIDTH, 0.1, batch_first=True, norm_first=True, activation="gelu"
        )
        self.company = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.out = nn.Sequential(nn.LayerNorm(_WIDTH), nn.Linear(_WIDTH, N_KINDS))
        self.some = nn.Dropout(0.1)

    def forward(self, pictures: torch.Tensor, places: torch.Tensor, frames: torch.Tensor | None = None) -> torch.Tensor:
        """(N, N_KINDS) logits of N people.

        pictures (N, 3, 40, 60) RGB 0..1: see company.person_pictures; places (N, N_PLACES): see
        company.places_among; frames (N,): whose frame each is in,
        None where all are of one.
        """
        pictures = (pictures - 0.45) * 4
        person, around = pictures[..., :PERSON_WIDTH_PX], pictures[..., PERSON_WIDTH_PX:]
        seen = torch.cat(
            [
                self.person_out(self.some(self.person(person).flatten(1))),
                self.around_out(self.around(around).flatten(1)),
                self.place(places),
            ],
            dim=1,
        )
        one = self.together(nn.functional.silu(seen))[None]
        strangers = None if frames is None else frames[:, None] != frames[None]
        return self.out(self.company(one, mask=strangers))[0]  # type: ignore[no-any-return]


def _layer(given: int, made: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(given, made, 3, stride, padding=1), nn.GroupNorm(4, made), nn.SiLU())


def save_role_network(network: RoleNetwork, path: Path) -> None:
    """Write the weights in half precision, plain tensors that load without running code."""
    temporary = path.with_suffix(".tmp")
    torch.save({"format": _FORMAT, "weights": {n: v.half() for n, v in network.state_dict().items()}}, temporary)
    temporary.replace(path)


def load_role_network(path: Path) -> RoleNetwork:
    """The network in evaluation mode on the CPU, float32. Raises WeightsError."""
    if not path.is_file():
        raise WeightsError(path, "there is no such file; give the path of role weights (.pt).")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except LOAD_ERRORS as error:
        raise WeightsError(path, "it is damaged or no role model; copy or train the weights again.") from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise WeightsError(path, "it holds no role model; give weights that `train roles` wrote.")
    network = RoleNetwork()
    try:
        network.load_state_dict(content["weights"])
    except (KeyError, RuntimeError) as error:
        raise WeightsError(path, "it holds another kind of role model; copy or train the weights again.") from error
    return network.float().eval().requires_grad_(False)


class RoleJudge:
    """Tells goalkeepers, players and referees apart by their company. Not thread-safe."""

    def __init__(self, path: Path, device: str = "auto") -> None:
        """Raises WeightsError where the file can't be used, ConfigurationError for a device that isn't there."""
        self._device = find_device(device)
        self._network = load_role_network(path).to(self._device)

    def judge(self, image: Image, xyxy: FloatArray) -> FloatArray:
        """(N, N_KINDS) float32 chances that sum to 1, in the order of company.ROLES, last of nobody.

        image (H, W, 3) uint8 BGR; xyxy (N, 4) px: all people seen in it, who are each other's company.
        """
        if not len(xyxy):
            return np.zeros((0, N_KINDS), np.float32)
        with torch.inference_mode(), _one_thread():
            pictures = torch.from_numpy(person_pictures(image, xyxy)).to(self._device)
            places = torch.from_numpy(places_among(xyxy)).to(self._device)
            logits = self._network(pictures.permute(0, 3, 1, 2).float() / 255, places)
            return np.asarray(logits.softmax(1).cpu().numpy(), np.float32)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Several threads would wait for each other more than they compute on pictures this small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
