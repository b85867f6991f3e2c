"""Recorded boxes in the place of a model: everything behind the detector runs without weights.

The file is Parquet, one row a box: frame, t_s, x1, y1, x2, y2, score, role (number of Role), track, team. Coordinates
are source px. `track` and `team` are kept for readers that compare against truth; replay ignores them.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tacticeye.errors import StorageError, WeightsError
from tacticeye.types import Boxes, FrameBatch, Role

REQUIRED_COLUMNS = ("frame", "x1", "y1", "x2", "y2", "score", "role")


class ReplayDetector:
    """A detector that answers with the boxes recorded for each frame, above the same thresholds as a model's.

    Rows of a frame keep the order in which they were recorded.
    """

    def __init__(self, path: Path, conf_threshold: float, ball_conf_threshold: float) -> None:
        """Reads the whole file. Raises WeightsError where it is missing, damaged or lacks a column."""
        table = _read(path)
        frame = np.asarray(table["frame"], np.int64)
        score = np.asarray(table["score"], np.float32)
        role = np.asarray(table["role"], np.int8)
        threshold = np.where(role == Role.BALL, np.float32(ball_conf_threshold), np.float32(conf_threshold))
        order = np.argsort(frame, kind="stable")
        order = order[(score >= threshold)[order]]
        self._frame = frame[order]
        self._score = score[order]
        self._role = role[order]
        corners = [np.asarray(table[name], np.float32) for name in ("x1", "y1", "x2", "y2")]
        self._xyxy: NDArray[np.float32] = np.stack(corners, axis=1)[order]

    def detect(self, batch: FrameBatch) -> Boxes:
        """The recorded boxes of the batch's analysed frames, ordered by frame, at the batch's own times."""
        first = np.searchsorted(self._frame, batch.frame, "left")
        last = np.searchsorted(self._frame, batch.frame, "right")
        parts = [np.arange(a, b) for a, b in zip(first, last, strict=True)]
        rows = np.concatenate(parts) if parts else np.zeros(0, np.intp)
        return Boxes.build(
            frame=self._frame[rows],
            t_s=np.repeat(batch.t_s, last - first),
            xyxy=self._xyxy[rows],
            score=self._score[rows],
            role=self._role[rows],
        )


def write_boxes(path: Path, boxes: Boxes) -> None:
    """Record `boxes` for a ReplayDetector; an existing file is replaced in one step."""
    columns: dict[str, NDArray[Any]] = {"frame": boxes.frame, "t_s": boxes.t_s}
    columns |= {name: boxes.xyxy[:, i] for i, name in enumerate(("x1", "y1", "x2", "y2"))}
    columns |= {"score": boxes.score, "role": boxes.role, "track": boxes.track, "team": boxes.team}
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
            pq.write_table(pa.table(columns), file)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as error:
        raise StorageError(path, f"the boxes can't be written ({error.strerror or error}).") from error


def _read(path: Path) -> dict[str, NDArray[Any]]:
    """The file's columns. Raises WeightsError."""
    if not path.is_file():
        raise WeightsError(path, "there is no such file; give recorded boxes (.parquet) or YOLO weights (.pt).")
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise WeightsError(path, "it isn't a readable Parquet file; record the boxes again.") from error
    missing = [name for name in REQUIRED_COLUMNS if name not in table.column_names]
    if missing:
        raise WeightsError(path, f"recorded boxes need the columns {', '.join(missing)}.")
    try:
        return {name: table[name].to_numpy().astype(np.float64) for name in REQUIRED_COLUMNS}
    except (ValueError, TypeError) as error:
        raise WeightsError(path, "a column of the recorded boxes isn't numeric; record the boxes again.") from error
