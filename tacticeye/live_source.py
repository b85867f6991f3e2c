"""Live streams: read as they come, behind by no more than some seconds, for as long as they last.

A feeder thread collects pieces of the stream (feeders: hls_stream.py, rtmp_stream.py); frames are decoded from them
when the analysis asks. Where it is slower than the stream, first fewer frames are analysed, then pieces are dropped,
which is recorded as a gap like any other time without pictures. The stream ends where it says so, by a stop, or when
nothing came for `live_give_up_s`.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

from av.video.frame import VideoFrame as Picture
from av.video.reformatter import VideoReformatter

from tacticeye.display_matrix import Display
from tacticeye.errors import SourceError, SourceStoppedError
from tacticeye.frame_batches import VideoFrame, VideoMetadata, VideoSource
from tacticeye.gap import Gap, GapReason
from tacticeye.live_buffer import Piece, PieceBuffer
from tacticeye.live_clock import LiveClock, Tick
from tacticeye.stream_recording import StreamRecording
from tacticeye.types import NO_PTS, StreamPosition
from tacticeye.video_stream import find_display, to_bgr

POLL_S = 0.1
# s of waiting video, over what one piece brings at once, above which half and a quarter of the frames are analysed.
HALF_RATE_S, QUARTER_RATE_S = 1.5, 3.0
DROP_S = 5.0  # over which all but the newest piece is dropped
MAX_LAG_S = 8.0
# The same by how far behind the results are, which counts what waits for the analysis and is in its hands.
HALF_RATE_LAG_S, QUARTER_RATE_LAG_S = 4.5, 6.0
STALL_NOTE_S = 5.0


@dataclass(frozen=True)
class LiveOptions:
    """tell: takes sentences about the stream. should_stop: asked while nothing comes.

    recording: the file in which the stream is kept, None where it isn't, up to limit_bytes.
    """

    shown: str
    give_up_s: float
    recording: Path | None = None
    limit_bytes: int = 0
    tell: Callable[[str], None] = lambda sentence: None
    should_stop: Callable[[], bool] = lambda: False


class Feeder(ABC):
    """Fills a buffer from a stream, in a thread of its own, until `stop` is set."""

    def __init__(self, options: LiveOptions) -> None:
        self.options = options
        self.buffer = PieceBuffer(is_recorded=options.recording is not None)
        self.stop = Event()
        self.heard_at = time.monotonic()
        self.calm = ""  # what there is to tell while all goes well
        self._told = ""

    @abstractmethod
    def run(self) -> None:
        """Until the stream's end, then `buffer.close()`."""

    @abstractmethod
    def describe(self) -> VideoMetadata:
        """Once the first piece is there."""

    def start(self) -> None:
        threading.Thread(target=self._run, name="live-feeder", daemon=True).start()

    def _run(self) -> None:
        try:
            self.run()
        except SourceError as error:
            self.buffer.close(error)

    def put(self, piece: Piece) -> None:
        self.heard_at = time.monotonic()
        self._tell(self.calm)
        self.buffer.put(piece)

    def _tell(self, sentence: str) -> None:
        if sentence != self._told:
            self._told = sentence
            self.options.tell(sentence)

    def pause(self, seconds: float, trouble: str = "") -> None:
        """Waits, and tells of trouble. Raises SourceError where nothing came for too long."""
        silent_s = time.monotonic() - self.heard_at
        if silent_s > self.options.give_up_s:
            sentence = f"nothing came from this stream for {self.options.give_up_s:.0f} s: resume when it is on again."
            raise SourceError(self.options.shown, sentence)
        if silent_s > STALL_NOTE_S or trouble:
            self._tell(f"The stream stands still: {(trouble or 'nothing new arrives').rstrip('.')}; trying again.")
        self.stop.wait(seconds)


class LiveSource(VideoSource):
    """Frames of a live stream from the moment it is opened. One generator at a time."""

    def __init__(self, feeder: Feeder) -> None:
        self._feeder = feeder
        self._buffer = feeder.buffer
        self._closed = Event()
        self._display: Display | None = None
        self._newest_s = 0.0
        self._piece_s = 0.0
        self._left_s = 0.0  # of the piece in hand
        self._lag_s = 0.0
        self._is_late = False
        feeder.start()
        self._first: Piece | None = self._wait_for_first()
        self._feeder.options.tell("")
        self._metadata = feeder.describe()

    def get_metadata(self) -> VideoMetadata:
        return self._metadata

    def close(self) -> None:
        self._closed.set()
        self._feeder.stop.set()

    def use_size(self, width: int, height: int) -> None:
        self._display = Display(width, height)

    def heed_lag(self, lag_s: float) -> None:
        self._lag_s = lag_s
        self._is_late = lag_s > MAX_LAG_S

    @property
    def received_s(self) -> float:
        return self._newest_s + self._left_s + self._buffer.waiting_s

    def get_frame_generator(
        self, after: StreamPosition | None = None, stop: Event | None = None
    ) -> Generator[VideoFrame, None, None]:
        clock = LiveClock(1 / self._metadata.fps, after)
        index = 0 if after is None else after.frame + 1
        reason = GapReason.LOST if after is None else GapReason.STOPPED
        with closing(self._open_recording()) as recording:
            while (piece := self._next_piece(stop)) is not None:
                has_dropped, dropped = self._buffer.take_dropped()
                if has_dropped:
                    reason = GapReason.TOO_SLOW
                is_kept = False
                for stream_s, picture in self._decode(piece):
                    tick = clock.read(stream_s, piece.arrived_at)
                    if not is_kept and stream_s is not None:
                        recording.add([*dropped, piece], tick.t_s - stream_s)
                        is_kept = True
                    yield self._frame(index, tick, picture, piece, reason)
                    self._newest_s, index, reason = tick.t_s, index + 1, GapReason.LOST

    def _open_recording(self) -> StreamRecording:
        options = self._feeder.options

        def tell_end(sentence: str) -> None:
            self._feeder.calm = sentence

        return StreamRecording(options.recording, options.limit_bytes, tell_end)

    def _frame(self, index: int, tick: Tick, picture: Picture, piece: Piece, reason: GapReason) -> VideoFrame:
        display = self._display = self._display or find_display(picture)
        missing_s = tick.t_s - tick.missing_since_s
        gap = None
        if missing_s > 0:
            gap = Gap(tick.missing_since_s, tick.t_s, reason, round(missing_s * self._metadata.fps))
        return VideoFrame(
            index=index,
            t_s=tick.t_s,
            pts=NO_PTS,
            duration_s=1 / self._metadata.fps,
            shift=0,
            skipped_packets=0,
            to_bgr=partial(to_bgr, picture, display, VideoReformatter()),
            wall_at=piece.arrived_at,
            gap=gap,
            rate_share=self._rate_share(),
        )

    def _next_piece(self, stop: Event | None) -> Piece | None:
        """None at the end; whether of the stream or of our patience is in is_interrupted and failure."""
        first, self._first = self._first, None
        if first is not None:
            return first
        while True:
            piece = self._buffer.get(POLL_S)
            if self._is_asked_to_stop(stop):
                self.is_interrupted = True
                return None
            if piece is not None:
                return piece
            if self._buffer.is_closed:
                self.failure = self._buffer.failure
                self.is_interrupted = self.failure is not None
                return None

    def _is_asked_to_stop(self, stop: Event | None) -> bool:
        return self._closed.is_set() or (stop is not None and stop.is_set()) or self._feeder.options.should_stop()

    def _decode(self, piece: Piece) -> Iterator[tuple[float | None, Picture]]:
        """A piece's pictures in order, until it is so old that the newest one is better."""
        self._piece_s = max(piece.duration_s, 0.9 * self._piece_s)
        begun_s: float | None = None
        self._left_s = piece.duration_s
        for stream_s, picture in piece.decode():
            if begun_s is None:
                begun_s = stream_s
            if begun_s is not None and stream_s is not None:
                self._left_s = max(0.0, piece.duration_s - (stream_s - begun_s))
            yield stream_s, picture
            is_full = self._behind_s > min(DROP_S, max(1.0, MAX_LAG_S - self._piece_s))
            if is_full or (self._is_late and self._buffer.waiting_s > self._piece_s):
                self._is_late = False  # until the next batch tells what came of it
                self._buffer.keep_newest()
                break
        self._left_s = 0.0

    @property
    def _behind_s(self) -> float:
        """s of video that wait beyond what arrives at once anyway."""
        return self._buffer.waiting_s + self._left_s - self._piece_s

    def _rate_share(self) -> float:
        behind_s, lag_s = self._behind_s, self._lag_s - self._piece_s
        if behind_s <= HALF_RATE_S and lag_s <= HALF_RATE_LAG_S:
            return 1.0
        return 0.5 if behind_s <= QUARTER_RATE_S and lag_s <= QUARTER_RATE_LAG_S else 0.25

    def _wait_for_first(self) -> Piece:
        self._feeder.options.tell("Waiting for the stream.")
        while True:
            piece = self._buffer.get(POLL_S)
            if piece is not None:
                return piece
            if self._feeder.options.should_stop():
                self._feeder.stop.set()
                raise SourceStoppedError
            if self._buffer.is_closed:
                sentence = "the stream is over already: give one that is on."
                raise self._buffer.failure or SourceError(self._feeder.options.shown, sentence)
