"""Frames fitted into what a network takes in, and boxes back into the frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.types import Image

STRIDE = 32
PADDING_GREY = 114  # what YOLO models are trained with around a picture


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
