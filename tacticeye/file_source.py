"""Video files as exact frames: open, read from any position.

Time. `t_s` counts seconds from the zero of the file's own clock, which is what players show: for nearly all files the
presentation timestamp itself. Where a container starts its clock anywhere (.ts recordings above all) its start time is
subtracted, so that the first frame is at about 0. Times only grow: a timestamp that doesn't is set just after the one
before, and a clock that was reset on the way (recordings that were joined) goes on from where it was. AVI writes no
presentation times; its frames are timed by their place.

Numbers. A frame's index counts decoded frames from 0. What a container declares (frames, duration) is kept as an
estimate; the truth is what decodes.

Threads. A source may be read by several generators at once; each generator, and the frames it gives, belong to one
thread at a time.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import chain, islice, takewhile
from pathlib import Path
from threading import Event
from typing import Self

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame as Picture
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from tacticeye.errors import SourceError
from tacticeye.frame_batches import (
    VideoFrame,
    VideoMetadata,
    VideoSource,
    picture_checksum,
)
from tacticeye.local_files import explain_unreadable, find_video_file
from tacticeye.stream_clock import StreamClock
from tacticeye.types import NO_PTS, Image, StreamPosition
from tacticeye.video_stream import FALLBACK_TIME_BASE, describe, find_display, find_video_stream, to_bgr

log = logging.getLogger(__name__)

StopQuestion = Callable[[], bool]

_CONTAINERS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,flv,asf,mxf,ogg,mp3,wav,flac,aac"  # no playlists, no scripts
# The same on every machine: how a damaged picture is patched up depends on the number of threads.
_DECODER_THREADS = 4
# Seconds before the wanted frame to look for a key frame: past the reordering of B-frames, then past a long GOP.
_SEEK_MARGINS_S = (1.0, 12.0)
_NOTHING_DECODES = "not one frame can be decoded: the file is damaged, copy it again."
_MAX_DEMUX_ERRORS = 100  # in a row, then the rest of the file is given up


class _Decoding:
    """One pass through a file's video stream: an iterator of pictures in order of display.

    skipped: damaged packets passed over so far. unanswered: packets that have given neither picture nor error.
    should_stop: asked before each packet; the pictures end when it says so.
    """

    def __init__(self, container: InputContainer, path: Path, should_stop: StopQuestion, threads: int) -> None:
        self._path = path
        self.should_stop = should_stop
        self.container = container
        self.stream = find_video_stream(self.container, str(path))
        self.stream.thread_type = "AUTO"
        self.stream.codec_context.thread_count = threads
        self.is_avi = self.container.format.name == "avi"
        self.is_broadcast = self.container.format.name in ("mpegts", "mpeg")
        self.skipped = 0
        self.unanswered = 0
        self._pictures = self._decode()

    def close(self) -> None:
        self._pictures.close()
        self.container.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Picture:
        return next(self._pictures)

    def seek(self, tick: int) -> bool:
        """Go to a key frame before `tick` if the container can; where exactly is seen from what decodes."""
        try:
            self.container.seek(tick, stream=self.stream)
        except av.error.FFmpegError:
            return False
        return True

    def timestamp(self, picture: Picture) -> int | None:
        """Ticks of the stream. In AVI presentation times are invented from the order of storage: take decoding's."""
        return picture.dts if self.is_avi else picture.pts

    @property
    def time_base(self) -> Fraction:
        return self.stream.time_base or FALLBACK_TIME_BASE

    def _decode(self) -> Generator[Picture, None, None]:
        for packet in self._packets():
            if self.should_stop():
                return
            self.unanswered += not packet.is_discard
            try:
                pictures = self.stream.codec_context.decode(packet)
            except av.error.FFmpegError as error:
                log.debug("%s: a packet at %s was skipped: %s", self._path, packet.pts, error)
                self.skipped += 1
                self.unanswered -= 1
                continue
            self.unanswered -= len(pictures)
            yield from pictures
        try:
            pictures = self.stream.codec_context.decode(None)
        except av.error.FFmpegError as error:
            log.debug("%s: the last pictures need a second pass: %s", self._path, error)
            return
        self.unanswered -= len(pictures)
        yield from pictures

    def _packets(self) -> Iterator[Packet[VideoStream]]:
        """Packets with content; damaged stretches of the container are counted and passed over."""
        errors = 0
        packets = self.container.demux(self.stream)
        while errors <= _MAX_DEMUX_ERRORS:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.InvalidDataError:
                errors += 1
                self.skipped += 1
                packets = self.container.demux(self.stream)
                continue
            except av.error.FFmpegError as error:
                raise SourceError(str(self._path), f"reading failed ({error.strerror}): check the disk.") from error
            errors = 0
            if packet.size:  # empty ones mark repeated frames in AVI, and the end
                yield packet


class LocalFileSource(VideoSource):
    """A video file on a disk. Opening it decodes the first frame, so that what can't be read is refused at once."""

    def __init__(self, source: str | Path) -> None:
        self._path = find_video_file(source)
        self._closed = Event()
        self._look(self._path.stat().st_size)

    def _look(self, size_bytes: int) -> None:
        """Learns what there is to know without decoding more than the first frame. Raises SourceError."""
        with closing(self._decoding()) as decoding:
            first = next(iter(decoding), None)
            if first is None:
                raise SourceError(str(self._path), _NOTHING_DECODES)
            self._display = find_display(first)
            self._metadata = describe(
                decoding.container,
                decoding.stream,
                self._display,
                size_bytes=size_bytes,
                is_live=False,
            )
            self._step = max(1, round(1 / (Fraction(self._metadata.fps) * decoding.time_base)))
            self._origin = _find_origin(decoding, first)

    @property
    def path(self) -> Path:
        """The file that is read."""
        return self._path

    def get_metadata(self) -> VideoMetadata:
        return self._metadata

    def close(self) -> None:
        self._closed.set()

    def get_frame_generator(
        self, after: StreamPosition | None = None, stop: Event | None = None
    ) -> Generator[VideoFrame, None, None]:
        def should_stop() -> bool:
            return self._closed.is_set() or (stop is not None and stop.is_set())

        last = -1 if after is None else after.frame
        anchor = after  # the last frame, if it can be found again by its timestamp
        with closing(self._start(after, should_stop)) as decoding:
            for frame in self._number(decoding, after):
                yield frame
                last = frame.index
                if frame.pts != NO_PTS:
                    anchor = StreamPosition(last, frame.t_s, frame.pts, frame.shift, frame.skipped_packets)
        if self._closed.is_set():
            raise SourceError(str(self._path), "was closed while it was being read: open it again.")
        if decoding.unanswered and anchor is not None:
            yield from self._finish(anchor, last, should_stop)

    def _open(self, should_stop: StopQuestion) -> InputContainer:
        """should_stop: asked while the container has to wait."""
        return open_container(self._path)

    def _decoding(self, should_stop: StopQuestion = bool, threads: int = _DECODER_THREADS) -> _Decoding:
        return _Decoding(self._open(should_stop), self._path, should_stop, threads)

    def find_image(self, t_s: float) -> Image:
        """The picture on display at t_s: (H, W, 3) uint8 BGR; before the first frame the first, past the end the last.

        Raises SourceError where no picture can be decoded.
        """
        for margin_s in (*_SEEK_MARGINS_S, math.inf):
            with closing(self._decoding()) as decoding:
                is_from_start = margin_s > t_s
                if not is_from_start and not self._seek_before(decoding, t_s - margin_s):
                    continue
                shown: VideoFrame | None = None
                for frame in self._number(decoding, None):
                    if frame.t_s > t_s and (shown is not None or not is_from_start):
                        break
                    shown = frame
                if shown is not None:
                    return shown.to_bgr()
        raise SourceError(str(self._path), _NOTHING_DECODES)

    def read_between(self, start_s: float, end_s: float) -> Generator[VideoFrame, None, None]:
        """Frames whose display begins from start_s up to end_s, without decoding all that is before."""
        for margin_s in (*_SEEK_MARGINS_S, math.inf):
            with closing(self._decoding()) as decoding:
                is_from_start = margin_s > start_s
                if not is_from_start and not self._seek_before(decoding, start_s - margin_s):
                    continue
                frames = self._number(decoding, None)
                first = next(frames, None)
                if first is None or (first.t_s > start_s and not is_from_start):
                    continue
                wanted = takewhile(lambda frame: frame.t_s < end_s, chain((first,), frames))
                yield from (frame for frame in wanted if frame.t_s >= start_s)
                return

    def _seek_before(self, decoding: _Decoding, t_s: float) -> bool:
        return decoding.seek(round(t_s / decoding.time_base) + self._origin)

    def _number(self, decoding: _Decoding, after: StreamPosition | None) -> Iterator[VideoFrame]:
        """Number and time what decodes from now on, which follows `after`."""
        clock = StreamClock(decoding.time_base, self._origin, self._step, decoding.is_broadcast, after)
        reformatter = VideoReformatter()
        first = 0 if after is None else after.frame + 1
        for index, picture in enumerate(decoding, first):
            timestamp = decoding.timestamp(picture)
            t_s = clock.read(timestamp)
            yield VideoFrame(
                index=index,
                t_s=t_s,
                pts=NO_PTS if timestamp is None else timestamp,
                duration_s=float(picture.duration * decoding.time_base) or 1 / self._metadata.fps,
                shift=clock.shift,
                skipped_packets=decoding.skipped,
                to_bgr=partial(to_bgr, picture, self._display, reformatter),
            )

    def _start(self, after: StreamPosition | None, should_stop: StopQuestion) -> _Decoding:
        """A decoding whose next picture is the one that follows `after`."""
        if after is None:
            return self._decoding(should_stop)
        for threads in (_DECODER_THREADS, 1):  # 1: it may lie in what `_finish` gave
            found = self._seek_past(after, should_stop, threads) or self._count_past(after, should_stop, threads)
            if found is not None:
                found.skipped = after.skipped_packets
                return found
        raise SourceError(
            str(self._path),
            f"is not the video that was read before (frame {after.frame} at {after.t_s:.2f} s isn't in it): "
            "put the original file back, or begin a new analysis.",
        )

    def _seek_past(self, after: StreamPosition, should_stop: StopQuestion, threads: int) -> _Decoding | None:
        """Found by timestamp and proven by the picture; None where seeking doesn't lead to exactly that state."""
        if after.pts == NO_PTS:
            return None
        for margin_s in _SEEK_MARGINS_S:
            decoding = self._decoding(should_stop, threads)
            target = after.pts - round(margin_s / decoding.time_base)
            is_from_start = target <= self._origin
            if (is_from_start or decoding.seek(target)) and self._advance(decoding, after, has_key=is_from_start):
                return decoding
            decoding.close()
            if is_from_start:
                break
        return None

    def _advance(self, decoding: _Decoding, after: StreamPosition, has_key: bool) -> bool:
        """Decode up to and including the frame `after`. False where it isn't reached by way of a key frame."""
        for picture in decoding:
            timestamp = decoding.timestamp(picture)
            has_key |= picture.key_frame
            if timestamp == after.pts:
                image = to_bgr(picture, self._display, VideoReformatter())
                return has_key and after.checksum in (-1, picture_checksum(image))
            if timestamp is not None and timestamp > after.pts:
                return False
        return False

    def _count_past(self, after: StreamPosition, should_stop: StopQuestion, threads: int) -> _Decoding | None:
        """Found by counting from the first frame: slow, and right for every file. None where it isn't in the file."""
        decoding = self._decoding(should_stop, threads)
        picture = next(islice(decoding, after.frame, None), None)
        if picture is None or after.pts not in (NO_PTS, decoding.timestamp(picture)):
            decoding.close()
            return None
        if after.checksum not in (-1, picture_checksum(to_bgr(picture, self._display, VideoReformatter()))):
            log.warning("%s: frame %d now decodes to another picture", self._path, after.frame)
        return decoding

    def _finish(self, anchor: StreamPosition, last: int, should_stop: StopQuestion) -> Iterator[VideoFrame]:
        """The frames after number `last` when damage near the end kept the decoder's threads from giving all they had.

        Decoding once more from before `anchor`, without threads, gives every packet's own picture or error.
        """
        anchor = replace(anchor, checksum=-1)
        decoding = self._seek_past(anchor, should_stop, threads=1)
        if decoding is None:
            return
        decoding.skipped = anchor.skipped_packets
        with closing(decoding):
            for frame in self._number(decoding, anchor):
                if frame.index > last:
                    yield frame


def open_container(path: Path, content: object = None) -> InputContainer:
    """Open for reading; `file:` and the lists keep FFmpeg from following anything that leads out of the file.

    content: an object to read the file through. Raises SourceError.
    """
    options = {"protocol_whitelist": "file", "format_whitelist": _CONTAINERS}
    try:
        container = av.open(content or f"file:{path}", container_options=options)
    except av.error.FFmpegError as error:
        raise SourceError(str(path), explain_unreadable(path)) from error
    assert isinstance(container, InputContainer)
    return container


def _find_origin(decoding: _Decoding, first: Picture) -> int:
    """Tick of the stream at which t_s is 0."""
    started = decoding.stream.start_time or 0
    if decoding.is_avi:
        return decoding.timestamp(first) or 0
    container_start = decoding.container.start_time or 0  # microseconds
    if container_start <= 0:
        return min(0, started)
    return min(started, round(Fraction(container_start, av.time_base) / decoding.time_base))
