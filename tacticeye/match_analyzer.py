"""One match from its source to its database: source, processor, store, state, in that order, batch by batch.

Each batch is committed with the state that follows from it before the next one begins, so this function may be killed
at any instant and called again: it goes on behind the last committed batch.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from tacticeye import service
from tacticeye.batch_processor import BatchProcessor
from tacticeye.config import AnalysisConfig, Settings, SourceType
from tacticeye.errors import SourceStoppedError, TacticEyeError
from tacticeye.frame_batches import READ_AHEAD_IMAGES
from tacticeye.lease import hold_lease
from tacticeye.match_files import MatchFolder
from tacticeye.match_queue import claim
from tacticeye.match_sink import DatabaseSink, MatchSink
from tacticeye.match_state import MatchState, SourceFacts, get_default_storage
from tacticeye.pitch_service import finish_by_hand
from tacticeye.run_record import recorded_run
from tacticeye.source_links import guess_source_type, without_secrets
from tacticeye.store import MatchRecord
from tacticeye.types import AnalysisProgress, ChunkOutput
from tacticeye.video_sources import VideoSource, calculate_batch_size, open_source, read_frame_batches

SPEED_WINDOW_S = 30.0  # wall time over which the speed is averaged: long enough to be calm, short enough to follow
LIVE_READ_AHEAD_IMAGES = 4  # what waits as pictures counts as lag, and can't be dropped any more


def run_match_analysis(
    match_id: str,
    config: AnalysisConfig,
    *,
    data_dir: Path | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> MatchState:
    """Analyse a match from where it stands to its end, and return its last state; a new one is made if there is none.

    should_stop is asked after each batch; pages and command line see the run, and their stop ends it too. The config's
    callbacks are called on this thread. Raises TacticEyeError after telling on_error, MatchBusyError where another
    process has the match; whatever was committed before is kept.
    """
    settings = Settings.from_environment()
    data_dir = data_dir or settings.data_dir
    if not MatchFolder.of(data_dir, match_id).card.is_file():
        service.create_match(data_dir, config, match_id, allow_private=settings.allow_private_sources)
    folder = MatchFolder.existing(data_dir, match_id)
    claim(data_dir, folder)
    with hold_lease(folder), recorded_run(data_dir, folder) as run:
        state = analyse_held_match(match_id, run.listening(config), data_dir, lambda: should_stop() or run.is_to_stop)
        run.close(state)
    return state


def analyse_held_match(
    match_id: str, config: AnalysisConfig, data_dir: Path, should_stop: Callable[[], bool]
) -> MatchState:
    """The same for a match that exists and whose lease the caller holds."""
    folder = MatchFolder.existing(data_dir, match_id)
    state = analyse_into(DatabaseSink(folder, get_default_storage(data_dir)), folder, config, should_stop)
    if state.progress.is_finished:
        finish_by_hand(folder)
    return state


def analyse_into(
    sink: MatchSink, folder: MatchFolder, config: AnalysisConfig, should_stop: Callable[[], bool]
) -> MatchState:
    """Analyse from where the sink says to the end or a stop. folder: names the match, and keeps what is downloaded."""
    match_id = folder.match_id

    def tell(sentence: str) -> None:
        if config.on_note:
            config.on_note(match_id, sentence)

    try:
        with open_source(
            config.source_type, config.source_url, folder.path, tell, should_stop, keep_stream=config.keep_stream
        ) as source:
            tell("")
            return _Run(folder, config, source, sink).to_the_end(should_stop)
    except SourceStoppedError:
        return sink.load_state() or MatchState(match_id)
    except TacticEyeError as error:
        if config.on_error:
            config.on_error(match_id, error)
        raise


def analyze_local_file(
    path: str | Path,
    *,
    match_id: str | None = None,
    preset: str = "vod",
    data_dir: Path | None = None,
    **overrides: Any,
) -> MatchState:
    """Analyse a video file as a new match, in this process. overrides: AnalysisConfig fields. Raises TacticEyeError."""
    data_dir = data_dir or Settings.from_environment().data_dir
    config = AnalysisConfig.preset(
        preset, source_type=SourceType.UPLOADED_FILE, source_url=str(Path(path).resolve()), **overrides
    )
    match_id = service.create_match(data_dir, config, match_id)
    return run_match_analysis(match_id, config, data_dir=data_dir)


def analyze_youtube(
    link: str, *, match_id: str | None = None, preset: str = "vod", data_dir: Path | None = None, **overrides: Any
) -> MatchState:
    """Analyse a video of YouTube, recorded or live, as a new match, in this process. Raises TacticEyeError."""
    return _analyze_link(link, guess_source_type(link), match_id, preset, data_dir, overrides)


def analyze_hls_stream(
    link: str, *, match_id: str | None = None, preset: str = "live", data_dir: Path | None = None, **overrides: Any
) -> MatchState:
    """Analyse an HLS stream, recorded or live, as a new match, in this process. Raises TacticEyeError."""
    return _analyze_link(link, SourceType.HLS, match_id, preset, data_dir, overrides)


def _analyze_link(
    link: str,
    source_type: SourceType,
    match_id: str | None,
    preset: str,
    data_dir: Path | None,
    overrides: dict[str, Any],
) -> MatchState:
    settings = Settings.from_environment()
    data_dir = data_dir or settings.data_dir
    config = AnalysisConfig.preset(preset, source_type=source_type, source_url=link, **overrides)
    match_id = service.create_match(data_dir, config, match_id, allow_private=settings.allow_private_sources)
    return run_match_analysis(match_id, config, data_dir=data_dir)


class _Run:
    """One call of run_match_analysis: what its loop shares."""

    def __init__(
        self,
        folder: MatchFolder,
        config: AnalysisConfig,
        source: VideoSource,
        sink: MatchSink,
    ) -> None:
        self._folder = folder
        self._config = config
        self._source = source
        self._sink = sink
        self._speed = _Speedometer(time.monotonic())

    def to_the_end(self, should_stop: Callable[[], bool]) -> MatchState:
        state = self._first_state()
        self._sink.mirror(state)
        if state.progress.is_finished:
            return state
        processor = BatchProcessor(self._config, state)
        processor.initialize_modules()
        metadata = self._source.get_metadata()
        if metadata.is_live:
            self._source.use_size(state.source.width, state.source.height)
        batches = read_frame_batches(
            self._source,
            batch_frames=calculate_batch_size(metadata.fps, self._config.batch_size_seconds),
            analysis_hz=self._config.analysis_hz,
            first_index=state.progress.next_batch,
            after=state.progress.position,
            read_ahead_images=LIVE_READ_AHEAD_IMAGES if metadata.is_live else READ_AHEAD_IMAGES,
        )
        with closing(batches):
            for item in batches:
                is_last = item.is_last or item.batch.index + 1 == self._config.max_batches
                output = processor.process_chunk(item.batch, item.position, is_last=is_last)
                state = processor.save_modules_state()
                self._sink.commit(output, state)
                self._tell(output, state)
                if is_last or should_stop():
                    break
        if self._source.failure is not None:
            raise self._source.failure
        return state

    def _first_state(self) -> MatchState:
        """The state of the last committed batch; where there is none, a new one and a new database."""
        committed = self._sink.load_state()
        if committed is not None:
            return committed
        metadata = self._source.get_metadata()
        facts = SourceFacts(
            width=metadata.width,
            height=metadata.height,
            fps=metadata.fps,
            total_frames=max(0, metadata.declared_frames),
            total_seconds=metadata.declared_duration_s if metadata.declared_duration_s > 0 else 0.0,
        )
        self._sink.begin(self._record(facts))
        return MatchState(self._folder.match_id, source=facts)

    def _record(self, facts: SourceFacts) -> MatchRecord:
        return MatchRecord(
            match_id=self._folder.match_id,
            config_json=TypeAdapter(AnalysisConfig).dump_json(self._config).decode(),
            source_path=self._config.source_url,
            source_name=self._source_name(),
            width=facts.width,
            height=facts.height,
            fps=facts.fps,
            declared_duration_s=facts.total_seconds or float("nan"),
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def _source_name(self) -> str:
        """A file's name; of a link, what may be shown of it."""
        source = self._config.source_url
        return Path(source).name if self._config.source_type is SourceType.UPLOADED_FILE else without_secrets(source)

    def _tell(self, output: ChunkOutput, state: MatchState) -> None:
        missing_s = sum(gap.end_s - gap.start_s for gap in output.gaps)
        speed = self._speed.after(output.end_s - output.start_s - missing_s, time.monotonic())
        if self._config.on_batch_complete:
            self._config.on_batch_complete(state.match_id, output)
        lag_s = float(np.maximum(self._source.received_s - output.end_s, 0.0))  # NaN stays NaN
        self._source.heed_lag(lag_s)
        if self._config.on_progress:
            progress = AnalysisProgress(
                batch_idx=output.batch_idx,
                frame=output.end_frame - 1,
                t_s=output.end_s,
                total_frames=state.source.total_frames,
                total_seconds=state.source.total_seconds,
                speed=speed,
                lag_s=lag_s,
            )
            self._config.on_progress(state.match_id, progress)


class _Speedometer:
    """Seconds of video done a second of wall time, over a sliding window."""

    def __init__(self, now_s: float) -> None:
        self._marks: deque[tuple[float, float]] = deque([(now_s, 0.0)])

    def after(self, video_s: float, now_s: float) -> float:
        """The speed once another `video_s` seconds of video were done."""
        self._marks.append((now_s, self._marks[-1][1] + video_s))
        while len(self._marks) > 2 and self._marks[1][0] < now_s - SPEED_WINDOW_S:
            self._marks.popleft()
        (then_s, done_then), (now_s, done) = self._marks[0], self._marks[-1]
        return (done - done_then) / (now_s - then_s) if now_s > then_s else 0.0
