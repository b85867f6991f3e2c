"""The FastAPI application, and how it is mounted in another server without losing its paths."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from tacticeye.api import live, matches, uploads
from tacticeye.api.guard import Gate, allowed_origins, install_error_answers, require_token, require_token_or_pass
from tacticeye.api.models import Problem

_DESCRIPTION = """
Upload a video or name a link, have it analysed, and read events, positions and possession while it runs.
`/ws/{match_id}` is a WebSocket that tells of progress: messages `progress`, `batch_complete`, then `completed`,
`stopped` or `error`. Refusals are `{"detail": "one sentence"}`, in Spanish
where `Accept-Language` asks for it.
"""


def create_app() -> FastAPI:
    """The API as one ASGI application. Settings are read from the environment at each request, CORS once, here."""
    app: FastAPI = FastAPIOffline(
        title="TacticEYE",
        description=_DESCRIPTION,
        version="1",
        docs_url="/api/docs",
        redoc_url=None,
        openapi_url="/api/openapi.json",
        static_url="/api/docs-assets",
    )
    answers: dict[int | str, dict[str, Any]] = {401: {"model": Problem}, 403: {"model": Problem}}
    for router, requirement in ((uploads.router, require_token_or_pass), (matches.router, require_token)):
        app.include_router(router, prefix="/api", dependencies=[Depends(requirement)], responses=answers)
    app.include_router(live.router)
    install_error_answers(app)
    app.add_middleware(Gate)
    if origins := allowed_origins():
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"])
    return app


class _AtRoot:
    """Gives a mounted application the whole path back that its mount took a piece off."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "root_path": scope.get("app_root_path", "")}, receive, send)


def mounts() -> list[Mount]:
    """The routes by which a server of something else serves the API too."""
    return [Mount(path, _AtRoot(app)) for path in ("/api", "/ws")]


app = create_app()
