"""Between a live stream and its analysis: pieces that have arrived wait here, bounded, and old ones go first.

Threads. One feeder puts, one reader gets.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from av.packet import Packet
from av.video.frame import VideoFrame as Picture
from av.video.stream import VideoStream

from tacticeye.errors import SourceError

# More than is ever waited for before pieces are dropped; what a stalled analysis may hold in memory.
MAX_WAITING_S = 30.0
MAX_WAITING_BYTES = 96 << 20


@dataclass(frozen=True, eq=False)
class Piece:
    """Some seconds of a stream that can be decoded by themselves.

    decode: gives its pictures with their time on the stream's clock, s, None unknown. arrived_at: wall time, s.
    open_packets: what it was before it was decoded.
    """

    decode: Callable[[], Iterator[tuple[float | None, Picture]]]
    duration_s: float
    size_bytes: int
    arrived_at: float
    open_packets: Callable[[], AbstractContextManager[tuple[VideoStream, Sequence[Packet[VideoStream]]]]]


class PieceBuffer:
    """A queue of pieces that never keeps its feeder waiting. is_recorded: what is dropped is wanted all the same."""

    def __init__(self, *, is_recorded: bool = False) -> None:
        self._pieces: deque[Piece] = deque()
        self._changed = threading.Condition()
        self._is_recorded = is_recorded
        self._has_dropped = False  # since the reader last asked
        self._dropped: deque[Piece] = deque()
        self.is_closed = False
        self.failure: SourceError | None = None

    def put(self, piece: Piece) -> None:
        """Adds the newest; drops the oldest where too much waits."""
        with self._changed:
            self._pieces.append(piece)
            while len(self._pieces) > 1 and self._is_too_full():
                self._drop()
            self._changed.notify_all()

    def close(self, failure: SourceError | None = None) -> None:
        """Nothing follows: the stream is over, or was given up."""
        with self._changed:
            self.is_closed, self.failure = True, failure
            self._changed.notify_all()

    def get(self, timeout_s: float) -> Piece | None:
        """The oldest piece; None where none came in time, or none will any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._pieces or self.is_closed, timeout_s)
            return self._pieces.popleft() if self._pieces else None

    def keep_newest(self) -> None:
        """Drops all but the newest piece."""
        with self._changed:
            while len(self._pieces) > 1:
                self._drop()
            self._has_dropped = True

    def take_dropped(self) -> tuple[bool, list[Piece]]:
        """Whether pieces were dropped since the last call, and those that are to be recorded."""
        with self._changed:
            has_dropped, self._has_dropped = self._has_dropped, False
            pieces = list(self._dropped)
            self._dropped.clear()
            return has_dropped, pieces

    @property
    def waiting_s(self) -> float:
        with self._changed:
            return sum(piece.duration_s for piece in self._pieces)

    def _drop(self) -> None:
        self._has_dropped = True
        piece = self._pieces.popleft()
        if self._is_recorded:
            self._dropped.append(piece)
            while _size_bytes(self._dropped) > MAX_WAITING_BYTES:
                self._dropped.popleft()

    def _is_too_full(self) -> bool:
        seconds = sum(piece.duration_s for piece in self._pieces)
        return seconds > MAX_WAITING_S or _size_bytes(self._pieces) > MAX_WAITING_BYTES


def _size_bytes(pieces: Iterable[Piece]) -> int:
    return sum(piece.size_bytes for piece in pieces)
