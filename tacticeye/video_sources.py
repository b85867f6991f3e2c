"""From what a user gives to frames: opens every kind of source.

Recordings from the web are downloaded into the match's folder and read like files there, while they arrive, so that a
resumed match is the same, frame for frame. Live streams are read as they come.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tacticeye.arriving_source import ArrivingSource
from tacticeye.config import Settings, SourceType
from tacticeye.downloads import Errand, download_file, download_hls
from tacticeye.file_source import LocalFileSource
from tacticeye.frame_batches import (
    SourceBatch,
    VideoFrame,
    VideoMetadata,
    VideoSource,
    calculate_batch_size,
    read_frame_batches,
)
from tacticeye.hls_playlist import read_playlist
from tacticeye.hls_stream import HLSSource
from tacticeye.live_source import LiveOptions
from tacticeye.match_files import STREAM_NAME
from tacticeye.rtmp_stream import FFmpegStreamSource
from tacticeye.source_links import check_link, without_secrets
from tacticeye.types import Image, StreamPosition
from tacticeye.web_fetch import WebPlace

MB = 1_000_000

__all__ = [
    "FFmpegStreamSource",
    "HLSSource",
    "LocalFileSource",
    "SourceBatch",
    "SourceType",
    "StreamPosition",
    "VideoFrame",
    "VideoMetadata",
    "VideoSource",
    "YouTubeSource",
    "calculate_batch_size",
    "grab_frame",
    "open_source",
    "read_frame_batches",
]  # fmt: skip


def open_source(
    source_type: SourceType,
    source: str | Path,
    folder: Path | None = None,
    tell: Callable[[str], None] = lambda sentence: None,
    should_stop: Callable[[], bool] = lambda: False,
    *,
    keep_stream: bool = False,
) -> VideoSource:
    """Open a video. Raises SourceError, in one sentence that says what to do, where it can't be read.

    folder: where recordings from the web are kept, the working directory by default. tell: takes sentences about a
    download or a broken connection. should_stop: asked now and then while waiting; a download then raises
    SourceStoppedError. keep_stream: whether a live stream is kept as a video in the folder.
    """
    if source_type is SourceType.UPLOADED_FILE:
        return LocalFileSource(source)
    settings = Settings.from_environment()
    link = check_link(str(source), source_type, settings.allow_private_sources)
    errand = Errand(
        WebPlace(without_secrets(link), settings.allow_private_sources), folder or Path.cwd(), tell, should_stop
    )
    finished = errand.find_finished()
    if finished is not None:
        return LocalFileSource(finished)
    if source_type is SourceType.HTTP_FILE:
        return ArrivingSource(errand, lambda errand: download_file(errand, link))
    live = LiveOptions(
        errand.place.source,
        settings.live_give_up_s,
        errand.folder / STREAM_NAME if keep_stream else None,
        settings.stream_mb * MB,
        tell,
        should_stop,
    )
    if source_type is SourceType.HLS:
        return _open_playlist(errand, link, live)
    if source_type in (SourceType.RTMP, SourceType.RTMP_LISTEN):
        is_listening = source_type is SourceType.RTMP_LISTEN
        return FFmpegStreamSource(live, link, is_listening=is_listening, allow_private=settings.allow_private_sources)
    return _open_page(errand, link, live, settings.cookies_file)


class YouTubeSource(HLSSource):
    """A live broadcast of a page, YouTube's or another's, by the HLS stream that yt-dlp finds there."""


def grab_frame(path: str | Path, t_s: float) -> Image:
    """The picture on display at t_s, for thumbnails: (H, W, 3) uint8 BGR. Raises SourceError as `open_source` does."""
    with LocalFileSource(path) as source:
        return source.find_image(t_s)


def _open_playlist(errand: Errand, link: str, live: LiveOptions) -> VideoSource:
    """A recording where the playlist says that it is whole, otherwise a live stream."""
    playlist = read_playlist(errand.place, link)
    if playlist.is_complete:
        duration_s = sum(segment.duration_s for segment in playlist.segments)
        return ArrivingSource(errand, lambda errand: download_hls(errand, playlist), duration_s)
    return HLSSource(live, errand.place, lambda: link)


def _open_page(errand: Errand, link: str, live: LiveOptions, cookies_file: str) -> VideoSource:
    from tacticeye.web_pages import download_video, find_video

    allow_private = errand.place.allow_private
    video = find_video(link, allow_private, cookies_file)
    if video.is_live:

        def find_stream() -> str:
            return find_video(link, allow_private, cookies_file).stream_url

        return YouTubeSource(live, errand.place, find_stream)
    return ArrivingSource(errand, lambda errand: download_video(errand, cookies_file))
