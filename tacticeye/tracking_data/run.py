"""Analysis of tracking data, batch by batch as of a video: each batch is committed with the state that follows from it.

Killed at any instant and called again, it goes on behind the last committed batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from tacticeye.analysis import totals as running_totals
from tacticeye.analysis.play import Play, PlayAnalysis
from tacticeye.config import AnalysisConfig
from tacticeye.errors import DatabaseDamagedError
from tacticeye.match_files import MatchFolder
from tacticeye.match_state import MatchState, Progress, SourceFacts, get_default_storage
from tacticeye.store import MatchRecord, MatchStore
from tacticeye.tracking_data.frames import TrackingFrames
from tacticeye.tracking_data.providers import read_provider
from tacticeye.tracking_data.tables import read_table
from tacticeye.types import NO_PTS, AnalysisProgress, ChunkOutput, Role, StreamPosition, TrackSummary


def read_frames(config: AnalysisConfig) -> TrackingFrames:
    """The positions that a match's settings name. Raises TrackingDataError, ConfigurationError."""
    path = Path(config.source_url)
    if config.tracking_provider:
        return read_provider(config.tracking_provider, [path, *map(Path, config.tracking_files)], config.pitch_layout)
    return read_table(path, config.tracking_fps, config.pitch_layout)


def analyse_held_tracking(
    match_id: str, config: AnalysisConfig, data_dir: Path, should_stop: Callable[[], bool]
) -> MatchState:
    """Analyse a match of tracking data that exists and whose lease the caller holds. Raises TacticEyeError."""
    folder = MatchFolder.existing(data_dir, match_id)
    frames = read_frames(config)
    store, storage = MatchStore(folder.path), get_default_storage(data_dir)
    state = _first_state(folder, store, config, frames)
    storage.save(state)
    began_s, since_s = time.monotonic(), state.progress.end_s
    for output, after in batches(frames, config, state):
        state = after
        store.commit(output, state.to_json(), is_last=state.progress.is_finished)
        storage.save(state)
        if config.on_batch_complete:
            config.on_batch_complete(match_id, output)
        if config.on_progress:
            elapsed_s = time.monotonic() - began_s
            speed = (output.end_s - since_s) / elapsed_s if elapsed_s > 0 else 0.0
            last = output.end_frame - 1
            config.on_progress(
                match_id,
                AnalysisProgress(output.batch_idx, last, output.end_s, len(frames), frames.end_s, speed),
            )
        if should_stop():
            break
    return state


def batches(
    frames: TrackingFrames, config: AnalysisConfig, state: MatchState
) -> Iterator[tuple[ChunkOutput, MatchState]]:
    """What each batch yields and the state after it, from where `state` stands."""
    processor = TrackingProcessor(frames, state)
    first = state.progress.position.frame + 1 if state.progress.position else 0
    n = len(frames)
    while first < n:
        until_s = frames.t_s[first] + config.batch_size_seconds
        last = max(first + 1, int(np.searchsorted(frames.t_s, until_s - 1e-6)))
        is_last = last == n or processor.next_batch + 1 == config.max_batches
        yield processor.process(first, last, is_last=is_last), processor.state()
        if is_last:
            return
        first = last


class TrackingProcessor:
    """Turns frames into rows, starting from the state that an earlier batch left."""

    def __init__(self, frames: TrackingFrames, state: MatchState) -> None:
        self._frames = frames
        self._state = state
        self._analysis = PlayAnalysis(state.possession, state.play_events, frames.layout)
        self._totals = state.totals
        self._open_spans = state.open_spans
        self._progress = state.progress
        self._summaries = _summaries(frames)

    @property
    def next_batch(self) -> int:
        return self._progress.next_batch

    def process(self, first: int, last: int, *, is_last: bool) -> ChunkOutput:
        """Analyse the frames first up to last, the next ones in order."""
        started = time.perf_counter()
        frames = self._frames
        play = Play()
        for index in range(first, last):
            play.extend(self._analysis.update(frames.observation(index)))
        start_s = self._progress.end_s if first else float(frames.t_s[0])
        end_s = frames.end_s if last == len(frames) else float(frames.t_s[last])
        if is_last:
            play.extend(self._analysis.flush(end_s))
        boxes, ball = frames.boxes(first, last), frames.ball_positions(first, last)
        batch = self._progress.next_batch
        position = StreamPosition(last - 1, float(frames.t_s[last - 1]), NO_PTS)
        self._progress = Progress(batch + 1, position, end_s, is_finished=is_last)
        active = np.unique(frames.track[frames.rows(last - 1, last)]).tolist()
        teams = {s.track: s.team for s in self._summaries}
        open_spans = self._analysis.open_spans()
        self._totals = replace(
            running_totals.add(self._totals, play.spans, play.events, open_spans[-1]),
            active_tracks=len(active),
            active_tracks_by_team={team: sum(teams[track] == team for track in active) for team in (0, 1)},
            total_ids=len(self._summaries),
        )
        self._open_spans = [] if is_last else open_spans
        people = int(np.sum(boxes.role != Role.BALL))
        return ChunkOutput(
            batch_idx=batch,
            start_frame=first,
            end_frame=last,
            start_s=start_s,
            end_s=end_s,
            boxes=boxes,
            ball=ball,
            spans=play.spans,
            events=play.events,
            metrics=play.metrics,
            tracks=self._summaries if is_last or not batch else [],
            kits=[],
            chunk_stats={
                "frames_analysed": last - first,
                "frames_live": last - first,
                "people_boxes": people,
                "people_tracked": people,
                "people_with_team": int(np.sum((boxes.role != Role.BALL) & (boxes.team >= 0))),
                "ball_detected": len(ball),
                "ball_interpolated": 0,
                "ball_unseen": last - first - len(ball),
            },
            processing_time_ms=1000 * (time.perf_counter() - started),
            calibration=frames.calibration(first, last),
        )

    def state(self) -> MatchState:
        """The state after the last processed batch, from which another process goes on."""
        return replace(
            self._state,
            progress=self._progress,
            possession=self._analysis.possession_state(),
            play_events=self._analysis.events_state(),
            totals=self._totals,
            open_spans=self._open_spans,
        )


def _summaries(frames: TrackingFrames) -> list[TrackSummary]:
    """Everybody who appears; a goalkeeper is who is one for most of his time."""
    tracks, row_track, counts = np.unique(frames.track, return_inverse=True, return_counts=True)
    row_t_s = np.repeat(frames.t_s, np.diff(frames.first_row))
    first_row = np.full(len(tracks), len(row_t_s))
    np.minimum.at(first_row, row_track, np.arange(len(row_t_s)))
    last_row = np.zeros(len(tracks), np.int64)
    np.maximum.at(last_row, row_track, np.arange(len(row_t_s)))
    is_keeper = np.bincount(row_track, frames.role == Role.GOALKEEPER, len(tracks)) > 0.5 * counts
    summaries = []
    for k, track in enumerate(tracks.tolist()):
        role = Role.GOALKEEPER if is_keeper[k] else Role(int(frames.role[first_row[k]]))
        role = Role.PLAYER if role is Role.GOALKEEPER and not is_keeper[k] else role
        team = int(frames.team[first_row[k]])
        times = float(row_t_s[first_row[k]]), float(row_t_s[last_row[k]])
        summaries.append(TrackSummary(track, role, team, float(team >= 0), *times, int(counts[k])))
    return summaries


def _first_state(folder: MatchFolder, store: MatchStore, config: AnalysisConfig, frames: TrackingFrames) -> MatchState:
    """The state of the last committed batch; where there is none, a new one and a new database."""
    committed = store.load_state()
    if committed is not None:
        try:
            return MatchState.from_json(committed)
        except ValidationError as error:
            raise DatabaseDamagedError(
                folder.database, "its analysis state can't be read by this version; analyse the positions anew."
            ) from error
    fps = 1.0 / frames.interval_s
    width, height = frames.picture_size
    facts = SourceFacts(width, height, fps, len(frames), frames.end_s)
    if not store.exists:
        store.create(
            MatchRecord(
                match_id=folder.match_id,
                config_json=TypeAdapter(AnalysisConfig).dump_json(config).decode(),
                source_path=config.source_url,
                source_name=Path(config.source_url).name,
                width=width,
                height=height,
                fps=fps,
                declared_duration_s=frames.end_s,
                created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            )
        )
    return MatchState(folder.match_id, source=facts)
