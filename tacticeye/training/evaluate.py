"""Measuring networks on labelled images, through the code that runs in an analysis.

players  every class by average precision at any score, over the backend and letterbox of the product, roles as the
         role model and the detector agree on them; doubles suppressed class by class as ultralytics' validation does
         (so figures compare with published ones); people without roles, and the ball, at the scores and with the
         suppression that ship
ball     crops of 320 px at native resolution, one about each labelled ball (the ball within 60 px of its middle) and
         one without a ball from each of these images, at people's feet and heads and elsewhere; images whose ball isn't
         labelled are left out, for it may be in any crop
         precision and recall go by the middles of balls, which is what the product takes of them: a ball of 10 px whose
         box is 2 px off both ways already overlaps by less than half
pitch    a camera from a single frame, as a calibration begins; labelled keypoints through it against their true places
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tacticeye.config import AnalysisConfig
from tacticeye.errors import DataSetError, WeightsError
from tacticeye.pitch import keypoints_m
from tacticeye.state_parts import CalibrationState
from tacticeye.training.average_precision import ClassScore, Found, Rate, match, match_middles, rate, score_class
from tacticeye.training.datasets import Sample, read_picture
from tacticeye.training.failures import Boxes4, Failure, failure_of
from tacticeye.types import Boxes, Image, Role
from tacticeye.vision.ball_crops import CERTAIN_SCORE, BallCropDetector
from tacticeye.vision.ball_search import CROP_PX, crop_about
from tacticeye.vision.calibration.calibrator import PitchCalibrator
from tacticeye.vision.calibration.finder import open_pitch_finder
from tacticeye.vision.camera import FrameMotion
from tacticeye.vision.class_names import roles_of_classes
from tacticeye.vision.detector import open_role_judge
from tacticeye.vision.letterbox import Letterbox
from tacticeye.vision.network import Network, NetworkTraits, open_network
from tacticeye.vision.yolo_detector import Candidates, Judge, YoloDetector, corners, suppress

# As ultralytics validates: every score counts, doubles overlap by more than this, so many boxes an image.
LOWEST_SCORE = 0.001
MAX_IOU = 0.7
MAX_BOXES = 300
BALL_REACH_PX = 60
BALL_DRAWS = 4  # places about each ball: with a few dozen balls one draw is mostly luck
MIN_KEYPOINTS = 6
FAR_OFF_M = 2.0

OnCount = Callable[[int, int], None]


class Report(Protocol):
    """What a measurement tells."""

    @property
    def failures(self) -> Sequence[Failure]:
        """All images that were measured."""
        ...

    def figures(self) -> dict[str, Any]:
        """For programs."""
        ...

    def table(self) -> str:
        """For people."""
        ...


@dataclass(frozen=True, eq=False)
class DetectionReport:
    """Scores of a detector. images: labelled images looked at; classes: by role; shipped: rates at the scores in use,
    by what they are of. precision, recall: what is told to programs, in words at `figures`."""

    images: int
    classes: Mapping[Role, ClassScore]
    shipped: Mapping[str, Rate]
    precision: float
    recall: float
    failures: Sequence[Failure]

    def figures(self) -> dict[str, Any]:
        """For programs. players: precision and recall at each class's best F1, averaged over the classes labelled;
        ball: at CERTAIN_SCORE, by the middles of balls."""
        labelled = {role: score for role, score in self.classes.items() if score.n_labels}
        return {
            "images": self.images,
            "map50": {role.name.lower(): _number(score.map50) for role, score in labelled.items()},
            "map50_95": _number(_mean([score.map50_95 for score in labelled.values()])),
            "precision": _number(self.precision),
            "recall": _number(self.recall),
        }

    def table(self) -> str:
        """For people."""
        lines = [f"{self.images} images", "", "class        labels   mAP50  mAP50-95  precision  recall  at score"]
        lines += [
            f"{role.name.lower():<12} {s.n_labels:>6}   {s.map50:.3f}     {s.map50_95:.3f}"
            f"      {s.precision:.3f}   {s.recall:.3f}     {s.best_score:.3f}"
            for role, s in self.classes.items()
            if s.n_labels
        ]
        lines += ["", "as shipped                          labels  precision  recall"]
        lines += [
            f"{name:<35} {r.hits + r.misses:>6}      {r.precision:.3f}   {r.recall:.3f}"
            for name, r in self.shipped.items()
        ]
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class PitchReport:
    """Scores of the pitch network. images: with at least 6 labelled keypoints; found: those with a camera; error_m
    (K,) float64: of each labelled keypoint in these, inf where it falls behind the camera."""

    images: int
    found: int
    error_m: NDArray[np.float64]
    failures: Sequence[Failure]

    def figures(self) -> dict[str, Any]:
        """For programs."""
        median, p95 = np.quantile(self.error_m, [0.5, 0.95]) if len(self.error_m) else (math.nan, math.nan)
        return {"images": self.images, "found": self.found, "median_m": _number(median), "p95_m": _number(p95)}

    def table(self) -> str:
        """For people."""
        f = self.figures()
        return (
            f"{self.images} images with {MIN_KEYPOINTS} labelled keypoints or more, a camera found for {self.found}\n"
            f"{len(self.error_m)} keypoints: median error {f['median_m']} m, 95 % within {f['p95_m']} m"
        )


def evaluate_players(
    weights: Path, samples: Sequence[Sample], config: AnalysisConfig, on_count: OnCount
) -> DetectionReport:
    """Raises WeightsError, ConfigurationError, DataSetError. config: imgsz, device, backend, scores and role model."""
    network, judge = open_network(weights, config.device, config.backend), open_role_judge(config)
    return evaluate_network(network, weights, samples, config, on_count, judge)


def evaluate_network(
    network: Network,
    weights: Path,
    samples: Sequence[Sample],
    config: AnalysisConfig,
    on_count: OnCount,
    judge: Judge | None = None,
) -> DetectionReport:
    """The same for a network that is open. Raises WeightsError, DataSetError."""
    detector = YoloDetector(
        network,
        weights,
        conf_threshold=config.conf_threshold,
        ball_conf_threshold=config.ball_conf_threshold,
        imgsz=config.imgsz,
        judge=judge,
    )
    found: dict[Role, list[Found]] = {role: [] for role in Role}
    shipped: dict[str, list[Found]] = {}
    failures = []
    for number, sample in enumerate(samples, 1):
        image = read_picture(sample.path)
        letterbox = Letterbox.fit(image.shape[0], image.shape[1], config.imgsz)
        (raw,) = network.predict([letterbox.apply(image)])
        agreed = detector.agreed(raw, letterbox, image)
        for role, (xyxy, score) in boxes_by_role(agreed, network.traits, letterbox, image).items():
            found[role].append(match(xyxy, score, sample.xyxy[sample.role == role]))
        detected = detector.decode(raw, agreed, letterbox, image)
        for name, seen in _as_shipped(detected, sample, config).items():
            shipped.setdefault(name, []).append(seen)
        is_person = detected[2] != Role.BALL
        people = next(reversed(shipped.values()))[-1]
        failures.append(failure_of(sample, detected[0][is_person], people, sample.role != Role.BALL))
        on_count(number, len(samples))
    classes = {role: score_class(found[role]) for role in Role}
    labelled = [score for score in classes.values() if score.n_labels]
    return DetectionReport(
        images=len(samples),
        classes=classes,
        shipped={name: rate(seen, 0) for name, seen in shipped.items()},
        precision=_mean([score.precision for score in labelled]),
        recall=_mean([score.recall for score in labelled]),
        failures=failures,
    )


def _as_shipped(detected: Candidates, sample: Sample, config: AnalysisConfig) -> dict[str, Found]:
    """Matches of what the product would make of an image: each role by itself, people whatever their role last."""
    xyxy, score, roles = detected
    names = {
        role: f"{role.name.lower()}, from {config.ball_conf_threshold if role == Role.BALL else config.conf_threshold}"
        for role in Role
    }
    seen = {
        name: match(xyxy[roles == role], score[roles == role], sample.xyxy[sample.role == role])
        for role, name in names.items()
    }
    is_person = roles != Role.BALL
    everybody = match(xyxy[is_person], score[is_person], sample.xyxy[sample.role != Role.BALL])
    return seen | {f"people, role ignored, from {config.conf_threshold}": everybody}


def boxes_by_role(
    raw: NDArray[np.float32], traits: NetworkTraits, letterbox: Letterbox, image: Image
) -> dict[Role, tuple[Boxes4, NDArray[np.float32]]]:
    """xyxy (N, 4) source px and score (N,) of each role the network knows, whatever else was seen at the same place."""
    roles = roles_of_classes(traits.names)
    boxes = {}
    for role in Role:
        classes = np.flatnonzero(roles == role)
        if traits.is_end_to_end:
            rows = raw[np.isin(raw[:, 5].astype(np.int64), classes) & (raw[:, 4] >= LOWEST_SCORE)]
            xyxy, score = rows[:, :4], rows[:, 4]
        elif len(classes):
            best = np.max(raw[4 + classes], axis=0)
            columns = np.flatnonzero(best >= LOWEST_SCORE)
            xyxy, score = corners(raw[:4, columns]), best[columns]
        else:
            xyxy, score = np.zeros((0, 4), np.float32), np.zeros(0, np.float32)
        xyxy = letterbox.to_source(xyxy, image.shape[0], image.shape[1])
        keep = suppress(xyxy, score, np.arange(len(score)), MAX_IOU, MAX_BOXES)
        boxes[role] = xyxy[keep], score[keep]
    return boxes


@dataclass(frozen=True, eq=False)
class BallCrop:
    """A crop to look at. corner: x, y px of its upper left in the image; labels (M, 4) float32 px of the crop."""

    corner: tuple[int, int]
    labels: Boxes4


def ball_crops(sample: Sample, rng: np.random.Generator) -> list[BallCrop]:
    """One crop about each labelled ball, and one without a ball if a place for it is found; none without a ball."""
    balls = sample.xyxy[sample.role == Role.BALL]
    if not len(balls):
        return []
    crops = []
    for ball in balls:
        angle, reach = rng.uniform(0, 2 * math.pi), BALL_REACH_PX * math.sqrt(rng.uniform())
        middle = (ball[:2] + ball[2:]) / 2 + reach * np.array([math.cos(angle), math.sin(angle)])
        crops.append(_crop_at(sample, middle, balls))
    for middle in _places_without_ball(sample, rng):
        crop = _crop_at(sample, middle, balls)
        if not len(crop.labels):
            crops.append(crop)
            break
    return crops


def _places_without_ball(sample: Sample, rng: np.random.Generator) -> list[NDArray[np.float64]]:
    """Middles of crops to try in turn: at people's feet and heads, and anywhere."""
    people = sample.xyxy[sample.role != Role.BALL].astype(np.float64)
    middle_x = (people[:, 0] + people[:, 2]) / 2
    hard = np.concatenate([np.column_stack([middle_x, people[:, 3]]), np.column_stack([middle_x, people[:, 1]])])
    anywhere = rng.uniform((0, 0), (sample.width, sample.height), (20, 2))
    places = rng.permutation(hard)
    return [*places, *anywhere] if rng.random() < 0.75 else [*anywhere, *places]


def _crop_at(sample: Sample, middle: NDArray[np.float64], balls: Boxes4) -> BallCrop:
    x, y = crop_about(middle, sample.width, sample.height)
    shifted = balls - np.array([x, y, x, y], np.float32)
    limit = np.array([min(CROP_PX, sample.width - x), min(CROP_PX, sample.height - y)] * 2, np.float32)
    clipped = np.clip(shifted, np.float32(0), limit)
    is_inside = (clipped[:, 2:] > clipped[:, :2]).all(axis=1)
    return BallCrop((x, y), np.asarray(clipped[is_inside], np.float32))


def evaluate_ball(
    weights: Path, samples: Sequence[Sample], config: AnalysisConfig, on_count: OnCount, seed: int = 0
) -> DetectionReport:
    """Raises WeightsError, ConfigurationError, DataSetError. config: device and backend. images counts crops.

    Each ball is looked at from BALL_DRAWS places.
    """
    detector = BallCropDetector(weights, config.device, config.backend, min_score=LOWEST_SCORE)
    return evaluate_ball_detector(detector, samples, on_count, seed)


def evaluate_ball_detector(
    detector: BallCropDetector, samples: Sequence[Sample], on_count: OnCount, seed: int = 0
) -> DetectionReport:
    """The same for a detector that is open, whose lowest score is LOWEST_SCORE. Raises DataSetError."""
    found: list[Found] = []
    certain: list[Found] = []
    near: list[Found] = []
    failures = []
    for number, sample in enumerate(samples, 1):
        draws = [np.random.default_rng((seed, number, draw)) for draw in range(BALL_DRAWS)]
        crops = [crop for rng in draws for crop in ball_crops(sample, rng)]
        image = read_picture(sample.path) if crops else np.zeros((0, 0, 3), np.uint8)
        pictures = [image[y : y + CROP_PX, x : x + CROP_PX] for x, y in (crop.corner for crop in crops)]
        for crop, rows in zip(crops, detector.find(pictures), strict=True):
            found.append(match(rows[:, :4], rows[:, 4], crop.labels))
            sure = rows[rows[:, 4] >= CERTAIN_SCORE]
            certain.append(match(sure[:, :4], sure[:, 4], crop.labels))
            near.append(match_middles(sure[:, :4], sure[:, 4], crop.labels))
            shown = replace(sample, xyxy=crop.labels + np.array([*crop.corner, *crop.corner], np.float32))
            wrong = sure[:, :4] + np.array([*crop.corner, *crop.corner], np.float32)
            failures.append(failure_of(shown, wrong, near[-1], np.ones(len(crop.labels), bool)))
        on_count(number, len(samples))
    if not found:
        raise DataSetError(samples[0].path.parent, "no ball is labelled in these images.")
    shipped = rate(near, 0)
    return DetectionReport(
        images=len(found),
        classes={Role.BALL: score_class(found)},
        shipped={f"ball's middle, from {CERTAIN_SCORE}": shipped, "the same, at IoU 0.5": rate(certain, 0)},
        precision=shipped.precision,
        recall=shipped.recall,
        failures=failures,
    )


def evaluate_pitch(weights: Path, samples: Sequence[Sample], config: AnalysisConfig, on_count: OnCount) -> PitchReport:
    """Raises WeightsError, ConfigurationError, DataSetError. config: device."""
    finder = open_pitch_finder(replace(config, pitch_model_path=str(weights)))
    if finder is None:
        raise WeightsError(weights, "there is no such file; give the weights of a pitch network (.pt).")
    places_m = keypoints_m()
    still = np.eye(2, 3)
    motion = FrameMotion(still, still, is_cut=True, is_live=True)
    errors: list[NDArray[np.float64]] = []
    failures = []
    labelled = [sample for sample in samples if _labelled(sample).sum() >= MIN_KEYPOINTS]
    for number, sample in enumerate(labelled, 1):
        is_there = _labelled(sample)
        points = sample.keypoints[0, is_there, :2].astype(np.float64)
        calibrator = PitchCalibrator(CalibrationState(), finder)
        projection = calibrator.update(read_picture(sample.path), number - 1, 0.0, Boxes.empty(), motion)
        on_count(number, len(labelled))
        error_m = np.linalg.norm(projection.to_pitch(points) - places_m[is_there], axis=1)
        error_m = np.where(np.isfinite(error_m), error_m, np.inf)
        if projection.is_known:
            errors.append(error_m)
        far = points[error_m > FAR_OFF_M]
        median = float(np.median(error_m))
        text = f"median {median:.2f} m" if projection.is_known else "no camera found"
        missed = np.hstack([far - 8, far + 8]).astype(np.float32)
        failures.append(Failure(sample.path, median, text, missed, np.zeros((0, 4), np.float32)))
    return PitchReport(len(labelled), len(errors), np.concatenate([np.zeros(0), *errors]), failures)


def _labelled(sample: Sample) -> NDArray[np.bool_]:
    """(32,) which keypoints are labelled inside the picture."""
    if not len(sample.keypoints):
        return np.zeros(len(keypoints_m()), bool)
    return np.asarray(sample.keypoints[0, :, 2] > 0)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan


def _number(value: float) -> float | None:
    """Rounded; None for what isn't a number, as JSON has it."""
    return round(float(value), 4) if math.isfinite(value) else None
