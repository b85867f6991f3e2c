"""Recorded videos from the web become a file in the match's folder, and are analysed from there.

`source.part` grows, `source.json` beside it says how far it may be trusted; a download that was stopped or killed goes
on there. When all has arrived it is renamed to `source.<kind>`, so a file of that name is complete.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from tacticeye.errors import SourceError, SourceStoppedError
from tacticeye.hls_playlist import MAX_SEGMENT_BYTES, Playlist
from tacticeye.match_files import find_download, storage_error, write_bytes
from tacticeye.uploads import video_suffix
from tacticeye.web_fetch import CHANGED, READ_BYTES, FetchError, WebPlace, fetch, opened

TRIES = 6
FIRST_PAUSE_S = 0.5
NOTE_EVERY_S = 1.0
MB = 1e6


@dataclass(frozen=True)
class Errand:
    """One download: where from, where to, whom to tell, when to stop."""

    place: WebPlace
    folder: Path
    tell: Callable[[str], None] = lambda sentence: None
    should_stop: Callable[[], bool] = lambda: False

    @property
    def part(self) -> Path:
        return self.folder / "source.part"

    @property
    def record(self) -> Path:
        return self.folder / "source.json"

    def find_part(self) -> Path | None:
        """The file of a download under way, once there is something in it."""
        found = (path for path in self.folder.glob("source*.part") if _size(path) > 0)
        return next(found, None)

    def find_finished(self) -> Path | None:
        """The file of an earlier download that came to its end."""
        return find_download(self.folder)

    def finish(self, suffix: str) -> Path:
        finished = self.folder / f"source{suffix}"
        self.part.replace(finished)
        self.record.unlink(missing_ok=True)
        return finished

    def require_go(self) -> None:
        """Raises SourceStoppedError."""
        if self.should_stop():
            raise SourceStoppedError


@dataclass(frozen=True)
class _Trust:
    """source.json: bytes that are known to be good, of which version on the server, and the next segment of a list.

    total_size: bytes there will be in all, 0 unknown.
    """

    size: int = 0
    version: str = ""
    next_segment: int = 0
    total_size: int = 0


_TRUST: TypeAdapter[_Trust] = TypeAdapter(_Trust)


def find_total_size(errand: Errand) -> int:
    """Bytes that the file of a download under way will have; 0 unknown."""
    return _read_trust(errand).total_size


def note_total_size(errand: Errand, total_size: int) -> None:
    """Has it known."""
    if total_size != find_total_size(errand):
        _write_trust(errand, _Trust(total_size=total_size))


def download_file(errand: Errand, url: str) -> Path:
    """A video file from a web server; goes on where it broke off if the server can. Raises SourceError."""
    for attempt in range(TRIES):
        before = _size(errand.part)
        try:
            return _download_rest(errand, url)
        except FetchError as error:
            is_stuck = attempt == TRIES - 1 and _size(errand.part) == before
            if error.is_final or is_stuck:
                raise
            errand.tell(f"The download broke off ({error.reason}) Trying again.")
            _pause(errand, FIRST_PAUSE_S * 2**attempt)
    raise SourceError(errand.place.source, "the download broke off again and again: check the connection, then resume.")


def _download_rest(errand: Errand, url: str) -> Path:
    trust = _read_trust(errand)
    start = _size(errand.part) if trust.version else 0
    headers = {"Range": f"bytes={start}-", "If-Range": trust.version} if start else {}
    with opened(errand.place, url, headers) as response:
        if response.status != 206:
            start = 0
        length = int(response.headers.get("Content-Length") or 0)
        total = start + length
        kind = response.headers.get_content_type()
        if kind in ("text/html", "application/json"):
            raise SourceError(
                errand.place.source, "there is a page at this link, not a video file: choose 'web page' as its kind."
            )
        version = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        version = version if not version.startswith("W/") else ""
        if trust.version and version != trust.version:  # what is here may have been analysed
            raise SourceError(errand.place.source, CHANGED)
        _write_trust(errand, _Trust(version=version, total_size=total if length else 0))
        size = _append(errand, response.read1, start, total)
        if size < total:
            raise FetchError(errand.place.source, "the connection was lost.", 0)
        suffix = video_suffix(urlsplit(response.url).path) or video_suffix(urlsplit(url).path) or ".mp4"
    return errand.finish(suffix)


def _append(errand: Errand, read: Callable[[int], bytes], start: int, total: int) -> int:
    """Writes what comes behind byte `start`; returns the size of the whole."""
    told_at, size = 0.0, start
    try:
        with errand.part.open("r+b" if errand.part.exists() else "wb") as file:
            file.truncate(start)
            file.seek(start)
            while chunk := _next_chunk(errand, read):
                file.write(chunk)
                file.flush()  # somebody may be waiting to read it
                size += len(chunk)
                errand.require_go()
                if time.monotonic() - told_at > NOTE_EVERY_S:
                    errand.tell(_progress(size, total))
                    told_at = time.monotonic()
    except OSError as error:
        raise storage_error(errand.part, error) from error
    return size


def _next_chunk(errand: Errand, read: Callable[[int], bytes]) -> bytes:
    """Errors of the network are no errors of the disk."""
    try:
        return read(READ_BYTES)
    except OSError as error:
        raise FetchError(errand.place.source, f"the connection was lost ({error}).", 0) from error


def download_hls(errand: Errand, playlist: Playlist) -> Path:
    """A recorded HLS stream as one file: its segments one behind the other. Raises SourceError, StorageError."""
    trust = _read_trust(errand)
    if not errand.part.exists() or trust.size > _size(errand.part):
        trust = _Trust()
        errand.part.write_bytes(b"")
    os.truncate(errand.part, trust.size)
    is_fragmented = bool(playlist.segments and playlist.segments[0].init_url)
    done = trust.next_segment
    for index, segment in enumerate(playlist.segments[done:], done):
        errand.require_go()
        content = _persist(errand, segment.fetch)
        has_new_head = segment.init_url and (index == 0 or playlist.segments[index - 1].init_url != segment.init_url)
        if has_new_head:
            init_url = segment.init_url
            content = _persist(errand, lambda place, url=init_url: fetch(place, url, MAX_SEGMENT_BYTES)[0]) + content  # type: ignore[misc]
        try:
            with errand.part.open("ab") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise storage_error(errand.part, error) from error
        _write_trust(errand, _Trust(_size(errand.part), next_segment=index + 1))
        errand.tell(f"Downloading: part {index + 1} of {len(playlist.segments)}.")
    return errand.finish(".mp4" if is_fragmented else ".ts")


def _persist(errand: Errand, get: Callable[[WebPlace], bytes]) -> bytes:
    """One small request, tried again while there is hope."""
    for attempt in range(TRIES):
        try:
            return get(errand.place)
        except FetchError as error:
            if error.is_final or attempt == TRIES - 1:
                raise
            _pause(errand, FIRST_PAUSE_S * 2**attempt)
    raise AssertionError("the last try returns or raises")


def _pause(errand: Errand, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        errand.require_go()
        time.sleep(min(0.2, seconds))


def _progress(size: int, total: int) -> str:
    if total > size:
        return f"Downloading: {size / MB:.0f} of {total / MB:.0f} MB."
    return f"Downloading: {size / MB:.0f} MB."


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _read_trust(errand: Errand) -> _Trust:
    try:
        return _TRUST.validate_json(errand.record.read_bytes())
    except (FileNotFoundError, ValidationError):
        return _Trust()


def _write_trust(errand: Errand, trust: _Trust) -> None:
    write_bytes(errand.record, _TRUST.dump_json(trust), is_durable=False)
