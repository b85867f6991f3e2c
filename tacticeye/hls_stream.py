"""HLS as it comes: polls the playlist, fetches what is new, gives each segment as a piece.

Segments are decoded one by one, so that a damaged one, a new size or a clock that begins anew harms no other.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame as Picture
from av.video.stream import VideoStream

from tacticeye.errors import SourceError
from tacticeye.frame_batches import VideoMetadata
from tacticeye.hls_playlist import MAX_SEGMENT_BYTES, Playlist, Segment, read_playlist
from tacticeye.live_buffer import Piece
from tacticeye.live_source import Feeder, LiveOptions, LiveSource
from tacticeye.video_stream import describe, find_display, find_video_stream
from tacticeye.web_fetch import WebPlace, fetch

START_SEGMENTS = 2  # from the live edge: one to look at, one to go on with
STALE_SEGMENTS = 2  # by which a list out of some cache may be older than the one before
SEGMENT_TRIES = 3
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 10.0
REFRESH_AFTER_FAILURES = 3
_CONTAINERS = "mov,mp4,mpegts,aac,mp3"


class HlsFeeder(Feeder):
    """find_url: gives the playlist's link, anew when it has stopped working (pages hand out links that expire)."""

    def __init__(self, options: LiveOptions, place: WebPlace, find_url: Callable[[], str]) -> None:
        super().__init__(options)
        self._place = place
        self._find_url = find_url
        self._metadata: VideoMetadata | None = None
        self._last: int | None = None
        self._head: tuple[str, bytes] = ("", b"")

    def describe(self) -> VideoMetadata:
        assert self._metadata is not None, "a piece is put only after it was looked at"
        return self._metadata

    def run(self) -> None:
        url, failures = self._find_url(), 0
        while not self.stop.is_set():
            try:
                playlist = read_playlist(self._place, url)
                has_news = self._take(playlist)
            except SourceError as error:
                failures += 1
                self.pause(min(FIRST_PAUSE_S * 2 ** min(failures, 10), LONGEST_PAUSE_S), error.reason)
                if failures % REFRESH_AFTER_FAILURES == 0:
                    url = self._find_again(url)
                continue
            failures, url = 0, playlist.url
            if playlist.is_complete and not has_news:
                self.buffer.close()
                return
            self.pause(min(max(playlist.target_s / 2, FIRST_PAUSE_S), LONGEST_PAUSE_S) if not has_news else 0.05)

    def _find_again(self, url: str) -> str:
        try:
            return self._find_url()
        except SourceError:
            return url

    def _take(self, playlist: Playlist) -> bool:
        """Fetches the first segment that is new; whether there was one."""
        segment = self._next_segment(playlist)
        if segment is None:
            return False
        content = self._fetch(segment)
        self._last = segment.number
        if content is None:
            return True
        if self._metadata is None:
            self._metadata = _look_at(self.options.shown, content)
        decode = SegmentPictures(self.options.shown, content)
        self.put(Piece(decode, segment.duration_s, len(content), time.time(), decode.open_packets))
        return True

    def _next_segment(self, playlist: Playlist) -> Segment | None:
        segments = playlist.segments
        if not segments:
            return None
        if self._last is None:
            return segments[-min(START_SEGMENTS, len(segments))]
        if segments[-1].number < self._last - STALE_SEGMENTS:  # numbered anew: another stream under the same link
            return segments[-1]
        return next((segment for segment in segments if segment.number > self._last), None)

    def _fetch(self, segment: Segment) -> bytes | None:
        """None where it can't be had; the stream goes on without it."""
        for attempt in range(SEGMENT_TRIES):
            try:
                return self._fetch_head(segment.init_url) + segment.fetch(self._place)
            except SourceError as error:
                self.pause(FIRST_PAUSE_S * attempt, error.reason)
        return None

    def _fetch_head(self, url: str) -> bytes:
        if url and self._head[0] != url:
            self._head = (url, fetch(self._place, url, MAX_SEGMENT_BYTES)[0])
        return self._head[1] if url else b""


class HLSSource(LiveSource):
    """A live HLS stream."""

    def __init__(self, options: LiveOptions, place: WebPlace, find_url: Callable[[], str]) -> None:
        super().__init__(HlsFeeder(options, place, find_url))


class SegmentPictures:
    """A segment's pictures, as often as it is called."""

    def __init__(self, shown: str, content: bytes) -> None:
        self._shown = shown
        self._content = content

    def __call__(self) -> Iterator[tuple[float | None, Picture]]:
        """What can't be decoded is left out."""
        try:
            container = _open(self._content)
        except (av.error.FFmpegError, SourceError):
            return
        with closing(container):
            stream = find_video_stream(container, self._shown)
            stream.thread_type = "AUTO"
            packets = container.demux(stream)
            while True:
                try:
                    packet = next(packets)
                    pictures = packet.decode()
                except StopIteration:
                    return
                except av.error.FFmpegError:
                    continue
                for picture in pictures:
                    yield picture.time, picture

    @contextmanager
    def open_packets(self) -> Iterator[tuple[VideoStream, list[Packet[VideoStream]]]]:
        """As they are stored. Raises FFmpegError where the segment is damaged."""
        with closing(_open(self._content)) as container:
            stream = find_video_stream(container, self._shown)
            yield stream, [packet for packet in container.demux(stream) if packet.size]


def _open(content: bytes) -> InputContainer:
    container = av.open(io.BytesIO(content), container_options={"format_whitelist": _CONTAINERS})
    assert isinstance(container, InputContainer)
    return container


def _look_at(shown: str, content: bytes) -> VideoMetadata:
    try:
        with closing(_open(content)) as container:
            stream = find_video_stream(container, shown)
            first = next(container.decode(stream), None)
            if first is None:
                raise SourceError(shown, "no picture of this stream can be decoded.")
            return describe(container, stream, find_display(first), size_bytes=0, is_live=True)
    except av.error.FFmpegError as error:
        raise SourceError(shown, "no picture of this stream can be decoded.") from error
