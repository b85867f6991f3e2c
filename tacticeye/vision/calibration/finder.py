"""Who looks for the landmarks of the pitch in a frame: the network, or what was recorded of it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tacticeye.config import AnalysisConfig, find_weights
from tacticeye.errors import WeightsError
from tacticeye.pitch import KEYPOINT_NAMES
from tacticeye.types import Image
from tacticeye.vision.calibration.evidence import GivenEvidence, PitchEvidence

logger = logging.getLogger(__name__)

RECORDED_SUFFIX = ".parquet"
RECORDED_COLUMNS = ("frame", "keypoint", "x", "y", "confidence")


class PitchFinder(Protocol):
    """Looks for the pitch in one analysed frame; the answer depends on that frame alone."""

    def look(self, frame: int, image: Image) -> PitchEvidence: ...


class LandmarkDetector(Protocol):
    """A network: see tacticeye.vision.pitch_keypoints."""

    def detect(self, image: Image) -> PitchEvidence: ...


class NetworkPitchFinder:
    """A network that looks at the picture alone."""

    def __init__(self, detector: LandmarkDetector) -> None:
        self._detector = detector

    def look(self, frame: int, image: Image) -> PitchEvidence:
        return self._detector.detect(image)


class ReplayPitchFinder:
    """Landmarks recorded for each frame in the place of a network: Parquet with frame, keypoint (number), x, y px and
    confidence 0..1, one row a landmark seen."""

    def __init__(self, path: Path) -> None:
        """Raises WeightsError where the file is missing, damaged or lacks a column."""
        try:
            table = pq.read_table(path)
            columns = {name: table[name].to_numpy().astype(np.float64) for name in RECORDED_COLUMNS}
        except (OSError, KeyError, ValueError, pa.ArrowException) as error:
            raise WeightsError(path, f"recorded landmarks are Parquet with {', '.join(RECORDED_COLUMNS)}.") from error
        self._by_frame: dict[int, np.ndarray] = {}
        for frame, number, *seen in zip(*columns.values(), strict=True):
            rows = self._by_frame.setdefault(int(frame), np.zeros((len(KEYPOINT_NAMES), 3)))
            rows[int(number)] = seen

    def look(self, frame: int, image: Image) -> PitchEvidence:
        return GivenEvidence.of_keypoints(self._by_frame.get(frame, np.zeros((len(KEYPOINT_NAMES), 3))))


def open_pitch_finder(config: AnalysisConfig) -> PitchFinder | None:
    """What `config.pitch_model_path` names; None, with a warning, where there is no such file: nothing is calibrated.

    None too for a network beside recorded boxes: a recording is replayed without any network.
    Raises WeightsError for a file that can't be used.
    """
    path = find_weights(config.pitch_model_path)
    is_recorded = path.suffix.lower() == RECORDED_SUFFIX
    if Path(config.model_path).suffix.lower() == RECORDED_SUFFIX and not is_recorded:
        return None
    if not path.is_file():
        logger.warning("there is no pitch model at %s: places stay in the picture, in no metres", path)
        return None
    if is_recorded:
        return ReplayPitchFinder(path)
    # Imported here because torch takes seconds to load and replayed landmarks don't need it.
    from tacticeye.vision.pitch_keypoints import PitchKeypointDetector

    return NetworkPitchFinder(PitchKeypointDetector(path, config.device, config.backend))
