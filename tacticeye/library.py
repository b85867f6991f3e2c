"""The matches of a data folder: what is shown of each, making new ones, deleting."""

from __future__ import annotations

import math
import os
import re
import secrets
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

from tacticeye.config import AnalysisConfig, SourceType
from tacticeye.errors import (
    MatchBusyError,
    MatchExistsError,
    MatchNotFoundError,
    SourceError,
    StorageError,
    UploadConflictError,
)
from tacticeye.lease import hold_lease, hold_queue
from tacticeye.match_files import (
    Card,
    MatchFolder,
    Progress,
    find_matches,
    get_match_id,
    make_folder,
    matches_dir,
    storage_error,
    write_record,
)
from tacticeye.match_queue import MatchStatus, Standing, find_queue, find_standing
from tacticeye.source_links import check_link, guess_source_type, is_link, title_of
from tacticeye.uploads import Upload, video_suffix


@dataclass(frozen=True)
class MatchCard:
    """A match in the library.

    share         part of the video analysed, 0..1; None while its length isn't known
    t_s, total_s  s of video analysed, and in all (an estimate until finished; 0 unknown)
    speed         seconds of video a second of work, 0 unknown
    batch_idx     last batch done, -1 none
    created_at    wall time, s
    queue_place   1 for the next to run; 0 where it doesn't wait for others
    message       one sentence where there is something to say: why it failed, what to do after a crash, what a link
                  that is being read has to tell
    preview_path  newest annotated frame, None before there is one
    quiet_s       s since an active worker last told of progress; 0 for all others
    frame, total_frames  frames read, and in all (an estimate until finished; 0 unknown)
    lag_s         s of a live stream that have arrived but aren't analysed; NaN for recordings
    """

    match_id: str
    title: str
    status: MatchStatus
    share: float | None
    t_s: float
    total_s: float
    speed: float
    batch_idx: int
    created_at: float
    queue_place: int
    message: str
    preview_path: Path | None
    quiet_s: float
    frame: int = 0
    total_frames: int = 0
    lag_s: float = math.nan


def list_cards(data_dir: Path) -> list[MatchCard]:
    """All matches, newest first."""
    standings = {folder: find_standing(folder) for folder in find_matches(data_dir)}
    queue = find_queue({folder.match_id: standing for folder, standing in standings.items()})
    cards = [_card(folder, standing, queue) for folder, standing in standings.items()]
    return sorted(cards, key=lambda card: (-card.created_at, card.match_id))


def read_card(data_dir: Path, folder: MatchFolder) -> MatchCard:
    """One match. The others are looked at only where it waits in the queue, for its place."""
    standing = find_standing(folder)
    queue: list[str] = []
    if standing.queued_at is not None:
        queue = find_queue({other.match_id: find_standing(other) for other in find_matches(data_dir)})
    return _card(folder, standing, queue)


def create_match(
    data_dir: Path,
    config: AnalysisConfig,
    match_id: str | None = None,
    title: str = "",
    *,
    allow_private: bool = False,
) -> str:
    """Makes the folder of a new match of the file or link `config.source_url` and returns its id. It doesn't run yet.

    match_id: None takes one after the name of the file. title: shown to users, that name where empty. The source_type
    of a link is guessed where it is left at UPLOADED_FILE. allow_private: whether a link may lead to this machine.
    Raises SourceError, InvalidMatchIdError, MatchExistsError, StorageError.
    """
    described, name = _describe_source(config, allow_private)
    chosen = get_match_id(match_id) if match_id is not None else _new_id(name)
    folder = _make_match(data_dir, chosen, title or name)
    try:
        write_record(folder.config, described)
    except StorageError:
        _remove(folder)
        raise
    return chosen


def _describe_source(config: AnalysisConfig, allow_private: bool) -> tuple[AnalysisConfig, str]:
    """The configuration with its source checked and made absolute, and what to call the match."""
    source = Path(config.source_url)
    if config.source_type is SourceType.TRACKING_DATA:
        further = tuple(str(Path(name).absolute()) for name in config.tracking_files)
        return replace(config, source_url=str(_get_video(source)), tracking_files=further), source.stem
    is_of_file = config.source_type is SourceType.UPLOADED_FILE
    if is_of_file and (not is_link(config.source_url) or _exists(source)):
        return replace(config, source_url=str(_get_video(source))), source.stem
    kind = guess_source_type(config.source_url) if is_of_file else config.source_type
    link = check_link(config.source_url, kind, allow_private)
    return replace(config, source_type=kind, source_url=link), title_of(link)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _make_match(data_dir: Path, match_id: str, title: str) -> MatchFolder:
    folder = MatchFolder.of(data_dir, match_id)
    make_folder(matches_dir(data_dir))
    try:
        folder.path.mkdir()
    except FileExistsError as error:
        raise MatchExistsError(match_id) from error
    except OSError as error:
        raise storage_error(folder.path, error) from error
    write_record(folder.card, Card(match_id, title, time.time()))
    return folder


def create_from_upload(
    data_dir: Path, config: AnalysisConfig, upload: Upload, match_id: str | None = None, title: str = ""
) -> str:
    """Like create_match, of a finished upload, which the match takes over without a copy.

    Raises UploadConflictError where a part of the file is missing.
    """
    if not upload.is_complete:
        raise UploadConflictError(
            upload.file_id, upload.size, f"only {upload.size} bytes of {upload.total_size} are here; send the rest."
        )
    stem = Path(upload.filename).stem
    chosen = get_match_id(match_id) if match_id is not None else _new_id(stem)
    folder = _make_match(data_dir, chosen, title or stem)
    video = folder.path / f"source{video_suffix(upload.filename)}"
    try:
        video.hardlink_to(upload.path)
        path = str(_get_video(video))
        write_record(folder.config, replace(config, source_type=SourceType.UPLOADED_FILE, source_url=path))
    except OSError as error:
        _remove(folder)
        raise storage_error(video, error) from error
    except SourceError as error:
        _remove(folder)
        raise SourceError(upload.filename, error.reason) from error
    except StorageError:
        _remove(folder)
        raise
    return chosen


def delete_match(data_dir: Path, folder: MatchFolder) -> None:
    """Deletes a match with all that is in its folder. Raises MatchBusyError while a process works on it."""
    with hold_queue(data_dir):
        standing = find_standing(folder)
        if standing.has_process and standing.status.is_active:
            raise MatchBusyError(folder.match_id, "it is being analysed; stop it first.")
        with hold_lease(folder):
            _remove(folder)


def _remove(folder: MatchFolder) -> None:
    """The folder leaves the list at once, by its new name; then its content goes."""
    doomed = folder.path.with_name(f".deleted-{folder.match_id}-{secrets.token_hex(4)}")
    try:
        folder.path.replace(doomed)
        shutil.rmtree(doomed)
    except FileNotFoundError as error:
        raise MatchNotFoundError(folder.match_id) from error
    except OSError as error:
        raise storage_error(folder.path, error) from error


def _get_video(source: Path) -> Path:
    """The absolute path of a file that may be a video. Raises SourceError."""
    shown = str(source)
    if not source.exists():
        raise SourceError(shown, "there is no such file; check the path.")
    if source.is_dir():
        raise SourceError(shown, "this is a folder; give the path of a video file in it.")
    if not source.is_file():
        raise SourceError(shown, "this is not a regular file; give the path of a video file.")
    if source.stat().st_size == 0:
        raise SourceError(shown, "the file is empty; copy or download it again.")
    if not os.access(source, os.R_OK):
        raise SourceError(shown, "no permission to read it.")
    return source.absolute()


def _new_id(stem: str) -> str:
    """A free id that resembles the name of the file: derby-3f9a1c."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-")[:40].strip("-") or "match"
    return f"{name}-{secrets.token_hex(3)}"


def _card(folder: MatchFolder, standing: Standing, queue: list[str]) -> MatchCard:
    card = folder.read_card() or Card(folder.match_id, folder.match_id, 0.0)
    progress = folder.read_progress()
    is_finished = standing.status is MatchStatus.FINISHED
    t_s = progress.t_s if progress else 0.0
    total_s = t_s if is_finished else progress.total_s if progress else 0.0
    frame = progress.frame if progress else 0
    total_frames = frame + 1 if is_finished else progress.total_frames if progress else 0
    share = 1.0 if is_finished else min(t_s / total_s, 1.0) if total_s > 0 else None
    is_working = standing.status in (MatchStatus.RUNNING, MatchStatus.STOPPING)
    return MatchCard(
        match_id=folder.match_id,
        title=card.title,
        status=standing.status,
        share=share,
        t_s=t_s,
        total_s=total_s,
        speed=progress.speed if progress else 0.0,
        batch_idx=progress.batch_idx if progress else -1,
        created_at=card.created_at,
        queue_place=queue.index(folder.match_id) + 1 if folder.match_id in queue else 0,
        message=standing.message or (_note(progress) if progress and is_working else ""),
        preview_path=folder.preview if folder.preview.is_file() else None,
        quiet_s=max(0.0, time.time() - progress.beat_at) if progress and is_working else 0.0,
        frame=frame,
        total_frames=total_frames,
        lag_s=progress.lag_s if progress and is_working else math.nan,
    )


def _note(progress: Progress) -> str:
    """What the source tells now; of a live stream, how far behind the analysis is."""
    if progress.note or math.isnan(progress.lag_s):
        return progress.note
    return f"Live: {progress.lag_s:.0f} s behind what has arrived."
