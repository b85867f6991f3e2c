"""Videos on pages of YouTube, Veo and a thousand other sites, found by yt-dlp. The only importer of yt-dlp.

yt-dlp's failures become one sentence each that says what to do. It reads no configuration of its own, keeps no cache,
and its connections are guarded like ours.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yt_dlp

from tacticeye.downloads import NOTE_EVERY_S, Errand, note_total_size
from tacticeye.errors import SourceError, SourceStoppedError
from tacticeye.network_guard import guarded

TARGET_HEIGHT = 1080
_COOKIES = "export the cookies of a browser in which you are logged in, and name the file in TACTICEYE_COOKIES_FILE."
_NOT_BEGUN = "this broadcast hasn't begun: start the analysis when it is on."
_NO_VIDEO = "no video is found on this page: give the link of the page that plays it, or upload the file."
_OUT_OF_DATE = "our reader of this site is out of date: run `pip install -U yt-dlp` on the server, then resume."

# What to do, and the signs of it in what yt-dlp says, in lower case. The first that fits counts.
_EXPLANATIONS: Mapping[str, tuple[str, ...]] = {
    f"this video is private: ask its owner to share it, or {_COOKIES}": (
        "private video", "video is private", "is private",
    ),
    f"the site takes us for a robot: wait some hours, or {_COOKIES}": ("not a bot", "captcha", "http error 429"),
    f"this video wants a proof of age: {_COOKIES}": (
        "confirm your age", "age-restricted", "age restricted", "inappropriate",
    ),
    f"this video wants a login: {_COOKIES}": ("members-only", "login", "log in", "sign in", "account", "cookies"),
    "this video isn't shown in the country of this server: download it elsewhere and upload the file.": (
        "your country", "your location", "geo restrict", "geo-restrict", "not available from your",
    ),
    _NOT_BEGUN: (
        "premieres in", "will begin", "not started", "is upcoming", "begin in", "is not currently live", "not live",
    ),
    _NO_VIDEO: ("unsupported url", "no video formats", "no media found", "there's no video", "no video could be found"),
    "this video isn't there any more: check the link.": (
        "video unavailable", "has been removed", "no longer available", "does not exist", "error 404", "error 410",
    ),
    "this video is protected against copying, so it can't be read: ask for the file.": ("drm",),
    "the site can't be reached: check link and connection, then resume.": (
        "name or service not known", "temporary failure in name", "timed out", "connection refused",
        "network is unreachable", "unable to connect", "connection reset", "unable to download webpage",
        "transporterror", "failed to resolve",
    ),
    _OUT_OF_DATE: (
        "unable to extract", "signature", "please report this issue", "nsig", "failed to parse", "javascript runtime",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class PageVideo:
    """The video of a page. stream_url: a playlist that is read as it comes, empty where it is to be downloaded."""

    title: str
    is_live: bool
    stream_url: str


class _Silent:
    def debug(self, message: str) -> None: ...
    def info(self, message: str) -> None: ...
    def warning(self, message: str) -> None: ...
    def error(self, message: str) -> None: ...


def find_video(source: str, allow_private: bool, cookies_file: str) -> PageVideo:
    """What is on the page. Raises SourceError."""
    found = _run(source, allow_private, _options(cookies_file), is_download=False)
    if found.get("live_status") == "is_upcoming":
        raise SourceError(source, _NOT_BEGUN)
    is_live = bool(found.get("is_live"))
    return PageVideo(str(found.get("title") or ""), is_live, str(found.get("url") or "") if is_live else "")


def download_video(errand: Errand, cookies_file: str) -> Path:
    """The recorded video of a page, in the errand's folder. Goes on with what is there. Raises SourceError."""
    told_at = 0.0

    def look(status: Mapping[str, Any]) -> None:
        nonlocal told_at
        if time.monotonic() - told_at < NOTE_EVERY_S:
            return
        errand.require_go()
        told_at = time.monotonic()
        done, total = (
            status.get("downloaded_bytes") or 0,
            status.get("total_bytes") or status.get("total_bytes_estimate"),
        )
        if status.get("total_bytes"):
            note_total_size(errand, int(status["total_bytes"]))
        of = f" of {total / 1e6:.0f}" if total else ""
        errand.tell(f"Downloading: {done / 1e6:.0f}{of} MB.")

    options = {**_options(cookies_file), "paths": {"home": str(errand.folder)}, "progress_hooks": [look]}
    _run(errand.place.source, errand.place.allow_private, options, is_download=True)
    errand.record.unlink(missing_ok=True)
    finished = errand.find_finished()
    if finished is None:
        raise SourceError(errand.place.source, "nothing was downloaded: check in a browser whether the video plays.")
    return finished


def _options(cookies_file: str) -> dict[str, Any]:
    height = f"[height<=?{TARGET_HEIGHT}]"
    return {
        # Sound isn't needed; where picture and sound come together, that is taken.
        "format": f"bv{height}[vcodec!=none]/b{height}/bv[vcodec!=none]/b/bv*",
        "outtmpl": {"default": "source.%(ext)s"},
        "noplaylist": True,
        "playlist_items": "1",
        "quiet": True,
        "no_warnings": True,
        "noprogress": True,
        "logger": _Silent(),
        "cachedir": False,
        "socket_timeout": 20,
        "retries": 5,
        "fragment_retries": 5,
        "fixup": "never",
        "hls_prefer_native": True,
        "external_downloader": {},
        "cookiefile": cookies_file or None,
        "overwrites": False,
    }


def _run(source: str, allow_private: bool, options: dict[str, Any], *, is_download: bool) -> dict[str, Any]:
    try:
        with guarded(source, allow_private), yt_dlp.YoutubeDL(options) as reader:
            found = reader.extract_info(source, download=is_download)
            if found and found.get("_type") == "playlist":
                found = next(iter(found.get("entries") or ()), None)
    except yt_dlp.utils.DownloadError as error:
        if isinstance(error.exc_info and error.exc_info[1], SourceStoppedError):
            raise SourceStoppedError from error
        raise SourceError(source, explain(str(error))) from error
    except yt_dlp.utils.YoutubeDLError as error:
        raise SourceError(source, explain(str(error))) from error
    if not found:
        raise SourceError(source, _NO_VIDEO)
    return dict(found)


def explain(message: str) -> str:
    """What to do about a failure of yt-dlp."""
    text = message.lower()
    for sentence, signs in _EXPLANATIONS.items():
        if any(sign in text for sign in signs):
            return sentence
    reason = message.removeprefix("ERROR: ").split(";", 1)[0].split("\n", 1)[0][:200].rstrip(". ")
    return f"the video can't be fetched ({reason}): check it in a browser, or upload the file."
