"""A web server on loopback for tests of sources: files of a folder, ranges, redirects, connections that break off."""

from __future__ import annotations

import functools
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class WebServer:
    """break_after: bytes of a file after which the connection is cut, once for each entry. redirects: path to target.

    keep_shares: path to the share of its file that is left, 0..1. is_down: every request is refused with 503.
    bytes_per_s: how fast files are sent, 0 as fast as can be. held: path to the bytes sent before `go_on` is set.
    """

    folder: Path
    address: str
    break_after: list[int] = field(default_factory=list)
    redirects: dict[str, str] = field(default_factory=dict)
    keep_shares: dict[str, float] = field(default_factory=dict)
    ranges: list[str] = field(default_factory=list)
    is_down: bool = False
    bytes_per_s: int = 0
    held: dict[str, int] = field(default_factory=dict)
    go_on: threading.Event = field(default_factory=threading.Event)


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: object, server_facts: WebServer, directory: str) -> None:
        self.facts = server_facts
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type]

    def log_message(self, format: str, *arguments: object) -> None: ...

    def do_GET(self) -> None:
        facts = self.facts
        if facts.is_down:
            self.send_error(503)
            return
        if self.path in facts.redirects:
            self.send_response(302)
            self.send_header("Location", facts.redirects[self.path])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        kept = round(len(content) * facts.keep_shares.get(self.path, 1.0))
        self._send(content[:kept], self.guess_type(str(path)))

    def _send(self, content: bytes, kind: str) -> None:
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked:
            self.facts.ranges.append(self.headers["Range"])
            start = int(asked[1])
            end = int(asked[2]) + 1 if asked[2] else len(content)
            content = content[start:end]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"v1"')
        self.end_headers()
        if self.facts.break_after:
            self.wfile.write(content[: self.facts.break_after.pop(0)])
            self.close_connection = True
            return
        at_once = self.facts.held.get(self.path, len(content))
        self._write(content[:at_once])
        if content[at_once:]:
            self.wfile.flush()
            self.facts.go_on.wait(20)
            self._write(content[at_once:])

    def _write(self, content: bytes) -> None:
        rate = self.facts.bytes_per_s
        step = rate // 10 or len(content) or 1
        for place in range(0, len(content), step):
            self.wfile.write(content[place : place + step])
            time.sleep(0.1 if rate else 0)


@contextmanager
def serving(folder: Path) -> Iterator[WebServer]:
    """The files of `folder` at a free port."""
    facts = WebServer(folder, "")
    handler = functools.partial(_Handler, server_facts=facts, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    facts.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield facts
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
