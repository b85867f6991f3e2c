"""Two kits told apart by the look of shirts: how they are found among samples, and how a shirt is judged.

Pure functions over arrays. Looks are features brought to one scale (`to_looks`), so that a unit means about the same in
each dimension: Lab lightness counts for less than hue because sun and shade change it most, histograms as square roots.
Letters: S samples, T tracks, N shirts, D dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

LIGHTNESS_WEIGHT = 0.6
HISTOGRAM_SCALE = 20.0
TRIM = 0.2  # share of the tracks that may belong to neither kit: referees, keepers, mixed-up tracks
LEAST_SHARE = 0.2  # of the kept tracks in the smaller cluster
RESTARTS = 12
ROUNDS = 20
SEED = 20240  # any fixed number: the same samples give the same kits
LEAST_SPREAD = 3.0  # looks of one kit differ at least by that, in light and pose, wherever few samples say otherwise
# 2-means splits even one bell curve, into halves 2.65 of their own deviations apart: most of that says nothing.
SPLIT_OF_ONE = 2.3
FURTHEST = 3.2  # root mean square deviations of Lab from both kits beyond which a shirt belongs to neither; seen:
# players up to 3.1, referees in yellow 2.6 to 11
SUREST = 4.0  # log-odds that one look can give


@dataclass(frozen=True, eq=False)
class KitModel:
    """centres (2, D); spread (D,): deviation within a kit; separation: of the centres, in deviations along the line
    that tells them apart best."""

    centres: Floats
    spread: Floats
    separation: float

    def shares(self, looks: Floats) -> Floats:
        """(N, 2): belief that each of `looks` (N, D) is of team 0 and of team 1; (0, 0) where it looks like neither."""
        direction = self._direction()
        middle = self.centres.mean(axis=0)
        length = float(((self.centres[1] - self.centres[0]) * direction).sum())
        along = ((looks - middle) * direction).sum(axis=1) / length  # -0.5 at team 0, 0.5 at team 1
        told_apart = max(self.separation**2 - SPLIT_OF_ONE**2, 0.0)
        log_odds = np.clip(told_apart * along, -SUREST, SUREST)
        first = 1 / (1 + np.exp(log_odds))
        deviation = ((looks[:, None, :3] - self.centres[None, :, :3]) / self.spread[:3]) ** 2
        belongs = np.sqrt(deviation.mean(axis=2)).min(axis=1) <= FURTHEST
        return np.asarray(np.stack([first, 1 - first], axis=1) * belongs[:, None])

    def _direction(self) -> Floats:
        return np.asarray((self.centres[1] - self.centres[0]) / self.spread**2)


def to_looks(features: NDArray[np.float32]) -> Floats:
    """(N, D) float64 from shirt features (N, D): mean Lab, then a histogram. NaN stays NaN."""
    looks = features.astype(np.float64)
    looks[:, 0] *= LIGHTNESS_WEIGHT
    looks[:, 3:] = HISTOGRAM_SCALE * np.sqrt(np.maximum(looks[:, 3:], 0.0))
    return looks


def lab_of(look: Floats) -> tuple[float, float, float]:
    """Mean Lab of a look."""
    return float(look[0] / LIGHTNESS_WEIGHT), float(look[1]), float(look[2])


def fit_kits(looks: Floats, tracks: NDArray[np.int64]) -> KitModel | None:
    """Two kits among `looks` (S, D) of `tracks` (S,), or None. Kit 0 is the darker one.

    Trimmed 2-means over the tracks' mean looks: samples of one person belong together, and the tracks that fit worst
    count for nothing.
    """
    names, owner = np.unique(tracks, return_inverse=True)
    means = np.stack([looks[owner == i].mean(axis=0) for i in range(len(names))])
    label = _trimmed_two_means(means, np.random.default_rng(SEED))
    if label is None:
        return None
    centres = np.stack([means[label == kit].mean(axis=0) for kit in (0, 1)])
    if (centres[0, 0], centres[0, 1]) > (centres[1, 0], centres[1, 1]):
        centres, label = centres[::-1].copy(), np.where(label >= 0, 1 - label, -1)
    of_sample = label[owner]
    rest = looks[of_sample >= 0] - centres[of_sample[of_sample >= 0]]
    spread = np.sqrt((rest**2).mean(axis=0) + LEAST_SPREAD**2)
    line = (centres[1] - centres[0]) / spread**2
    deviation = float(np.sqrt(((rest * line).sum(axis=1) ** 2).mean()))
    length = float(((centres[1] - centres[0]) * line).sum())
    return KitModel(centres, spread, length / max(deviation, 1e-6))


def in_order_of(model: KitModel, known: Floats) -> KitModel:
    """`model` with its kits numbered as in `known` (2, D): a team keeps its number when kits are fitted anew."""
    distance = np.sqrt((((model.centres[:, None] - known[None]) / model.spread) ** 2).sum(axis=2))
    if distance[0, 0] + distance[1, 1] <= distance[0, 1] + distance[1, 0]:
        return model
    return KitModel(model.centres[::-1].copy(), model.spread, model.separation)


def _trimmed_two_means(points: Floats, random: np.random.Generator) -> NDArray[np.intp] | None:
    """(T,) 0 or 1, -1 trimmed: the best of several starts; None where no balanced split was found."""
    kept = len(points) - int(TRIM * len(points))
    best: NDArray[np.intp] | None = None
    least = np.inf
    for _ in range(RESTARTS):
        centres = _start(points, random)
        for _ in range(ROUNDS):
            distance = ((points[:, None] - centres[None]) ** 2).sum(axis=2)
            nearest = distance.argmin(axis=1)
            order = np.argsort(distance.min(axis=1), kind="stable")
            label = np.full(len(points), -1, np.intp)
            label[order[:kept]] = nearest[order[:kept]]
            counts = np.array([(label == kit).sum() for kit in (0, 1)])
            if counts.min() == 0:
                break
            moved = np.stack([points[label == kit].mean(axis=0) for kit in (0, 1)])
            if np.array_equal(moved, centres):
                break
            centres = moved
        cost = float(np.sort(distance.min(axis=1))[:kept].sum())
        if counts.min() >= max(2, LEAST_SHARE * kept) and cost < least:
            best, least = label, cost
    return best


def _start(points: Floats, random: np.random.Generator) -> Floats:
    """(2, D) two of the points, the second likely to be far from the first (k-means++)."""
    first = points[int(random.integers(len(points)))]
    distance = ((points - first) ** 2).sum(axis=1)
    total = float(distance.sum())
    if total == 0:
        return np.stack([first, first])
    second = points[int(random.choice(len(points), p=distance / total))]
    return np.stack([first, second])
