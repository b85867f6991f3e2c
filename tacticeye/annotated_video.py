"""The annotated video of a match: what is stored of it, drawn over the source, with the sound kept.

Nothing is analysed again: boxes, ball and control come from the database, with the user's corrections, and between two
analysed frames people and ball move on straight lines. The video is read, drawn and written frame by frame, the rows
some seconds at a time, so the memory it takes doesn't grow with the match.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain, takewhile
from pathlib import Path
from time import time

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tacticeye.config import AnalysisConfig, SourceType
from tacticeye.corrections import correct_kits, correct_spans, correct_tracks, fold
from tacticeye.errors import StorageError, TacticEyeError
from tacticeye.lease import this_process
from tacticeye.ledger import in_force, read_entries
from tacticeye.match_files import MatchFolder, RenderRun, write_record
from tacticeye.store import MatchStore
from tacticeye.types import NO_TEAM, NO_TRACK, BallPosition, BallSource, Boxes, ControlState, Image, Role
from tacticeye.video_sources import LocalFileSource
from tacticeye.video_writer import FINE_TICK, Sound, VideoWriter
from tacticeye.vision.miniature_pitch import MiniaturePitch
from tacticeye.vision.overlay import annotate

CHUNK_S = 20.0  # rows read at a time
BEAT_S = 0.5  # how often progress is written down
LONGEST_STEP_S = 0.5  # analysed frames further apart than that aren't connected

Listener = Callable[[float, float], None]  # s done, s in all


def render_match(folder: MatchFolder, out: Path, on_progress: Listener = lambda done_s, total_s: None) -> Path:
    """Write what is analysed so far as an MP4 file and return its path. Raises StorageError, SourceError."""
    config, store = folder.read_config(), MatchStore(folder.path)
    with store.read() as snapshot:
        match = snapshot.match()
        end_s = snapshot.progress().end_s
    if not end_s:
        raise StorageError(folder.path, "nothing of this match has been analysed yet: start it first.")
    drawing = _Drawing(folder, store, config)
    with (
        LocalFileSource(_get_video(folder, config)) as source,
        closing(source.get_frame_generator()) as frames,
    ):
        first = next(frames, None)
        if first is None:
            raise StorageError(folder.path, "the video has no frame left to draw on: put it back where it was.")
        size = (match.width // 2 * 2, match.height // 2 * 2)
        with (
            closing(Sound(source.path, first.pts, first.t_s)) as sound,
            VideoWriter(out, size, 1 / FINE_TICK, sound=sound) as writer,
        ):
            for frame in takewhile(lambda f: f.t_s < end_s, chain((first,), frames)):
                image = drawing.draw(frame.to_bgr(), frame.t_s)
                writer.write(image[: size[1], : size[0]], frame.t_s - min(first.t_s, 0.0))
                on_progress(frame.t_s, end_s)
    on_progress(end_s, end_s)
    return out


def _get_video(folder: MatchFolder, config: AnalysisConfig) -> Path:
    video = folder.find_video()
    if video is None and config.source_type is SourceType.UPLOADED_FILE:
        return Path(config.source_url)  # whoever opens it says what is wrong with it
    if video is None:
        raise StorageError(folder.path, "a live stream that was not recorded can't be drawn again.")
    return video


def render_on_record(folder: MatchFolder, out: Path, on_progress: Listener = lambda done_s, total_s: None) -> Path:
    """The same, telling in render.json how far it is and how it ended. Raises StorageError, SourceError."""
    run = RenderRun(this_process(), str(out), time())
    write_record(folder.render, run)

    def tell(done_s: float, total_s: float) -> None:
        nonlocal run
        if time() - run.beat_at >= BEAT_S:
            run = replace(run, beat_at=time(), done_s=done_s, total_s=total_s)
            write_record(folder.render, run, is_durable=False)
        on_progress(done_s, total_s)

    try:
        render_match(folder, out, tell)
    except TacticEyeError as error:
        write_record(folder.render, replace(run, beat_at=time(), message=str(error)))
        raise
    write_record(folder.render, replace(run, beat_at=time(), done_s=run.total_s, is_done=True))
    return out


@dataclass(frozen=True, eq=False)
class _Chunk:
    """Rows of t0_s..t1_s: positions with the frames' times and where each begins, ball, spans."""

    t0_s: float
    t1_s: float
    boxes: Boxes
    times: NDArray[np.float64]
    starts: NDArray[np.intp]
    ball: pd.DataFrame
    spans: pd.DataFrame

    def of_frame(self, index: int) -> Boxes:
        return self.boxes.select(slice(int(self.starts[index]), int(self.starts[index + 1])))


class _Drawing:
    """Draws what the database tells of any moment; moments come in order."""

    def __init__(self, folder: MatchFolder, store: MatchStore, config: AnalysisConfig) -> None:
        self._store = store
        self._overrides = fold([entry.correction for entry in in_force(read_entries(folder))])
        with store.read() as snapshot:
            tracks = correct_tracks(snapshot.tracks(), self._overrides).set_index("track")
            self._kits = correct_kits({kit.team: kit.rgb for kit in snapshot.kits()}, self._overrides)
        self._roles = {int(track): int(role) for track, role in tracks["role"].items()}  # type: ignore[call-overload]
        self._teams = {int(track): int(team) for track, team in tracks["team"].items()}  # type: ignore[call-overload]
        self._miniature = MiniaturePitch(config.pitch_layout)
        self._chunk: _Chunk | None = None

    def draw(self, image: Image, t_s: float) -> Image:
        """A copy of `image`, shown at `t_s`, with what is known of that moment."""
        chunk = self._chunk
        if chunk is None or not chunk.t0_s <= t_s < chunk.t1_s:
            chunk = self._chunk = self._read(t_s)
        people = people_at(chunk, t_s)
        owner = _owner_at(chunk.spans, t_s)
        canvas = annotate(image, people, self._kits, ball_at(chunk.ball, t_s), owner, _clock(t_s))
        return self._miniature.draw(canvas, people, self._kits)

    def _read(self, t_s: float) -> _Chunk:
        t0_s, t1_s = t_s, t_s + CHUNK_S
        with self._store.read() as snapshot:
            rows = snapshot.positions(t0_s - LONGEST_STEP_S, t1_s + LONGEST_STEP_S)
            ball = snapshot.ball_path(t0_s - LONGEST_STEP_S, t1_s + LONGEST_STEP_S)
            spans = correct_spans(snapshot.control_spans(t0_s), self._overrides)
        boxes = self._as_shown(rows[rows["role"] != Role.BALL].sort_values("frame", kind="stable"))
        starts = np.flatnonzero(np.diff(boxes.frame, prepend=-1))
        return _Chunk(t0_s, t1_s, boxes, boxes.t_s[starts], np.append(starts, len(boxes)), ball, spans)

    def _as_shown(self, rows: pd.DataFrame) -> Boxes:
        """Positions with the ids, teams and roles as they are believed and corrected now."""
        t_s = rows["t_s"].to_numpy(np.float64)
        detected = rows["track"].to_numpy(np.int64)
        shown = np.where(detected == NO_TRACK, NO_TRACK, self._overrides.shown_tracks(detected, t_s))
        teams = [self._overrides.shown_team(int(team)) for team in rows["team"]]
        roles = rows["role"].tolist()
        boxes = Boxes.build(
            frame=rows["frame"].to_numpy(),
            t_s=t_s,
            xyxy=rows[["x1", "y1", "x2", "y2"]].to_numpy(np.float32),
            score=rows["score"].to_numpy(),
            role=[self._roles.get(t, role) for t, role in zip(shown.tolist(), roles, strict=True)],
            track=shown,
            team=[self._teams.get(t, team) for t, team in zip(shown.tolist(), teams, strict=True)],
        )
        return replace(boxes, pitch_xy=rows[["pitch_x", "pitch_y"]].to_numpy(np.float32))


def people_at(chunk: _Chunk, t_s: float) -> Boxes:
    """The people of a moment: between two analysed frames those seen in both on their way from one to the other."""
    before = int(np.searchsorted(chunk.times, t_s + 1e-6, "right")) - 1
    if before < 0 or t_s - chunk.times[before] > LONGEST_STEP_S:
        return Boxes.empty()
    start = chunk.of_frame(before)
    if before + 1 >= len(chunk.times) or chunk.times[before + 1] - chunk.times[before] > LONGEST_STEP_S:
        return start
    end = chunk.of_frame(before + 1)
    share = float((t_s - chunk.times[before]) / (chunk.times[before + 1] - chunk.times[before]))
    _, here, there = np.intersect1d(start.track, end.track, return_indices=True)
    both = start.track[here] != NO_TRACK
    here, there = here[both], there[both]
    moved = replace(
        start.select(here),
        xyxy=((1 - share) * start.xyxy[here] + share * end.xyxy[there]).astype(np.float32),
        pitch_xy=((1 - share) * start.pitch_xy[here] + share * end.pitch_xy[there]).astype(np.float32),
    )
    others, used = (start, here) if share < 0.5 else (end, there)
    return Boxes.concatenate([moved, others.select(np.setdiff1d(np.arange(len(others)), used))])


def ball_at(ball: pd.DataFrame, t_s: float) -> BallPosition | None:
    """The ball of a moment; None where no two sightings close enough enclose it."""
    times = ball["t_s"].to_numpy(np.float64)
    before = int(np.searchsorted(times, t_s + 1e-6, "right")) - 1
    if before < 0:
        return None
    row = ball.iloc[before]
    after = ball.iloc[min(before + 1, len(ball) - 1)]
    gap_s = float(after["t_s"] - row["t_s"])
    if t_s - times[before] > 1e-6 and not 0 < gap_s <= LONGEST_STEP_S:
        return None
    share = (t_s - times[before]) / gap_s if gap_s > 0 else 0.0
    return BallPosition(
        frame=int(row["frame"]),
        t_s=t_s,
        x=float(row["x"] + share * (after["x"] - row["x"])),
        y=float(row["y"] + share * (after["y"] - row["y"])),
        source=BallSource(row["source"]),
        confidence=float(row["confidence"]),
        in_air=None if pd.isna(row["in_air"]) else bool(row["in_air"]),
    )


def _owner_at(spans: pd.DataFrame, t_s: float) -> int:
    now = spans[(spans["start_s"] <= t_s) & (spans["end_s"] > t_s)]
    return int(now["track"].iloc[0]) if len(now) and ControlState(now["state"].iloc[0]).team != NO_TEAM else NO_TRACK


def _clock(t_s: float) -> str:
    minutes, seconds = divmod(math.floor(t_s), 60)
    return f"{minutes:02d}:{seconds:02d}"
