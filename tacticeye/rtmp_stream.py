"""RTMP as it comes, fetched from a server or sent to us; a piece is what lies from key frame to key frame."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from urllib.parse import urlsplit

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame as Picture
from av.video.stream import VideoStream

from tacticeye.display_matrix import Display
from tacticeye.frame_batches import VideoMetadata
from tacticeye.live_buffer import Piece
from tacticeye.live_source import Feeder, LiveOptions, LiveSource
from tacticeye.network_guard import require_public_host
from tacticeye.stream_recording import copy_description
from tacticeye.video_stream import describe, find_video_stream

OPEN_S, READ_S = 10.0, 5.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 10.0
MAX_PIECE_S = 4.0  # streams with rare key frames are cut in between; only dropping wants key frames


class RtmpFeeder(Feeder):
    """is_listening: waits for a sender at the link's port instead of fetching."""

    def __init__(self, options: LiveOptions, link: str, *, is_listening: bool, allow_private: bool) -> None:
        super().__init__(options)
        self._link = link
        self._is_listening = is_listening
        self._allow_private = allow_private
        self._metadata: VideoMetadata | None = None
        self._description: VideoStream | None = None

    def describe(self) -> VideoMetadata:
        assert self._metadata is not None, "a piece is put only after its stream was looked at"
        return self._metadata

    def run(self) -> None:
        failures = 0
        while not self.stop.is_set():
            try:
                with closing(self._open()) as container:
                    failures = 0
                    self._read(container)
            except av.error.FFmpegError as error:
                if self._is_listening:
                    self.pause(FIRST_PAUSE_S, "nobody is sending")
                    continue
                failures += 1
                self.pause(min(FIRST_PAUSE_S * 2 ** min(failures, 10), LONGEST_PAUSE_S), str(error.strerror or error))
            else:
                self.pause(FIRST_PAUSE_S, "the sender has gone")

    def _open(self) -> InputContainer:
        options = {"listen": "1"} if self._is_listening else {"rtmp_live": "live"}
        if not self._is_listening and not self._allow_private:
            require_public_host(self.options.shown, urlsplit(self._link).hostname or "")
        container = av.open(self._link, container_options={**options, "format_whitelist": "flv,live_flv"},
                            timeout=(OPEN_S, READ_S))  # fmt: skip
        assert isinstance(container, InputContainer)
        return container

    def _read(self, container: InputContainer) -> None:
        stream = find_video_stream(container, self.options.shown)
        stream.thread_type = "SLICE"  # threads by frame would hold some back
        context = stream.codec_context
        self._metadata = describe(container, stream, Display(context.width, context.height), size_bytes=0, is_live=True)
        self._description = copy_description(stream)
        packets: list[Packet[VideoStream]] = []
        try:
            for packet in container.demux(stream):
                if self.stop.is_set():
                    return
                if packets and (packet.is_keyframe or _length_s(packets) > MAX_PIECE_S):
                    self._put(stream, packets)
                    packets = []
                if packet.size:
                    packets.append(packet)
        finally:  # a sender that is gone may end in an error
            if packets:
                self._put(stream, packets)

    def _put(self, stream: VideoStream, packets: list[Packet[VideoStream]]) -> None:
        step_s = 1 / self.describe().fps
        size = sum(packet.size for packet in packets)
        decode = partial(_decode, stream, packets)
        duration_s = _length_s(packets) + step_s
        open_packets = partial(_open_packets, self._description, packets)
        self.put(Piece(decode, duration_s, size, time.time(), open_packets))


class FFmpegStreamSource(LiveSource):
    """A live RTMP stream."""

    def __init__(self, options: LiveOptions, link: str, *, is_listening: bool, allow_private: bool) -> None:
        super().__init__(RtmpFeeder(options, link, is_listening=is_listening, allow_private=allow_private))


def _decode(stream: VideoStream, packets: list[Packet[VideoStream]]) -> Iterator[tuple[float | None, Picture]]:
    """Pictures of the packets, with those that earlier ones left in the decoder. What can't be decoded is left out."""
    for packet in packets:
        try:
            pictures = stream.codec_context.decode(packet)
        except av.error.FFmpegError:
            continue
        for picture in pictures:
            yield picture.time, picture


@contextmanager
def _open_packets(
    description: VideoStream | None, packets: list[Packet[VideoStream]]
) -> Iterator[tuple[VideoStream, list[Packet[VideoStream]]]]:
    """Raises ValueError where they can't be kept."""
    if description is None:
        raise ValueError("a codec that MP4 has no place for")
    yield description, packets


def _length_s(packets: list[Packet[VideoStream]]) -> float:
    first, last = packets[0], packets[-1]
    if first.dts is None or last.dts is None:
        return 0.0
    return max(0.0, float((last.dts - first.dts) * last.time_base))
