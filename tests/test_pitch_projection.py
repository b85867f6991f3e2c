"""Places to pixels and back through a bent lens; what can't be told is NaN."""

from __future__ import annotations

import numpy as np
import pytest

from tacticeye.pitch_projection import PitchProjection, fit_homography, visible_area
from tacticeye.vision.calibration.camera_model import to_projection
from tests.vision.calibration.scenes import PICTURE, camera, ground_in_view


@pytest.mark.parametrize("k1", [-0.05, 0.0, 0.05])
def test_a_place_comes_back_through_the_lens(k1: float) -> None:
    vector = camera(k1=k1)
    projection = to_projection(vector, PICTURE, 0.1)
    places, pixels = ground_in_view(vector)
    assert np.allclose(projection.to_image(places), pixels, atol=1e-6)
    assert np.allclose(projection.to_pitch(pixels), places, atol=1e-6)


def test_the_sky_is_no_place_and_what_is_behind_the_camera_no_pixel() -> None:
    projection = to_projection(camera(), PICTURE, 0.1)
    assert np.isnan(projection.to_pitch(np.array([[640.0, -900.0]]))).all()
    assert np.isnan(projection.to_image(np.array([[52.5, -80.0]]))).all()


def test_an_unknown_calibration_tells_nothing() -> None:
    projection = PitchProjection.unknown()
    assert np.isnan(projection.to_pitch(np.zeros((2, 2)))).all()
    assert np.isnan(projection.to_image(np.zeros((2, 2)))).all()
    assert len(visible_area(projection, (1280, 720))) == 0


def test_the_visible_area_holds_what_is_in_the_picture() -> None:
    projection = to_projection(camera(), PICTURE, 0.1)
    outline = visible_area(projection, (1280, 720))
    assert np.isfinite(outline).all()
    places, _ = ground_in_view(camera())
    assert (outline.min(axis=0) <= places.min(axis=0) + 1).all()
    assert (outline.max(axis=0) >= places.max(axis=0) - 1).all()


def test_a_homography_is_found_from_four_points_and_refused_for_points_in_a_row() -> None:
    places, pixels = ground_in_view(camera())
    corners = [0, 5, len(places) // 2, len(places) - 1]
    matrix = fit_homography(pixels[corners], places[corners])
    mapped = np.column_stack([pixels, np.ones(len(pixels))]) @ matrix.T
    assert np.allclose(mapped[:, :2] / mapped[:, 2:], places, atol=1e-4)
    row = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    with pytest.raises(ValueError, match="one line"):
        fit_homography(row, row)
