"""The progress of an analysis on a terminal; a line now and then where the output is no terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from tacticeye.types import AnalysisProgress

BAR_CELLS = 24
PLAIN_LINE_EVERY_S = 10.0


class ProgressBar:
    """Shows video time done and in all, speed in multiples of real time, and how long it will take still."""

    def __init__(self, stream: TextIO, title: str) -> None:
        self._stream = stream
        self._title = title
        self._last_line_s = -PLAIN_LINE_EVERY_S
        self.has_open_line = False

    def show(self, progress: AnalysisProgress) -> None:
        self._write(describe(progress.t_s, progress.total_seconds, progress.speed))

    def show_count(self, done: int, total: int) -> None:
        """How many of so many things are done."""
        self._write(f"{_bar(done / total)}  {done} of {total}")

    def show_time(self, done_s: float, total_s: float) -> None:
        """How many of so many seconds of video are done."""
        self._write(describe(done_s, total_s, 0.0))

    def _write(self, what: str) -> None:
        text = f"{self._title}  {what}"
        if self._stream.isatty():
            self._stream.write(f"\r{text}\x1b[K")
            self.has_open_line = True
        elif time.monotonic() - self._last_line_s >= PLAIN_LINE_EVERY_S:
            self._last_line_s = time.monotonic()
            self._stream.write(f"{text}\n")
        self._stream.flush()


@contextmanager
def on(stream: TextIO, title: str) -> Iterator[ProgressBar]:
    """A progress bar that leaves the cursor on a line of its own."""
    bar = ProgressBar(stream, title)
    try:
        yield bar
    finally:
        if bar.has_open_line:
            stream.write("\n")


def describe(t_s: float, total_s: float, speed: float) -> str:
    """One line: `[####----]  40 %  00:12 of 00:30  1.5 x real time  00:12 to go`; only what is known."""
    parts = [f"{clock(t_s)} of {clock(total_s)}" if total_s > 0 else clock(t_s)]
    if total_s > 0:
        parts.insert(0, _bar(min(t_s / total_s, 1.0)))
    if speed > 0:
        parts.append(f"{speed:.1f} x real time")
        if total_s > 0:
            parts.append(f"{clock(max(total_s - t_s, 0.0) / speed)} to go")
    return "  ".join(parts)


def clock(seconds: float) -> str:
    """mm:ss, or h:mm:ss from an hour on."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def _bar(share: float) -> str:
    cells = round(share * BAR_CELLS)
    return f"[{'#' * cells}{'-' * (BAR_CELLS - cells)}] {100 * share:3.0f} %"
