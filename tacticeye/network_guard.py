"""Keeps links of strangers away from this machine and its network.

Inside `guarded()` a thread may connect to public addresses only; whatever library opens the connection, and wherever a
redirect or a name leads, the address that is really connected to is what counts. Libraries in C that open connections
themselves aren't seen: resolve and check their host with `require_public_host` first.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from functools import cache

from tacticeye.errors import SourceError

REFUSAL = (
    "leads to a private address, which links may not: if you trust it, set TACTICEYE_ALLOW_PRIVATE_SOURCES=yes "
    "on the server."
)


class _Watch(threading.local):
    source: str = ""
    is_on: bool = False
    has_refused: bool = False


_watch = _Watch()


class guarded:  # noqa: N801 - read as a word of the sentence, like contextlib's closing
    """Connections of this thread to private addresses fail inside the block. source: what the user gave.

    Raises SourceError where one was refused, also if the library in between turned it into an error of its own.
    """

    def __init__(self, source: str, allow_private: bool) -> None:
        self._source, self._is_on = source, not allow_private

    def __enter__(self) -> None:
        _install()
        self._before = (_watch.source, _watch.is_on)
        _watch.source, _watch.is_on, _watch.has_refused = self._source, self._is_on, False

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        _watch.source, _watch.is_on = self._before
        if isinstance(error, Exception) and _watch.has_refused:
            raise SourceError(self._source, REFUSAL) from error


def require_public_host(source: str, host: str) -> None:
    """Raises SourceError where a name or number leads to a private address, or to none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceError(source, f"the address of {host!r} can't be found: check link and connection.") from error
    if any(is_private(str(address[0])) for *_, address in found):
        raise SourceError(source, REFUSAL)


def is_private(address: str) -> bool:
    """Whether a numeric address is of this machine, a local network, or no single host at all. False for names."""
    try:
        parsed = ipaddress.ip_address(address.split("%", 1)[0].strip("[]"))
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return is_private(str(parsed.ipv4_mapped))
    return not parsed.is_global or parsed.is_multicast


@cache
def _install() -> None:
    """Once a process: audit hooks can't be removed, so this one looks at the thread's own switch."""
    sys.addaudithook(_look_at)


def _look_at(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect" or not _watch.is_on:
        return
    address = arguments[1]
    if isinstance(address, tuple) and is_private(str(address[0])):
        _watch.has_refused = True
        raise SourceError(_watch.source, REFUSAL)
