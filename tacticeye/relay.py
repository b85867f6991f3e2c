"""The way between two hosts that share nothing but a Redis server: one run of one match.

    tacticeye:match:<id>:run    the run that counts; an older one, thought dead, finds out that it doesn't
    tacticeye:match:<id>:state  where a run begins: the state after the last batch that the match's own host stored
    tacticeye:run:<run>:claim   set by the first worker that takes the run up
    tacticeye:run:<run>:alive   kept by that worker, gone some seconds after its death
    tacticeye:run:<run>:reader  kept by the match's own host; without it nobody wants the results
    tacticeye:run:<run>:stop    set when the user wants a stop
    tacticeye:run:<run>:news    stream of records, batches, notes and the end, in order

Batches travel as pickles that only our data types and NumPy's arrays come out of.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import io
import pickle
from dataclasses import dataclass
from typing import Any

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from tacticeye.match_state import MatchState, RedisStorage

ALIVE_S = 10  # a worker that hasn't said anything for so long is dead
READER_S = 120  # the match's host may be restarted meanwhile
KEPT_S = 24 * 3600
MAX_NEWS = 50  # batches that wait for the match's host; the worker waits then
BLOCK_MS = 500
RETRIES = 60  # a Redis server that restarts is waited for

_ARRAY_PARTS = {
    ("numpy", "ndarray"), ("numpy", "dtype"), ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.numeric", "_frombuffer"), ("numpy._core.multiarray", "scalar"),
}  # fmt: skip


@dataclass(frozen=True)
class News:
    """One entry. kind: record, batch, progress, note, end. text: JSON or a sentence; body: a packed object."""

    kind: str
    text: str
    body: bytes


class Relay:
    """One side of a run. Every call may raise redis.RedisError after waiting for the server for about two minutes."""

    def __init__(self, url: str, match_id: str, run_id: str) -> None:
        retry = Retry(ExponentialBackoff(cap=2.0, base=0.1), RETRIES)
        self._redis = redis.Redis.from_url(
            url, retry=retry, retry_on_error=[redis.ConnectionError, redis.TimeoutError], socket_timeout=10
        )
        self._match = f"tacticeye:match:{match_id}"
        self._run = f"tacticeye:run:{run_id}"
        self._run_id = run_id
        self._match_id = match_id
        self._states = RedisStorage(self._redis)
        self._last = "0"

    # The match's own host

    def open(self, state: MatchState | None) -> None:
        """Makes this the run that counts; it begins at `state`."""
        if state is None:
            self._states.forget(self._match_id)
        else:
            self._states.save(state)
        self.keep_reading()
        self._redis.set(f"{self._match}:run", self._run_id, ex=KEPT_S)

    def keep_reading(self) -> None:
        self._redis.set(f"{self._run}:reader", 1, ex=READER_S)

    def ask_to_stop(self) -> None:
        self._redis.set(f"{self._run}:stop", 1, ex=KEPT_S)

    @property
    def is_claimed(self) -> bool:
        return bool(self._redis.exists(f"{self._run}:claim"))

    @property
    def is_alive(self) -> bool:
        return bool(self._redis.exists(f"{self._run}:alive"))

    def read(self) -> News | None:
        """The next entry, removed; None where none comes within half a second."""
        answer: Any = self._redis.xread({f"{self._run}:news": self._last}, count=1, block=BLOCK_MS)
        if not answer:
            return None
        entries = next(iter(answer.values())) if isinstance(answer, dict) else answer[0][1]
        number, fields = entries[0][0] if isinstance(entries[0], list) else entries[0]
        self._last = number
        self._redis.xdel(f"{self._run}:news", number)
        return News(fields[b"kind"].decode(), fields[b"text"].decode(), fields[b"body"])

    def close(self) -> None:
        """Nobody wants this run any more."""
        self._redis.delete(*(f"{self._run}:{name}" for name in ("reader", "stop", "news", "alive")))

    # The worker

    def claim(self) -> bool:
        """Whether this process may work on the run: it counts, and nobody else has it."""
        if not self.is_wanted:
            return False
        is_first = bool(self._redis.set(f"{self._run}:claim", 1, nx=True, ex=KEPT_S))
        if is_first:
            self.keep_alive()
        return is_first

    def keep_alive(self) -> None:
        self._redis.set(f"{self._run}:alive", 1, ex=ALIVE_S)

    @property
    def is_wanted(self) -> bool:
        """Whether the run still counts, and somebody reads its results."""
        current: Any = self._redis.get(f"{self._match}:run")
        return current == self._run_id.encode() and bool(self._redis.exists(f"{self._run}:reader"))

    @property
    def is_to_stop(self) -> bool:
        return bool(self._redis.exists(f"{self._run}:stop"))

    @property
    def is_full(self) -> bool:
        length: Any = self._redis.xlen(f"{self._run}:news")
        return int(length) >= MAX_NEWS

    def load_state(self) -> MatchState | None:
        return self._states.load(self._match_id)

    def tell(self, kind: str, text: str = "", body: bytes = b"") -> None:
        self._redis.xadd(f"{self._run}:news", {"kind": kind, "text": text, "body": body})
        self._redis.expire(f"{self._run}:news", KEPT_S)


def pack(thing: object) -> bytes:
    """A data object of ours as bytes."""
    return pickle.dumps(thing, protocol=pickle.HIGHEST_PROTOCOL)


def unpack(content: bytes) -> Any:
    """What `pack` was given. Raises pickle.UnpicklingError where anything but data would come out."""
    return _DataUnpickler(io.BytesIO(content)).load()


class _DataUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Dataclasses and enums of ours, and what arrays are made of; no function of anybody's."""
        if (module, name) in _ARRAY_PARTS:
            return super().find_class(module, name)
        if module.split(".", 1)[0] == "tacticeye" and "." not in name:
            found = getattr(importlib.import_module(module), name, None)
            if isinstance(found, type) and (dataclasses.is_dataclass(found) or issubclass(found, enum.Enum)):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no data of a match")
