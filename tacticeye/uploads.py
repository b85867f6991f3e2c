"""Uploads that come in parts, kept until a match takes them over: `<data>/uploads/<file_id>/`.

    upload.json   name as the user knows it, bytes announced
    content       what has arrived; its size says where the next part goes on

A part is appended under a lock, so two clients can't mix their bytes. What arrived of a broken part stays. Uploads that
nobody touched for a week are removed when the next one begins.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter, ValidationError

from tacticeye.errors import UploadConflictError, UploadNotFoundError, UploadTooLargeError
from tacticeye.match_files import make_folder, storage_error, write_bytes

FILE_ID = re.compile(r"[0-9a-f]{32}")
KEPT_S = 7 * 24 * 3600.0
PASS_HOURS = 24
# Left free on the disk: databases of the matches that are being analysed grow meanwhile.
SPARE_BYTES = 512 << 20
MB = 10**6
_NAME_LENGTH = 200
_UNFIT = re.compile(r"[\x00-\x1f\x7f/\\]")


@dataclass(frozen=True)
class Upload:
    """One upload. size: bytes here; total_size: bytes announced, -1 where the end of the request says it."""

    file_id: str
    filename: str
    size: int
    total_size: int
    path: Path

    @property
    def is_complete(self) -> bool:
        return self.size == self.total_size


@dataclass(frozen=True)
class _Label:
    filename: str
    total_size: int


_LABEL: TypeAdapter[_Label] = TypeAdapter(_Label)


class PartWriter:
    """Appends to one upload while its lock is held."""

    def __init__(self, file: IO[bytes], end: int, reason: str) -> None:
        self._file = file
        self._end = end
        self._reason = reason
        self.size = file.tell()

    def write(self, content: bytes) -> None:
        """Raises UploadTooLargeError, StorageError."""
        if self.size + len(content) > self._end:
            raise UploadTooLargeError(self._reason)
        try:
            self._file.write(content)
        except OSError as error:
            raise storage_error(Path(self._file.name), error) from error
        self.size += len(content)


class UploadShelf:
    """All uploads of a data folder. limit_mb: largest file taken."""

    def __init__(self, data_dir: Path, limit_mb: int) -> None:
        self._folder = data_dir / "uploads"
        self._limit_mb = limit_mb

    def begin(self, filename: str, total_size: int = -1) -> Upload:
        """A new, empty upload. Raises UploadTooLargeError, StorageError."""
        make_folder(self._folder)
        self._forget_old()
        if total_size > self._limit_mb * MB:
            raise UploadTooLargeError(self._limit_sentence())
        if max(total_size, 0) + SPARE_BYTES > shutil.disk_usage(self._folder).free:
            raise UploadTooLargeError("the server's disk has no room for it; free some space there.")
        file_id = secrets.token_hex(16)
        make_folder(self._folder / file_id)
        self._label(file_id, _Label(clean_name(filename), total_size))
        (self._folder / file_id / "content").touch()
        return self.get(file_id)

    def get(self, file_id: str) -> Upload:
        """Raises UploadNotFoundError."""
        if not FILE_ID.fullmatch(file_id):
            raise UploadNotFoundError(file_id)
        folder = self._folder / file_id
        try:
            label = _LABEL.validate_json((folder / "upload.json").read_bytes())
            size = (folder / "content").stat().st_size
        except (FileNotFoundError, ValidationError) as error:
            raise UploadNotFoundError(file_id) from error
        except OSError as error:
            raise storage_error(folder, error) from error
        return Upload(file_id, label.filename, size, label.total_size, folder / "content")

    @contextmanager
    def appending(self, file_id: str, offset: int) -> Iterator[PartWriter]:
        """A writer that goes on at `offset`. Raises UploadNotFoundError, UploadConflictError."""
        upload = self.get(file_id)
        with upload.path.open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UploadConflictError(file_id, upload.size, "another part of it is arriving; wait.") from error
            size = os.fstat(file.fileno()).st_size
            if offset != size:
                raise UploadConflictError(file_id, size, f"{size} bytes are here; send what follows them.")
            is_announced = upload.total_size >= 0
            end = upload.total_size if is_announced else self._limit_mb * MB
            reason = f"{end} bytes were announced." if is_announced else self._limit_sentence()
            yield PartWriter(file, end, reason)

    def finish(self, file_id: str) -> Upload:
        """What has arrived of an upload whose size wasn't announced is all of it."""
        upload = self.get(file_id)
        if upload.total_size < 0:
            self._label(file_id, _Label(upload.filename, upload.size))
        return self.get(file_id)

    def discard(self, file_id: str) -> None:
        """Raises UploadNotFoundError."""
        shutil.rmtree(self.get(file_id).path.parent, ignore_errors=True)

    def _label(self, file_id: str, label: _Label) -> None:
        write_bytes(self._folder / file_id / "upload.json", _LABEL.dump_json(label))

    def _limit_sentence(self) -> str:
        return f"this server takes {self._limit_mb} MB; the setting TACTICEYE_UPLOAD_MB raises that."

    def _forget_old(self) -> None:
        for folder in self._folder.iterdir():
            content = folder / "content"
            if FILE_ID.fullmatch(folder.name) and _age_s(content) > KEPT_S:
                shutil.rmtree(folder, ignore_errors=True)


def new_pass(api_token: str) -> str:
    """What a page of ours shows to upload for a day, and for nothing else, where the API wants its token.

    Whoever opens the page may upload there anyway; the token itself opens all of the API and never leaves the server.
    """
    # Whole hours, so that a page which is drawn again stays as it is.
    until = str((int(time.time()) // 3600 + 1 + PASS_HOURS) * 3600)
    return f"{until}.{_signature(api_token, until)}"


def is_pass_right(api_token: str, shown: str, now: float | None = None) -> bool:
    """Whether `shown` is a pass of `new_pass` that is still good. now: Unix time, default the clock's."""
    until, _, signature = shown.partition(".")
    is_genuine = hmac.compare_digest(signature.encode(), _signature(api_token, until).encode())
    return is_genuine and (time.time() if now is None else now) < int(until)


def _signature(api_token: str, until: str) -> str:
    return hmac.new(api_token.encode(), f"upload until {until}".encode(), hashlib.sha256).hexdigest()


def clean_name(filename: str) -> str:
    """The name of a file without folders and characters that no file name has."""
    name = _UNFIT.sub("", filename.replace("\\", "/").rsplit("/", 1)[-1]).strip()
    stem, dot, suffix = name.rpartition(".")
    if dot and len(suffix) <= 5:
        return f"{stem[:_NAME_LENGTH]}.{suffix}"
    return name[:_NAME_LENGTH] or "upload"


def video_suffix(name: str) -> str:
    """The ending of a file's name as it may be used again; empty where it is none."""
    suffix = Path(name).suffix.lower()
    return suffix if re.fullmatch(r"[.][a-z0-9]{1,5}", suffix) else ""


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
