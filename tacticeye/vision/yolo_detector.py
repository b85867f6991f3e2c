"""People and ball candidates in frames, by a YOLO network of any size and generation.

Frames go in letterboxed to the asked size (stride 32, no more padding than that needs); raw predictions are decoded
and doubles suppressed here, alike for all backends. Whether somebody is there and where is the network's word; what he
is, it agrees on with a judge who sees all people of the frame together.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.errors import WeightsError
from tacticeye.types import Boxes, FrameBatch, Image, Role
from tacticeye.vision.box_overlap import overlaps
from tacticeye.vision.class_names import roles_of_classes
from tacticeye.vision.company import ROLES, agreed_scores
from tacticeye.vision.letterbox import Letterbox
from tacticeye.vision.network import Network

log = logging.getLogger(__name__)

# Two boxes of people that overlap more than this are one person, whatever roles the model gave them. Chosen on 44
# validation frames with an early checkpoint, not the shipped one: precision 0.957 and recall 0.892, against 0.910 and
# 0.894 at ultralytics' own 0.7.
PEOPLE_MAX_IOU = 0.5
# A ball is some 10 px wide, so two boxes of one ball, half a ball apart, overlap by a third.
BALL_MAX_IOU = 0.3
# The ball path needs alternatives, but an empty stand gives hundreds of weak ones.
MAX_BALL_CANDIDATES = 8
MAX_PEOPLE = 100
# Who is company: weaker boxes are seldom people, and staff beside the pitch would pass for referees.
COMPANY_SCORE = 0.2
# The judge's word about somebody holds for all places whose boxes overlap his by this much.
SAME_PERSON_IOU = 0.3
LEAST_SCORE = 0.001  # lower ones are nobody's

Candidates = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int8]]


class Judge(Protocol):
    """Tells roles by company: see tacticeye.vision.role_network."""

    def judge(self, image: Image, xyxy: NDArray[np.float32]) -> NDArray[np.float32]: ...


class YoloDetector:
    """A detector over a network, for the product's roles."""

    def __init__(
        self,
        network: Network,
        path: Path,
        *,
        conf_threshold: float,
        ball_conf_threshold: float,
        imgsz: int,
        judge: Judge | None = None,
    ) -> None:
        """path: the network's weights, for messages; judge: who has a say in roles, where the network tells all three
        apart and gives scores for each. Raises WeightsError for a network that detects nobody."""
        self._network = network
        self._judge = judge
        self._conf_threshold = conf_threshold
        self._ball_conf_threshold = ball_conf_threshold
        self._imgsz = imgsz
        self._role_of_class = _roles(path, network.traits.names)

    def detect(self, batch: FrameBatch) -> Boxes:
        """Boxes of the batch's analysed frames, by frame and falling score, source px, inside the image."""
        parts = []
        for frame, t_s, found in zip(batch.frame, batch.t_s, self.find(batch.images), strict=True):
            xyxy, score, role = found
            parts.append(Boxes.build(frame=frame, t_s=t_s, xyxy=xyxy, score=score, role=role))
        return Boxes.concatenate(parts)

    def find(self, images: Sequence[Image]) -> list[Candidates]:
        """xyxy (N, 4) px, score (N,), role (N,) of each image, by falling score."""
        letterboxes = [Letterbox.fit(image.shape[0], image.shape[1], self._imgsz) for image in images]
        answers = self._network.predict(box.apply(image) for box, image in zip(letterboxes, images, strict=True))
        return [
            self.decode(raw, self.agreed(raw, letterbox, image), letterbox, image)
            for raw, letterbox, image in zip(answers, letterboxes, images, strict=True)
        ]

    def agreed(self, raw: NDArray[np.float32], letterbox: Letterbox, image: Image) -> NDArray[np.float32]:
        """The network's answer for a letterboxed image with the scores of roles as network and judge agree on them."""
        classes = [np.flatnonzero(self._role_of_class == role) for role in ROLES]
        if self._judge is None or self._network.traits.is_end_to_end or any(len(found) != 1 for found in classes):
            return raw
        company = self._decode(raw, raw, letterbox, image, COMPANY_SCORE)
        people = company[0][company[2] != Role.BALL]
        rows = 4 + np.concatenate(classes)
        places = np.flatnonzero(raw[rows].max(axis=0) >= LEAST_SCORE)
        if not len(people) or not len(places):
            return raw
        iou = overlaps(letterbox.to_source(corners(raw[:4, places]), *image.shape[:2]), people)
        same = iou.max(axis=1) >= SAME_PERSON_IOU
        who, places = iou.argmax(axis=1)[same], places[same]
        told = raw.copy()
        told[rows[:, None], places] = agreed_scores(raw[rows[:, None], places], self._judge.judge(image, people)[who])
        return told

    def decode(
        self, raw: NDArray[np.float32], agreed: NDArray[np.float32], letterbox: Letterbox, image: Image
    ) -> Candidates:
        """What `find` makes of the network's answer for a letterboxed image, and of what was agreed on."""
        return self._decode(raw, agreed, letterbox, image, self._conf_threshold)

    def _decode(
        self,
        raw: NDArray[np.float32],
        agreed: NDArray[np.float32],
        letterbox: Letterbox,
        image: Image,
        conf_threshold: float,
    ) -> Candidates:
        xyxy, score, role = self._candidates(raw, agreed, conf_threshold)
        xyxy = letterbox.to_source(xyxy, image.shape[0], image.shape[1])
        keep = np.concatenate(
            [
                suppress(xyxy, score, np.flatnonzero(role != Role.BALL), PEOPLE_MAX_IOU, MAX_PEOPLE),
                suppress(xyxy, score, np.flatnonzero(role == Role.BALL), BALL_MAX_IOU, MAX_BALL_CANDIDATES),
            ]
        )
        keep = keep[np.argsort(-score[keep], kind="stable")]
        return xyxy[keep], score[keep], role[keep]

    def _candidates(self, raw: NDArray[np.float32], agreed: NDArray[np.float32], conf_threshold: float) -> Candidates:
        """Boxes above their thresholds before suppression: xyxy (K, 4) input px, score (K,), role (K,).

        A place gives at most one person, of the role agreed on there, and one ball.
        """
        if self._network.traits.is_end_to_end:
            role = self._role_of_class[raw[:, 5].astype(np.int64)]
            threshold = np.where(role == Role.BALL, self._ball_conf_threshold, conf_threshold)
            keep = (role >= 0) & (raw[:, 4] >= threshold)
            return raw[keep, :4], raw[keep, 4], role[keep]
        scores = raw[4:]
        people = np.flatnonzero((self._role_of_class >= 0) & (self._role_of_class != Role.BALL))
        best = people[np.argmax(agreed[4 + people], axis=0)]
        best_score = np.max(scores[people], axis=0)
        person = np.flatnonzero(best_score >= conf_threshold)
        columns, picked, roles = [person], [best_score[person]], [self._role_of_class[best[person]]]
        balls = np.flatnonzero(self._role_of_class == Role.BALL)
        if len(balls):
            ball_score = np.max(scores[balls], axis=0)
            ball = np.flatnonzero(ball_score >= self._ball_conf_threshold)
            columns.append(ball)
            picked.append(ball_score[ball])
            roles.append(np.full(len(ball), Role.BALL, np.int8))
        return corners(raw[:4, np.concatenate(columns)]), np.concatenate(picked), np.concatenate(roles)


def corners(centres: NDArray[np.float32]) -> NDArray[np.float32]:
    """(4, N) centre x, centre y, width, height -> (N, 4) x1, y1, x2, y2."""
    middle, size = centres[:2].T, centres[2:].T
    return np.hstack([middle - size / 2, middle + size / 2])


def suppress(
    xyxy: NDArray[np.float32], score: NDArray[np.float32], rows: NDArray[np.intp], max_iou: float, limit: int
) -> NDArray[np.intp]:
    """Those of `rows` that stay when the best score wins among boxes overlapping by more than `max_iou`.

    Boxes less than a pixel wide or high, which clipping leaves of those outside the picture, go too.
    """
    size = xyxy[rows, 2:] - xyxy[rows, :2]
    rows = rows[np.min(size, axis=1, initial=np.inf) >= 1]
    if not len(rows):
        return np.zeros(0, np.intp)
    rectangles = np.hstack([xyxy[rows, :2], xyxy[rows, 2:] - xyxy[rows, :2]]).astype(np.float64)
    kept = cv2.dnn.NMSBoxes(rectangles.tolist(), score[rows].tolist(), 0.0, max_iou)
    return rows[np.asarray(kept, np.intp).reshape(-1)[:limit]]


def _roles(path: Path, names: dict[int, str]) -> NDArray[np.int8]:
    """(classes,) int8 of Role, -1 for classes that are dropped. Raises WeightsError where nobody is detected."""
    roles = roles_of_classes(names)
    if not np.isin(Role.PLAYER, roles):
        known = ", ".join(str(name) for name in list(names.values())[:6])
        raise WeightsError(path, f"the model finds neither players nor persons, only {known}; choose other weights.")
    if not np.isin(Role.BALL, roles):
        log.warning("%s has no class for the ball: possession and passes will stay unknown", path)
    return roles
