"""What a run leaves in its match's folder for everybody to see: how far it is, and how it ended.

The worker of a match keeps this record, and so does a program that analyses a match by itself.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Self, TypeVar

from tacticeye.config import AnalysisConfig
from tacticeye.errors import StorageError, TacticEyeError
from tacticeye.match_files import Ending, Intent, MatchFolder, Progress, write_record
from tacticeye.match_queue import close_run
from tacticeye.match_state import MatchState
from tacticeye.types import AnalysisProgress, ControlState

logger = logging.getLogger(__name__)

Told = TypeVar("Told")

FAULT = "An internal fault ended the analysis."
# Of the time that is no match view, in a video of something else.
NO_FOOTBALL_SHARE = 0.8
NO_FOOTBALL = (
    "No football found: hardly a frame shows grass with players on it from a match camera. "
    "Check that this is the right video; close-ups, studios and other sports aren't analysed."
)

# Containers declare up to a fifth more than they hold; below this share something is missing.
SHORTFALL = 0.5


def begin_run(folder: MatchFolder) -> Heartbeat:
    """Forgets how the last run ended. The caller holds the lease. Raises StorageError."""
    folder.outcome.unlink(missing_ok=True)
    folder.lay_reserve()
    return Heartbeat(folder)


class RecordedRun:
    """A run in a program of somebody's own. state: what it came to, once that is known."""

    def __init__(self, folder: MatchFolder) -> None:
        self._folder = folder
        self._heartbeat = begin_run(folder)
        self.state: MatchState | None = None

    @property
    def is_to_stop(self) -> bool:
        """Whether a page, the command line or the API asked for a stop."""
        control = self._folder.read_control()
        return control is not None and control.intent is Intent.STOP

    def listening(self, config: AnalysisConfig) -> AnalysisConfig:
        """The config with our ears beside its own."""
        return replace(
            config,
            on_progress=_both(lambda match_id, progress: self._heartbeat.beat(progress), config.on_progress),
            on_note=_both(lambda match_id, sentence: self._heartbeat.note(sentence), config.on_note),
        )

    def close(self, state: MatchState) -> None:
        self._heartbeat.close(state)
        self.state = state


@contextmanager
def recorded_run(data_dir: Path, folder: MatchFolder) -> Iterator[RecordedRun]:
    """However the block ends, that is on record. The caller has claimed the match and holds its lease."""
    with EndingOnRecord(data_dir, folder) as ending:
        run = RecordedRun(folder)
        yield run
        ending.state = run.state


class EndingOnRecord:
    """However the block ends, that is on record. The caller holds the match's lease.

    state: what the run came to, for the block to set; is_revocable: see close_run. fault: what a user reads of a fault
    of ours, which goes to the log in full; {kind} is its class.
    """

    def __init__(self, data_dir: Path, folder: MatchFolder, fault: str = FAULT) -> None:
        self._data_dir = data_dir
        self._folder = folder
        self._fault = fault
        self.state: MatchState | None = None
        self.is_revocable = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Raises StorageError where a good end can't be put on record."""
        if error is None and self.state is not None:
            ending = Ending.FINISHED if self.state.progress.is_finished else Ending.STOPPED
            remark = find_remark(self.state, self._folder.read_config().max_batches)
            close_run(self._data_dir, self._folder, ending, remark, is_revocable=self.is_revocable)
            return
        ending, message = Ending.FAILED, self._fault.format(kind=kind.__name__ if kind else "")
        if isinstance(error, KeyboardInterrupt):
            ending, message = Ending.STOPPED, ""
        elif isinstance(error, TacticEyeError):
            message = str(error)
        elif error is not None:
            logger.error("fault while analysing %s", self._folder.match_id, exc_info=error)
        # On a disk without any room left nothing can be put on record: the match then shows as crashed.
        with suppress(StorageError):
            close_run(self._data_dir, self._folder, ending, message)


def _both(ours: Callable[[str, Told], None], theirs: Callable[[str, Told], None] | None) -> Callable[[str, Told], None]:
    def tell(match_id: str, told: Told) -> None:
        ours(match_id, told)
        if theirs is not None:
            theirs(match_id, told)

    return tell


def find_remark(state: MatchState, max_batches: int | None) -> str:
    """What the user should know of a match that was analysed to its end; mostly nothing."""
    return find_shortfall(state, max_batches) or verdict(state)


def verdict(state: MatchState) -> str:
    """Whether a match that was analysed to its end is none; mostly empty."""
    seconds = state.totals_now.seconds_by_state
    covered_s = sum(seconds.values())
    has_play = any(seconds.get(ControlState.of_team(team), 0.0) > 0 for team in (0, 1))
    if not state.progress.is_finished or has_play or not covered_s:
        return ""
    return NO_FOOTBALL if seconds.get(ControlState.NOT_LIVE, 0.0) >= NO_FOOTBALL_SHARE * covered_s else ""


def find_shortfall(state: MatchState, max_batches: int | None) -> str:
    """A warning where far less of the video could be read than its container declares; empty otherwise."""
    declared_s, done = state.source.total_seconds, state.progress
    read_s = done.end_s
    is_cut_short = max_batches is not None and done.next_batch >= max_batches
    if not done.is_finished or is_cut_short or read_s >= SHORTFALL * declared_s:
        return ""
    return (
        f"Only {read_s:.0f} s of the {declared_s:.0f} s that this file declares could be read: it is cut off or "
        "damaged, so copy or download it again if the rest matters."
    )


class Heartbeat:
    """Writes progress.json. Not flushed to disk: after a power cut nobody asks how fast it was."""

    def __init__(self, folder: MatchFolder) -> None:
        self._folder = folder
        self._last = folder.read_progress() or Progress(beat_at=0.0)
        self._lock = threading.Lock()
        self._write(replace(self._last, speed=0.0, note=""))

    def beat(self, progress: AnalysisProgress) -> None:
        self._write(
            Progress(
                beat_at=0.0,
                frame=progress.frame,
                t_s=progress.t_s,
                total_frames=progress.total_frames,
                total_s=progress.total_seconds,
                batch_idx=progress.batch_idx,
                speed=progress.speed,
                note=self._last.note,
                lag_s=progress.lag_s,
            )
        )

    def note(self, sentence: str) -> None:
        """What the source has to tell; it may call from a thread of its own."""
        self._write(replace(self._last, note=sentence))

    def close(self, state: MatchState) -> None:
        """Has the file agree with the last state, also where a crash came between the two."""
        done = state.progress
        frame = done.position.frame if done.position else 0
        self._write(replace(self._last, frame=frame, t_s=done.end_s, batch_idx=done.next_batch - 1))

    def _write(self, progress: Progress) -> None:
        with self._lock:
            self._last = replace(progress, beat_at=time.time())
            write_record(self._folder.progress, self._last, is_durable=False)
