"""What every request passes before a route sees it: origin, size, token; and how errors become answers."""

from __future__ import annotations

import hmac
import json
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException as RoutingError
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tacticeye.config import Settings
from tacticeye.errors import (
    ConfigurationError,
    InvalidMatchIdError,
    MatchBusyError,
    MatchExistsError,
    MatchNotFoundError,
    SourceError,
    StorageBusyError,
    StorageError,
    TacticEyeError,
    UploadConflictError,
    UploadNotFoundError,
    UploadTooLargeError,
)
from tacticeye.texts import find_language
from tacticeye.texts.sentences import translate
from tacticeye.uploads import is_pass_right

JSON_LIMIT_BYTES = 64 << 10
UPLOAD_PATH = "/api/upload"
FOREIGN = "Pages of other sites may not call this server; TACTICEYE_CORS_ORIGINS names those that may."
# What the framework says where no route fits, and what we say.
_UNROUTED = {
    "Not Found": "There is nothing at this address: /api/docs lists what there is.",
    "Method Not Allowed": "This address takes other methods: /api/docs lists them.",
}

# The first that fits counts.
_STATUS: tuple[tuple[type[TacticEyeError], int], ...] = (
    (MatchNotFoundError, 404),
    (UploadNotFoundError, 404),
    (MatchExistsError, 409),
    (MatchBusyError, 409),
    (UploadConflictError, 409),
    (UploadTooLargeError, 413),
    (InvalidMatchIdError, 422),
    (ConfigurationError, 422),
    (SourceError, 422),
    (StorageBusyError, 503),
    (StorageError, 507),
)

_bearer = HTTPBearer(auto_error=False, description="the server's TACTICEYE_API_TOKEN, where it has one")


def status_of(error: TacticEyeError) -> int:
    """The HTTP status of an error of ours."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def install_error_answers(app: FastAPI) -> None:
    """Every refusal is {"detail": one sentence}, in the language that Accept-Language names first where we have it."""

    @app.exception_handler(TacticEyeError)
    def tell(request: Request, error: TacticEyeError) -> JSONResponse:
        content: dict[str, object] = {"detail": _told(request, str(error))}
        if isinstance(error, UploadConflictError):
            content["size"] = error.size
        headers = {"Retry-After": "1"} if isinstance(error, StorageBusyError) else None
        return JSONResponse(content, status_of(error), headers)

    @app.exception_handler(RoutingError)
    def refuse(request: Request, error: RoutingError) -> JSONResponse:
        sentence = _UNROUTED.get(str(error.detail), str(error.detail))
        return JSONResponse({"detail": _told(request, sentence)}, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    def explain(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
        if first["type"] == "json_invalid":
            return JSONResponse({"detail": _told(request, f"The body is no JSON from character {place} on.")}, 422)
        return JSONResponse({"detail": _told(request, f"{place} can't be used: {first['msg']}.")}, 422)


def _told(connection: HTTPConnection, sentence: str) -> str:
    return translate(sentence, find_language(connection.headers.get("Accept-Language")))


def is_token_right(settings: Settings, token: str) -> bool:
    """Whether `token` opens the API; any does where none is set."""
    return not settings.api_token or hmac.compare_digest(token.encode(), settings.api_token.encode())


def require_token(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> None:
    """A dependency of every route but the description and uploads."""
    if not is_token_right(Settings.from_environment(), credentials.credentials if credentials else ""):
        raise _no_token()


def require_token_or_pass(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> None:
    """A dependency of the routes of uploads, which our own pages call too, with a pass instead of the token."""
    settings, shown = Settings.from_environment(), credentials.credentials if credentials else ""
    if not is_token_right(settings, shown) and not is_pass_right(settings.api_token, shown):
        raise _no_token()


def _no_token() -> HTTPException:
    sentence = "This server wants its token: send the header 'Authorization: Bearer TOKEN'."
    return HTTPException(401, sentence, {"WWW-Authenticate": "Bearer"})


def is_origin_allowed(connection: HTTPConnection) -> bool:
    """Whether a browser's page may call: one of this server, or of an origin that the operator named.

    Programs send no Origin. Without this any page that a user opens could upload, stop and delete on his machine.
    """
    origin = connection.headers.get("origin")
    if origin is None or origin in allowed_origins():
        return True
    return urlsplit(origin).netloc == connection.headers.get("host", "")


def allowed_origins() -> list[str]:
    """Of TACTICEYE_CORS_ORIGINS."""
    return [origin.strip() for origin in Settings.from_environment().cors_origins.split(",") if origin.strip()]


class Gate:
    """ASGI: turns away foreign origins, and bodies larger than any of our JSON; uploads have limits of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        if not is_origin_allowed(connection):
            await _refuse(send, 403, _told(connection, FOREIGN))
            return
        if scope["path"].endswith(UPLOAD_PATH) and scope["method"] == "POST":
            await self._app(scope, receive, send)
            return
        body = await _read_body(Headers(scope=scope), receive)
        if body is None:
            sentence = f"The request is too large: at most {JSON_LIMIT_BYTES} bytes are taken here."
            await _refuse(send, 413, _told(connection, sentence))
            return
        await self._app(scope, _replay(body, receive), send)


async def _read_body(headers: Headers, receive: Receive) -> bytes | None:
    """The whole body; None where it is too large."""
    announced = headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > JSON_LIMIT_BYTES:
        return None
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > JSON_LIMIT_BYTES:
            return None
        if not message.get("more_body", False):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message


async def _refuse(send: Send, status: int, sentence: str) -> None:
    body = json.dumps({"detail": sentence}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
