"""`/download/{match_id}/{kind}`: a match as a file. Another process makes it, so that the server stays light.

`?language=es` tells refusals in that language; otherwise the browser's decides.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from tacticeye.config import Settings
from tacticeye.errors import TacticEyeError
from tacticeye.export_files import KINDS, file_name
from tacticeye.match_files import MatchFolder
from tacticeye.texts import find_language
from tacticeye.texts.sentences import translate
from tacticeye.types import EventKind

CLIPS = "clips"
_SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
# Making one file at a time: a second reader of a whole match would take the memory of the analysis.
_TURN = asyncio.Semaphore(1)


def download_route(path: str = "/download/{match_id}/{kind}") -> Route:
    """The route for an ASGI application."""
    return Route(path, _answer, methods=["GET"], name="download")


async def _answer(request: Request) -> Response:
    match_id, kind = request.path_params["match_id"], request.path_params["kind"]
    try:
        data_dir = Settings.from_environment().data_dir.absolute()
        MatchFolder.existing(data_dir, match_id)
    except TacticEyeError as error:
        return _refusal(request, str(error), 404)
    if kind != CLIPS and kind not in KINDS:
        return _refusal(request, "There is no such format.", 404)
    scratch = tempfile.TemporaryDirectory(prefix="tacticeye-")
    name = f"{match_id}-clips.zip" if kind == CLIPS else file_name(match_id, kind)
    out = Path(scratch.name) / name
    command = ["clips", match_id, *_filters(request)] if kind == CLIPS else ["export", match_id, "--format", kind]
    async with _TURN:
        reason = await _run([*command, "--out", str(out)], data_dir)
    if reason:
        scratch.cleanup()
        return _refusal(request, reason, 409)
    return FileResponse(out, filename=name, headers=_SAFE, background=BackgroundTask(scratch.cleanup))


def _refusal(request: Request, sentence: str, status: int) -> Response:
    wanted = request.query_params.get("language") or request.headers.get("Accept-Language")
    return PlainTextResponse(translate(sentence, find_language(wanted)), status_code=status, headers=_SAFE)


def _filters(request: Request) -> list[str]:
    """Only what is known is passed on."""
    kinds = [kind for kind in request.query_params.get("kinds", "").split(",") if kind in list(EventKind)]
    teams = [team for team in request.query_params.get("teams", "").split(",") if team in ("0", "1")]
    return [f"--kinds={','.join(kinds)}", f"--teams={','.join(teams)}"]


async def _run(arguments: list[str], data_dir: Path) -> str:
    """Empty, or why it failed in a sentence."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tacticeye", "--data-dir", str(data_dir), *arguments,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[1],
    )  # fmt: skip
    try:
        _, told = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        raise
    if process.returncode == 0:
        return ""
    lines = told.decode(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("tacticeye: ") if lines else "The file could not be made."
