"""A recording that is analysed while it is downloaded: frames are read from what has arrived, and waited for.

They are those of the finished file, so stopping, killing and resuming change nothing. Files that keep their index at
the end are waited for as a whole; FFmpeg asks for that itself.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event

from av.container import InputContainer

from tacticeye.downloads import Errand, find_total_size
from tacticeye.errors import SourceError, SourceStoppedError
from tacticeye.file_source import LocalFileSource, StopQuestion, open_container
from tacticeye.web_fetch import CHANGED

POLL_S = 0.05
_ASK_SIZE, _FORCE = 0x10000, 0x20000  # FFmpeg's own kinds of seek


class ArrivingFile:
    """A file that another thread appends to, as FFmpeg reads files. A read at its end waits for more.

    total_size: bytes it will have, 0 unknown before all is here. Reads raise what ended the download too early, and
    SourceStoppedError when should_stop says so.
    """

    def __init__(self, descriptor: int, total_size: int, download: Future[Path], should_stop: StopQuestion) -> None:
        self._descriptor = descriptor
        self._total_size = total_size
        self._download = download
        self._should_stop = should_stop
        self._place = 0

    def read(self, size: int) -> bytes:
        while True:
            is_over = self._download.done()  # asked first: what comes in between is read all the same
            content = os.pread(self._descriptor, size, self._place)
            self._place += len(content)
            if content:
                return content
            if is_over:
                self._download.result()
            if is_over or 0 < self._total_size <= self._place:
                return b""
            if self._should_stop():
                raise SourceStoppedError
            time.sleep(POLL_S)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """-1 where the size is asked for and isn't known."""
        kind = whence & ~_FORCE
        if kind in (_ASK_SIZE, os.SEEK_END):
            size = os.fstat(self._descriptor).st_size if self._download.done() else self._total_size
            if kind == _ASK_SIZE or not size:
                return size or -1
            offset += size
        self._place = offset + self._place * (kind == os.SEEK_CUR)
        return self._place

    def tell(self) -> int:
        return self._place


class ArrivingSource(LocalFileSource):
    """download: takes the errand and returns the finished file. duration_s: where it is known otherwise."""

    def __init__(self, errand: Errand, download: Callable[[Errand], Path], duration_s: float = math.nan) -> None:
        self._closed = Event()
        self._descriptor: int | None = None
        self._errand = replace(errand, should_stop=lambda: self._closed.is_set() or errand.should_stop())
        executor = ThreadPoolExecutor(1, thread_name_prefix="download")
        self._download = executor.submit(self._run, download)
        executor.shutdown(wait=False)
        with ExitStack() as unless_opened:
            unless_opened.callback(self.close)
            self._path, self._descriptor = self._wait_for_start()
            self._look(size_bytes=os.fstat(self._descriptor).st_size)
            unless_opened.pop_all()
        if math.isnan(self._metadata.declared_duration_s) and duration_s > 0:
            frames = round(duration_s * self._metadata.fps)
            self._metadata = replace(self._metadata, declared_duration_s=duration_s, declared_frames=frames)

    def close(self) -> None:
        super().close()
        wait([self._download])  # nobody may write to the file once the match is given back
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _run(self, download: Callable[[Errand], Path]) -> Path:
        finished = download(self._errand)
        if self._descriptor is not None and not os.path.samestat(os.fstat(self._descriptor), finished.stat()):
            raise SourceError(self._errand.place.source, CHANGED)  # it was begun anew in another file
        self._errand.tell("")
        return finished

    def _wait_for_start(self) -> tuple[Path, int]:
        """The growing file, or the finished one, opened. Raises what the download does."""
        while True:
            path = self._download.result() if self._download.done() else self._errand.find_part()
            if path is not None:
                with suppress(FileNotFoundError):  # it was finished, and renamed, just now
                    return path, os.open(path, os.O_RDONLY)
            self._errand.require_go()
            time.sleep(POLL_S)

    def _open(self, should_stop: StopQuestion) -> InputContainer:
        def is_to_stop() -> bool:
            return should_stop() or self._errand.should_stop()

        assert self._descriptor is not None, "it is closed"
        total_size = find_total_size(self._errand)
        return open_container(self._path, ArrivingFile(self._descriptor, total_size, self._download, is_to_stop))
