"""A real server of the API in a process of its own, with a weights folder that holds recorded boxes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tacticeye.config import AnalysisConfig
from tests.small_match import write_small_match

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 90.0


@dataclass(frozen=True)
class Server:
    """A running server. video: a small match; its recorded boxes are weights/small.parquet."""

    address: str
    folder: Path
    config: AnalysisConfig
    pid: int

    @property
    def websocket(self) -> str:
        return self.address.replace("http", "ws")

    @property
    def video(self) -> Path:
        return self.folder / "weights" / "small.mp4"

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=30)

    def wait_for(self, match_id: str, *statuses: str) -> dict[str, object]:
        """The status of the match once it is one of these."""
        deadline = time.monotonic() + WAIT_S
        with self.client() as client:
            while time.monotonic() < deadline:
                answer: dict[str, object] = client.get(f"/api/match/{match_id}/status").json()
                if answer["status"] in statuses:
                    return answer
                time.sleep(0.1)
        raise AssertionError(f"{match_id} didn't become one of {statuses}: {answer}")


@contextmanager
def running_api(folder: Path, seconds: float, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """`uvicorn tacticeye.api:app` in `folder`, for a small match of so many seconds."""
    weights = folder / "weights"
    weights.mkdir()
    config = write_small_match(weights, seconds)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "tacticeye.api:app", "--port", str(port), "--log-level", "warning"],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TACTICEYE_DATA_DIR": str(folder / "data"),
            **(environment or {}),
        },
    )
    try:
        server = Server(f"http://127.0.0.1:{port}", folder, config, process.pid)
        wait_until_served(f"{server.address}/api/openapi.json", process)
        yield server
    finally:
        process.terminate()
        assert process.wait(15) is not None


def wait_until_served(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the server ended by itself"
        try:
            httpx.get(address, timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{address} doesn't answer")
