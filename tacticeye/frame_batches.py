"""What a video source is, and how its frames become batches: sampling, contiguous times, bounded read-ahead.

Which frames are analysed depends on their timestamps alone, so it is the same for every batch size and after a resume.
"""

from __future__ import annotations

import math
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from threading import Event
from types import TracebackType
from typing import Self

import numpy as np

from tacticeye.errors import SourceError
from tacticeye.gap import Gap
from tacticeye.read_ahead import read_ahead
from tacticeye.types import FrameBatch, Image, StreamPosition

READ_AHEAD_IMAGES = 16  # 16 pictures of 1080p are 100 MB: enough to keep a detector fed, small enough for a laptop
_STEP_TOLERANCE = 1e-6  # of a sampling step: timestamps such as 0.32 s times 6.25 can fall a hair short of a whole one


@dataclass(frozen=True)
class VideoMetadata:
    """What is known of a video before it is decoded.

    width, height        px as displayed, after the rotation flag
    fps                  nominal frames per second
    declared_frames, declared_duration_s  what the container claims: estimates, often too high; -1 and NaN unknown
    codec                "h264", "hevc", "vp9", ...
    rotation             degrees clockwise by which the stored pictures are turned for display: 0, 90, 180, 270
    size_bytes           of the file
    """

    width: int
    height: int
    fps: float
    declared_frames: int
    declared_duration_s: float
    codec: str
    rotation: int
    is_live: bool
    size_bytes: int


@dataclass(frozen=True, eq=False)
class VideoFrame:
    """One decoded frame.

    index: number in the video from 0. t_s: s. pts: ticks of the file's clock, NO_PTS unknown. duration_s: how long it
    is displayed as far as the file says, else 1 / fps. shift, skipped_packets, wall_at: as in StreamPosition. gap: what
    a live stream lacks before it. rate_share: share of the analysed frames that there is time for. to_bgr: makes the
    picture as displayed, (H, W, 3) uint8 BGR, a new array at each call; frames that nobody asks cost no conversion.
    """

    index: int
    t_s: float
    pts: int
    duration_s: float
    shift: int
    skipped_packets: int
    to_bgr: Callable[[], Image]
    wall_at: float = 0.0
    gap: Gap | None = None
    rate_share: float = 1.0

    def get_position(self) -> StreamPosition:
        """The position from which reading goes on after this frame."""
        return StreamPosition(
            self.index,
            self.t_s,
            self.pts,
            self.shift,
            self.skipped_packets,
            picture_checksum(self.to_bgr()),
            self.wall_at,
        )


def picture_checksum(image: Image) -> int:
    """CRC-32 of the pixels."""
    return zlib.crc32(image)  # type: ignore[arg-type]  # arrays are buffers; NumPy says so to Python 3.12 only


class VideoSource(ABC):
    """Something that gives frames. A context manager: leaving it closes the source.

    is_interrupted: the frames ended before the video did, by a stop or a failure. failure: why, where it was one.
    """

    is_interrupted: bool = False
    failure: SourceError | None = None

    @property
    def received_s(self) -> float:
        """s of a live stream that have arrived; NaN for files."""
        return math.nan

    def use_size(self, width: int, height: int) -> None:  # noqa: B027  # files have their own
        """Have the pictures of a live stream in the size, px, that they had before."""

    @abstractmethod
    def get_metadata(self) -> VideoMetadata:
        """What is known without decoding."""

    def heed_lag(self, lag_s: float) -> None:  # noqa: B027  # files don't run away
        """Learn how far behind the stream the results are, s, so that less is given to analyse where it is too far."""

    @abstractmethod
    def get_frame_generator(
        self, after: StreamPosition | None = None, stop: Event | None = None
    ) -> Generator[VideoFrame, None, None]:
        """Every decoded frame in order of display: from the first, or from the one that follows `after`.

        After a position the frames, their times and numbers are those of an uninterrupted reading, bit for bit.
        Setting `stop` ends the frames soon, even while the position is still being looked for.
        Raises SourceError where the video can't be read on, or isn't the one the position is from.
        """

    @abstractmethod
    def close(self) -> None:
        """Close for good; a generator that is still being read raises SourceError. May be called again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, eq=False)
class SourceBatch:
    """A batch, the position after its last frame, and whether the video ends with it."""

    batch: FrameBatch
    position: StreamPosition
    is_last: bool


def calculate_batch_size(fps: float, batch_size_seconds: float) -> int:
    """Decoded frames per batch, at least 1."""
    return max(1, round(fps * batch_size_seconds))


def read_frame_batches(
    source: VideoSource,
    batch_frames: int,
    analysis_hz: float,
    first_index: int = 0,
    after: StreamPosition | None = None,
    read_ahead_images: int = READ_AHEAD_IMAGES,
) -> Generator[SourceBatch, None, None]:
    """The video in batches of `batch_frames` decoded frames, numbered from `first_index`; the last may be shorter.

    A frame is analysed, that is has its image in the batch, when it begins a new step of 1 / analysis_hz seconds. A
    thread decodes ahead until `read_ahead_images` images wait; close the generator to end it early. Batches are
    contiguous in frames and in time. After the end of the video nothing follows.
    """
    stop = Event()
    readings = _read(source, batch_frames, analysis_hz, after, stop)
    collected: list[_Reading] = []
    index = first_index
    with closing(read_ahead(_group(readings), read_ahead_images, stop, name="video-reader")) as groups:
        for group in groups:
            collected.extend(group)
            if collected[-1].ending is None:
                continue
            yield _assemble(index, collected)
            index += 1
            collected = []


@dataclass(frozen=True, eq=False)
class _Ending:
    """What is known of the last frame of a batch. end_s: when the next frame is displayed, s."""

    position: StreamPosition
    end_s: float
    is_last: bool


@dataclass(frozen=True, eq=False)
class _Reading:
    """A decoded frame as it waits for its batch: image where it is analysed, ending where a batch ends with it."""

    index: int
    t_s: float
    image: Image | None
    ending: _Ending | None
    gap: Gap | None = None


def _read(
    source: VideoSource, batch_frames: int, analysis_hz: float, after: StreamPosition | None, stop: Event
) -> Generator[_Reading, None, None]:
    """Runs in the reader's thread, one frame behind decoding so that the last one is known as such."""

    def step_of(t_s: float, share: float) -> tuple[float, int]:
        return share, math.floor(t_s * analysis_hz * share + _STEP_TOLERANCE)

    previous_step = None if after is None else step_of(after.t_s, 1.0)
    with closing(source.get_frame_generator(after, stop)) as frames:
        frame = next(frames, None)
        number = 0
        while frame is not None:
            following = next(frames, None)
            if stop.is_set():  # a missing frame says nothing now
                return
            number += 1
            ending = None
            if following is None or number % batch_frames == 0:
                end_s = frame.t_s + frame.duration_s if following is None else following.t_s
                ending = _Ending(frame.get_position(), end_s, following is None and not source.is_interrupted)
            step = step_of(frame.t_s, frame.rate_share)
            image = frame.to_bgr() if step != previous_step else None
            yield _Reading(frame.index, frame.t_s, image, ending, frame.gap)
            previous_step = step
            frame = following


def _group(readings: Generator[_Reading, None, None]) -> Generator[list[_Reading], None, None]:
    """Groups that end with an image or a batch, so that counting what waits is counting images."""
    group: list[_Reading] = []
    with closing(readings):
        for reading in readings:
            group.append(reading)
            if reading.image is not None or reading.ending is not None:
                yield group
                group = []


def _assemble(index: int, readings: list[_Reading]) -> SourceBatch:
    ending = readings[-1].ending
    assert ending is not None
    analysed = [reading for reading in readings if reading.image is not None]
    batch = FrameBatch(
        index=index,
        start_frame=readings[0].index,
        end_frame=readings[-1].index + 1,
        start_s=readings[0].t_s,
        end_s=ending.end_s,
        frame=np.array([reading.index for reading in analysed], np.int64),
        t_s=np.array([reading.t_s for reading in analysed], np.float64),
        images=[reading.image for reading in analysed if reading.image is not None],
        skipped_packets=ending.position.skipped_packets,
        gaps=[reading.gap for reading in readings if reading.gap is not None],
    )
    return SourceBatch(batch, ending.position, ending.is_last)
