"""A small video and the boxes recorded for it: enough for the whole pipeline to run without a model.

Two teams of three in red and blue pass a ball around on green. Everything follows from the frame number.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tacticeye.config import AnalysisConfig
from tacticeye.types import Boxes, Role
from tacticeye.vision.replay_detector import write_boxes

WIDTH, HEIGHT, FPS = 320, 180, 25
GRASS, RED, BLUE, WHITE = (40, 130, 50), (200, 30, 30), (30, 40, 200), (250, 250, 250)  # RGB
BODY_WIDTH, BODY_HEIGHT, BALL = 12, 30, 4
PASS_EVERY = 30  # frames


def people_xy(frame: int) -> NDArray[np.float64]:
    """(6, 2) px: feet of the people; the first three are red."""
    number = np.arange(6)
    x = 40 + 48 * number + 14 * np.sin(frame / 25 + number)
    y = 90 + 55 * (number % 2) + 10 * np.cos(frame / 30 + 2 * number)
    return np.stack([x, y], axis=1)


def ball_xy(frame: int) -> NDArray[np.float64]:
    """(2,) px: centre of the ball, at someone's feet or on its way to the next."""
    holders = (0, 2, 1, 4, 3, 5)
    turn, step = divmod(frame, PASS_EVERY)
    feet = people_xy(frame)
    start, end = feet[holders[turn % 6]], feet[holders[(turn + 1) % 6]]
    share = max(0.0, (step - 20) / (PASS_EVERY - 20))
    position: NDArray[np.float64] = start + share * (end - start) + (3.0, -2.0)
    return position


def write_small_match(folder: Path, seconds: float, **overrides: object) -> AnalysisConfig:
    """Writes small.mp4 and small.parquet into the folder. overrides: fields of the configuration that names both."""
    frames = round(seconds * FPS)
    video, boxes = folder / "small.mp4", folder / "small.parquet"
    _write_video(video, frames)
    write_boxes(boxes, Boxes.concatenate([_boxes(frame) for frame in range(frames)]))
    fields = {"source_url": str(video), "model_path": str(boxes), "batch_size_seconds": 0.4, "analysis_hz": 12.5}
    return AnalysisConfig(**{**fields, **overrides})  # type: ignore[arg-type]


def _boxes(frame: int) -> Boxes:
    feet, ball = people_xy(frame), ball_xy(frame)
    left, top = feet[:, 0] - BODY_WIDTH / 2, feet[:, 1] - BODY_HEIGHT
    people = np.stack([left, top, feet[:, 0] + BODY_WIDTH / 2, feet[:, 1]], axis=1)
    corners = [*people.tolist(), [*(ball - BALL / 2), *(ball + BALL / 2)]]
    return Boxes.build(
        frame=frame,
        t_s=frame / FPS,
        xyxy=corners,
        score=[0.9] * 6 + [0.6],
        role=[Role.PLAYER] * 6 + [Role.BALL],
    )


def _write_video(path: Path, frames: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for number in range(frames):
            picture = av.VideoFrame.from_ndarray(_picture(number), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def _picture(frame: int) -> NDArray[np.uint8]:
    picture = np.full((HEIGHT, WIDTH, 3), GRASS, np.uint8)
    for number, (x, y) in enumerate(people_xy(frame).round().astype(int).tolist()):
        picture[y - BODY_HEIGHT : y, x - BODY_WIDTH // 2 : x + BODY_WIDTH // 2] = RED if number < 3 else BLUE
    x, y = ball_xy(frame).round().astype(int).tolist()
    picture[y - BALL // 2 : y + BALL // 2, x - BALL // 2 : x + BALL // 2] = WHITE
    return picture
