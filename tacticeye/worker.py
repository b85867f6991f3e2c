"""One match in one process: lease, signals, control file, heartbeat, outcome.

`python -m tacticeye worker ID` and the foreground commands of the command line run the same function. It ends with an
outcome on record; where it can't (SIGKILL, power cut) the missing outcome says that it crashed, and it can be resumed.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from tacticeye.config import Settings, SourceType
from tacticeye.kit_sides import KitSides
from tacticeye.lease import hold_lease, this_process
from tacticeye.match_files import Intent, MatchFolder, write_record
from tacticeye.match_queue import tend
from tacticeye.match_state import MatchState
from tacticeye.run_record import EndingOnRecord, begin_run
from tacticeye.types import AnalysisProgress, ChunkOutput

FAULT = "An internal fault ended the analysis ({kind}); worker.log in its folder has details."

ProgressListener = Callable[[AnalysisProgress], None]


class StopRequest:
    """Whether the run is to end after the batch in hand: by a signal, or by control.json."""

    def __init__(self, folder: MatchFolder) -> None:
        self._folder = folder
        self.is_signalled = False

    def __call__(self) -> bool:
        return self.is_signalled or self.is_controlled

    @property
    def is_controlled(self) -> bool:
        control = self._folder.read_control()
        return control is not None and control.intent is Intent.STOP

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT ask for the stop inside the block; a second SIGINT interrupts at once."""

        def ask(number: int, frame: FrameType | None) -> None:
            self.is_signalled = True
            signal.signal(signal.SIGINT, signal.default_int_handler)

        before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def work(data_dir: Path, match_id: str, on_progress: ProgressListener = lambda progress: None) -> MatchState:
    """Analyse the match from where it stands until its end or a stop, and put on record how that ended.

    Call it from the main thread. Raises TacticEyeError: MatchBusyError where another process has the match.
    """
    folder = MatchFolder.existing(data_dir, match_id)
    stop = StopRequest(folder)
    with stop.on_signals(), hold_lease(folder), EndingOnRecord(data_dir, folder, FAULT) as ending:
        state = _analyse(data_dir, folder, stop, on_progress)
        ending.state = state
        ending.is_revocable = not state.progress.is_finished and not stop.is_signalled
    return state


def work_in_queue(settings: Settings, match_id: str) -> None:
    """Like `work`, and however it ends, the next match in the queue is started."""
    try:
        work(settings.data_dir, match_id)
    finally:
        tend(settings.data_dir, settings.max_workers, is_elsewhere=bool(settings.broker_url))


def _analyse(data_dir: Path, folder: MatchFolder, stop: StopRequest, on_progress: ProgressListener) -> MatchState:
    write_record(folder.worker, this_process())
    heartbeat = begin_run(folder)
    config = folder.read_config()

    def tell(match_id: str, progress: AnalysisProgress) -> None:
        heartbeat.beat(progress)
        on_progress(progress)

    def note(match_id: str, sentence: str) -> None:
        heartbeat.note(sentence)

    sides = KitSides(folder)

    def settle(match_id: str, output: ChunkOutput) -> None:
        sides.look({kit.team: kit.rgb for kit in output.kits})

    config = replace(config, on_progress=tell, on_note=note, on_batch_complete=settle)
    # Imported once the lease is held: video, model and database libraries take seconds to load.
    if config.source_type is SourceType.TRACKING_DATA:
        from tacticeye.tracking_data.run import analyse_held_tracking

        state = analyse_held_tracking(folder.match_id, config, data_dir, stop)
    elif (settings := Settings.from_environment()).broker_url:
        from tacticeye.delegation import delegate_match

        state = delegate_match(folder, config, replace(settings, data_dir=data_dir), stop)
    else:
        from tacticeye.match_analyzer import analyse_held_match

        state = analyse_held_match(folder.match_id, config, data_dir, stop)
    heartbeat.close(state)
    return state
