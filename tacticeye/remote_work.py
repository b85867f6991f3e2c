"""The other end of a delegation: a Celery worker that analyses what it is sent and relays the results.

`python -m tacticeye worker --celery` starts one. The same loop runs as on one machine; only its sink is a relay.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from celery import Celery
from pydantic import TypeAdapter

from tacticeye.config import PACKAGE_PARENT, AnalysisConfig, Settings, SourceType
from tacticeye.downloads import Errand, download_file
from tacticeye.errors import SourceStoppedError, TacticEyeError
from tacticeye.match_files import MatchFolder, make_folder
from tacticeye.match_state import MatchState
from tacticeye.relay import Relay, pack
from tacticeye.store import MatchRecord
from tacticeye.types import AnalysisProgress, ChunkOutput
from tacticeye.web_fetch import WebPlace

QUEUE = "tacticeye"
# Longer than any match: Redis hands a task out again that isn't acknowledged by then.
VISIBILITY_S = 24 * 3600
BEAT_S = 2.0
FULL_PAUSE_S = 0.2
FAULT = "An internal fault ended the analysis on a worker; the log of that worker has details."
CONFIG: TypeAdapter[AnalysisConfig] = TypeAdapter(AnalysisConfig)

app = Celery("tacticeye", broker=Settings.from_environment().broker_url or None)
app.conf.update(
    task_default_queue=QUEUE,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    worker_concurrency=1,
    worker_max_tasks_per_child=1,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": VISIBILITY_S},
)


class RelaySink:
    """Sends batches to the match's own host; waits where that doesn't keep up."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def load_state(self) -> MatchState | None:
        return self._relay.load_state()

    def begin(self, record: MatchRecord) -> None:
        self._relay.tell("record", body=pack(record))

    def commit(self, output: ChunkOutput, state: MatchState) -> None:
        while self._relay.is_full and self._relay.is_wanted:
            time.sleep(FULL_PAUSE_S)
        self._relay.tell("batch", state.to_json(), pack(output))

    def mirror(self, state: MatchState) -> None:
        """The host of the match keeps the copy."""


@app.task(name="tacticeye.analyse")  # type: ignore[untyped-decorator]
def analyse_remotely(match_id: str, run_id: str, config_json: str) -> None:
    """One run of a match on this host; does nothing where another worker has it, or it doesn't count any more."""
    settings = Settings.from_environment()
    relay = Relay(settings.broker_url, match_id, run_id)
    if not relay.claim():
        return
    ending = FAULT
    with _beating(relay):
        try:
            _analyse(relay, settings, match_id, CONFIG.validate_json(config_json))
            ending = ""
        except SourceStoppedError:
            ending = ""
        except TacticEyeError as error:
            ending = str(error)
        finally:
            relay.tell("end", ending)


def _analyse(relay: Relay, settings: Settings, match_id: str, config: AnalysisConfig) -> None:
    from tacticeye.match_analyzer import analyse_into

    def should_stop() -> bool:
        return relay.is_to_stop or not relay.is_wanted

    def tell_progress(match_id: str, progress: AnalysisProgress) -> None:
        relay.tell("progress", body=pack(progress))

    def tell_note(match_id: str, sentence: str) -> None:
        relay.tell("note", sentence)

    folder = MatchFolder(settings.data_dir.absolute() / "remote" / match_id)
    make_folder(folder.path)
    config = replace(config, on_progress=tell_progress, on_note=tell_note, model_path=_find_model(config.model_path))
    config = _with_video(config, settings, Errand(
        WebPlace(f"the video of {match_id}", allow_private=True, token=settings.api_token),
        folder.path,
        lambda sentence: relay.tell("note", sentence),
        should_stop,
    ))  # fmt: skip
    state = analyse_into(RelaySink(relay), folder, config, should_stop)
    if state.progress.is_finished:
        shutil.rmtree(folder.path, ignore_errors=True)


def _with_video(config: AnalysisConfig, settings: Settings, errand: Errand) -> AnalysisConfig:
    """A file that isn't on this host is fetched from the server that has it."""
    if config.source_type is not SourceType.UPLOADED_FILE or Path(config.source_url).is_file():
        return config
    address = f"{settings.web_url.rstrip('/')}/api/match/{errand.folder.name}/source"
    video = errand.find_finished() or download_file(errand, address)
    return replace(config, source_url=str(video))


def _find_model(path: str) -> str:
    """The same weights on this host."""
    shipped = PACKAGE_PARENT / "weights" / Path(path).name
    return path if Path(path).exists() or not shipped.exists() else str(shipped)


@contextmanager
def _beating(relay: Relay) -> Iterator[None]:
    """Says in a thread of its own that this process lives."""
    is_over = threading.Event()

    def beat() -> None:
        while not is_over.wait(BEAT_S):
            relay.keep_alive()

    thread = threading.Thread(target=beat, name="relay-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
