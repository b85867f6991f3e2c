"""The video of a match over HTTP: in ranges, and nothing but videos that were analysed."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette

from tacticeye.config import AnalysisConfig
from tacticeye.match_files import Card, MatchFolder, write_record
from tacticeye.video_route import video_route

CONTENT = bytes(range(256)) * 40


def add_match(data_dir: Path, match_id: str, source: Path, is_analysed: bool) -> None:
    folder = MatchFolder(data_dir / "matches" / match_id)
    folder.path.mkdir(parents=True)
    write_record(folder.card, Card(match_id, match_id, 0.0))
    write_record(folder.config, AnalysisConfig(source_url=str(source)))
    if is_analysed:
        folder.database.write_bytes(b"")


Answer = tuple[int, dict[str, str], bytes]
Get = Callable[..., Answer]


@pytest.fixture
def get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Get]:
    """Asks a server of that route alone: status, headers, content."""
    monkeypatch.setenv("TACTICEYE_DATA_DIR", str(tmp_path))
    (tmp_path / "derby.mp4").write_bytes(CONTENT)
    (tmp_path / "secret.txt").write_text("password")
    add_match(tmp_path, "derby", tmp_path / "derby.mp4", is_analysed=True)
    add_match(tmp_path, "fresh", tmp_path / "derby.mp4", is_analysed=False)
    add_match(tmp_path, "secret", tmp_path / "secret.txt", is_analysed=True)
    add_match(tmp_path, "gone", tmp_path / "gone.mp4", is_analysed=True)
    app = Starlette(routes=[video_route()])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]

    def ask(path: str, headers: dict[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, content

    yield ask
    server.should_exit = True
    thread.join()


def test_a_range_of_the_video_is_answered_with_just_that(get: Get) -> None:
    status, headers, content = get("/video/derby", {"Range": "bytes=100-199"})
    assert status == 206
    assert content == CONTENT[100:200]
    assert headers["content-range"] == f"bytes 100-199/{len(CONTENT)}"
    assert headers["content-type"] == "video/mp4"


def test_a_range_beyond_the_end_is_refused(get: Get) -> None:
    assert get("/video/derby", {"Range": "bytes=999999-"})[0] == 416


def test_nothing_but_videos_that_were_analysed_is_handed_out(get: Get) -> None:
    for match_id in ("unknown", "secret", "fresh", "gone", "..%2F..%2Fderby.mp4", "%2Fetc%2Fpasswd", ".hidden", "a%00"):
        status, _, content = get(f"/video/{match_id}")
        assert (match_id, status) == (match_id, 404)
        assert b"password" not in content
