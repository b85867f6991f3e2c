"""Calibration by hand: landmarks that a user clicked on a frame, the camera behind them, and how far it carries.

Light: no pixels are read. The camera's motion between frames was stored with the analysis, so a frame made by hand
calibrates its neighbours too, ever less surely; where two such frames are near, the surer one counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tacticeye.pitch import PitchLayout, keypoints_m, markings
from tacticeye.pitch_projection import PitchProjection, fit_homography
from tacticeye.types import Calibration
from tacticeye.vision.calibration.camera_model import Parameter, Picture, Vector, camera_of, to_projection
from tacticeye.vision.calibration.certainty import error_m, is_plausible
from tacticeye.vision.calibration.estimate import Belief, Measurements, fit
from tacticeye.vision.calibration.priors import turned_towards, usual_cameras

Array = NDArray[np.float64]

MIN_CLICKS = 4
# Clicks through a lens of several times are good to about this, px of a 1280 px wide picture.
CLICK_SIGMA_PX = 1.5
# A user's video may be cropped or stretched: its middle and the shape of its pixels are held less tightly.
_OFF_MIDDLE, _OFF_ASPECT = 0.12, 0.08
# Each step of the measured motion is off by about this, px of a 1280 px wide picture; steps add up like a random walk.
# A turning camera doesn't move its picture as one piece: this share of the way is lost besides. Measured on the demo.
STEP_SIGMA_PX = 0.9
LOST_SHARE = 0.03
# A picture that moves less than this over all its frames is a camera at rest: nothing adds up then.
REST_PX = 2.0
MAX_ERROR_M = 2.5
# A click farther from its landmark than this is on another one.
WORST_RESIDUAL_M = 6.0
_LINE_STEP_M = 1.0


@dataclass(frozen=True)
class Click:
    """A landmark (number in pitch.KEYPOINT_NAMES) at x, y px."""

    landmark: int
    x: float
    y: float


@dataclass(frozen=True)
class HandFrame:
    """What was clicked on an analysed frame."""

    frame: int
    t_s: float
    clicks: tuple[Click, ...]


@dataclass(frozen=True, eq=False)
class HandFit:
    """projection: with the expected error. residual_m: of each click, in their order."""

    projection: PitchProjection
    residual_m: tuple[float, ...]


def hand_frame(row: tuple[int, float, Sequence[tuple[int, float, float]]]) -> HandFrame:
    """A frame as the store keeps it: frame, t_s, clicks."""
    return HandFrame(row[0], row[1], tuple(Click(*click) for click in row[2]))


def fit_clicks(clicks: Sequence[Click], size: tuple[int, int], layout: PitchLayout) -> HandFit:
    """The camera that explains the clicks on a picture of `size` (width, height) px.

    Raises ValueError, in a sentence for the user, for fewer than four landmarks or landmarks in one line.
    """
    places = keypoints_m(layout)[[click.landmark for click in clicks]]
    seen = np.array([(click.x, click.y) for click in clicks]).reshape(-1, 2)
    if len({click.landmark for click in clicks}) < MIN_CLICKS:
        raise ValueError(f"{MIN_CLICKS} different landmarks are needed, {len(clicks)} are set.")
    if not np.isfinite(places).all():
        raise ValueError("a pitch of this kind hasn't got that landmark.")
    picture = Picture(*size)
    sigma = np.full(len(seen), CLICK_SIGMA_PX * picture.scale / 640)
    measured = Measurements.of_points(places, seen, sigma)
    ends = [
        fit(start, _prior(start, picture, layout), measured, picture, steps=40)
        for start in _beginnings(places, seen, picture, layout)
    ]
    found = min(ends, key=lambda end: end.cost)
    expected = error_m(found.belief, picture, layout.size_m)
    projection = to_projection(found.belief.mean, picture, expected)
    residual = np.linalg.norm(projection.to_pitch(seen) - places, axis=1)
    if not float(residual.max()) < WORST_RESIDUAL_M or not is_plausible(found.belief.mean, picture):
        raise ValueError("no camera sees these landmarks like that: one of them may be another one, or mirrored.")
    spread = float(np.sqrt(np.mean(residual**2)))
    return HandFit(replace(projection, error_m=float(np.hypot(expected, spread))), tuple(residual.tolist()))


def _beginnings(places: Array, seen: Array, picture: Picture, layout: PitchLayout) -> list[Vector]:
    """Cameras to begin from: that of the homography where the clicks fix one, and the usual ones."""
    starts = [
        start
        for usual in usual_cameras(picture, layout.size_m)
        for start in turned_towards(usual, places, seen, picture)
    ]
    try:
        start = camera_of(fit_homography(places, seen), picture)
    except ValueError:  # three of four in one line: the usual cameras may still explain them
        return starts
    return starts if start is None else [start, *starts]


def _prior(start: Vector, picture: Picture, layout: PitchLayout) -> Belief:
    """The usual camera nearest to where the clicks put it, held loosely."""
    usual = min(usual_cameras(picture, layout.size_m), key=lambda b: float(np.abs(start[4:7] - b.mean[4:7]).sum()))
    mean, deviations = start.copy(), np.sqrt(np.diag(usual.covariance)).copy()
    mean[Parameter.ROLL], mean[Parameter.K1] = 0.0, usual.mean[Parameter.K1]
    mean[Parameter.OFF_X : Parameter.LOG_ASPECT + 1] = 0.0
    deviations[Parameter.X : Parameter.Z + 1] = 60.0
    deviations[Parameter.OFF_X : Parameter.LOG_ASPECT] = np.maximum(
        deviations[Parameter.OFF_X : Parameter.LOG_ASPECT], _OFF_MIDDLE
    )
    deviations[Parameter.LOG_ASPECT] = max(deviations[Parameter.LOG_ASPECT], _OFF_ASPECT)
    return Belief.of_deviations(mean, deviations)


def drawn_lines(projection: PitchProjection, size: tuple[int, int], layout: PitchLayout) -> list[list[list[float]]]:
    """The markings as polylines in px, cut where they leave the picture by far: to be drawn over it."""
    reach = 0.5 * max(size)
    lines = []
    for marking in markings(_LINE_STEP_M, layout):
        pixels = projection.to_image(_densely(marking.points_m))
        near = np.asarray((pixels > -reach).all(axis=1) & (pixels < np.array(size) + reach).all(axis=1))  # not for NaN
        for run in np.split(np.arange(len(pixels)), np.flatnonzero(np.diff(near.astype(int))) + 1):
            if len(run) > 1 and near[run[0]]:
                lines.append(pixels[run].round(1).tolist())
    return lines


def _densely(points: Array) -> Array:
    """The line through the points with one at least every metre: a straight line may be bent in the picture."""
    parts = [points[:1]]
    for a, b in pairwise(points):
        n = max(1, int(np.ceil(np.hypot(*(b - a)) / _LINE_STEP_M)))
        parts.append(a + (np.arange(1, n + 1) / n)[:, None] * (b - a))
    return np.concatenate(parts)


def carried(
    frames: Sequence[HandFrame], rows: Calibration, size: tuple[int, int], layout: PitchLayout
) -> tuple[NDArray[np.intp], Calibration]:
    """Which rows the frames made by hand calibrate better than they are, and those rows anew.

    rows: all of the match as analysed, in order. Frames that no longer fit are passed over.
    """
    best = np.where(rows.is_known, rows.error_m, np.inf)
    made = np.full(len(rows), -1)
    fits: list[HandFit] = []
    steps: list[Array] = []
    for hand in frames:
        at = int(np.searchsorted(rows.frame, hand.frame))
        if at >= len(rows) or rows.frame[at] != hand.frame:
            continue
        found = fit_clicks(hand.clicks, size, layout)
        reach = _reach(rows, at)
        to_hand = _motion_to(rows, at, reach, size)
        expected = _expected_error(found.projection, reach, at, to_hand, size)
        better = (expected < MAX_ERROR_M) & ((expected < best[reach]) | (reach == at))
        best[reach[better]] = expected[better]
        made[reach[better]] = len(fits)
        fits.append(found)
        steps.append(_placed(len(rows), reach, to_hand))
    chosen = np.flatnonzero(made >= 0)
    table = replace(
        _rows_of(rows, chosen),
        image_to_pitch=np.array(
            [_scaled(fits[made[i]].projection.image_to_pitch @ steps[made[i]][i]) for i in chosen]
        ).reshape(-1, 3, 3),
        k1=np.array([fits[made[i]].projection.k1 for i in chosen]),
        centre=np.array([fits[made[i]].projection.centre for i in chosen]).reshape(-1, 2),
        scale=np.array([fits[made[i]].projection.scale for i in chosen]),
        error_m=best[chosen],
    )
    return chosen, table


def _reach(rows: Calibration, at: int) -> NDArray[np.intp]:
    """Rows of the same shot to which the camera's motion was followed without a gap."""
    n = len(rows)
    first, last = at, at
    while first > 0 and rows.is_followed[first] and rows.shot[first - 1] == rows.shot[at]:
        first -= 1
    while last + 1 < n and rows.is_followed[last + 1] and rows.shot[last + 1] == rows.shot[at]:
        last += 1
    return np.arange(first, last + 1)


def _motion_to(rows: Calibration, at: int, reach: NDArray[np.intp], size: tuple[int, int]) -> Array:
    """(R, 3, 3): px of each row in reach -> px of row `at`; identities for a camera at rest."""
    to_shot = np.tile(np.eye(3), (len(reach), 1, 1))
    to_shot[:, :2] = rows.image_to_shot[reach]
    here = to_shot[int(np.flatnonzero(reach == at)[0])]
    motion = np.linalg.inv(here) @ to_shot
    corners = np.array([(0, 0, 1), (size[0], 0, 1), (0, size[1], 1), (*size, 1)], np.float64)
    moved = np.einsum("rij,kj->rki", motion[:, :2], corners) - corners[:, :2]
    if float(np.abs(moved).max()) < REST_PX * max(size) / 1280:
        return np.tile(np.eye(3), (len(reach), 1, 1))
    return np.asarray(motion)


def _expected_error(
    projection: PitchProjection, reach: NDArray[np.intp], at: int, motion: Array, size: tuple[int, int]
) -> Array:
    is_at_rest = bool((motion == np.eye(3)).all())
    steps = np.zeros(len(reach)) if is_at_rest else np.sqrt(np.abs(reach - at))
    middle = np.array(
        [[size[0] / 2, 0.6 * size[1]], [size[0] / 2 + 1, 0.6 * size[1]], [size[0] / 2, 0.6 * size[1] + 1]]
    )
    places = projection.to_pitch(middle)
    metres_a_px = float(np.nan_to_num(np.linalg.norm(places[1:] - places[0], axis=1).max(), nan=1.0))
    centre = np.array([size[0] / 2, size[1] / 2, 1.0])
    away = np.linalg.norm(motion[:, :2] @ centre - centre[:2], axis=1)
    drift_px = np.hypot(STEP_SIGMA_PX * max(size) / 1280 * steps, LOST_SHARE * away)
    return np.asarray(np.hypot(projection.error_m, metres_a_px * drift_px))


def _placed(n: int, reach: NDArray[np.intp], motion: Array) -> Array:
    whole = np.tile(np.eye(3), (n, 1, 1))
    whole[reach] = motion
    return whole


def _rows_of(rows: Calibration, chosen: NDArray[np.intp]) -> Calibration:
    return Calibration(**{name: getattr(rows, name)[chosen] for name in rows.__dataclass_fields__})


def _scaled(matrix: Array) -> Array:
    return np.asarray(matrix / matrix[2, 2])
