"""Writing H.264 video frame by frame, with exact presentation timestamps, and with the sound of another file.

Frame k is shown from k / fps seconds unless it comes with a time of its own. The file appears under its name only when
it is complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from tacticeye.errors import SourceError, StorageError
from tacticeye.types import NO_PTS, Image

COPIED = ("aac", "mp3", "ac3", "eac3", "opus", "alac")  # codecs that an MP4 file carries as they are
FALLBACK: Literal["aac"] = "aac"
FINE_TICK = Fraction(1, 90000)  # s: exact for all usual frame rates


class VideoWriter:
    """A context manager; leaving it through an exception removes what was written.

    crf: constant rate factor of x264, lower is better and larger (18 hardly visible, 23 usual, 28 small).
    """

    def __init__(
        self, path: Path, size: tuple[int, int], fps: Fraction, crf: int = 23, sound: Sound | None = None
    ) -> None:
        """size: (width, height) px, both even. fps: of frames without a time. sound: goes along with the frames.

        Raises StorageError where the file can't be written.
        """
        if size[0] % 2 or size[1] % 2:
            raise ValueError(f"width and height must be even, got {size}")
        self.path = path
        self._part = path.with_name(f"{path.stem}.part{path.suffix}")
        self._size, self._fps, self._crf = size, fps, crf
        self._n_written = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._container = av.open(str(self._part), "w", options={"movflags": "+faststart"})
        except OSError as error:
            raise StorageError(path, f"the video can't be written here ({error.strerror or error}).") from error
        self._stream = self._add_stream()
        self._sound = sound
        if sound is not None:
            self._stream.codec_context.time_base = FINE_TICK
            sound.attach(self._container)

    def _add_stream(self) -> VideoStream:
        stream = self._container.add_stream("libx264", rate=self._fps, options={"crf": str(self._crf)})
        stream.width, stream.height = self._size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = 1 / self._fps
        return stream

    def __enter__(self) -> Self:
        return self

    def write(self, image: Image, t_s: float | None = None) -> None:
        """Append one frame (H, W, 3) uint8 BGR, shown from `t_s` s. Raises ValueError for another size, StorageError on
        a full disk."""
        width, height = self._size
        if image.shape != (height, width, 3):
            raise ValueError(f"expected a frame of shape {(height, width, 3)}, got {image.shape}")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
        shown_s = self._n_written / self._fps if t_s is None else Fraction(t_s)
        tick = self._stream.codec_context.time_base
        frame.pts, frame.time_base = round(shown_s / tick), tick
        self._n_written += 1
        self._mux(frame)
        if self._sound is not None:
            self._mux_sound(self._sound, float(shown_s))

    def _mux_sound(self, sound: Sound, until_s: float) -> None:
        try:
            for packet in sound.until(until_s):
                self._container.mux(packet)
        except OSError as error:
            raise StorageError(self.path, f"the sound can't be written ({error.strerror or error}).") from error

    def _mux(self, frame: av.VideoFrame | None) -> None:
        try:
            self._container.mux(self._stream.encode(frame))
        except OSError as error:
            raise StorageError(self.path, f"the video can't be written ({error.strerror or error}).") from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._mux(None)
        finally:
            self._container.close()
            if error is not None:
                self._part.unlink(missing_ok=True)
        if error is None:
            self._part.replace(self.path)


class Sound:
    """The first audio stream of a file, on its way into another one. Sound before the first picture is left out."""

    def __init__(self, path: Path, first_pts: int, first_t_s: float) -> None:
        """first_pts, first_t_s: of the video's first frame, in ticks of its stream (NO_PTS unknown) and in s.

        Raises SourceError where the file can't be opened.
        """
        try:
            self._container: InputContainer = av.open(f"file:{path}")
        except (OSError, ValueError) as error:
            raise SourceError(str(path), "can't be read any more: put the video back where it was.") from error
        streams = self._container.streams
        self._stream: AudioStream | None = streams.audio[0] if streams.audio else None
        tick = streams.video[0].time_base if streams.video else None
        self._origin_s = 0.0 if first_pts == NO_PTS or tick is None else float(first_pts * tick) - first_t_s
        self._out: AudioStream | None = None
        self._packets: Iterator[Packet[AudioStream]] = iter(())
        self._waiting: Packet[AudioStream] | None = None

    def attach(self, container: OutputContainer) -> None:
        """Adds the stream to a container, before anything is written into it."""
        if self._stream is None:
            return
        if self._stream.codec_context.name in COPIED:
            self._out = container.add_stream_from_template(self._stream)
            self._packets = self._copied(self._stream, self._out)
        else:
            rate = self._stream.codec_context.sample_rate
            self._out = container.add_stream(FALLBACK, rate=rate)
            self._packets = self._encoded(self._stream, self._out)
        self._waiting = next(self._packets, None)

    def until(self, t_s: float) -> Iterator[Packet[AudioStream]]:
        """The packets that begin before `t_s`, once each."""
        while self._waiting is not None and _time_s(self._waiting) < t_s:
            yield self._waiting
            self._waiting = next(self._packets, None)

    def close(self) -> None:
        self._container.close()

    def _copied(self, stream: AudioStream, out: AudioStream) -> Iterator[Packet[AudioStream]]:
        for packet in self._container.demux(stream):
            if packet.pts is None or packet.dts is None or packet.time_base is None:
                continue
            shift = round(self._origin_s / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            if packet.pts >= 0:
                packet.stream = out
                yield packet

    def _encoded(self, stream: AudioStream, out: AudioStream) -> Iterator[Packet[AudioStream]]:
        for frame in self._container.decode(stream):
            if frame.pts is None or frame.time_base is None:
                continue
            frame.pts -= round(self._origin_s / frame.time_base)
            if frame.pts >= 0:
                yield from out.encode(frame)
        yield from out.encode(None)


def _time_s(packet: Packet[AudioStream]) -> float:
    return float(packet.pts * packet.time_base) if packet.pts is not None and packet.time_base is not None else 0.0
