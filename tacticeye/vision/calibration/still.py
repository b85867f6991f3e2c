"""A camera from the evidence of a single frame, nothing known before: several beginnings, the best end wins.

Beginnings come from a homography of the keypoints (RANSAC) taken apart into a camera, and, where fewer than four are
seen, from the usual places of cameras turned towards what is seen. Each is drawn to the keypoints and then to the
painted lines in the picture; the one whose lines are best confirmed is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.types import Image
from tacticeye.vision.calibration.camera_model import N_PARAMETERS, Parameter, Picture, Vector, look_at
from tacticeye.vision.calibration.estimate import Belief, Fit, Measurements, fit
from tacticeye.vision.calibration.evidence import PitchEvidence
from tacticeye.vision.calibration.white_lines import LineSamples, LineView, look_for_lines

Array = NDArray[np.float64]

MIN_CONFIDENCE = 0.4
# px of a 1280 px wide picture by which a network's keypoints are off.
KEYPOINT_SIGMA_PX = 3.5
LINE_SIGMA_PX = 1.0
# Neighbouring samples of one line err together: more of them than this tell nothing new.
INDEPENDENT_SAMPLES = 40
RANSAC_PX = 10.0
# Widths around the projected lines that are searched, one after the other, px of a 1280 px wide picture.
REACHES_PX = (22.0, 12.0, 7.0)
MIN_KEYPOINTS = 2
MIN_HOMOGRAPHY_KEYPOINTS = 4


@dataclass(frozen=True, eq=False)
class StillFit:
    """belief: of the camera. lines: as seen under it. keypoint_px: median distance of the keypoints, px, NaN none."""

    belief: Belief
    lines: LineView
    keypoint_px: float


@dataclass(frozen=True, eq=False)
class Seen:
    """Keypoints that count: places_m (K, 2), observed (K, 2) px, sigma (K,) px."""

    places_m: Array
    observed: Array
    sigma: Array

    def measurements(self) -> Measurements:
        return Measurements.of_points(self.places_m, self.observed, self.sigma)


def seen_keypoints(evidence: PitchEvidence, keypoints_m: Array, picture: Picture) -> Seen:
    """The keypoints that are confident enough; keypoints_m (32, 2) m, NaN for those that the pitch hasn't."""
    confidence = evidence.keypoints[:, 2]
    rows = np.flatnonzero((confidence >= MIN_CONFIDENCE) & np.isfinite(keypoints_m).all(axis=1))
    sigma = KEYPOINT_SIGMA_PX * picture.scale / 640 / np.clip(confidence[rows], 0.3, 1.0)
    return Seen(keypoints_m[rows], evidence.keypoints[rows, :2], sigma)


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


def find_camera(
    image: Image,
    evidence: PitchEvidence,
    usual: list[Belief],
    samples: LineSamples,
    keypoints_m: Array,
    people_xyxy: NDArray[np.float32],
) -> StillFit | None:
    """The camera of one frame, None where too little is seen to begin. usual: as believed of cameras beforehand."""
    picture = Picture(image.shape[1], image.shape[0])
    seen = seen_keypoints(evidence, keypoints_m, picture)
    if len(seen.sigma) < MIN_KEYPOINTS:
        return None
    line_map = (evidence.lines, evidence.line_scale) if evidence.lines.size else None
    found = []
    for prior, start in _beginnings(seen, usual, picture):
        rough = fit(start, prior, seen.measurements(), picture, steps=25)
        found.append((rough.cost, rough, prior))
    found.sort(key=lambda item: item[0])
    ends = [_refine(image, rough, prior, seen, samples, people_xyxy, line_map) for _, rough, prior in found[:2]]
    return max(ends, key=lambda end: (np.nan_to_num(end.lines.support), -end.keypoint_px))


def _beginnings(seen: Seen, usual: list[Belief], picture: Picture) -> list[tuple[Belief, Vector]]:
    homography = _ransac(seen, picture) if len(seen.sigma) >= MIN_HOMOGRAPHY_KEYPOINTS else None
    if homography is not None:
        start = _camera_of(homography, picture)
        if start is not None:
            place = start[4:7]
            nearest = min(usual, key=lambda b: float(np.abs(place - b.mean[4:7]).sum()))
            return [(nearest, start)]
    beginnings = []
    target = np.append(seen.places_m.mean(axis=0), 0.0)
    for belief in usual:
        for zoom in (2.0, 3.5, 6.0):
            start = look_at(belief.mean[4:7], target, zoom * picture.scale)
            off = (seen.observed.mean(axis=0) - picture.middle) / np.exp(start[Parameter.LOG_FOCAL])
            start[Parameter.PAN] -= np.arctan(off[0])
            start[Parameter.TILT] -= np.arctan(off[1])
            beginnings.append((belief, start))
    return beginnings


def _ransac(seen: Seen, picture: Picture) -> Array | None:
    """(3, 3) pitch -> px by the keypoints that agree, None where they don't."""
    threshold = RANSAC_PX * picture.scale / 640
    matrix, _ = cv2.findHomography(seen.places_m, seen.observed, cv2.RANSAC, threshold, maxIters=500)
    return None if matrix is None else np.asarray(matrix, np.float64)


def _camera_of(pitch_to_image: Array, picture: Picture) -> Vector | None:
    """The pinhole camera behind a homography, None where no camera above the pitch makes it.

    The two columns of a rotation are orthogonal and of equal length: two equations for the focal length (Zhang 2000).
    """
    shift = np.eye(3)
    shift[:2, 2] = -picture.middle
    h = shift @ pitch_to_image
    a, b = h[:, 0], h[:, 1]
    left = np.array([a[2] * b[2], a[2] ** 2 - b[2] ** 2])
    right = -np.array([a[:2] @ b[:2], a[:2] @ a[:2] - b[:2] @ b[:2]])
    squared = float(left @ right) / max(float(left @ left), 1e-30)
    focal = np.sqrt(squared) if squared > 0 else 3.0 * picture.scale
    focal = float(np.clip(focal, 0.5 * picture.scale, 20 * picture.scale))
    pose = np.diag([1 / focal, 1 / focal, 1.0]) @ h
    pose /= np.sqrt(np.linalg.norm(pose[:, 0]) * np.linalg.norm(pose[:, 1]))
    for sign in (1.0, -1.0):
        axes = np.column_stack([sign * pose[:, :2], np.cross(pose[:, 0], pose[:, 1])])
        u, _, v = np.linalg.svd(axes)
        turn = u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v
        position = -turn.T @ (sign * pose[:, 2])
        forward, right_axis = turn[2], turn[0]
        if position[2] > 0 and forward[2] < 0.2:
            vector = np.zeros(N_PARAMETERS)
            vector[0] = np.arctan2(forward[0], forward[1])
            vector[1] = np.arcsin(np.clip(-forward[2], -1, 1))
            vector[2] = np.arcsin(np.clip(right_axis[2] / max(np.cos(vector[1]), 1e-3) * -1.0, -1, 1))
            vector[3] = np.log(focal)
            vector[4:7] = position
            return vector
    return None


def _refine(
    image: Image,
    rough: Fit,
    prior: Belief,
    seen: Seen,
    samples: LineSamples,
    people_xyxy: NDArray[np.float32],
    line_map: tuple[NDArray[np.uint8], float] | None,
) -> StillFit:
    picture = Picture(image.shape[1], image.shape[0])
    best = rough
    keypoints = seen.measurements()
    for reach in REACHES_PX:
        lines = look_for_lines(image, best.belief.mean, samples, people_xyxy, reach * picture.scale / 640, line_map)
        everything = Measurements.join([keypoints, weighed(lines.measurements, picture)])
        best = fit(best.belief.mean, prior, everything, picture, steps=8)
    lines = look_for_lines(
        image, best.belief.mean, samples, people_xyxy, max(3.0, 0.5 * REACHES_PX[-1] * picture.scale / 640), line_map
    )
    off = best.residual[: len(keypoints)] * keypoints.sigma
    keypoint_px = float(np.median(np.hypot(*off.reshape(2, -1)))) if len(off) else float("nan")
    return StillFit(best.belief, lines, keypoint_px)


def weighed(lines: Measurements, picture: Picture) -> Measurements:
    """Line measurements with the deviation that so many neighbouring samples deserve."""
    sigma = LINE_SIGMA_PX * max(picture.scale / 640, 0.6) * np.sqrt(max(1.0, len(lines) / INDEPENDENT_SAMPLES))
    return replace(lines, sigma=np.full(len(lines), sigma))
