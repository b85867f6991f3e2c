"""The demo's landmarks of the pitch, recorded from its exact cameras in the place of a network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tacticeye.pitch import keypoints_m

WIDTH, HEIGHT = 1280, 720


def recorded_landmarks(demo: Path, to: Path) -> Path:
    """The pitch's landmarks in each frame of the demo as a network would see them, from its exact cameras."""
    rows = []
    for frame, image_to_pitch in enumerate(np.load(demo / "demo.homographies.npz")["image_to_pitch"]):
        places = np.column_stack([keypoints_m(), np.ones(len(keypoints_m()))]) @ np.linalg.inv(image_to_pitch).T
        for number, (x, y) in enumerate(places[:, :2] / places[:, 2:]):
            if 0 <= x < WIDTH and 0 <= y < HEIGHT:
                rows.append({"frame": frame, "keypoint": number, "x": x, "y": y, "confidence": 0.9})
    pd.DataFrame(rows).to_parquet(to)
    return to
