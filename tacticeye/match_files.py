"""The folder of a match: where each file lies, what the small ones say.

    matches/<id>/match.json      id, title, time of creation: what makes a folder a match
                 config.json     AnalysisConfig, never changed afterwards
                 match.duckdb    the results (store.py), state.json: their readable mirror, preview.jpg
                 control.json    intent: run or stop, and since when
                 worker.json     the process last started for it: pid and creation time
                 worker.lock     held by flock for as long as a process works on the match (lease.py)
                 progress.json   heartbeat: how far the analysis is
                 outcome.json    how the last run ended; absent while it runs, and after a crash
                 worker.log      what the process printed
                 source.*        the video, where it was uploaded or downloaded; stream.mp4: a live stream that is kept
                 annotated.mp4   the annotated video, once somebody asked for it; render.json: how far that is

Every JSON file is written to a temporary name and renamed, so a reader sees the old content or the new. Wall times are
seconds since 1970 (`..._at`). A status is never stored: match_queue.py derives it from these files.
"""

from __future__ import annotations

import errno
import math
import os
import re
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from tacticeye.config import AnalysisConfig, SourceType
from tacticeye.errors import InvalidMatchIdError, MatchNotFoundError, StorageError

MATCH_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

# Given back to the disk when it is full, so that there is room to write why the run ended.
RESERVE_BYTES = 16384

STREAM_NAME = "stream.mp4"

Record = TypeVar("Record")


class Intent(StrEnum):
    """What the user wants of a match."""

    RUN = "run"
    STOP = "stop"


class Ending(StrEnum):
    """How a run ended when it could still say so."""

    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class Card:
    """match.json. created_at: wall time, s."""

    match_id: str
    title: str
    created_at: float


@dataclass(frozen=True)
class Control:
    """control.json. requested_at: wall time of the wish, s; the queue goes by it."""

    intent: Intent
    requested_at: float


@dataclass(frozen=True)
class Worker:
    """worker.json: a process by pid and creation time (wall, s), which no later process shares."""

    pid: int
    create_time: float
    started_at: float


@dataclass(frozen=True)
class Outcome:
    """outcome.json. message: one sentence for the user, empty where there is nothing to say. at: wall time, s."""

    ending: Ending
    message: str
    at: float


@dataclass(frozen=True)
class Progress:
    """progress.json. beat_at: wall time of writing; frame, t_s: analysed so far; total_*: estimates, 0 unknown.

    speed: multiples of real time, 0 unknown; batch_idx -1: no batch done yet in this match. note: what the source has
    to tell, one sentence. lag_s: s of a live stream that have arrived but aren't analysed, NaN for files.
    """

    # NaN stays NaN in JSON.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(ser_json_inf_nan="constants")

    beat_at: float
    frame: int = 0
    t_s: float = 0.0
    total_frames: int = 0
    total_s: float = 0.0
    batch_idx: int = -1
    speed: float = 0.0
    note: str = ""
    lag_s: float = math.nan


@dataclass(frozen=True)
class RenderRun:
    """render.json: the process that draws the annotated video. path: where to; beat_at: wall time of writing, s.

    done_s, total_s: of video, 0 unknown. is_done: the video is complete; message: why it will never be, else empty.
    """

    process: Worker
    path: str
    beat_at: float
    done_s: float = 0.0
    total_s: float = 0.0
    is_done: bool = False
    message: str = ""


# Building one costs more than reading a file with it.
_ADAPTERS: dict[type, TypeAdapter[Any]] = {
    kind: TypeAdapter(kind) for kind in (Card, Control, Worker, Outcome, Progress, RenderRun, AnalysisConfig)
}


def get_match_id(text: str) -> str:
    """`text` where it may name a match. Raises InvalidMatchIdError."""
    if not MATCH_ID.fullmatch(text):
        raise InvalidMatchIdError(text)
    return text


@dataclass(frozen=True)
class MatchFolder:
    """Paths of one match. Making the object touches nothing on disk."""

    path: Path

    @classmethod
    def of(cls, data_dir: Path, match_id: str) -> MatchFolder:
        """The folder that the match has or would have. Raises InvalidMatchIdError."""
        return cls(matches_dir(data_dir) / get_match_id(match_id))

    @classmethod
    def existing(cls, data_dir: Path, match_id: str) -> MatchFolder:
        """The folder of a match that exists. Raises InvalidMatchIdError, MatchNotFoundError."""
        folder = cls.of(data_dir, match_id)
        if not folder.card.is_file():
            raise MatchNotFoundError(match_id)
        return folder

    @property
    def match_id(self) -> str:
        return self.path.name

    @property
    def card(self) -> Path:
        return self.path / "match.json"

    @property
    def config(self) -> Path:
        return self.path / "config.json"

    @property
    def database(self) -> Path:
        return self.path / "match.duckdb"

    @property
    def state(self) -> Path:
        return self.path / "state.json"

    @property
    def preview(self) -> Path:
        return self.path / "preview.jpg"

    @property
    def control(self) -> Path:
        return self.path / "control.json"

    @property
    def worker(self) -> Path:
        return self.path / "worker.json"

    @property
    def lease(self) -> Path:
        return self.path / "worker.lock"

    @property
    def progress(self) -> Path:
        return self.path / "progress.json"

    @property
    def outcome(self) -> Path:
        return self.path / "outcome.json"

    @property
    def log(self) -> Path:
        return self.path / "worker.log"

    @property
    def annotated(self) -> Path:
        return self.path / "annotated.mp4"

    @property
    def render(self) -> Path:
        return self.path / "render.json"

    @property
    def render_log(self) -> Path:
        return self.path / "render.log"

    @property
    def reserve(self) -> Path:
        return self.path / ".reserve"

    def read_card(self) -> Card | None:
        return read_record(self.card, Card)

    def read_control(self) -> Control | None:
        return read_record(self.control, Control)

    def read_worker(self) -> Worker | None:
        return read_record(self.worker, Worker)

    def read_progress(self) -> Progress | None:
        return read_record(self.progress, Progress)

    def read_outcome(self) -> Outcome | None:
        return read_record(self.outcome, Outcome)

    def read_render(self) -> RenderRun | None:
        return read_record(self.render, RenderRun)

    def read_config(self) -> AnalysisConfig:
        """Raises StorageError where config.json is missing or damaged."""
        config = read_record(self.config, AnalysisConfig)
        if config is None:
            raise StorageError(self.config, "the settings of this match are missing or damaged; analyse it anew.")
        return config

    def find_video(self) -> Path | None:
        """The file with the match's pictures: given, downloaded, or kept of a stream; None where there is none (now).

        Raises StorageError.
        """
        config = self.read_config()
        if config.source_type is SourceType.UPLOADED_FILE:
            path = Path(config.source_url)
        else:
            path = find_download(self.path) or self.path / STREAM_NAME
        return path if path.is_file() else None

    def write_outcome(self, ending: Ending, message: str = "") -> None:
        """Records how a run ended, on a full disk too as long as a reserve was laid."""
        with suppress(FileNotFoundError):
            self.reserve.unlink()
        write_record(self.outcome, Outcome(ending, message, time.time()))

    def lay_reserve(self) -> None:
        """Keeps some space that write_outcome can give back. Raises StorageError."""
        write_bytes(self.reserve, bytes(RESERVE_BYTES))

    def clear_run(self) -> None:
        """Forgets how the last run went, before a new one is asked for."""
        for path in (self.outcome, self.worker):
            path.unlink(missing_ok=True)


def find_download(folder: Path) -> Path | None:
    """The file of a download that came to its end."""
    found = (path for path in folder.glob("source.*") if path.suffix not in (".part", ".json", ".ytdl"))
    return next((path for path in found if not path.name.endswith(".part")), None)


def matches_dir(data_dir: Path) -> Path:
    return data_dir / "matches"


def find_matches(data_dir: Path) -> list[MatchFolder]:
    """Folders of all matches, by id. Empty where the data folder doesn't exist. Raises StorageError."""
    try:
        paths = sorted(matches_dir(data_dir).iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise storage_error(matches_dir(data_dir), error) from error
    folders = [MatchFolder(path) for path in paths if MATCH_ID.fullmatch(path.name)]
    return [folder for folder in folders if folder.card.is_file()]


def storage_error(path: Path, error: OSError) -> StorageError:
    """The failure of a file as a sentence that says what to do."""
    advice = {
        errno.ENOSPC: "the disk is full; free some space and try again, finished work is kept.",
        errno.EDQUOT: "the disk quota is used up; free some space and try again, finished work is kept.",
        errno.EACCES: "no permission to write there; choose another data folder with --data-dir or TACTICEYE_DATA_DIR.",
        errno.EPERM: "no permission to write there; choose another data folder with --data-dir or TACTICEYE_DATA_DIR.",
        errno.EROFS: "that place is read-only; choose another data folder with --data-dir or TACTICEYE_DATA_DIR.",
        errno.ENOTDIR: "a part of that path is a file; choose another data folder with --data-dir.",
        errno.EEXIST: "a file lies where a folder is needed; choose another data folder with --data-dir.",
    }
    fallback = f"{os.strerror(error.errno) if error.errno else error}; check the data folder."
    return StorageError(path, advice.get(error.errno or 0, fallback))


def make_folder(path: Path) -> None:
    """Makes the folder with its parents. Raises StorageError where that can't be, FileExistsError never."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(path, error) from error


def write_bytes(path: Path, content: bytes, is_durable: bool = True) -> None:
    """Writes a file whole or not at all; durable means that it also outlives a power cut. Raises StorageError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    try:
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                if is_durable:
                    os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise storage_error(path, error) from error


def write_record(path: Path, record: Any, is_durable: bool = True) -> None:
    """Writes a dataclass as JSON, whole or not at all. Raises StorageError."""
    write_bytes(path, _ADAPTERS[type(record)].dump_json(record, indent=1) + b"\n", is_durable)


def read_record(path: Path, kind: type[Record]) -> Record | None:
    """The dataclass in the file; None where there is no file or it isn't one of ours."""
    try:
        record: Record = _ADAPTERS[kind].validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValidationError):
        return None
    except OSError as error:
        raise storage_error(path, error) from error
    return record
