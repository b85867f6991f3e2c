"""What is believed of match cameras before anything is seen: where they stand, and that they are nearly pinholes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacticeye.vision.calibration.camera_model import N_PARAMETERS, Parameter, Picture, Vector, look_at
from tacticeye.vision.calibration.estimate import Belief

Array = NDArray[np.float64]


def usual_cameras(picture: Picture, size_m: tuple[float, float]) -> list[Belief]:
    """Where match cameras stand: on the near side, and behind either goal; wide beliefs."""
    length, width = size_m
    middle = np.array([length / 2, width / 2, 0.0])
    places = (
        (length / 2, -38.0, 17.0, 22.0, 20.0),
        (-35.0, width / 2, 15.0, 20.0, 18.0),
        (length + 35.0, width / 2, 15.0, 20.0, 18.0),
    )
    beliefs = []
    for x, y, z, spread_x, spread_y in places:
        mean = look_at(np.array([x, y, z]), middle, 3.0 * picture.scale)
        mean[Parameter.K1] = 0.015
        beliefs.append(Belief.of_deviations(mean, _spread(picture, spread_x, spread_y)))
    return beliefs


def _spread(picture: Picture, spread_x: float, spread_y: float) -> Array:
    """Deviations of the usual camera's parameters; a crop's middle and shape are its own."""
    deviations = np.zeros(N_PARAMETERS)
    deviations[:4] = 0.7, 0.35, 0.04, 0.7
    deviations[4:8] = spread_x, spread_y, 9.0, 0.025
    deviations[8:] = (0.6, 0.25, 0.15) if picture.is_crop else (0.012, 0.02, 0.004)
    return deviations


def turned_towards(belief: Belief, places_m: Array, observed: Array, picture: Picture) -> list[Vector]:
    """The believed camera turned so that the middle of the places (K, 2) m lies amid where they were seen (K, 2) px,
    at several zooms: somewhere to begin from where the places alone don't tell a camera."""
    target = np.append(places_m.mean(axis=0), 0.0)
    starts = []
    for zoom in (2.0, 3.5, 6.0):
        start = look_at(belief.mean[4:7], target, zoom * picture.scale)
        off = (observed.mean(axis=0) - picture.middle) / np.exp(start[Parameter.LOG_FOCAL])
        start[Parameter.PAN] -= np.arctan(off[0])
        start[Parameter.TILT] -= np.arctan(off[1])
        starts.append(start)
    return starts
