"""The line of control spans: what every moment is, one span after the other without holes."""

from __future__ import annotations

from tacticeye.types import ControlSpan, ControlState


class SpanLine:
    """`spans` collects what is closed until the caller takes it away; the open span has been decided up to end_s."""

    def __init__(self, state: ControlState, track: int, start_s: float, end_s: float) -> None:
        self.spans: list[ControlSpan] = []
        self.state, self.track = state, track
        self.start_s, self.end_s = start_s, end_s

    def begin(self, t_s: float) -> None:
        """The first span starts at t_s."""
        self.start_s = self.end_s = t_s

    def advance(self, state: ControlState, track: int, until_s: float) -> None:
        """The time from the end of the open span to until_s has this state."""
        if until_s <= self.end_s:
            return
        if (state, track) != (self.state, self.track):
            self.close()
            self.state, self.track = state, track
        self.end_s = until_s

    def close(self) -> None:
        """The open span is complete as it is."""
        if self.end_s > self.start_s:
            self.spans.append(ControlSpan(self.state, self.track, self.start_s, self.end_s))
        self.start_s = self.end_s

    def going_on(self, state: ControlState, track: int, now_s: float) -> list[ControlSpan]:
        """The open span, and what follows up to now_s if that time has this state: one span where it is the same."""
        now_s = max(now_s, self.end_s)
        if (state, track) == (self.state, self.track):
            return [ControlSpan(state, track, self.start_s, now_s)]
        decided = [ControlSpan(self.state, self.track, self.start_s, self.end_s)] if self.end_s > self.start_s else []
        return [*decided, ControlSpan(state, track, self.end_s, now_s)]
