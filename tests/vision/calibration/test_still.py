"""One frame: noisy landmarks and painted lines give the camera, lens included, or nothing."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tacticeye import pitch
from tacticeye.vision.calibration.camera_model import Parameter, Vector, to_projection
from tacticeye.vision.calibration.evidence import GivenEvidence
from tacticeye.vision.calibration.priors import usual_cameras
from tacticeye.vision.calibration.still import StillFit, find_camera
from tacticeye.vision.calibration.white_lines import sample_lines
from tests.vision.calibration.scenes import KEYPOINTS_M, PICTURE, camera, ground_in_view, landmarks, paint

SAMPLES = sample_lines(pitch.markings())
NOBODY = np.zeros((0, 4), np.float32)


def find(vector: Vector, seen: NDArray[np.float64]) -> StillFit | None:
    usual = usual_cameras(PICTURE, (105.0, 68.0))
    return find_camera(paint(vector), GivenEvidence.of_keypoints(seen), usual, SAMPLES, KEYPOINTS_M, NOBODY)


def errors_m(found: StillFit, vector: Vector) -> NDArray[np.float64]:
    places, pixels = ground_in_view(vector)
    return np.asarray(np.linalg.norm(to_projection(found.belief.mean, PICTURE, 0.0).to_pitch(pixels) - places, axis=1))


@pytest.mark.parametrize(
    "vector",
    [
        camera(),
        camera((20.0, 34.0), focal_px=2400.0, k1=0.04),
        camera((85.0, 40.0), k1=-0.03),
        camera((40.0, 34.0), position_m=(-30.0, 34.0, 20.0), focal_px=1300.0),
    ],
    ids=["middle", "left, barrel", "right, pincushion", "behind the goal"],
)
def test_noisy_landmarks_and_lines_give_places_within_a_quarter_metre(vector: Vector) -> None:
    found = find(vector, landmarks(vector))
    assert found is not None
    assert found.lines.support > 0.8
    assert np.median(errors_m(found, vector)) < 0.1
    assert np.percentile(errors_m(found, vector), 95) < 0.25


def test_the_bend_of_the_lens_is_measured() -> None:
    vector = camera((20.0, 34.0), focal_px=1500.0, k1=0.04)
    found = find(vector, landmarks(vector))
    assert found is not None
    assert found.belief.mean[Parameter.K1] == pytest.approx(0.04, abs=0.008)


def test_three_landmarks_are_enough_where_lines_are_in_view() -> None:
    vector = camera((52.5, 36.0), focal_px=2400.0)
    seen = landmarks(vector, noise_px=2.0, seen_share=1.0)
    seen[np.flatnonzero(seen[:, 2])[3:], 2] = 0.0
    found = find(vector, seen)
    assert found is not None
    assert np.median(errors_m(found, vector)) < 0.5


def test_a_landmark_far_from_its_place_is_outvoted() -> None:
    vector = camera((85.0, 34.0))
    seen = landmarks(vector, seen_share=1.0)
    seen[np.flatnonzero(seen[:, 2])[0], :2] += (140.0, -60.0)
    found = find(vector, seen)
    assert found is not None
    assert np.median(errors_m(found, vector)) < 0.15


def test_landmarks_of_another_view_are_not_confirmed_by_the_lines() -> None:
    vector = camera()
    found = find(vector, landmarks(camera((25.0, 20.0), focal_px=1500.0)))
    assert found is None or found.lines.support < 0.5


def test_without_landmarks_nothing_is_found() -> None:
    assert find(camera(), np.zeros((32, 3))) is None
