"""Uploads: a file in one request, or in parts that go on after a broken connection. Nothing waits in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from tacticeye.api.models import Problem, UploadAnswer, UploadConflict
from tacticeye.errors import TacticEyeError
from tacticeye.service import Service
from tacticeye.uploads import FILE_ID, Upload, UploadShelf

WRITE_BYTES = 1 << 20
MAX_BYTES = 10**15  # no disk holds more; what a server takes is its setting

router = APIRouter(tags=["uploads"])

_MULTIPART: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem},
    409: {"model": UploadConflict},
    413: {"model": Problem},
    422: {"model": Problem},
}
FileId = Annotated[str, Query(pattern=f"^{FILE_ID.pattern}$")]


class FileField:
    """Takes the content of the form's one file out of a multipart body as it arrives. Raises HTTPException (422)."""

    def __init__(self, content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise _unreadable("send the file as multipart/form-data in a field named file")
        self.filename: str | None = None
        self._is_complete = False
        self._header = [bytearray(), bytearray()]
        self._is_file = False
        self._content = bytearray()
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                    "on_header_end": self._end_header,
                    "on_part_data": self._add,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise _unreadable(str(error)) from error

    def feed(self, chunk: bytes) -> bytes:
        """What the chunk holds of the file."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _unreadable(str(error)) from error
        content = bytes(self._content)
        self._content.clear()
        return content

    def close(self) -> None:
        """The body is over. Raises HTTPException (422) where its end is missing."""
        if not self._is_complete:
            raise _unreadable("the end of the form is missing")

    def _end(self) -> None:
        self._is_complete = True

    def _begin_part(self) -> None:
        self._is_file = False

    def _end_header(self) -> None:
        name, value = (bytes(part) for part in self._header)
        self._header = [bytearray(), bytearray()]
        if name.lower() != b"content-disposition" or self.filename is not None:
            return
        _, options = parse_options_header(value)
        if options.get(b"name") == b"file":
            self._is_file = True
            self.filename = options.get(b"filename", b"").decode(errors="replace")

    def _add(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._content.extend(data[start:end])


@router.post("/upload", status_code=201, response_model=UploadAnswer, responses=_ANSWERS, openapi_extra=_MULTIPART)
async def upload(
    request: Request,
    total_size: Annotated[int | None, Query(ge=0, le=MAX_BYTES)] = None,
    file_id: FileId | None = None,
    offset: Annotated[int, Query(ge=0, le=MAX_BYTES)] = 0,
) -> UploadAnswer:
    """Uploads a video: the form field `file`, streamed to disk.

    In one request: no parameters. In parts: the first with `total_size`, each further one with the `file_id` that the
    first returned and its `offset` in bytes. After a broken connection GET tells how much is here.
    """
    shelf = Service.from_environment().uploads
    field = FileField(request.headers.get("content-type", ""))
    chunks = request.stream()
    first = await _first_content(field, chunks)
    if file_id is None:
        begun = await run_in_threadpool(
            shelf.begin, field.filename or "upload", -1 if total_size is None else total_size
        )
        return await _receive_first(shelf, begun, field, first, chunks, is_whole=total_size is None)
    await _receive(shelf, file_id, offset, field, first, chunks)
    return _answer(await run_in_threadpool(shelf.get, file_id))


@router.get("/upload/{file_id}", response_model=UploadAnswer, responses={404: {"model": Problem}})
def upload_progress(file_id: str) -> UploadAnswer:
    """How much of an upload is here."""
    return _answer(Service.from_environment().uploads.get(file_id))


@router.delete("/upload/{file_id}", status_code=204, responses={404: {"model": Problem}})
def discard_upload(file_id: str) -> None:
    """Removes an upload. A match that was made of it keeps its video."""
    Service.from_environment().uploads.discard(file_id)


async def _first_content(field: FileField, chunks: AsyncIterator[bytes]) -> bytes:
    """Reads until the file field begins. Raises HTTPException (422) where there is none."""
    seen = 0
    async for chunk in chunks:
        content = field.feed(chunk)
        if field.filename is not None:
            return content
        seen += len(chunk)
        if seen > WRITE_BYTES:
            break
    raise _unreadable("the form has no field named file")


async def _receive_first(
    shelf: UploadShelf, begun: Upload, field: FileField, first: bytes, chunks: AsyncIterator[bytes], *, is_whole: bool
) -> UploadAnswer:
    """What the first request brings. Nobody knows the id of an upload before its answer, so a broken one is dropped."""
    try:
        await _receive(shelf, begun.file_id, 0, field, first, chunks)
    except (TacticEyeError, ClientDisconnect, HTTPException):
        await run_in_threadpool(shelf.discard, begun.file_id)
        raise
    return _answer(await run_in_threadpool(shelf.finish if is_whole else shelf.get, begun.file_id))


async def _receive(
    shelf: UploadShelf, file_id: str, offset: int, field: FileField, first: bytes, chunks: AsyncIterator[bytes]
) -> None:
    with shelf.appending(file_id, offset) as writer:
        waiting = bytearray(first)
        try:
            async for chunk in chunks:
                waiting += field.feed(chunk)
                if len(waiting) >= WRITE_BYTES:
                    await run_in_threadpool(writer.write, bytes(waiting))
                    waiting.clear()
        finally:
            await run_in_threadpool(writer.write, bytes(waiting))
    field.close()


def _answer(upload: Upload) -> UploadAnswer:
    shown = {name: value for name, value in asdict(upload).items() if name != "path"}
    return UploadAnswer(**shown, is_complete=upload.is_complete)


def _unreadable(reason: str) -> HTTPException:
    return HTTPException(422, f"The upload can't be read: {reason.rstrip('.')}.")
