"""How well boxes with scores find labelled boxes: matching, average precision, precision and recall.

Letters in shapes: N detections, M labels, P pictures, T overlap thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacticeye.vision.box_overlap import overlaps

IOU_THRESHOLDS = np.arange(0.5, 1.0, 0.05)
LEAST_REACH_PX = 5.0
_RECALL_POINTS = np.linspace(0, 1, 101)


@dataclass(frozen=True, eq=False)
class Found:
    """Detections of one class in one picture against its labels.

    score (N,) float64; is_hit (N, T) bool, at each of IOU_THRESHOLDS; n_labels: labels in the picture.
    """

    score: NDArray[np.float64]
    is_hit: NDArray[np.bool_]
    n_labels: int


def match(detected: NDArray[np.float32], score: NDArray[np.float32], labels: NDArray[np.float32]) -> Found:
    """Detections by falling score, each with the label it overlaps most of those still free, as COCO has it."""
    is_hit = np.zeros((len(detected), len(IOU_THRESHOLDS)), bool)
    if len(labels):
        iou = overlaps(detected, labels)
        near = [row for row in np.argsort(-score, kind="stable").tolist() if iou[row].max() >= IOU_THRESHOLDS[0]]
        for t, threshold in enumerate(IOU_THRESHOLDS):
            free = np.ones(len(labels), bool)
            for row in near:
                column = int(np.argmax(np.where(free, iou[row], -1)))
                if free[column] and iou[row, column] >= threshold:
                    free[column] = False
                    is_hit[row, t] = True
    return Found(np.asarray(score, np.float64), is_hit, len(labels))


def match_middles(detected: NDArray[np.float32], score: NDArray[np.float32], labels: NDArray[np.float32]) -> Found:
    """Detections by falling score, each with the nearest free label whose middle is within half the labelled ball.

    Half of its longer side, 5 px at least, for labels are within a px or two.
    """
    is_hit = np.zeros((len(detected), 1), bool)
    reach = np.maximum((labels[:, 2:] - labels[:, :2]).max(axis=1, initial=0) / 2, LEAST_REACH_PX)
    middles, places = ((xyxy[:, :2] + xyxy[:, 2:]) / 2 for xyxy in (detected, labels))
    away = np.linalg.norm(middles[:, None] - places[None], axis=2)
    away[away > reach] = np.inf
    for row in np.argsort(-score, kind="stable").tolist():
        column = int(np.argmin(away[row])) if len(labels) else -1
        if column >= 0 and np.isfinite(away[row, column]):
            is_hit[row] = True
            away[:, column] = np.inf
    return Found(np.asarray(score, np.float64), is_hit, len(labels))


@dataclass(frozen=True)
class ClassScore:
    """How well one class is found; NaN where nothing is labelled.

    map50: average precision at IoU 0.5; map50_95: mean over 0.5, 0.55, ... 0.95; precision, recall: at IoU 0.5 and the
    score that gives the best F1, `best_score`.
    """

    map50: float
    map50_95: float
    precision: float
    recall: float
    best_score: float
    n_labels: int


def score_class(pictures: Sequence[Found]) -> ClassScore:
    """Average precision as ultralytics has it: the envelope of precision over recall, at 101 points, by trapezoids.

    Without a fault it is 0.995, for the last trapezoid falls to nought.
    """
    n_labels = sum(picture.n_labels for picture in pictures)
    score = np.concatenate([np.zeros(0), *(picture.score for picture in pictures)])
    is_hit = np.concatenate([np.zeros((0, len(IOU_THRESHOLDS)), bool), *(picture.is_hit for picture in pictures)])
    if not n_labels:
        return ClassScore(np.nan, np.nan, np.nan, np.nan, np.nan, 0)
    if not len(score):
        return ClassScore(0.0, 0.0, 0.0, 0.0, np.nan, n_labels)
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(is_hit[order], axis=0)
    precision = hits / np.arange(1, len(score) + 1)[:, None]
    recall = hits / n_labels
    ap = np.array([_area(recall[:, t], precision[:, t]) for t in range(len(IOU_THRESHOLDS))])
    f1 = 2 * precision[:, 0] * recall[:, 0] / np.maximum(precision[:, 0] + recall[:, 0], 1e-12)
    best = int(np.argmax(f1))
    return ClassScore(
        float(ap[0]), float(ap.mean()), float(precision[best, 0]), float(recall[best, 0]),
        float(score[order[best]]), n_labels,
    )  # fmt: skip


def _area(recall: NDArray[np.float64], precision: NDArray[np.float64]) -> float:
    recall = np.concatenate([[0.0], recall, [recall[-1], 1.0]])
    precision = np.concatenate([[1.0], precision, [0.0, 0.0]])
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.trapezoid(np.interp(_RECALL_POINTS, recall, envelope), _RECALL_POINTS))


@dataclass(frozen=True)
class Rate:
    """Hits, false alarms and misses at one score threshold and the first of the overlaps (IoU 0.5)."""

    hits: int
    false_alarms: int
    misses: int

    @property
    def precision(self) -> float:
        """NaN where nothing was detected."""
        found = self.hits + self.false_alarms
        return self.hits / found if found else float("nan")

    @property
    def recall(self) -> float:
        """NaN where nothing is labelled."""
        labels = self.hits + self.misses
        return self.hits / labels if labels else float("nan")


def rate(pictures: Sequence[Found], threshold: float) -> Rate:
    """What remains above a score threshold."""
    hits = sum(int(p.is_hit[p.score >= threshold, 0].sum()) for p in pictures)
    found = sum(int((p.score >= threshold).sum()) for p in pictures)
    return Rate(hits, found - hits, sum(p.n_labels for p in pictures) - hits)
