"""What a detector is, and which one a setting asks for."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Protocol

from tacticeye.config import AnalysisConfig, find_weights
from tacticeye.types import Boxes, FrameBatch
from tacticeye.vision.ball_crops import BallCropDetector
from tacticeye.vision.ball_search import BallFinder
from tacticeye.vision.network import open_network
from tacticeye.vision.replay_detector import ReplayDetector
from tacticeye.vision.yolo_detector import Judge, YoloDetector

log = logging.getLogger(__name__)

RECORDED_BOXES_SUFFIX = ".parquet"


class Detector(Protocol):
    """Finds people and ball candidates."""

    def detect(self, batch: FrameBatch) -> Boxes:
        """Boxes of the batch's analysed frames, ordered by frame, tracks and teams unknown.

        The boxes of a frame depend on that frame's image alone, never on the rest of the batch.
        """
        ...


def open_detector(config: AnalysisConfig) -> Detector:
    """The detector that `config.model_path` names: recorded boxes (.parquet) or a model.

    Raises WeightsError where the file can't be used, ConfigurationError for a device or backend that isn't there.
    """
    path = find_weights(config.model_path)
    if path.suffix.lower() == RECORDED_BOXES_SUFFIX:
        return ReplayDetector(path, config.conf_threshold, config.ball_conf_threshold)
    return YoloDetector(
        open_network(path, config.device, config.backend),
        path,
        conf_threshold=config.conf_threshold,
        ball_conf_threshold=config.ball_conf_threshold,
        imgsz=config.imgsz,
        judge=open_role_judge(config),
    )


def open_role_judge(config: AnalysisConfig) -> Judge | None:
    """What `config.role_model_path` names; None, with a warning, where there is no such file.

    Raises WeightsError where the file can't be used, ConfigurationError for a device that isn't there.
    """
    path = find_weights(config.role_model_path)
    if not path.is_file():
        log.warning("there is no role model at %s: the detector tells referees and goalkeepers alone", path)
        return None
    # Imported here because torch takes seconds to load and recorded boxes don't need it.
    from tacticeye.vision.role_network import RoleJudge

    return RoleJudge(path, config.device)


def open_ball_finder(config: AnalysisConfig) -> BallFinder | None:
    """What `config.ball_model_path` names; None, with a warning, where there is no such file, and for recorded boxes.

    Raises WeightsError where the file can't be used, ConfigurationError for a device or backend that isn't there.
    """
    path = find_weights(config.ball_model_path)
    if Path(config.model_path).suffix.lower() == RECORDED_BOXES_SUFFIX:
        return None
    if not path.is_file():
        log.warning("there is no ball model at %s: the ball is sought in whole frames only", path)
        return None
    return BallCropDetector(path, config.device, config.backend)
