"""The WebSocket against a real server, with a real client."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.api.server import Server, running_api


def messages(address: str) -> list[dict[str, Any]]:
    """All that is told until the server closes the connection, for whatever reason."""
    told = []
    with connect(address, open_timeout=20) as websocket, suppress(ConnectionClosedError):
        for text in websocket:
            told.append(json.loads(text))
    return told


def test_a_match_is_followed_from_its_start_to_its_end(server: Server, client: httpx.Client) -> None:
    with server.video.open("rb") as video:
        file_id = client.post("/api/upload", files={"file": video}).json()["file_id"]
    body = {"file_id": file_id, "model_path": "small.parquet", "batch_size_seconds": 0.4, "max_batches": 8}
    match_id = client.post("/api/analyze", json=body).json()["match_id"]
    told = messages(f"{server.websocket}/ws/{match_id}")
    assert told[0].keys() >= {"frame", "total_frames", "progress", "fps_processing", "realtime_factor", "message"}
    finished = [message for message in told if message["type"] == "batch_complete"]
    assert [message["batch_idx"] for message in finished] == list(range(8))
    assert finished[0]["stats"]["frames_analysed"] == 5
    assert (told[-1]["type"], told[-1]["summary"]["status"]) == ("completed", "finished")


def test_a_match_that_is_over_is_told_at_once(server: Server, finished: str) -> None:
    assert [message["type"] for message in messages(f"{server.websocket}/ws/{finished}")] == ["progress", "completed"]


@pytest.mark.parametrize("match_id", ["absent", "-bad"])
def test_what_does_not_exist_is_an_error_message(server: Server, match_id: str) -> None:
    (told,) = messages(f"{server.websocket}/ws/{match_id}")
    assert told["type"] == "error"


def test_pings_are_answered_while_a_match_runs(server: Server, client: httpx.Client) -> None:
    with server.video.open("rb") as video:
        file_id = client.post("/api/upload", files={"file": video}).json()["file_id"]
    match_id = client.post("/api/analyze", json={"file_id": file_id, "model_path": "small.parquet"}).json()["match_id"]
    with connect(f"{server.websocket}/ws/{match_id}") as websocket:
        websocket.send('{"type": "ping"}')
        websocket.send("no json {")
        websocket.send("ping")
        kinds = [json.loads(text)["type"] for text in websocket]
    assert kinds.count("pong") == 2


def test_foreign_pages_and_wrong_tokens_are_turned_away(
    server: Server, finished: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with connect(f"{server.websocket}/ws/{finished}", origin=Origin("https://evil.example")) as websocket:
        assert json.loads(websocket.recv())["type"] == "error"
    with running_api(tmp_path_factory.mktemp("token"), 1.0, {"TACTICEYE_API_TOKEN": "sesame"}) as strict:
        (refused,) = messages(f"{strict.websocket}/ws/absent?token=wrong")
        (let_in,) = messages(f"{strict.websocket}/ws/absent?token=sesame")
    assert ("token" in refused["message"], "no match" in let_in["message"]) == (True, True)
