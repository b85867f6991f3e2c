"""The API in the dashboard's own server."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import httpx
import psutil
from websockets.sync.client import connect

from tests.browser.match_folders import make_match, run_as
from tests.browser.test_dashboard import running_server


def test_the_server_of_the_pages_answers_programs_and_ends_while_a_client_listens(root: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    run_as(make_match(data_dir, "derby", "Derby", batches=2), os.getpid())
    with running_server(root, data_dir) as (address, pid):
        with httpx.Client(base_url=address) as client:
            assert [match["match_id"] for match in client.get("/api/matches").json()["matches"]] == ["derby"]
            assert client.get("/api/docs").status_code == 200
            assert "Streamlit" in client.get("/live").text
        with connect(f"{address.replace('http', 'ws')}/ws/derby") as listener:
            assert json.loads(listener.recv())["type"] == "progress"
            process, started = psutil.Process(pid), time.monotonic()
            process.terminate()
            process.wait(10)
            assert time.monotonic() - started < 10
