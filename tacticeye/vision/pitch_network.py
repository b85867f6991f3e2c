"""The network that sees the pitch: 32 heatmaps of keypoints and one map of painted lines, at a quarter of the input.

Input (B, 3, H, W) float RGB 0..1, H and W multiples of 32; output (B, 33, H/4, W/4) logits, the last channel for lines.
The layers are YOLOv8n's down to stride 32 and up again to stride 4, so that training can start from a detector's.
Heatmaps of landmarks follow Newell et al. 2016 (stacked hourglass) and are read with a parabola through the logarithm
of the peak and its neighbours, exact for a Gaussian (Zhang et al. 2020, distribution-aware coordinates).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from tacticeye.pitch import KEYPOINT_NAMES

N_KEYPOINTS = len(KEYPOINT_NAMES)
OUTPUT_STRIDE = 4

LAYERS: dict[str, Any] = {
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
        [-1, 1, "Conv", [1024, 3, 2]],
        [-1, 3, "C2f", [1024, True]],
        [-1, 1, "SPPF", [1024, 5]],
    ],
    "head": [
        [-1, 1, "nn.Upsample", [None, 2, "nearest"]],
        [[-1, 6], 1, "Concat", [1]],
        [-1, 3, "C2f", [512]],
        [-1, 1, "nn.Upsample", [None, 2, "nearest"]],
        [[-1, 4], 1, "Concat", [1]],
        [-1, 3, "C2f", [256]],
        [-1, 1, "nn.Upsample", [None, 2, "nearest"]],
        [[-1, 2], 1, "Concat", [1]],
        [-1, 3, "C2f", [256]],
    ],
}
_LAST_CHANNELS = 64


class PitchNetwork(nn.Module):
    """See the module's docstring. layers: made from LAYERS; saved: numbers of the layers that later ones read."""

    def __init__(self, layers: nn.Sequential, saved: list[int]) -> None:
        super().__init__()
        self.model = layers
        self.saved = frozenset(saved)
        self.head = nn.Sequential(
            nn.Conv2d(_LAST_CHANNELS, _LAST_CHANNELS, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(_LAST_CHANNELS, N_KEYPOINTS + 1, 1),
        )
        # Nearly all of a heatmap is empty: start from there.
        last = self.head[-1]
        assert isinstance(last, nn.Conv2d) and last.bias is not None
        nn.init.normal_(last.weight, std=0.01)
        nn.init.constant_(last.bias, -4.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept: list[torch.Tensor | None] = []
        for i, layer in enumerate(self.model):
            source: Any = layer.f
            if isinstance(source, list):
                x = layer([x if j == -1 else kept[j] for j in source])
            elif source != -1:
                x = layer(kept[source])
            else:
                x = layer(x)
            kept.append(x if i in self.saved else None)
        return self.head(x)  # type: ignore[no-any-return]
