"""`/video/{match_id}`: the video of a match for the browser, in the ranges it asks for.

Only what an analysis has read as a video is handed out, under its match's id: a path never comes from the request.
"""

from __future__ import annotations

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from tacticeye.config import Settings
from tacticeye.errors import TacticEyeError
from tacticeye.match_files import MatchFolder

# By suffix: what browsers play, and what they may try.
MEDIA_TYPES = {
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/mp4", ".webm": "video/webm", ".mkv": "video/x-matroska",
    ".avi": "video/x-msvideo", ".ts": "video/mp2t", ".mts": "video/mp2t",
}  # fmt: skip


def find_video(data_dir: Path, match_id: str) -> Path | None:
    """The video file of a match, None where there is none to hand out. Raises TacticEyeError for an unknown match."""
    folder = MatchFolder.existing(data_dir, match_id)
    path = folder.find_video()
    # A match is made of whatever path somebody types. Results exist only where decoding gave pictures.
    return path if path and path.suffix.lower() in MEDIA_TYPES and folder.database.is_file() else None


def video_route(path: str = "/video/{match_id}") -> Route:
    """The route for an ASGI application."""
    return Route(path, _answer, methods=["GET", "HEAD"], name="video")


async def _answer(request: Request) -> Response:
    try:
        data_dir = Settings.from_environment().data_dir.absolute()
        video = await run_in_threadpool(find_video, data_dir, request.path_params["match_id"])
    except TacticEyeError as error:
        return PlainTextResponse(str(error), status_code=404, headers=_SAFE)
    if video is None:
        return PlainTextResponse("This match has no video file to show.", status_code=404, headers=_SAFE)
    return FileResponse(video, media_type=MEDIA_TYPES[video.suffix.lower()], headers=_SAFE)


# The browser takes the file for what we say it is, and nothing else.
_SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache"}
