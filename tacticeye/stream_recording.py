"""A live stream kept as a video file whose time is the match's: pieces are copied as they are, without their sound.

Where time is missing, the picture before stands still. What wasn't analysed because there was no time is kept too, as
long as the stream's clock runs through.
"""

from __future__ import annotations

import io
import logging
import os
import shutil
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from tacticeye.growing_mp4 import TICKS, GrowingMp4, Sample, descriptions
from tacticeye.live_buffer import Piece

INDEX_EVERY_S = 5.0
SAME_CLOCK_S = 0.001
FREE_BYTES = 1 << 30  # left on the disk for results
ENDED = "The recording of the stream ended: {reason}; the analysis goes on."
log = logging.getLogger(__name__)


class StreamRecording:
    """Adds to the file at `path`, up to `limit_bytes`; None: keeps nothing.

    tell_end: takes the sentence that says why no more is kept.
    """

    def __init__(self, path: Path | None, limit_bytes: int, tell_end: Callable[[str], None]) -> None:
        self._path = path
        self._limit_bytes = limit_bytes
        self._tell_end = tell_end
        self._file: GrowingMp4 | None = None
        self._is_over = False
        self._offset_s: float | None = None
        self._indexed_at = time.monotonic()

    def add(self, pieces: Sequence[Piece], offset_s: float) -> None:
        """What can't be copied is left out.

        pieces: one that is analysed, and those that arrived since the last one and aren't. offset_s: time of the match
        less time of the stream, as the analysed one has it.
        """
        if self._path is None or self._is_over:
            return
        runs_through = self._offset_s is not None and abs(offset_s - self._offset_s) < SAME_CLOCK_S
        self._offset_s = offset_s
        try:
            self._file = self._file or GrowingMp4(self._path)
            for piece in sorted(pieces, key=lambda piece: piece.arrived_at) if runs_through else pieces[-1:]:
                if reason := self._find_limit(self._file, self._path, piece):
                    self._end(reason)
                    return
                self._append(self._file, piece, offset_s)
            if time.monotonic() - self._indexed_at > INDEX_EVERY_S:
                self._file.write_index()
                self._indexed_at = time.monotonic()
        except OSError as error:
            self._end(os.strerror(error.errno or 0))

    def close(self) -> None:
        """What was kept can be played."""
        if self._file is None:
            return
        try:
            self._file.close()
        except OSError as error:
            log.warning("%s: the end of the recording is lost: %s", self._path, error)
        self._file = None

    def _append(self, file: GrowingMp4, piece: Piece, offset_s: float) -> None:
        try:
            with piece.open_packets() as (stream, packets):
                timed = [packet for packet in packets if packet.pts is not None and packet.dts is not None]
                description, contents = _as_mp4(stream, timed)
        except (av.error.FFmpegError, ValueError) as error:
            log.debug("%s: a piece can't be kept: %s", self._path, error)
            return
        samples = [
            Sample(
                content, _tick(packet.dts, packet, offset_s), _tick(packet.pts, packet, offset_s), packet.is_keyframe
            )
            for content, packet in zip(contents, timed, strict=True)
        ]
        file.append(description, samples)

    def _find_limit(self, file: GrowingMp4, path: Path, piece: Piece) -> str:
        if file.is_full or file.size_bytes + piece.size_bytes > self._limit_bytes:
            return f"it has reached its limit of {self._limit_bytes / 1e6:.0f} MB"
        free = shutil.disk_usage(path.parent).free
        return "" if free - piece.size_bytes > FREE_BYTES else "the disk is nearly full"

    def _end(self, reason: str) -> None:
        self._is_over = True
        self.close()
        self._tell_end(ENDED.format(reason=reason))


def copy_description(stream: VideoStream) -> VideoStream | None:
    """A stream that describes the same codec, for use when the container of this one is closed, which frees its own.

    None where MP4 has no place for the codec.
    """
    try:
        return av.open(io.BytesIO(), "w", format="mp4").add_stream_from_template(stream)
    except ValueError:
        return None


def _tick(timestamp: int | None, packet: Packet[VideoStream], offset_s: float) -> int:
    assert timestamp is not None, "packets without times were left out"
    return round((timestamp * packet.time_base + Fraction(offset_s)) * TICKS)


def _as_mp4(stream: VideoStream, packets: Sequence[Packet[VideoStream]]) -> tuple[bytes, list[bytes]]:
    """How to decode them, and their contents, as MP4 has them. Raises FFmpegError, ValueError."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as writer:
        track = writer.add_stream_from_template(stream)
        for number, packet in enumerate(packets):
            copy = Packet(bytes(packet))
            copy.pts = copy.dts = number
            copy.time_base = Fraction(1, 25)
            copy.is_keyframe = packet.is_keyframe
            copy.stream = track
            writer.mux(copy)
    file.seek(0)
    description = next(descriptions(file.getvalue()), None)
    with av.open(file) as reader:
        assert isinstance(reader, InputContainer)
        contents = [bytes(packet) for packet in reader.demux(video=0) if packet.size]
    if description is None or len(contents) != len(packets):
        raise ValueError("pictures were lost while they were copied")
    return description, contents
