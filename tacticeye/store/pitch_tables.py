"""The calibration of a match in its database: rows in, rows out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tacticeye.store.snapshot import FOREVER_S, Snapshot
from tacticeye.types import Calibration

MATRIX_COLUMNS = tuple(f"h{i}" for i in range(9))
MOTION_COLUMNS = tuple(f"m{i}" for i in range(6))


def calibration_columns(calibration: Calibration) -> pa.Table:
    """Rows of `calibration`."""
    matrix = calibration.image_to_pitch.reshape(-1, 9)
    motion = calibration.image_to_shot.reshape(-1, 6)
    columns: dict[str, NDArray[Any]] = {"frame": calibration.frame, "t_s": calibration.t_s}
    columns |= {name: np.ascontiguousarray(matrix[:, i]) for i, name in enumerate(MATRIX_COLUMNS)}
    columns |= {
        "k1": calibration.k1,
        "centre_x": np.ascontiguousarray(calibration.centre[:, 0]),
        "centre_y": np.ascontiguousarray(calibration.centre[:, 1]),
        "scale": calibration.scale,
        "error_m": calibration.error_m,
        "shot": calibration.shot,
    }
    columns |= {name: np.ascontiguousarray(motion[:, i]) for i, name in enumerate(MOTION_COLUMNS)}
    return pa.table(columns | {"is_followed": calibration.is_followed})


def count_calibrated(snapshot: Snapshot, t0_s: float = 0.0, t1_s: float = FOREVER_S) -> int:
    """How many frames are calibrated, by the analysis or by hand?"""
    rows = snapshot.query(
        """
        SELECT COUNT(*) AS n
        FROM calibration
        WHERE t_s >= $t0_s
            AND t_s < $t1_s
            AND NOT ISNAN(h0)
        """,
        {"t0_s": t0_s, "t1_s": t1_s},
    )
    return int(rows["n"].iloc[0])


def read_analysed_times(snapshot: Snapshot) -> NDArray[np.float64]:
    """When were frames analysed of which it is known how the camera moved? (B,) s in order."""
    return snapshot.query("SELECT t_s FROM calibration ORDER BY frame")["t_s"].to_numpy(np.float64)


def read_calibration(snapshot: Snapshot, t0_s: float = 0.0, t1_s: float = FOREVER_S) -> Calibration:
    """How do the frames and the pitch belong together, in order of frames? One row an analysed frame."""
    rows = snapshot.query(
        """
        SELECT *
        FROM calibration
        WHERE t_s >= $t0_s
            AND t_s < $t1_s
        ORDER BY frame
        """,
        {"t0_s": t0_s, "t1_s": t1_s},
    )
    return Calibration(
        frame=rows["frame"].to_numpy(np.int64),
        t_s=rows["t_s"].to_numpy(np.float64),
        image_to_pitch=rows[list(MATRIX_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3),
        k1=rows["k1"].to_numpy(np.float64),
        centre=rows[["centre_x", "centre_y"]].to_numpy(np.float64),
        scale=rows["scale"].to_numpy(np.float64),
        error_m=rows["error_m"].to_numpy(np.float64),
        shot=rows["shot"].to_numpy(np.int32),
        image_to_shot=rows[list(MOTION_COLUMNS)].to_numpy(np.float64).reshape(-1, 2, 3),
        is_followed=rows["is_followed"].to_numpy(np.bool_),
    )
