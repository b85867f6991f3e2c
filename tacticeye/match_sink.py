"""Where the results of an analysis go, batch by batch: the match's own database, or a relay to the host that has it."""

from __future__ import annotations

import time
from typing import Protocol

from pydantic import ValidationError

from tacticeye.errors import DatabaseDamagedError, StorageBusyError
from tacticeye.match_files import MatchFolder, write_bytes
from tacticeye.match_state import MatchState, StateStorage
from tacticeye.store import MatchRecord, MatchStore
from tacticeye.types import ChunkOutput

# A reader holds the database for milliseconds; the batch stays in memory meanwhile.
BUSY_PAUSE_S = 0.2
BUSY_S = 120.0  # so long a locked database is not a reader any more


class MatchSink(Protocol):
    """What a run needs of the place where its results go."""

    def load_state(self) -> MatchState | None:
        """The state after the last batch that arrived there; None before the first. Raises StorageError."""

    def begin(self, record: MatchRecord) -> None:
        """Makes place for the results of a new match; nothing happens where there is one."""

    def commit(self, output: ChunkOutput, state: MatchState) -> None:
        """Stores a batch with the state after it, both or neither. Raises StorageError."""

    def mirror(self, state: MatchState) -> None:
        """Keeps a readable copy of the state."""


class DatabaseSink:
    """The match's folder on this machine."""

    def __init__(self, folder: MatchFolder, storage: StateStorage) -> None:
        self._folder = folder
        self._storage = storage
        self._store = MatchStore(folder.path)

    def load_state(self) -> MatchState | None:
        committed = self._store.load_state()
        if committed is None:
            return None
        try:
            return MatchState.from_json(committed)
        except ValidationError as error:
            raise DatabaseDamagedError(
                self._folder.database, "its analysis state can't be read by this version; analyse the video anew."
            ) from error

    def begin(self, record: MatchRecord) -> None:
        if not self._store.exists:
            self._store.create(record)

    def commit(self, output: ChunkOutput, state: MatchState) -> None:
        """Database first, it is the truth; then the mirror and the picture that may lag behind it."""
        deadline = time.monotonic() + BUSY_S
        while True:
            try:
                self._store.commit(output, state.to_json(), is_last=state.progress.is_finished)
                break
            except StorageBusyError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(BUSY_PAUSE_S)
        self.mirror(state)
        if output.preview_jpeg:
            write_bytes(self._folder.preview, output.preview_jpeg, is_durable=False)

    def mirror(self, state: MatchState) -> None:
        self._storage.save(state)
