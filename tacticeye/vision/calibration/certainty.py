"""How far a place on the pitch may be off under an uncertain camera, and whether a camera is one that films matches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacticeye.pitch import is_inside
from tacticeye.vision.calibration.camera_model import (
    N_PARAMETERS,
    Parameter,
    Picture,
    Vector,
    differences,
    project,
    to_projection,
)
from tacticeye.vision.calibration.estimate import Belief

Array = NDArray[np.float64]

PERSON_M = 1.75
# Boxes are a little taller or shorter than people, who crouch and jump; twice as tall is another scale.
PERSON_RATIO = (0.55, 1.7)
FEWEST_PEOPLE = 4
_GRID = (9, 6)


def error_m(belief: Belief, picture: Picture, size_m: tuple[float, float]) -> float:
    """m: median expected error of ground places in view, by the belief's covariance; NaN where no pitch is in view.

    First-order propagation: moving a place on the ground and moving the camera must cancel in the picture.
    """
    projection = to_projection(belief.mean, picture, float("nan"))
    x, y = np.meshgrid(
        *((np.arange(n) + 0.5) / n * s for n, s in zip(_GRID, (picture.width, picture.height), strict=True))
    )
    places = projection.to_pitch(np.column_stack([x.ravel(), y.ravel()]))
    places = places[is_inside(places, 2.0, size_m)]
    if not len(places):
        return float("nan")
    ground = np.column_stack([places, np.zeros(len(places))])
    pixel, by_camera = differences(belief.mean, ground, picture, np.arange(N_PARAMETERS))
    step = 0.01
    moved = np.concatenate([ground + np.array([step, 0, 0]), ground + np.array([0, step, 0])])
    shifted = project(belief.mean[None], moved, picture)[0].reshape(2, -1, 2)
    by_place = np.moveaxis((shifted - pixel) / step, 0, -1)
    good = np.isfinite(by_place).all(axis=(1, 2)) & np.isfinite(by_camera).all(axis=(1, 2))
    good &= np.abs(np.linalg.det(np.where(good[:, None, None], by_place, 0.0))) > 1e-9
    if not good.any():
        return float("nan")
    slope = np.linalg.solve(by_place[good], by_camera[good])
    variance = np.einsum("nij,jk,nik->n", slope, belief.covariance, slope)
    return float(np.sqrt(np.median(variance)))


def is_plausible(vector: Vector, picture: Picture) -> bool:
    """Whether cameras are like this: above the ground, not upside down, looking level or down, with a usual lens."""
    share = np.exp(vector[Parameter.LOG_FOCAL]) / picture.scale
    return bool(
        1.0 < vector[Parameter.Z] < 90.0
        and abs(vector[Parameter.ROLL]) < 0.2
        and -0.1 < vector[Parameter.TILT] < 1.45
        and 0.6 < share < 25.0
    )


def people_fit(vector: Vector, people_xyxy: NDArray[np.float32], picture: Picture) -> bool:
    """Whether the people in the picture are about as tall as people; True where there are too few to tell."""
    boxes = people_xyxy.astype(np.float64)
    feet = np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]])
    places = to_projection(vector, picture, float("nan")).to_pitch(feet)
    known = np.isfinite(places).all(axis=1)
    if known.sum() < FEWEST_PEOPLE:
        return True
    heads = project(vector[None], np.column_stack([places[known], np.full(known.sum(), PERSON_M)]), picture)[0]
    ratio = (boxes[known, 3] - boxes[known, 1]) / np.maximum(feet[known, 1] - heads[:, 1], 1e-6)
    return PERSON_RATIO[0] < float(np.nanmedian(ratio)) < PERSON_RATIO[1]
