"""Scores of detections: hand-counted cases."""

from __future__ import annotations

import numpy as np
import pytest

from tacticeye.training.average_precision import Found, match, rate, score_class


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def scores(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_perfect_detections_score_best() -> None:
    labels = boxes((0, 0, 10, 10), (50, 50, 70, 90))
    score = score_class([match(labels, scores(0.9, 0.8), labels)])
    assert (score.map50, score.map50_95, score.precision, score.recall) == pytest.approx((0.995, 0.995, 1, 1))
    assert score.best_score == pytest.approx(0.8)


def test_a_label_goes_to_the_surest_detection_even_where_another_lies_better() -> None:
    found = match(boxes((0, 0, 10, 10), (1, 0, 11, 10)), scores(0.3, 0.9), boxes((0, 0, 10, 10)))
    assert found.is_hit[:, 0].tolist() == [False, True]
    assert found.is_hit[:, -1].tolist() == [True, False]  # at IoU 0.95 only the better one counts


def test_a_false_alarm_above_a_hit_halves_the_area() -> None:
    found = match(boxes((90, 90, 99, 99), (0, 0, 10, 10)), scores(0.9, 0.5), boxes((0, 0, 10, 10)))
    score = score_class([found])
    assert score.map50 == pytest.approx(0.5, abs=0.01)
    assert (score.precision, score.recall) == (0.5, 1.0)


def test_pictures_without_labels_count_as_false_alarms_only() -> None:
    empty = match(boxes((0, 0, 10, 10)), scores(0.4), boxes())
    hit = match(boxes((0, 0, 10, 10)), scores(0.8), boxes((0, 0, 10, 10)))
    assert score_class([empty, hit]).map50 == pytest.approx(0.995)
    counted = rate([empty, hit], 0.3)
    assert (counted.hits, counted.false_alarms, counted.misses) == (1, 1, 0)
    assert (counted.precision, counted.recall) == (0.5, 1.0)


def test_what_is_not_there_has_no_score() -> None:
    assert np.isnan(score_class([match(boxes(), scores(), boxes())]).map50)
    assert score_class([match(boxes(), scores(), boxes((0, 0, 5, 5)))]).map50 == 0
    assert np.isnan(rate([], 0.3).precision) and np.isnan(rate([], 0.3).recall)


def test_average_precision_is_that_of_ultralytics() -> None:
    from tacticeye.vision.ultralytics_backend import load_ultralytics

    load_ultralytics()
    from ultralytics.utils.metrics import ap_per_class

    random = np.random.default_rng(0)
    found = [Found(random.uniform(0, 1, 30), random.uniform(0, 1, (30, 10)) < 0.5, 25) for _ in range(4)]
    ours = score_class(found)
    is_hit = np.concatenate([f.is_hit for f in found])
    score = np.concatenate([f.score for f in found])
    theirs = ap_per_class(is_hit, score, np.zeros(len(score)), np.zeros(100))[5][0]
    assert ours.map50 == pytest.approx(theirs[0], abs=1e-6)
    assert ours.map50_95 == pytest.approx(theirs.mean(), abs=1e-6)
