"""The ball in crops of the frame at native resolution, by a small network made for that.

A ball of some 10 px is lost in a whole frame scaled down; in a crop around where it should be, nothing is scaled. Any
YOLO weights with a class for the ball will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.config import Backend
from tacticeye.errors import WeightsError
from tacticeye.types import Image, Role
from tacticeye.vision.class_names import roles_of_classes
from tacticeye.vision.letterbox import PADDING_GREY, STRIDE
from tacticeye.vision.network import open_network
from tacticeye.vision.yolo_detector import BALL_MAX_IOU, MAX_BALL_CANDIDATES, corners, suppress

# Lowest score that is passed on: the ball path weighs candidates, so weak ones are worth having.
MIN_SCORE = 0.05
# A candidate of this score is the ball, as far as one crop can tell: what `evaluate ball` counts. Precision first
# exceeds 0.9 here on all validation crops.
CERTAIN_SCORE = 0.25


class BallCropDetector:
    """Finds ball candidates in crops. Not thread-safe.

    network: what computes them.
    """

    def __init__(
        self, path: Path, device: str = "auto", backend: Backend = Backend.AUTO, min_score: float = MIN_SCORE
    ) -> None:
        """Raises WeightsError where the file can't be used, ConfigurationError for a device that isn't there."""
        self.network = open_network(path, device, backend)
        self._min_score = min_score
        names = self.network.traits.names
        balls = np.flatnonzero(roles_of_classes(names) == Role.BALL)
        if not len(balls) and len(names) == 1:
            balls = np.array(list(names))  # one class in weights for the ball is the ball, whatever it is called
        if not len(balls):
            known = ", ".join(list(names.values())[:6])
            raise WeightsError(path, f"the model has no class for the ball, only {known}; choose other weights.")
        self._balls = balls

    def find(self, crops: Sequence[Image]) -> list[NDArray[np.float32]]:
        """Ball candidates of each crop: (N, 5) float32 x1, y1, x2, y2, score by falling score; px of the crop.

        crops: (h, w, 3) uint8 BGR of any size, best all of one: each new size costs the backend up to a second. The
        candidates of a crop depend on that crop alone.
        """
        answers = self.network.predict(_padded(crop) for crop in crops)
        return [self._candidates(raw, crop) for raw, crop in zip(answers, crops, strict=True)]

    def _candidates(self, raw: NDArray[np.float32], crop: Image) -> NDArray[np.float32]:
        if self.network.traits.is_end_to_end:
            raw = raw[np.isin(raw[:, 5].astype(np.int64), self._balls) & (raw[:, 4] >= self._min_score)]
            xyxy, score = raw[:, :4], raw[:, 4]
        else:
            best = np.max(raw[4 + self._balls], axis=0)
            columns = np.flatnonzero(best >= self._min_score)
            xyxy, score = corners(raw[:4, columns]), best[columns]
        height, width = crop.shape[:2]
        xyxy = np.clip(xyxy, np.float32(0), np.array([width, height, width, height], np.float32))
        keep = suppress(xyxy, score, np.arange(len(score)), BALL_MAX_IOU, MAX_BALL_CANDIDATES)
        keep = keep[np.argsort(-score[keep], kind="stable")]
        return np.column_stack([xyxy[keep], score[keep]]).astype(np.float32)


def _padded(crop: Image) -> Image:
    """RGB, with grey to the right and below up to whole strides."""
    height, width = crop.shape[:2]
    bottom, right = -height % STRIDE, -width % STRIDE
    if bottom or right:
        grey = (PADDING_GREY, PADDING_GREY, PADDING_GREY)
        crop = np.asarray(cv2.copyMakeBorder(crop, 0, bottom, 0, right, cv2.BORDER_CONSTANT, value=grey), np.uint8)
    return np.ascontiguousarray(crop[:, :, ::-1])
