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
from tacticeye.vision.calibration.camera_model import Picture, Vector, camera_of
from tacticeye.vision.calibration.estimate import Belief, Fit, Measurements, fit
from tacticeye.vision.calibration.evidence import PitchEvidence
from tacticeye.vision.calibration.priors import turned_towards
from tacticeye.vision.calibration.white_lines import LineMap, LineSamples, LineView, look_for_lines

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
    line_map = LineMap(evidence.lines, evidence.line_scale, evidence.line_origin) if evidence.lines.size else None
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
        start = camera_of(homography, picture)
        if start is not None:
            place = start[4:7]
            nearest = min(usual, key=lambda b: float(np.abs(place - b.mean[4:7]).sum()))
            return [(nearest, start)]
    return [
        (belief, start) for belief in usual for start in turned_towards(belief, seen.places_m, seen.observed, picture)
    ]


def _ransac(seen: Seen, picture: Picture) -> Array | None:
    """(3, 3) pitch -> px by the keypoints that agree, None where they don't."""
    threshold = RANSAC_PX * picture.scale / 640
    matrix, _ = cv2.findHomography(seen.places_m, seen.observed, cv2.RANSAC, threshold, maxIters=500)
    return None if matrix is None else np.asarray(matrix, np.float64)


def _refine(
    image: Image,
    rough: Fit,
    prior: Belief,
    seen: Seen,
    samples: LineSamples,
    people_xyxy: NDArray[np.float32],
    line_map: LineMap | None,
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
