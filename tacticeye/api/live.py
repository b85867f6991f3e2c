"""The WebSocket of a match: progress, finished batches and the end, as they come.

Messages are JSON objects with a `type`: progress, batch_complete, then one of completed, stopped, error, after which
the connection is closed. A client may send {"type": "ping"} or plain `ping` and gets {"type": "pong"}.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, WebSocket
from fastapi.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect, WebSocketState

from tacticeye.api.guard import is_origin_allowed, is_token_right
from tacticeye.api.matches import match_info
from tacticeye.api.models import MatchInfo
from tacticeye.api.recent import Recent
from tacticeye.config import Settings
from tacticeye.errors import StorageBusyError, TacticEyeError
from tacticeye.match_queue import MatchStatus
from tacticeye.service import Service

LOOK_EVERY_S = 0.5
HEARTBEAT_S = 10.0  # progress is told again even when it stands, so that a client knows the connection lives
POLICY_VIOLATION = 1008

router = APIRouter()
_looks: Recent[MatchInfo] = Recent(LOOK_EVERY_S / 2)
_figures: Recent[Any] = Recent()
Message = dict[str, Any]

_ENDS = {MatchStatus.FINISHED: "completed", MatchStatus.STOPPED: "stopped"}
_FAULTS = (MatchStatus.FAILED, MatchStatus.CRASHED)


@router.websocket("/ws/{match_id}")
async def follow(websocket: WebSocket, match_id: str, token: str = "") -> None:
    """Follows one match until it ends or the client goes. Browsers, which can't set headers, give `?token=`."""
    shown = websocket.headers.get("authorization", "").removeprefix("Bearer ") or token
    await websocket.accept()
    if not is_origin_allowed(websocket) or not is_token_right(Settings.from_environment(), shown):
        await _tell(websocket, {"type": "error", "message": "This server wants its token, or a page of its own."})
        await websocket.close(POLICY_VIOLATION)
        return
    # Both tasks: without one that receives, a server that shuts down waits for this handler for ever.
    tasks = {asyncio.create_task(_send_news(websocket, match_id)), asyncio.create_task(_answer_pings(websocket))}
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        with suppress(WebSocketDisconnect):
            task.result()
    if websocket.application_state is WebSocketState.CONNECTED and websocket.client_state is WebSocketState.CONNECTED:
        with suppress(RuntimeError):  # the client may go at the same instant
            await websocket.close()


async def _send_news(websocket: WebSocket, match_id: str) -> None:
    try:
        async for message in news(Service.from_environment(), match_id):
            await _tell(websocket, message)
    except TacticEyeError as error:
        await _tell(websocket, {"type": "error", "match_id": match_id, "message": str(error)})


async def _answer_pings(websocket: WebSocket) -> None:
    while True:
        text = await websocket.receive_text()
        if _is_ping(text):
            await _tell(websocket, {"type": "pong"})


async def news(service: Service, match_id: str) -> AsyncIterator[Message]:
    """The messages of a match until its end. Raises MatchNotFoundError, InvalidMatchIdError, StorageError."""
    told: Message = {}
    last_batch: int | None = None
    silent_s = 0.0
    while True:
        info = await run_in_threadpool(_look, service, match_id)
        if last_batch is None:
            last_batch = info.batch_idx
        message = _progress(info)
        if message != told or silent_s >= HEARTBEAT_S:
            yield message
            told, silent_s = message, 0.0
        if info.batch_idx > last_batch:
            async for finished in _batches(service, match_id, last_batch):
                last_batch = int(finished["batch_idx"])
                yield finished
        if info.status in _FAULTS:
            yield {"type": "error", "match_id": match_id, "message": info.message}
            return
        if info.status in _ENDS:
            summary = await run_in_threadpool(service.summary, match_id)
            yield {"type": _ENDS[info.status], "match_id": match_id, "summary": summary}
            return
        await asyncio.sleep(LOOK_EVERY_S)
        silent_s += LOOK_EVERY_S


async def _batches(service: Service, match_id: str, after: int) -> AsyncIterator[Message]:
    key = (service.data_dir, match_id, after)
    try:
        stats = await run_in_threadpool(_figures.get, key, lambda: service.batch_stats(match_id, after))
    except StorageBusyError:
        return
    for batch in sorted(stats):
        yield {"type": "batch_complete", "match_id": match_id, "batch_idx": batch, "stats": stats[batch]}


def _look(service: Service, match_id: str) -> MatchInfo:
    def look() -> MatchInfo:
        service.tend()
        return match_info(service.status(match_id))

    return _looks.get((service.data_dir, match_id), look)


def _progress(info: MatchInfo) -> Message:
    return {
        "type": "progress",
        "match_id": info.match_id,
        "status": info.status.value,
        "frame": info.frame,
        "total_frames": info.total_frames,
        "progress": info.progress,
        "fps_processing": info.fps_processing,
        "realtime_factor": info.realtime_factor,
        "lag_seconds": info.lag_seconds,
        "message": info.message,
    }


def _is_ping(text: str) -> bool:
    if text.strip() == "ping":
        return True
    try:
        message = json.loads(text)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("type") == "ping"


async def _tell(websocket: WebSocket, message: Message) -> None:
    await websocket.send_text(json.dumps(message))
