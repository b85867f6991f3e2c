"""HLS playlists: the rendition that fits the model, its segments in order, whether more will come."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import m3u8

from tacticeye.errors import SourceError
from tacticeye.web_fetch import WebPlace, fetch

MAX_PLAYLIST_BYTES = 4 << 20
MAX_SEGMENT_BYTES = 128 << 20
TARGET_HEIGHT = 1080  # px: more helps no detector here, and costs decoding


@dataclass(frozen=True)
class Segment:
    """One piece of a stream. number: its place in the whole stream; key: of its bytes, for a server that repeats."""

    number: int
    url: str
    duration_s: float
    init_url: str
    first_byte: int
    length: int

    def fetch(self, place: WebPlace) -> bytes:
        """Its bytes. Raises SourceError, FetchError."""
        headers = {} if self.length == 0 else {"Range": f"bytes={self.first_byte}-{self.first_byte + self.length - 1}"}
        return fetch(place, self.url, MAX_SEGMENT_BYTES, headers)[0]


@dataclass(frozen=True)
class Playlist:
    """A media playlist as it is now. is_complete: nothing will be added any more."""

    url: str
    segments: tuple[Segment, ...]
    is_complete: bool
    target_s: float


def read_playlist(place: WebPlace, url: str) -> Playlist:
    """The media playlist at the link, or the best one that a master playlist there names.

    Raises SourceError where there is none or it is encrypted, FetchError.
    """
    playlist, url = _load(place, url)
    if playlist.is_variant:
        playlist, url = _load(place, _best_rendition(place, playlist))
    if not playlist.is_variant and (playlist.segments or not playlist.is_endlist):
        return Playlist(
            url, _segments(place, playlist), bool(playlist.is_endlist), float(playlist.target_duration or 6)
        )
    raise SourceError(place.source, "this playlist names no video: copy the link again.")


def _load(place: WebPlace, url: str) -> tuple[m3u8.M3U8, str]:
    body, url = fetch(place, url, MAX_PLAYLIST_BYTES)
    text = body.decode(errors="replace").lstrip("\ufeff")
    if not text.startswith("#EXTM3U"):
        raise SourceError(place.source, "this is no HLS playlist: choose another kind, or copy the link again.")
    try:
        return m3u8.loads(text, uri=url), url
    except (ValueError, KeyError, IndexError) as error:
        raise SourceError(place.source, "this HLS playlist can't be read: copy the link again.") from error


def _best_rendition(place: WebPlace, master: m3u8.M3U8) -> str:
    """The highest picture up to TARGET_HEIGHT; where all are higher, the lowest; then the higher bandwidth."""

    def merit(height: int, bandwidth: int) -> tuple[bool, int, int]:
        fits = height <= TARGET_HEIGHT
        return fits, height if fits else -height, bandwidth

    found = [
        (merit((item.stream_info.resolution or (0, 0))[1], item.stream_info.bandwidth or 0), str(item.absolute_uri))
        for item in master.playlists
    ]
    if not found:
        raise SourceError(place.source, "this playlist names no video: copy the link again.")
    return _web_address(place, max(found)[1])


def _segments(place: WebPlace, playlist: m3u8.M3U8) -> tuple[Segment, ...]:
    first = int(playlist.media_sequence or 0)
    segments = []
    end_of_range = 0
    for number, item in enumerate(playlist.segments, first):
        if item.key is not None and item.key.method not in (None, "NONE"):
            raise SourceError(
                place.source, "this stream is encrypted, which can't be read here: record it, or ask for the file."
            )
        length, _, start = (item.byterange or "0").partition("@")
        first_byte = int(start) if start else end_of_range
        end_of_range = first_byte + int(length)
        segments.append(
            Segment(
                number=number,
                url=_web_address(place, str(item.absolute_uri)),
                duration_s=float(item.duration or 0.0),
                init_url=_web_address(place, str(item.init_section.absolute_uri)) if item.init_section else "",
                first_byte=first_byte,
                length=int(length),
            )
        )
    return tuple(segments)


def _web_address(place: WebPlace, url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https"):
        raise SourceError(place.source, "the playlist leads away from the web, which it may not: give another link.")
    return url
