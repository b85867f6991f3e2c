"""What a person's shirt looks like, in numbers that stay alike from frame to frame.

Each box is sampled on a grid over the torso: rows from the shoulders to the waist, columns without the arms. Samples
of the pitch are dropped, and of skin unless most of the torso has that colour. Whoever stands on grass much darker than
the rest of it stands in the shade, and his colours are brought to the light of the others. Colours are CIE Lab:
L 0..100, a and b about -100..100.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.types import Image

FloatArray = NDArray[np.float32]

# The torso inside a box, as shares of its height and width.
TORSO_ROWS = (0.18, 0.50)
TORSO_COLUMNS = (0.28, 0.72)
GRID = (20, 12)  # samples down and across; a person of 12 x 35 px has 5 x 11 torso px, near ones are thinned out
MIN_USABLE_PX = 12.0  # fewer say nothing certain about a shirt

# The middle of the colours of a shirt, without the shadows and lights at both ends. Of a striped shirt the median
# would jump between the stripes' colours; this stays their mixture.
KEPT_QUANTILES = (0.2, 0.8)
# Soft bins: a sample between two centres counts for both, so that no shirt flips at an edge.
CHROMA_CENTRES = (-40.0, -20.0, 0.0, 20.0, 40.0)
LIGHTNESS_CENTRES = (12.5, 37.5, 62.5, 87.5)
FEATURE_SIZE = 3 + len(LIGHTNESS_CENTRES) + len(CHROMA_CENTRES) ** 2

GROUND_STEP_PX = 16  # every sixteenth pixel of a frame is enough to know the pitch's colour
GRASS_HUES = (20, 95)  # OpenCV hues 0..179 that turf takes
GRASS_MIN_SATURATION = 40
GRASS_HUE_TOLERANCE = 10
GRASS_SATURATION_TOLERANCE = 60
GRASS_BRIGHTNESS_RATIO = (0.4, 1.5)  # from shade to a light stripe
MIN_GROUND_SHARE = 0.05  # less of one green is no pitch

# The light somebody stands in, from the grass about his feet: shares of the box's width and height around it.
FEET_ROWS = (-0.08, 0.12)
FEET_COLUMNS = (-0.9, 0.9)
FEET_GRID = (4, 14)
MIN_FEET_SAMPLES = 12
SUNLIT_QUANTILE = 0.75  # of the pitch's colours: the lighter part is in the sun, wherever the camera looks
MOWN = 0.16  # log-ratio that mown stripes and worn turf make; shade begins beyond
MOST_SHADE = 1.1  # log-ratio: a third of the light

# Skin in YCrCb, the usual box from pale to dark; it also holds some orange and brown shirts.
SKIN_CR = (136, 175)
SKIN_CB = (80, 125)
MAX_SKIN_SHARE = 0.4  # above it is the shirt's own colour


@dataclass(frozen=True, eq=False)
class _Ground:
    """The pitch in one frame: OpenCV hue, medians of saturation and brightness, colour in the sun (BGR)."""

    hue: int
    saturation: float
    brightness: float
    sunlit: NDArray[np.float64]

    def has(self, samples: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """(N, samples): which of (N, samples, 3) BGR have its colour, in the sun or in the shade."""
        hsv = _hsv(samples)
        is_grass = np.abs(hsv[:, :, 0] - self.hue) <= GRASS_HUE_TOLERANCE
        is_grass &= np.abs(hsv[:, :, 1] - self.saturation) <= GRASS_SATURATION_TOLERANCE
        ratio = hsv[:, :, 2] / max(self.brightness, 1.0)
        return np.asarray(
            is_grass & (ratio > GRASS_BRIGHTNESS_RATIO[0]) & (ratio < GRASS_BRIGHTNESS_RATIO[1]), np.bool_
        )


def shirt_features(image: Image, xyxy: NDArray[np.float32]) -> FloatArray:
    """(N, FEATURE_SIZE) float32 for the boxes `xyxy` (N, 4) px; rows of NaN where too little of a shirt is seen.

    Columns: 0-2 middle Lab colour; then a histogram of lightness and one of (a, b), which sum to 0.5 each.
    """
    if not len(xyxy):
        return np.zeros((0, FEATURE_SIZE), np.float32)
    boxes, ground = np.asarray(xyxy, np.float64), _find_ground(image)
    samples, area = _sample_torsos(image, boxes)
    is_shirt = np.ones(samples.shape[:2], np.bool_) if ground is None else ~ground.has(samples)
    is_skin = _is_skin(samples) & is_shirt
    is_shirt &= ~(is_skin & (is_skin.sum(1) <= MAX_SKIN_SHARE * is_shirt.sum(1))[:, None])
    colours = samples.astype(np.float32) / 255
    if ground is not None:
        colours = np.minimum(colours * _out_of_shade(image, boxes, ground)[:, None], np.float32(1))
    # One plane a channel: numpy sorts and sums along neighbours in a third of the time.
    lab = np.ascontiguousarray(cv2.cvtColor(colours, cv2.COLOR_BGR2Lab).transpose(2, 0, 1))
    features = np.hstack([_middle_colour(lab, is_shirt), _histograms(lab, is_shirt)])
    features[is_shirt.mean(1) * area < MIN_USABLE_PX] = np.nan
    return features


def _out_of_shade(image: Image, xyxy: NDArray[np.float64], ground: _Ground) -> FloatArray:
    """(N, 3) float32: what the colours (BGR) of each person are to be multiplied by to be as in the sun, 1 in it."""
    size = xyxy[:, 2:] - xyxy[:, :2]
    along = [
        a + (b - a) * (np.arange(n) + 0.5) / n for (a, b), n in zip((FEET_ROWS, FEET_COLUMNS), FEET_GRID, strict=True)
    ]
    y = np.clip((xyxy[:, 3, None] + size[:, 1, None] * along[0]).astype(np.intp), 0, image.shape[0] - 1)
    middle = (xyxy[:, 0, None] + xyxy[:, 2, None]) / 2
    x = np.clip((middle + size[:, 0, None] * along[1]).astype(np.intp), 0, image.shape[1] - 1)
    samples = image[y[:, :, None], x[:, None, :]].reshape(len(xyxy), -1, 3)
    hsv = _hsv(samples)
    is_grass = (np.abs(hsv[:, :, 0] - ground.hue) <= 2 * GRASS_HUE_TOLERANCE) & (hsv[:, :, 1] > GRASS_MIN_SATURATION)
    n_grass = is_grass.sum(axis=1)
    ordered = np.sort(np.where(is_grass[:, :, None], samples, np.uint8(255)), axis=1)
    local = ordered[np.arange(len(ordered)), n_grass // 2]  # median of the grass
    ratio = np.log(np.maximum(ground.sunlit, 1.0) / np.maximum(local.astype(np.float64), 1.0))
    mean = np.clip(ratio.mean(axis=1), 0.0, MOST_SHADE)
    shade = np.clip(2 * (mean - MOWN), 0.0, mean)  # all of it from twice that on
    is_shaded = (n_grass >= MIN_FEET_SAMPLES) & (shade > 0)
    # All of the channels' own ratios once it is shade: skylight is bluer than the sun.
    gain = np.exp(np.clip(ratio, 0.0, MOST_SHADE) * (shade / np.maximum(mean, 1e-6))[:, None])
    return np.where(is_shaded[:, None], gain, 1.0).astype(np.float32)


def _sample_torsos(image: Image, xyxy: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Colours (N, samples, 3) BGR on the torso grids, and how many px (N,) of the image each grid stands for."""
    height, width = image.shape[:2]
    size = xyxy[:, 2:] - xyxy[:, :2]
    along = [
        a + (b - a) * (np.arange(n) + 0.5) / n for (a, b), n in zip((TORSO_ROWS, TORSO_COLUMNS), GRID, strict=True)
    ]
    y = np.floor(xyxy[:, 1, None] + size[:, 1, None] * along[0]).astype(np.intp)
    x = np.floor(xyxy[:, 0, None] + size[:, 0, None] * along[1]).astype(np.intp)
    rows, columns = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
    inside = (rows == y).mean(1) * (columns == x).mean(1)
    share = (TORSO_ROWS[1] - TORSO_ROWS[0]) * (TORSO_COLUMNS[1] - TORSO_COLUMNS[0])
    return image[rows[:, :, None], columns[:, None]].reshape(len(xyxy), -1, 3), np.prod(size, axis=1) * share * inside


def _hsv(colours: NDArray[np.uint8]) -> NDArray[np.int16]:
    return np.asarray(cv2.cvtColor(colours, cv2.COLOR_BGR2HSV), np.int16)


def _find_ground(image: Image) -> _Ground | None:
    """The pitch by its most frequent grass-like hue; None where no pitch is seen."""
    colours = np.ascontiguousarray(image[::GROUND_STEP_PX, ::GROUND_STEP_PX])
    hsv = np.asarray(cv2.cvtColor(colours, cv2.COLOR_BGR2HSV), np.uint8)
    count = _counts(hsv, 0, cv2.inRange(hsv, (0, GRASS_MIN_SATURATION + 1, 0), (255, 255, 255)))[:180]
    count[: GRASS_HUES[0]] = 0
    count[GRASS_HUES[1] + 1 :] = 0
    window = np.convolve(count, np.ones(2 * GRASS_HUE_TOLERANCE + 1), "same")
    hue = int(window.argmax())
    if window[hue] < MIN_GROUND_SHARE * hsv[:, :, 0].size:
        return None
    hues = (max(hue - GRASS_HUE_TOLERANCE, 0), hue + GRASS_HUE_TOLERANCE)
    is_pitch = cv2.inRange(hsv, (hues[0], GRASS_MIN_SATURATION + 1, 0), (hues[1], 255, 255))
    saturation, brightness = (_quantile(_counts(hsv, channel, is_pitch), 0.5) for channel in (1, 2))
    sunlit = [_quantile(_counts(colours, channel, is_pitch), SUNLIT_QUANTILE) for channel in range(3)]
    return _Ground(hue, saturation, brightness, np.array(sunlit))


def _counts(picture: NDArray[np.uint8], channel: int, mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(256,): how often each value occurs in a channel of `picture` (h, w, 3) where `mask` (h, w) isn't 0."""
    return np.asarray(cv2.calcHist([picture], [channel], mask, [256], [0, 256]), np.float32).ravel()


def _quantile(counts: NDArray[np.float32], share: float) -> float:
    """As np.quantile of the counted values, for a tenth of its time."""
    below = np.cumsum(counts)
    place = share * (float(below[-1]) - 1)
    low, high = np.searchsorted(below, (math.floor(place), math.ceil(place)), "right").tolist()
    return float(low + (high - low) * (place - math.floor(place)))


def _is_skin(samples: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(N, samples)."""
    lumas = np.asarray(cv2.cvtColor(samples, cv2.COLOR_BGR2YCrCb))
    red, blue = lumas[:, :, 1], lumas[:, :, 2]
    is_skin = (red >= SKIN_CR[0]) & (red <= SKIN_CR[1]) & (blue >= SKIN_CB[0]) & (blue <= SKIN_CB[1])
    return np.asarray(is_skin, np.bool_)


def _middle_colour(lab: FloatArray, is_shirt: NDArray[np.bool_]) -> FloatArray:
    """(N, 3): mean of each channel of `lab` (3, N, samples) between KEPT_QUANTILES of its usable samples."""
    ordered = np.sort(np.where(is_shirt, lab, np.float32(np.inf)), axis=2)
    n = is_shirt.sum(1)
    first, last = (np.floor(n * KEPT_QUANTILES[0]), np.ceil(n * KEPT_QUANTILES[1]))
    place = np.arange(lab.shape[2])
    is_kept = (place >= first[:, None]) & (place < last[:, None])
    total = np.where(is_kept, ordered, 0).sum(2, dtype=np.float64)
    return np.asarray(total / np.maximum(last - first, 1), np.float32).T


def _histograms(lab: FloatArray, is_shirt: NDArray[np.bool_]) -> FloatArray:
    """(N, bins): lightness, then (a, b) by rows of a, over the usable samples of `lab` (3, N, samples)."""
    weight = (is_shirt / np.maximum(is_shirt.sum(1), 1)[:, None]).astype(np.float32)
    lightness = np.matmul(_soft_bins(lab[0], LIGHTNESS_CENTRES), weight[:, :, None])[:, :, 0]
    a, b = (_soft_bins(channel, CHROMA_CENTRES) for channel in lab[1:])
    chroma = np.matmul(a * weight[:, None], b.transpose(0, 2, 1)).reshape(len(weight), -1)
    return np.asarray(np.hstack([lightness, chroma]) / 2, np.float32)


def _soft_bins(values: FloatArray, centres: tuple[float, ...]) -> FloatArray:
    """(N, bins, samples): shares that fall off linearly to the neighbouring centres and sum to 1."""
    middle = np.asarray(centres, np.float32)
    inside = np.minimum(np.maximum(values, middle[0]), middle[-1])
    away = np.abs(inside[:, None] - middle[:, None]) / (middle[1] - middle[0])
    return np.asarray(np.maximum(1 - away, np.float32(0)), np.float32)
