"""The clock of a live stream: its timestamps, which jump and begin anew, become seconds that only grow.

A stream's own clock is believed for small steps, and for long ones that agree with the time that has passed here; for
all else the time that has passed here counts. So a minute without pictures is a minute of the match.
"""

from __future__ import annotations

from dataclasses import dataclass

from tacticeye.types import StreamPosition

TRUSTED_STEP_S = 1.0
# Pieces arrive in bursts, so the wall clock is known no better.
AGREEMENT_S = 10.0
GAP_S = 1.0  # longer without a picture is recorded


@dataclass(frozen=True)
class Tick:
    """The time of a frame, and since when there was none: equal to t_s where nothing is missing."""

    t_s: float
    missing_since_s: float


class LiveClock:
    """Call `read` for each frame in turn. step_s: s from frame to frame. after: last frame of an earlier reading."""

    def __init__(self, step_s: float, after: StreamPosition | None) -> None:
        self._step_s = step_s
        self._t_s = None if after is None else after.t_s
        self._stream_s: float | None = None
        self._wall_s = 0.0 if after is None else after.wall_at

    def read(self, stream_s: float | None, wall_s: float) -> Tick:
        """stream_s: as the stream says, None unknown. wall_s: when its piece arrived."""
        if self._t_s is None:
            self._t_s, self._stream_s, self._wall_s = 0.0, stream_s, wall_s
            return Tick(0.0, 0.0)
        before = self._t_s
        advance_s = self._advance(stream_s, wall_s - self._wall_s)
        self._t_s, self._stream_s, self._wall_s = before + advance_s, stream_s, wall_s
        is_gap = advance_s > GAP_S + self._step_s
        return Tick(self._t_s, before + self._step_s if is_gap else self._t_s)

    def _advance(self, stream_s: float | None, passed_s: float) -> float:
        if stream_s is None:
            return self._step_s
        if self._stream_s is None:  # the first after a resume, or after frames without a time
            return max(self._step_s, passed_s)
        advance_s = stream_s - self._stream_s
        if 0 < advance_s <= TRUSTED_STEP_S or (advance_s > 0 and abs(advance_s - passed_s) <= AGREEMENT_S):
            return advance_s
        return max(self._step_s, passed_s)
