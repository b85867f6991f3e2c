"""Links as users paste them: which kind of source one is, and what is refused before anything is opened.

Light: pages use it too. Whether a name leads to a private address is seen when it is connected to (network_guard.py).
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import SplitResult, unquote, urlsplit

from tacticeye.config import SourceType
from tacticeye.errors import SourceError
from tacticeye.network_guard import REFUSAL, is_private

MAX_LENGTH = 4000
_SCHEMES = {
    SourceType.RTMP: ("rtmp", "rtmps"),
    SourceType.RTMP_LISTEN: ("rtmp",),
}
_WEB = ("http", "https")
_YOUTUBE = ("youtube.com", "youtu.be", "youtube-nocookie.com")
_VEO = ("veo.co",)
_PLAYLISTS = (".m3u8", ".m3u")
_FILES = (".mp4", ".mov", ".mkv", ".avi", ".webm", ".ts", ".m4v", ".mts", ".m2ts", ".flv", ".mpg", ".mpeg")
_LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost")
_LISTEN_PORTS = range(1024, 65536)


def is_link(text: str) -> bool:
    """Whether this is meant as a link rather than a path: it begins with a scheme of two letters or more."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text.strip()) is not None


def guess_source_type(link: str) -> SourceType:
    """The kind of source that a link, or a path, looks like. The user may know better."""
    if not is_link(link):
        return SourceType.UPLOADED_FILE
    parts = urlsplit(link.strip())
    host, path = (parts.hostname or "").lower(), parts.path.lower()
    if parts.scheme.lower() in _SCHEMES[SourceType.RTMP]:
        return SourceType.RTMP
    if _is_of(host, _YOUTUBE):
        return SourceType.YOUTUBE_LIVE if "/live" in path else SourceType.YOUTUBE_VOD
    if path.endswith(_PLAYLISTS):
        return SourceType.HLS
    if path.endswith(_FILES):
        return SourceType.HTTP_FILE
    return SourceType.VEO if _is_of(host, _VEO) else SourceType.WEB_PAGE


def check_link(link: str, source_type: SourceType, allow_private: bool) -> str:
    """The link, where it may be tried. Raises SourceError, in one sentence that says what to do."""
    text = link.strip()
    shown = re.sub(r"[\x00-\x1f\x7f]", "?", text[:200])
    if len(text) > MAX_LENGTH:
        raise SourceError(shown, "this link is too long: copy it again.")
    if re.search(r"[\x00-\x20\x7f\\]", text):
        raise SourceError(shown, "a link has no spaces, control characters or backslashes: copy it again.")
    parts = _split(text, shown)
    schemes = _SCHEMES.get(source_type, _WEB)
    if parts.scheme.lower() not in schemes:
        expected = " or ".join(f"{scheme}://" for scheme in schemes)
        raise SourceError(shown, f"a link of this kind begins with {expected}: check it, or upload the file.")
    host = (parts.hostname or "").lower()
    if not host:
        raise SourceError(shown, "this link names no server: copy it again.")
    if source_type is SourceType.RTMP_LISTEN:
        _check_listener(parts, shown)
    elif not allow_private and (host in _LOCAL_NAMES or is_private(_as_address(host))):
        raise SourceError(shown, REFUSAL)
    return text


def title_of(link: str) -> str:
    """What to call a match of this link until its owner does."""
    parts = urlsplit(link)
    name = PurePosixPath(unquote(parts.path)).stem
    return name if re.search(r"[^\W_]", name) and name not in ("watch", "index", "live") else parts.hostname or "match"


def without_secrets(link: str) -> str:
    """The link as it may be shown and logged: no password, no stream key of a query."""
    parts = urlsplit(link)
    host = parts.hostname or ""
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _split(text: str, shown: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise SourceError(shown, "this can't be read as a link: copy it again.") from error
    return parts


def _check_listener(parts: SplitResult, shown: str) -> None:
    if parts.port is None or parts.port not in _LISTEN_PORTS:
        raise SourceError(shown, "name the port to listen at, 1024 to 65535: rtmp://0.0.0.0:1935/live/KEY.")


def _as_address(host: str) -> str:
    """Numbers that stand for an IPv4 address in one piece (2130706433, 0x7f000001) as an address."""
    try:
        number = int(host, 0)
    except ValueError:
        return host
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def _is_of(host: str, domains: tuple[str, ...]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)
