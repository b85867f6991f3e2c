"""The clock of a recorded stream: timestamps as a file writes them become seconds that only grow."""

from __future__ import annotations

from fractions import Fraction

from tacticeye.types import StreamPosition

_RESET_S = 10.0  # a jump forward that FFmpeg too takes for a reset clock in broadcast streams
_SETBACK_S = 1.0  # a jump backward longer than any faulty order of frames


class StreamClock:
    """Gives each frame in turn its seconds.

    A timestamp that doesn't grow is set just after the one before; one that is missing, a frame later. Where the clock
    was reset on the way (recordings that were joined) it goes on from where it was: `shift` ticks are added from there.

    time_base: s per tick. origin: tick of 0 s. step: ticks from frame to frame. is_broadcast: a long jump forward is a
    reset too. after: the frame before the first one.
    """

    def __init__(
        self, time_base: Fraction, origin: int, step: int, is_broadcast: bool, after: StreamPosition | None
    ) -> None:
        self.shift = 0 if after is None else after.shift
        self._time_base = time_base
        self._origin = origin
        self._step = step
        self._setback = round(_SETBACK_S / time_base)
        self._leap = round(_RESET_S / time_base) if is_broadcast else None
        self._previous = None if after is None else round(after.t_s / time_base) + origin

    def read(self, timestamp: int | None) -> float:
        """Seconds of the next frame from its timestamp in ticks."""
        self._previous = self._next_tick(timestamp)
        # A quotient of whole numbers is rounded once, so equal ticks are equal seconds however they were reached.
        return (self._previous - self._origin) * self._time_base.numerator / self._time_base.denominator

    def _next_tick(self, timestamp: int | None) -> int:
        if self._previous is None:
            return self._origin if timestamp is None else timestamp
        expected = self._previous + self._step
        if timestamp is None:
            return expected
        tick = timestamp + self.shift
        advance = tick - self._previous
        if advance < -self._setback or (self._leap is not None and advance > self._leap):
            self.shift += expected - tick
            return expected
        return max(tick, self._previous + 1)
