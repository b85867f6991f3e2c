"""Frames calibrated by hand, and what follows from them: calibration, places and heat written anew in one transaction.

What the analysis had found of a frame is kept in calibration_auto, so that a frame made by hand can be taken back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tacticeye.pitch import pitch_layout_of
from tacticeye.pitch_projection import projection_of
from tacticeye.store.attachment import Connection
from tacticeye.store.pitch_heat import count_heat
from tacticeye.store.pitch_tables import calibration_columns, read_calibration
from tacticeye.store.snapshot import Snapshot
from tacticeye.types import Calibration

# (frame, t_s, clicks), clicks as (landmark, x, y).
HandRow = tuple[int, float, list[tuple[int, float, float]]]
# From all rows as analysed and the frames made by hand: which rows change, and to what.
Carry = Callable[[Calibration, Sequence[HandRow]], tuple[NDArray[np.intp], Calibration]]


def read_hand_frames(snapshot: Snapshot) -> list[HandRow]:
    """Which frames were calibrated by hand, in order?"""
    rows = snapshot.query("SELECT frame, t_s, clicks FROM hand_calibration ORDER BY frame")
    return [
        (int(frame), float(t_s), [(int(k), float(x), float(y)) for k, x, y in json.loads(clicks)])
        for frame, t_s, clicks in zip(rows["frame"], rows["t_s"], rows["clicks"], strict=True)
    ]


def write_hand_frame(connection: Connection, row: HandRow) -> None:
    """Add a frame, in place of one of the same number."""
    remove_hand_frame(connection, row[0])
    connection.execute(
        "INSERT INTO hand_calibration (frame, t_s, clicks) VALUES (?, ?, ?)", [row[0], row[1], json.dumps(row[2])]
    )


def remove_hand_frame(connection: Connection, frame: int) -> None:
    connection.execute("DELETE FROM hand_calibration WHERE frame = ?", [frame])


def apply_hand_frames(connection: Connection, carry: Carry, margin_m: float) -> int:
    """Calibration, places and heat as the frames made by hand say; returns how many frames they calibrate."""
    snapshot = Snapshot(connection)
    touched = _put_back(connection)
    automatic = read_calibration(snapshot)
    chosen, made = carry(automatic, read_hand_frames(snapshot))
    frames = pa.table({"frame": automatic.frame[chosen]})
    connection.register("incoming", frames)
    connection.execute(
        "INSERT INTO calibration_auto SELECT * FROM calibration WHERE frame IN (SELECT frame FROM incoming)"
    )
    connection.execute("DELETE FROM calibration WHERE frame IN (SELECT frame FROM incoming)")
    connection.unregister("incoming")
    connection.register("incoming", calibration_columns(made))
    connection.execute("INSERT INTO calibration BY NAME SELECT * FROM incoming")
    connection.unregister("incoming")
    _place_anew(connection, np.union1d(touched, automatic.frame[chosen]), margin_m)
    connection.execute("DELETE FROM pitch_heat")
    connection.execute("DELETE FROM pitch_view")
    count_heat(connection, -1.0, snapshot.progress().is_complete)
    return len(chosen)


def _put_back(connection: Connection) -> NDArray[np.int64]:
    """What the analysis had found, in place of what hands made of it; returns the frames."""
    frames = Snapshot(connection).query("SELECT frame FROM calibration_auto ORDER BY frame")["frame"]
    connection.execute("DELETE FROM calibration WHERE frame IN (SELECT frame FROM calibration_auto)")
    connection.execute("INSERT INTO calibration SELECT * FROM calibration_auto")
    connection.execute("DELETE FROM calibration_auto")
    return frames.to_numpy(np.int64)


def _place_anew(connection: Connection, frames: NDArray[np.int64], margin_m: float) -> None:
    """Places of the boxes of these frames from the calibration as it is now; NaN off the pitch, never clamped."""
    snapshot = Snapshot(connection)
    size_m = pitch_layout_of(snapshot.match().config_json).size_m
    calibration = read_calibration(snapshot)
    connection.register("incoming", pa.table({"frame": frames}))
    boxes = snapshot.query(
        """
        SELECT rowid AS row_number, frame, (x1 + x2) / 2 AS x, y2 AS y
        FROM positions
        WHERE frame IN (SELECT frame FROM incoming)
        ORDER BY frame
        """
    )
    connection.unregister("incoming")
    frame = boxes["frame"].to_numpy(np.int64)
    feet = boxes[["x", "y"]].to_numpy(np.float64)
    places = np.full((len(boxes), 2), np.nan)
    starts = np.searchsorted(frame, frames, "left")
    ends = np.searchsorted(frame, frames, "right")
    for number, first, last in zip(frames.tolist(), starts.tolist(), ends.tolist(), strict=True):
        row = int(np.searchsorted(calibration.frame, number))
        if last > first and row < len(calibration) and calibration.frame[row] == number:
            places[first:last] = projection_of(calibration, row).to_pitch(feet[first:last])
    outside = (places < -margin_m).any(axis=1) | (places > np.array(size_m) + margin_m).any(axis=1)
    places[outside] = np.nan
    connection.register(
        "incoming",
        pa.table(
            {
                "row_number": boxes["row_number"].to_numpy(np.int64),
                "x": places[:, 0].astype(np.float32),
                "y": places[:, 1].astype(np.float32),
            }
        ),
    )
    connection.execute(
        """
        UPDATE positions
        SET pitch_x = incoming.x, pitch_y = incoming.y
        FROM incoming
        WHERE positions.rowid = incoming.row_number
        """
    )
    connection.unregister("incoming")
