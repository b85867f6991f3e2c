"""Painted lines near where a camera would show them: the picture's whiteness is read along short stretches across each
projected line, and the crest found there is measured to a fraction of a pixel (after Harris's RAPiD, 1990).

A crest is brighter than the ground on both sides at the distance of a line's width, so edges of shade, mowing stripes
and boards don't count. Where people stand, nothing is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.pitch import LINE_WIDTH_M, Marking
from tacticeye.types import Image
from tacticeye.vision.calibration.camera_model import Picture, Vector, project
from tacticeye.vision.calibration.estimate import Measurements

Array = NDArray[np.float64]

SAMPLE_STEP_M = 0.5
MAX_SAMPLES = 170
MIN_SPACING_PX = 5.0
EDGE_PX = 4.0
# Distances at which the ground beside a line is looked at, px.
_SIDE_PX = (3, 9)
# Grey levels by which a line must be brighter than both its sides: worn lines in a compressed picture reach 15.
MIN_CONTRAST = 9.0
_BOX_MARGIN_PX = 3.0
# Lines narrower than this in the picture are no evidence: they drown in the turf's texture.
MIN_WIDTH_PX = 0.35
# A network that gives a line less than a fifth denies it.
LEAST_AFFIRMED = 50


@dataclass(frozen=True, eq=False)
class LineSamples:
    """Points on the markings, in drawing order. points_m (S, 3); along_m, across_m (S, 3): the same moved by a
    decimetre along the line and by the line's width across it; marking (S,) which marking it belongs to."""

    points_m: Array
    along_m: Array
    across_m: Array
    marking: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LineMap:
    """lines (h, w) uint8: 0..255 how surely a line passes; scale: px a cell; origin: px of the first cell's corner."""

    lines: NDArray[np.uint8]
    scale: float
    origin: tuple[float, float]


@dataclass(frozen=True, eq=False)
class LineView:
    """measurements: crests found; support: share of the samples asked that have one, NaN for none asked; asked: how
    many; spread: how many different markings have crests."""

    measurements: Measurements
    support: float
    asked: int
    spread: int


def sample_lines(markings: tuple[Marking, ...]) -> LineSamples:
    """Points every half metre of all lines and curves; spots are left out."""
    points, along, number = [], [], []
    for index, marking in enumerate(markings):
        corners = marking.points_m
        for a, b in pairwise(corners):
            length = float(np.hypot(*(b - a)))
            n = max(1, round(length / SAMPLE_STEP_M))
            share = (np.arange(n) + 0.5) / n
            points.append(a + share[:, None] * (b - a))
            along.append(np.tile((b - a) / length, (n, 1)))
            number.append(np.full(n, index))
    place, direction = np.concatenate(points), np.concatenate(along)
    normal = np.stack([-direction[:, 1], direction[:, 0]], axis=1)

    def ground(xy: Array) -> Array:
        return np.column_stack([xy, np.zeros(len(xy))])

    return LineSamples(
        ground(place), ground(place + 0.1 * direction), ground(place + LINE_WIDTH_M * normal), np.concatenate(number)
    )


def look_for_lines(
    image: Image,
    vector: Vector,
    samples: LineSamples,
    people_xyxy: NDArray[np.float32],
    reach_px: float,
    line_map: LineMap | None = None,
) -> LineView:
    """Crests within `reach_px` of where the camera `vector` shows the lines.

    people_xyxy (N, 4) px. line_map: what a network saw of lines: crests it denies are left out.
    """
    picture = Picture(image.shape[1], image.shape[0])
    chosen, places, normal, width = _visible(vector, samples, picture)
    free = _outside(places, people_xyxy)
    chosen, places, normal, width = chosen[free], places[free], normal[free], width[free]
    if not len(chosen):
        return LineView(_nothing(), float("nan"), 0, 0)
    shift, is_found = _crests(image, places, normal, width, reach_px)
    found = places + shift[:, None] * normal
    is_found &= _outside(found, people_xyxy)
    if line_map is not None:
        is_found &= _affirmed(found, line_map)
    rows = np.flatnonzero(is_found)
    seen = Measurements(samples.points_m[chosen[rows]], found[rows], normal[rows], np.full(len(rows), 1.0))
    n_markings = len(np.unique(samples.marking[chosen[rows]]))
    return LineView(seen, len(rows) / len(chosen), len(chosen), n_markings)


def _nothing() -> Measurements:
    return Measurements(np.zeros((0, 3)), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0))


def _visible(vector: Vector, samples: LineSamples, picture: Picture) -> tuple[NDArray[np.intp], Array, Array, Array]:
    """Samples to ask: their index, place (K, 2) px, normal (K, 2) and line width (K,) px, evenly along the picture."""
    everything = project(vector[None], samples.points_m, picture)[0]
    x, y = everything.T
    rows = np.flatnonzero(
        (x > EDGE_PX) & (x < picture.width - EDGE_PX) & (y > EDGE_PX) & (y < picture.height - EDGE_PX)
    )
    beside = np.concatenate([samples.along_m[rows], samples.across_m[rows]])
    along, across = project(vector[None], beside, picture)[0].reshape(2, len(rows), 2)
    is_known = np.isfinite(along).all(axis=1) & np.isfinite(across).all(axis=1)
    rows, along, across = rows[is_known], along[is_known], across[is_known]
    if not len(rows):
        return rows, np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0)
    places = everything[rows]
    tangent = along - places
    length = np.linalg.norm(tangent, axis=1)
    tangent /= np.maximum(length, 1e-9)[:, None]
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    width = np.abs(((across - places) * normal).sum(axis=1))
    covered = np.cumsum(length * SAMPLE_STEP_M / 0.1)  # px of line up to each sample
    spacing = max(MIN_SPACING_PX, covered[-1] / MAX_SAMPLES)
    step = np.floor(covered / spacing)
    kept = np.flatnonzero((np.diff(step, prepend=-1.0) > 0) & (width > MIN_WIDTH_PX))
    return rows[kept], places[kept], normal[kept], width[kept]


def _outside(places: Array, people_xyxy: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(K,) whether no box, with a margin, holds the place."""
    if not len(people_xyxy) or not len(places):
        return np.ones(len(places), np.bool_)
    x, y = places[:, 0, None], places[:, 1, None]
    left, top, right, bottom = (people_xyxy[:, i].astype(np.float64) for i in range(4))
    inside = (x > left - _BOX_MARGIN_PX) & (x < right + _BOX_MARGIN_PX)
    inside &= (y > top - _BOX_MARGIN_PX) & (y < bottom + _BOX_MARGIN_PX)
    return np.asarray(~inside.any(axis=1))


def _crests(
    image: Image, places: Array, normal: Array, width: Array, reach_px: float
) -> tuple[Array, NDArray[np.bool_]]:
    """Where along the normals (K, 2) the best crest lies, (K,) px from the places, and whether there is one."""
    reach = max(2, round(reach_px))
    half = reach + _SIDE_PX[1]
    offset = np.arange(-half, half + 1)
    grid = (places[:, None] + offset[None, :, None] * normal[:, None]).astype(np.float32)
    colours = cv2.remap(image, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    white = cv2.min(cv2.min(colours[..., 0], colours[..., 1]), colours[..., 2]).astype(np.float64)
    side = np.clip(np.rint(0.8 * width + 2), *_SIDE_PX).astype(int)[:, None]
    at = np.arange(_SIDE_PX[1], _SIDE_PX[1] + 2 * reach + 1)[None, :]
    row = np.arange(len(places))[:, None]
    response = white[row, at] - np.maximum(white[row, at - side], white[row, at + side])
    t = np.arange(-reach, reach + 1)
    nearness = np.exp(-0.5 * (t / (0.6 * reach)) ** 2)
    best = (response * nearness).argmax(axis=1)
    peak = response[row[:, 0], best]
    inner = np.clip(best, 1, 2 * reach - 1)
    around = np.clip(response[row, inner[:, None] + np.array([-1, 0, 1])], 0, None)
    around = around - around.min(axis=1, keepdims=True) * 0.5
    centre = (around * np.array([-1, 0, 1])).sum(axis=1) / np.maximum(around.sum(axis=1), 1e-9)
    is_inside = (best > 0) & (best < 2 * reach)
    return t[inner] + centre, (peak > MIN_CONTRAST) & is_inside


def _affirmed(found: Array, line_map: LineMap) -> NDArray[np.bool_]:
    """(K,) whether the network's map doesn't deny a line at (K, 2) px or beside it."""
    lines, scale, origin = line_map.lines, line_map.scale, line_map.origin
    wide = cv2.dilate(lines, np.ones((3, 3), np.uint8))
    x = np.clip(np.floor((found[:, 0] - origin[0]) / scale), 0, lines.shape[1] - 1).astype(int)
    y = np.clip(np.floor((found[:, 1] - origin[1]) / scale), 0, lines.shape[0] - 1).astype(int)
    return np.asarray(wide[y, x] > LEAST_AFFIRMED)
