"""The annotated video as a job: a process of its own draws it, and anybody can see how far it is.

Whether it runs still is derived from the process that render.json names, never stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import time

from tacticeye.lease import describe_process, is_alive
from tacticeye.match_files import MatchFolder, RenderRun, write_record
from tacticeye.match_queue import start_process

CRASHED = "The video was not finished: its process ended early. Start it again."


class RenderState(StrEnum):
    """How the annotated video of a match stands."""

    NONE = "none"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class RenderStatus:
    """share: 0..1 of the video drawn. path: the finished file, None before. message: why it failed, else empty."""

    state: RenderState = RenderState.NONE
    share: float = 0.0
    path: Path | None = None
    message: str = ""


def start_render(data_dir: Path, folder: MatchFolder) -> RenderStatus:
    """Has the annotated video drawn into the match's folder; nothing happens while that is going on already.

    Raises StorageError.
    """
    status = render_status(folder)
    if status.state is RenderState.RUNNING:
        return status
    pid = start_process(["render", folder.match_id, "--data-dir", str(data_dir.resolve())], folder.render_log)
    write_record(folder.render, RenderRun(describe_process(pid), str(folder.annotated), time()))
    return render_status(folder)


def render_status(folder: MatchFolder) -> RenderStatus:
    """Raises StorageError."""
    run = folder.read_render()
    if run is None:
        return RenderStatus()
    share = min(run.done_s / run.total_s, 1.0) if run.total_s > 0 else 0.0
    if run.is_done:
        path = Path(run.path)
        return RenderStatus(RenderState.DONE, 1.0, path) if path.is_file() else RenderStatus()
    if run.message:
        return RenderStatus(RenderState.FAILED, share, message=run.message)
    if is_alive(run.process):
        return RenderStatus(RenderState.RUNNING, share)
    return RenderStatus(RenderState.FAILED, share, message=CRASHED)
