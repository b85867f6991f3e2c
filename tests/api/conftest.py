"""One server for all tests of the API that don't change its settings, with one finished match on it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.api.server import Server, running_api


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_api(tmp_path_factory.mktemp("api"), seconds=8.0) as running:
        yield running


@pytest.fixture(scope="session")
def finished(server: Server) -> str:
    """A match that was uploaded and analysed to its end over the API."""
    with server.client() as client, server.video.open("rb") as video:
        file_id = client.post("/api/upload", files={"file": ("small.mp4", video)}).json()["file_id"]
        started = client.post(
            "/api/analyze", json={"match_id": "small", "file_id": file_id, "model_path": "weights/small.parquet"}
        )
    assert started.status_code == 201, started.text
    assert server.wait_for("small", "finished", "failed", "crashed")["status"] == "finished"
    return "small"


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client
