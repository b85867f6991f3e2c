"""Reading ahead: a thread of its own works through an iterator while the consumer is busy with earlier items.

The number of finished items that wait is bounded. The thread ends promptly when the consumer stops, by an error or by
closing the generator, and an error in the thread is raised again in the consumer.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from types import TracebackType
from typing import Generic, TypeVar

Item = TypeVar("Item")

_POLL_S = 0.05  # how often a stopping consumer looks whether the thread has ended


class _End:
    """Says that no more items follow. As a context manager it takes an error of the thread across to the consumer."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __enter__(self) -> _End:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self.error = error
        return True


class _Reader(Generic[Item]):
    """The thread's side: takes items from `source` and puts them into `items` until the end or `stop`."""

    def __init__(self, source: Iterator[Item], limit: int, stop: threading.Event) -> None:
        self.items: queue.Queue[Item | _End] = queue.Queue(maxsize=limit)
        self._stop = stop
        self._source = source

    def run(self) -> None:
        end = _End()
        with end:
            self._pump()
        self.items.put(end)

    def _pump(self) -> None:
        try:
            for item in self._source:
                self.items.put(item)
                del item  # an item may hold a large picture: keep none while the next is made
                if self._stop.is_set():
                    return
        finally:
            if isinstance(self._source, Generator):
                self._source.close()


def read_ahead(
    source: Iterator[Item], limit: int, stop: threading.Event, name: str = "read-ahead"
) -> Generator[Item, None, None]:
    """The items of `source` in order, made in a thread that keeps at most `limit` of them waiting, plus one in hand.

    Close the generator (or use `contextlib.closing`) to end the thread; it has ended when close() returns. `stop` is
    set then, for a source that can take long over one item. A generator given as `source` is closed in the thread.
    """
    reader = _Reader(source, limit, stop)
    thread = threading.Thread(target=reader.run, name=name, daemon=True)
    thread.start()
    try:
        while not isinstance(item := reader.items.get(), _End):
            yield item
            del item
        if item.error is not None:
            raise item.error
    finally:
        stop.set()
        _drain(reader.items, thread)


def _drain(items: queue.Queue[Item | _End], thread: threading.Thread) -> None:
    """Empty the queue until the thread, which may wait for a free place in it, has ended."""
    while thread.is_alive():
        try:
            items.get(timeout=_POLL_S)
        except queue.Empty:
            continue
    thread.join()
