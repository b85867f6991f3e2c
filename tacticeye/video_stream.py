"""What every kind of source knows of its video stream: which one it is, its facts, its pictures as displayed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

import av
import numpy as np
from av.buffer import Buffer
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame as Picture
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from tacticeye.display_matrix import Display
from tacticeye.errors import SourceError
from tacticeye.frame_batches import VideoMetadata
from tacticeye.types import Image

FALLBACK_TIME_BASE = Fraction(1, 90_000)
_DEFAULT_FPS = 25.0
_FPS_RANGE = (1.0, 240.0)  # outside of it a declared rate is a mistake


def find_video_stream(container: InputContainer, source: str) -> VideoStream:
    """The main video stream; cover pictures of sound files don't count. Raises SourceError where there is none."""
    best = container.streams.best("video")
    candidates = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    if not candidates:
        has_audio = bool(container.streams.audio)
        container.close()
        silent, heard = "has no picture: choose a video file.", "has sound but no picture: choose a video file."
        raise SourceError(source, heard if has_audio else silent)
    stream = best if isinstance(best, VideoStream) and best in candidates else candidates[0]
    if stream.codec_context is None:  # typed as always there; None where FFmpeg knows no decoder
        container.close()
        raise SourceError(source, "its video codec can't be decoded here: convert it to H.264.")
    return stream


def find_display(picture: Picture) -> Display:
    """Size and turn of a stream from one of its pictures."""
    side_data: Mapping[str, object] = picture.side_data  # typed too narrowly by PyAV
    matrix = side_data.get("DISPLAYMATRIX")
    if not isinstance(matrix, Buffer):
        return Display(picture.width, picture.height)
    return Display.from_matrix(picture.width, picture.height, np.frombuffer(bytes(matrix), np.int32))


def to_bgr(picture: Picture, display: Display, reformatter: VideoReformatter) -> Image:
    """(H, W, 3) uint8 BGR as displayed; a picture of another size than the stream's first is brought to that size."""
    stored = reformatter.reformat(picture, display.stored_width, display.stored_height, "bgr24", threads=1)
    return display.apply(stored.to_ndarray().astype(np.uint8, copy=False))


def describe(
    container: InputContainer, stream: VideoStream, display: Display, *, size_bytes: int, is_live: bool
) -> VideoMetadata:
    """What is known of a stream without decoding it."""
    rates = (float(rate) for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate) if rate)
    fps = next((rate for rate in rates if _FPS_RANGE[0] <= rate <= _FPS_RANGE[1]), _DEFAULT_FPS)
    duration_s, time_base = math.nan, stream.time_base or FALLBACK_TIME_BASE
    if stream.duration:
        duration_s = float(stream.duration * time_base)
    elif container.duration:
        duration_s = container.duration / av.time_base
    counted = stream.frames or (-1 if math.isnan(duration_s) else round(duration_s * fps))
    return VideoMetadata(
        width=display.width,
        height=display.height,
        fps=fps,
        declared_frames=-1 if is_live else counted,
        declared_duration_s=math.nan if is_live else duration_s,
        codec=stream.codec_context.codec.canonical_name,
        rotation=display.rotation,
        is_live=is_live,
        size_bytes=size_bytes,
    )
