"""Pictures of pitches with 32 keypoints as batches for the pitch network: random views, light and quality.

Where a homography is known, painted lines are a target too. A keypoint that lies inside the picture by the homography
but isn't labelled is neither asked for nor held against the network.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from tacticeye import pitch
from tacticeye.training import augment
from tacticeye.training.datasets import Sample
from tacticeye.types import Image
from tacticeye.vision.pitch_network import N_KEYPOINTS, OUTPUT_STRIDE

Matrix = NDArray[np.float64]
Canvas = tuple[int, int]
CANVAS: Canvas = (640, 384)
LONG_SIDE_PX = (560.0, 1150.0)
SIGMA_CELLS = 1.5
# The keypoint that each becomes in a mirrored picture.
FLIPPED = (24, 25, 26, 27, 28, 29, 22, 23, 21, 17, 18, 19, 20, 13, 14, 15,
           16, 9, 10, 11, 12, 8, 6, 7, 0, 1, 2, 3, 4, 5, 31, 30)  # fmt: skip


@dataclass(frozen=True, eq=False)
class PitchSample:
    """keypoints (32, 2) px, NaN absent; pitch_to_image (3, 3) from metres (y up) to undistorted px, None unknown;
    lens: k1, centre x, centre y, scale of p = c + (q - c)(1 + k1 |(q - c) / scale|^2), k1 0 for none."""

    path: Path
    keypoints: NDArray[np.float64]
    pitch_to_image: Matrix | None
    lens: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)


def with_lines(samples: Sequence[Sample], homographies: Path | None = None) -> list[PitchSample]:
    """Samples with their homography: from a file like broadcast-pitch's (y from the far touchline), else fitted to the
    labelled keypoints where there are six or more."""
    known: dict[str, Any] = json.loads(homographies.read_text()) if homographies else {}
    made = []
    for sample in samples:
        points = sample.keypoints[0, :, :2].astype(np.float64) if len(sample.keypoints) else np.full((32, 2), np.nan)
        entry = known.get(sample.path.stem)
        matrix, lens = _homography(entry) if entry else (_fit(points), (0.0, 0.0, 0.0, 1.0))
        made.append(PitchSample(sample.path, points, matrix, lens))
    return made


def _homography(entry: dict[str, Any]) -> tuple[Matrix, tuple[float, float, float, float]]:
    lens = (0.0, 0.0, 0.0, 1.0)
    matrix = np.array(entry["image_to_pitch"], float)
    if entry.get("distortion"):
        d = entry["distortion"]
        matrix = np.array(d["image_lin_to_pitch"], float)
        lens = (float(d["k1"]), float(d["centre"][0]), float(d["centre"][1]), float(d["scale"]))
    turn = np.array([[1, 0, 0], [0, -1, pitch.WIDTH_M], [0, 0, 1]], float)
    return np.asarray(np.linalg.inv(turn @ matrix)), lens


def _fit(points: NDArray[np.float64]) -> Matrix | None:
    seen = np.isfinite(points[:, 0])
    if seen.sum() < 6:
        return None
    matrix, _ = cv2.findHomography(pitch.keypoints_m()[seen], points[seen], cv2.RANSAC, 6.0)
    return None if matrix is None else np.asarray(matrix, np.float64)


def project(sample: PitchSample, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 2) px of pitch points (N, 2) m, NaN behind the camera."""
    assert sample.pitch_to_image is not None
    matrix = sample.pitch_to_image
    # The side that the labelled keypoints are on is the front.
    seen = np.isfinite(sample.keypoints[:, 0])
    front = np.sign((pitch.keypoints_m()[seen] @ matrix[2, :2] + matrix[2, 2]).sum()) if seen.any() else 1.0
    w = (points_m @ matrix[2, :2] + matrix[2, 2]) * (front or 1.0)
    flat = (points_m @ matrix[:2, :2].T + matrix[:2, 2]) * (front or 1.0) / np.where(w > 1e-6, w, np.nan)[:, None]
    k1, cx, cy, scale = sample.lens
    away = flat - (cx, cy)
    squared = (away**2).sum(1, keepdims=True) / scale**2
    # Far outside the picture the polynomial turns back on itself.
    bent = np.where(squared < 4.0, away * (1 + k1 * squared), np.nan) if k1 else away
    return np.asarray(bent + np.array([cx, cy]))


class PitchSamples:
    """Batches of `img` (B, 3, H, W) uint8 RGB, `points` (B, 32, 2) cells, NaN absent, `asked` (B, 32) bool,
    `lines` (B, H/4, W/4) uint8 0..255, `has_lines` (B,) bool."""

    def __init__(self, samples: Sequence[PitchSample], copies: Sequence[int]) -> None:
        self._samples = samples
        self._order = np.repeat(np.arange(len(samples)), copies)
        self._pictures = [_read(sample.path) for sample in samples]
        self._markings = [_dense(marking.points_m) for marking in pitch.markings(0.5)]

    def batches(self, epoch: int, seed: int, size: int) -> list[tuple[list[int], int]]:
        rng = np.random.default_rng((seed, epoch))
        order = rng.permutation(self._order).tolist()
        return [(order[i : i + size], int(rng.integers(2**31))) for i in range(0, len(order), size)]

    def load(self, key: tuple[list[int], int]) -> dict[str, torch.Tensor]:
        cv2.setNumThreads(0)
        items, seed = key
        rows = [self._view(np.random.default_rng((seed, row)), item) for row, item in enumerate(items)]
        return {
            "img": torch.from_numpy(np.stack([r[0][:, :, ::-1].transpose(2, 0, 1) for r in rows])),
            "points": torch.from_numpy(np.stack([r[1] for r in rows]).astype(np.float32)),
            "asked": torch.from_numpy(np.stack([r[2] for r in rows])),
            "lines": torch.from_numpy(np.stack([r[3] for r in rows])),
            "has_lines": torch.tensor([self._samples[item].pitch_to_image is not None for item in items]),
        }

    def _view(
        self, rng: np.random.Generator, item: int
    ) -> tuple[Image, NDArray[np.float64], NDArray[np.bool_], NDArray[np.uint8]]:
        sample, picture = self._samples[item], self._pictures[item]
        size = (picture.shape[1], picture.shape[0])
        low, high = np.log(LONG_SIDE_PX)
        scale = math.exp(rng.uniform(low, high)) / max(size)
        if rng.random() < 0.12:
            scale *= math.exp(rng.uniform(math.log(0.6), math.log(2.2)))
        matrix = augment.random_view(rng, size, CANVAS, scale, self._aim(rng, sample, size))
        matrix = _tilt(rng, CANVAS) @ matrix
        image = np.asarray(
            cv2.warpPerspective(picture, matrix, CANVAS, flags=cv2.INTER_AREA if scale < 0.6 else cv2.INTER_LINEAR,
                                borderMode=cv2.BORDER_CONSTANT, borderValue=augment.GREY), np.uint8)  # fmt: skip
        is_mirrored = np.linalg.det(matrix[:2, :2]) < 0
        points = _through(matrix, sample.keypoints)
        asked = np.ones(N_KEYPOINTS, bool)
        if sample.pitch_to_image is not None:
            expected = _through(matrix, project(sample, pitch.keypoints_m()))
            asked = ~(_inside(expected, CANVAS) & ~np.isfinite(points[:, 0]))
        points[~_inside(points, CANVAS)] = np.nan
        if is_mirrored:
            points, asked = points[list(FLIPPED)], asked[list(FLIPPED)]
        lines = self._lines(sample, matrix, _shown(matrix, size))
        image = augment.degrade(rng, augment.change_light(rng, image))
        return image, points / OUTPUT_STRIDE, asked, lines

    def _aim(self, rng: np.random.Generator, sample: PitchSample, size: Canvas) -> NDArray[np.float64]:
        seen = sample.keypoints[np.isfinite(sample.keypoints[:, 0])]
        if len(seen) and rng.random() < 0.75:
            return np.asarray(seen[rng.integers(len(seen))], np.float64)
        return rng.uniform((0, 0), size)

    def _lines(self, sample: PitchSample, matrix: Matrix, shown: NDArray[np.uint8]) -> NDArray[np.uint8]:
        width, height = CANVAS[0] // OUTPUT_STRIDE, CANVAS[1] // OUTPUT_STRIDE
        # Drawn four times as large and shrunk: anti-aliased, a cell and a half wide.
        drawn = np.zeros((height * 4, width * 4), np.uint8)
        if sample.pitch_to_image is None:
            return np.zeros((height, width), np.uint8)
        for points_m in self._markings:
            px = _through(matrix, project(sample, points_m))
            near = _inside(px, CANVAS, margin=80.0)
            for start, stop in _runs(near):
                if stop - start > 1:
                    cv2.polylines(drawn, [np.rint(px[start:stop] * 8).astype(np.int32)], False, 255, 6, cv2.LINE_AA, 3)
        return np.asarray(cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA), np.uint8) * shown


def _shown(matrix: Matrix, size: Canvas) -> NDArray[np.uint8]:
    """(H/4, W/4) 0 or 1: cells where there is picture, not padding."""
    whole = np.full((size[1] // 8, size[0] // 8), 1, np.uint8)
    cells = np.diag([1 / OUTPUT_STRIDE, 1 / OUTPUT_STRIDE, 1]) @ matrix @ np.diag([8.0, 8.0, 1.0])
    cells_size = (CANVAS[0] // OUTPUT_STRIDE, CANVAS[1] // OUTPUT_STRIDE)
    return np.asarray(cv2.warpPerspective(whole, cells, cells_size, flags=cv2.INTER_NEAREST), np.uint8)


def pitch_loss(network: torch.nn.Module, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, float]]:
    """Quality focal loss (Li et al. 2020) on the heatmaps, binary cross-entropy and Dice on the lines."""
    logits = network(batch["img"]).float()
    with torch.autocast(logits.device.type, enabled=False):
        target = _heatmaps(batch["points"], logits.shape[-2:])
        heat = logits[:, :N_KEYPOINTS]
        guess = heat.sigmoid()
        cross = torch.nn.functional.binary_cross_entropy_with_logits(heat, target, reduction="none")
        cross = cross * (guess - target).abs().square() * batch["asked"][:, :, None, None]
        points = torch.isfinite(batch["points"][..., 0]).sum().clamp(min=1)
        of_points = cross.sum() / points
        has = batch["has_lines"][:, None, None].float()
        paint = batch["lines"].float() / 255
        line = logits[:, N_KEYPOINTS]
        chance = line.sigmoid() * has
        cross = torch.nn.functional.binary_cross_entropy_with_logits(line, paint, reduction="none") * has
        overlap = (chance * paint).sum((1, 2))
        dice = 1 - (2 * overlap + 1) / ((chance**2).sum((1, 2)) + (paint**2).sum((1, 2)) + 1)
        of_lines = cross.mean() * 5 + (dice * batch["has_lines"]).mean()
    return of_points + of_lines, {
        "points": float(of_points.detach()),
        "lines": float(of_lines.detach()),
    }


def _heatmaps(points: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """(B, 32, h, w): a Gaussian of height 1 around each point; cell centres lie at whole numbers and a half."""
    x = torch.arange(size[1], device=points.device) + 0.5
    y = torch.arange(size[0], device=points.device) + 0.5
    far = torch.nan_to_num(points, nan=-1e4)
    along = torch.exp(-((x - far[..., :1]) ** 2) / (2 * SIGMA_CELLS**2))
    down = torch.exp(-((y - far[..., 1:]) ** 2) / (2 * SIGMA_CELLS**2))
    return down[..., :, None] * along[..., None, :]


def _tilt(rng: np.random.Generator, canvas: Canvas) -> Matrix:
    """A slight change of perspective."""
    width, height = canvas
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    moved = corners + rng.normal(0, 0.02, (4, 2)).astype(np.float32) * (width, height)
    return np.asarray(cv2.getPerspectiveTransform(corners, moved.astype(np.float32)), np.float64)


def _through(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(moved[:, :2] / np.where(moved[:, 2:] > 1e-6, moved[:, 2:], np.nan))


def _inside(points: NDArray[np.float64], canvas: Canvas, margin: float = 0.0) -> NDArray[np.bool_]:
    x, y = points[:, 0], points[:, 1]
    return (x >= -margin) & (x < canvas[0] + margin) & (y >= -margin) & (y < canvas[1] + margin)


def _dense(points_m: NDArray[np.float64], step_m: float = 1.0) -> NDArray[np.float64]:
    """The same line with a point at least every metre, so that lens and horizon can act on it."""
    parts = []
    for a, b in pairwise(points_m):
        n = max(1, math.ceil(float(np.hypot(*(b - a))) / step_m))
        parts.append(a + (b - a) * np.arange(n)[:, None] / n)
    return np.concatenate([*parts, points_m[-1:]])


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open stretches of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _read(path: Path) -> Image:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert image is not None, path
    return np.asarray(image, np.uint8)
