"""Answers that many callers ask for at once are worked out once a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tacticeye.errors import StorageBusyError

Value = TypeVar("Value")

KEPT_S = 1.0
MAX_ENTRIES = 256


@dataclass
class _Entry(Generic[Value]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    values: list[Value] = field(default_factory=list)
    made_at: float = 0.0


class Recent(Generic[Value]):
    """The value of a key, at most KEPT_S old. Callers of one key wait for one of them to make it. Thread-safe."""

    def __init__(self, kept_s: float = KEPT_S) -> None:
        self._kept_s = kept_s
        self._lock = threading.Lock()
        self._entries: dict[Hashable, _Entry[Value]] = {}

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Whatever `make` raises goes to its caller; but where the database is busy, the last value is still good."""
        with self._lock:
            while len(self._entries) > MAX_ENTRIES:
                del self._entries[next(iter(self._entries))]
            entry = self._entries.setdefault(key, _Entry())
        with entry.lock:
            if not entry.values or time.monotonic() - entry.made_at > self._kept_s:
                try:
                    entry.values = [make()]
                except StorageBusyError:
                    if not entry.values:
                        raise
                entry.made_at = time.monotonic()
            return entry.values[0]
