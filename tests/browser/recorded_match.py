"""A small video with its recorded boxes: the whole analysis runs on it without weights, in seconds.

Two teams stand in two rows and play the ball along them; every so often the other team has it.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from tacticeye.types import Boxes, Role
from tacticeye.vision.replay_detector import write_boxes

WIDTH, HEIGHT, FPS = 640, 360, 10
SHIRTS = ((30, 40, 200), (235, 235, 235))  # BGR
GRASS = (50, 120, 60)
PLAYERS_A_TEAM = 6
BODY_PX = 48.0
TOUCH_EVERY_S = 1.2
TOUCHES_A_TEAM = 6


def record_match(folder: Path, seconds: int) -> tuple[Path, Path]:
    """Writes match.mp4 and boxes.parquet; returns their paths."""
    video, recording = folder / "match.mp4", folder / "boxes.parquet"
    parts = []
    with av.open(str(video), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": "28"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for frame in range(seconds * FPS):
            boxes = _boxes(frame)
            parts.append(boxes)
            picture = av.VideoFrame.from_ndarray(_image(boxes), format="bgr24")
            picture.pts = frame
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    write_boxes(recording, Boxes.concatenate(parts))
    return video, recording


def _feet(t_s: float) -> np.ndarray:
    index = np.arange(2 * PLAYERS_A_TEAM)
    team, place = index // PLAYERS_A_TEAM, index % PLAYERS_A_TEAM
    x = 70 + 100 * place + 8 * np.sin(t_s / 2 + index)
    y = 130 + 150 * team + 5 * np.cos(t_s / 3 + index)
    return np.stack([x, y], axis=1)


def _boxes(frame: int) -> Boxes:
    t_s = frame / FPS
    feet = _feet(t_s)
    touch, since = divmod(t_s, TOUCH_EVERY_S)
    giver, taker = (feet[_holder(int(touch) + k)] for k in (0, 1))
    share = np.clip((since - 0.5) / (TOUCH_EVERY_S - 0.5), 0, 1)
    ball = giver + (taker - giver) * share - (0, 4)
    corners = np.stack([feet[:, 0] - 9, feet[:, 1] - BODY_PX, feet[:, 0] + 9, feet[:, 1]], axis=1)
    return Boxes.build(
        frame=frame,
        t_s=t_s,
        xyxy=[*corners.tolist(), [ball[0] - 4, ball[1] - 4, ball[0] + 4, ball[1] + 4]],
        score=0.9,
        role=[Role.PLAYER] * len(feet) + [Role.BALL],
    )


def _holder(touch: int) -> int:
    """Who has the ball: one team passes it along its row, then the other."""
    round_, place = divmod(touch, TOUCHES_A_TEAM)
    return PLAYERS_A_TEAM * (round_ % 2) + place % PLAYERS_A_TEAM


def _image(boxes: Boxes) -> np.ndarray:
    image = np.full((HEIGHT, WIDTH, 3), GRASS, np.uint8)
    image[:, (np.arange(WIDTH) // 64) % 2 == 0] = (54, 128, 66)
    for row, (x1, y1, x2, y2) in enumerate(boxes.xyxy.astype(int).tolist()):
        if boxes.role[row] == Role.BALL:
            cv2.circle(image, ((x1 + x2) // 2, (y1 + y2) // 2), 4, (255, 255, 255), -1)
            continue
        cv2.rectangle(image, (x1, y1), (x2, y2), (40, 40, 40), -1)
        cv2.rectangle(image, (x1, y1 + 10), (x2, y1 + 30), SHIRTS[row // PLAYERS_A_TEAM], -1)
    return image
