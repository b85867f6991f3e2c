"""The result of tracking data as JSON: of a match that is stored, or straight from the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from tacticeye.config import AnalysisConfig
from tacticeye.match_files import MatchFolder
from tacticeye.match_state import MatchState
from tacticeye.store import MatchStore
from tacticeye.tracking_data.event_file import as_json
from tacticeye.tracking_data.run import batches, read_frames
from tacticeye.types import ControlSpan, ControlState, Event, EventKind, EventResult


def report(config: AnalysisConfig, data_dir: Path, match_id: str | None) -> dict[str, Any]:
    """Of the match where there is one, otherwise by analysing now. Raises TacticEyeError."""
    frames = read_frames(config)
    if match_id is not None:
        with MatchStore(MatchFolder.existing(data_dir, match_id).path).read() as snapshot:
            return as_json(frames, _spans(snapshot.control_spans()), _events(snapshot.events()))
    spans: list[ControlSpan] = []
    events: list[Event] = []
    for output, _ in batches(frames, config, MatchState("tracking")):
        spans += output.spans
        events += output.events
    return as_json(frames, spans, events)


def _spans(table: pd.DataFrame) -> list[ControlSpan]:
    columns = (table[name] for name in ("state", "track", "start_s", "end_s"))
    return [ControlSpan(ControlState(state), int(track), a, b) for state, track, a, b in zip(*columns, strict=True)]


def _events(table: pd.DataFrame) -> list[Event]:
    return [
        Event(
            kind=EventKind(row["kind"]),
            result=EventResult(row["result"]),
            t_start_s=row["t_start_s"],
            t_end_s=row["t_end_s"],
            team=int(row["team"]),
            track_from=int(row["track_from"]),
            track_to=int(row["track_to"]),
            xy_from=(row["x_from"], row["y_from"]),
            xy_to=(row["x_to"], row["y_to"]),
            confidence=row["confidence"],
            source=row["source"],
            pitch_from=(row["pitch_x_from"], row["pitch_y_from"]),
            pitch_to=(row["pitch_x_to"], row["pitch_y_to"]),
        )
        for row in table.to_dict("records")
    ]
