"""A match whose frames are analysed on another host: sends it out, stores what comes back, takes over from the dead.

It runs in the match's own worker process, which holds the lease and is the only writer of the database, as ever; only
the computing is elsewhere. Nothing that was stored is computed again: a new run begins behind the last stored batch.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import replace

import redis

from tacticeye.config import AnalysisConfig, Settings
from tacticeye.errors import RemoteWorkError
from tacticeye.match_files import MatchFolder
from tacticeye.match_sink import DatabaseSink
from tacticeye.match_state import MatchState, get_default_storage
from tacticeye.pitch_service import finish_by_hand
from tacticeye.relay import News, Relay, unpack
from tacticeye.remote_work import CONFIG, analyse_remotely
from tacticeye.types import ChunkOutput

KEEP_S = 5.0


def delegate_match(
    folder: MatchFolder, config: AnalysisConfig, settings: Settings, should_stop: Callable[[], bool]
) -> MatchState:
    """Has the match analysed by whatever Celery worker is free, to its end or a stop. Raises TacticEyeError."""
    delegation = _Delegation(folder, config, settings)
    try:
        while True:
            state = delegation.run(should_stop)
            if state is not None:
                if state.progress.is_finished:
                    finish_by_hand(folder)
                return state
    except redis.RedisError as error:
        raise RemoteWorkError(f"the Redis server of TACTICEYE_BROKER_URL can't be reached ({error}).") from error


class _Delegation:
    """What the runs of one match share: where its results go, and the state after the last batch stored."""

    def __init__(self, folder: MatchFolder, config: AnalysisConfig, settings: Settings) -> None:
        self._folder = folder
        self._config = config
        self._settings = settings
        self._sink = DatabaseSink(folder, get_default_storage(settings.data_dir))
        self._state = MatchState(folder.match_id)

    def run(self, should_stop: Callable[[], bool]) -> MatchState | None:
        """One run on one worker; None where it died and another has to go on."""
        committed = self._sink.load_state()
        self._state = committed or MatchState(self._folder.match_id)
        if self._state.progress.is_finished:
            return self._state
        run_id = secrets.token_hex(8)
        relay = Relay(self._settings.broker_url, self._folder.match_id, run_id)
        relay.open(committed)
        self._send(run_id)
        self._note("Waiting for a worker.")
        try:
            return self._state if self._follow(relay, should_stop) else None
        finally:
            relay.close()

    def _send(self, run_id: str) -> None:
        config = replace(
            self._config, keep_stream=False, on_progress=None, on_batch_complete=None, on_error=None, on_note=None
        )
        analyse_remotely.apply_async([self._folder.match_id, run_id, CONFIG.dump_json(config).decode()])

    def _follow(self, relay: Relay, should_stop: Callable[[], bool]) -> bool:
        """Stores what the run sends, until its end (True) or its worker's death (False)."""
        kept_at = time.monotonic()
        has_asked = False
        while True:
            news = relay.read()
            now = time.monotonic()
            if now - kept_at > KEEP_S:
                relay.keep_reading()
                kept_at = now
            if not has_asked and should_stop():
                has_asked = True
                relay.ask_to_stop()
            if news is not None:
                if news.kind == "end":
                    self._require_success(news)
                    return True
                if not self._take(news):
                    return False
            elif not relay.is_claimed:
                if has_asked:
                    return True
                if not relay.is_wanted:  # the Redis server has lost its memory, and the task with it
                    return False
            elif not relay.is_alive:
                self._note("The worker was lost; another one goes on.")
                return has_asked

    def _take(self, news: News) -> bool:
        """Stores one entry. False where something before it is missing, so that it can't be stored."""
        if news.kind == "record":
            self._sink.begin(unpack(news.body))
            self._note("")
        elif news.kind == "note":
            self._note(news.text)
        elif news.kind == "progress" and self._config.on_progress:
            self._config.on_progress(self._folder.match_id, unpack(news.body))
        elif news.kind == "batch":
            output: ChunkOutput = unpack(news.body)
            if output.batch_idx != self._state.progress.next_batch:
                return False
            state = MatchState.from_json(news.text)
            self._sink.commit(output, state)
            self._state = state
            if self._config.on_batch_complete:
                self._config.on_batch_complete(self._folder.match_id, output)
        return True

    def _require_success(self, news: News) -> None:
        if news.text:
            raise RemoteWorkError(news.text)

    def _note(self, sentence: str) -> None:
        if self._config.on_note:
            self._config.on_note(self._folder.match_id, sentence)
