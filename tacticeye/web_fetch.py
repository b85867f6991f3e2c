"""Reading from web servers: http and https only, guarded, bounded, with errors in sentences."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tacticeye.errors import SourceError
from tacticeye.network_guard import guarded

TIMEOUT_S = 15.0
READ_BYTES = 256 << 10
_AGENT = "Mozilla/5.0 (compatible; TacticEYE)"
CHANGED = "the file on the server has changed meanwhile: begin a new analysis."
_REASONS = {
    401: "the server wants a login: give a link that works without one.",
    403: "the server refuses to send it: check in a browser whether the link still works.",
    404: "there is nothing at this link any more: copy it again.",
    410: "there is nothing at this link any more: copy it again.",
    416: CHANGED,
    429: "the server wants fewer requests: wait some minutes and resume.",
}


class FetchError(SourceError):
    """A request failed. status: HTTP's, 0 where no answer came; trying again may help unless is_final."""

    def __init__(self, source: str, reason: str, status: int) -> None:
        super().__init__(source, reason)
        self.status = status

    @property
    def is_final(self) -> bool:
        return 400 <= self.status < 500 and self.status not in (408, 425, 429)


@dataclass(frozen=True)
class WebPlace:
    """Whose links are read: source is what the user gave, for messages. token: shown to a server of ours."""

    source: str
    allow_private: bool
    token: str = ""


@contextmanager
def opened(place: WebPlace, url: str, headers: Mapping[str, str] | None = None) -> Iterator[http.client.HTTPResponse]:
    """A response whose body can be read inside the block. Raises SourceError, FetchError."""
    shown = {"Authorization": f"Bearer {place.token}"} if place.token else {}
    request = urllib.request.Request(url, headers={"User-Agent": _AGENT, **(headers or {})})
    for name, value in shown.items():
        request.add_unredirected_header(name, value)
    try:
        with guarded(place.source, place.allow_private), _opener().open(request, timeout=TIMEOUT_S) as response:
            yield response
    except urllib.error.HTTPError as error:
        error.close()  # it is the response too
        reason = _REASONS.get(error.code, f"the server answered {error.code} ({error.reason}): try again later.")
        raise FetchError(place.source, reason, error.code) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        cause = getattr(error, "reason", error)
        raise FetchError(
            place.source, f"the server can't be reached ({cause}): check link and connection, then resume.", 0
        ) from error


def fetch(place: WebPlace, url: str, limit_bytes: int, headers: Mapping[str, str] | None = None) -> tuple[bytes, str]:
    """The whole body, and the address it came from after redirects. Raises SourceError, FetchError."""
    with opened(place, url, headers) as response:
        body = response.read(limit_bytes + 1)
        if len(body) > limit_bytes:
            raise SourceError(place.source, f"a part of it is larger than {limit_bytes >> 20} MB: give another link.")
        # Python's client takes a connection that is cut in the middle for the end, when a length is given to `read`.
        if len(body) < int(response.headers.get("Content-Length") or 0):
            raise FetchError(place.source, "the connection was lost: check it, then resume.", 0)
        return body, response.url


def _opener() -> urllib.request.OpenerDirector:
    """Without the handlers for file:, ftp: and data: that the usual one has."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener
