"""Many clients on one match: how long the API takes to answer while a worker analyses, and what that costs the worker.

`python -m tests.benchmarks.api_load`: a server, a match of recorded boxes, 50 clients that ask every second and 50
WebSockets. Prints the p50 and p95 of all requests, and the worker's seconds of video a second with and without them.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
from websockets.asyncio.client import connect

from tests.api.server import Server, running_api

PATHS = ("status", "summary", "events?limit=50", "possession")


async def poll(client: httpx.AsyncClient, match_id: str, number: int, until: float, took: list[float]) -> None:
    """One client: another of the paths every second."""
    await asyncio.sleep(number / 50)
    while time.monotonic() < until:
        begun = time.monotonic()
        answer = await client.get(f"/api/match/{match_id}/{PATHS[number % len(PATHS)]}")
        assert answer.status_code == 200, answer.text
        took.append(time.monotonic() - begun)
        await asyncio.sleep(max(0.0, 1.0 - (time.monotonic() - begun)))


async def listen(address: str, until: float) -> None:
    async with connect(address) as websocket:
        while time.monotonic() < until:
            try:
                await asyncio.wait_for(websocket.recv(), 1.0)
            except TimeoutError:
                continue


async def press(server: Server, match_id: str, clients: int, seconds: float) -> list[float]:
    took: list[float] = []
    until = time.monotonic() + seconds
    async with httpx.AsyncClient(
        base_url=server.address, timeout=30, limits=httpx.Limits(max_connections=None)
    ) as client:
        polls = [poll(client, match_id, number, until, took) for number in range(clients)]
        listeners = [listen(f"{server.websocket}/ws/{match_id}", until) for _ in range(clients)]
        await asyncio.gather(*polls, *listeners)
    return took


def progress(server: Server, match_id: str) -> float:
    with server.client() as client:
        return float(client.get(f"/api/match/{match_id}/status").json()["seconds"])


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--clients", type=int, default=50)
    options.add_argument("--seconds", type=float, default=20.0)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_api(Path(folder), seconds=240.0) as server:
        with server.client() as client, server.video.open("rb") as video:
            file_id = client.post("/api/upload", files={"file": video}).json()["file_id"]
            body = {"file_id": file_id, "model_path": "small.parquet", "batch_size_seconds": 0.5}
            match_id = client.post("/api/analyze", json=body).json()["match_id"]
        while progress(server, match_id) < 2.0:
            time.sleep(0.5)
        begun = progress(server, match_id)
        time.sleep(chosen.seconds)
        between = progress(server, match_id)
        took = asyncio.run(press(server, match_id, chosen.clients, chosen.seconds))
        ended = progress(server, match_id)
        with server.client() as client:
            client.post(f"/api/match/{match_id}/stop")
        server.wait_for(match_id, "stopped", "finished")
    p50, p95 = (1000 * np.percentile(took, share) for share in (50, 95))
    print(f"{len(took)} requests of {chosen.clients} clients: p50 {p50:.0f} ms, p95 {p95:.0f} ms")
    alone, pressed = (between - begun) / chosen.seconds, (ended - between) / chosen.seconds
    print(f"worker: {alone:.2f} s of video a second alone, {pressed:.2f} beside them")


if __name__ == "__main__":
    main()
