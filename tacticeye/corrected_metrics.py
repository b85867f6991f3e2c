"""The figures of the table `metrics` as corrected by users: counted anew from corrected events and control.

Entries into the final third and the box are counted anew where the user has told the ends of all periods. Else nobody
can say later which side a team played: they go with their player and his team, also where the pass that made one was
rejected.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from tacticeye.analysis.metrics import MINUTE_S, count, string_metric
from tacticeye.corrected_match import read_overrides
from tacticeye.corrections import Overrides, correct_events, correct_spans
from tacticeye.entries import ENTRIES, read_entries
from tacticeye.match_files import MatchFolder
from tacticeye.people_views import pass_strings
from tacticeye.periods import knows_ends
from tacticeye.store import MatchStore
from tacticeye.types import (
    NO_TRACK,
    NOWHERE,
    ControlSpan,
    ControlState,
    Event,
    EventKind,
    EventResult,
    MetricRow,
)

METRIC_COLUMNS = ("minute", "team", "track", "name", "value")


def read_metrics(folder: MatchFolder) -> pd.DataFrame:
    """Figures that add up: METRIC_COLUMNS, track -1 of the team as a whole. Raises StorageBusyError, StorageError."""
    store = MatchStore(folder.path)
    if not store.exists:
        return pd.DataFrame(columns=list(METRIC_COLUMNS))
    with store.read() as snapshot:
        detected, overrides = snapshot.metrics(), read_overrides(folder)
        if not overrides.changes_figures and not knows_ends(overrides.periods):
            return detected
        spans = correct_spans(snapshot.control_spans(), overrides)
        events = correct_events(snapshot.events(), overrides)
        entries = read_entries(snapshot, overrides, events) if knows_ends(overrides.periods) else None
    return correct_metrics(detected, overrides, spans, events, entries)


def correct_metrics(
    detected: pd.DataFrame,
    o: Overrides,
    spans: pd.DataFrame,
    events: pd.DataFrame,
    entries: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One row a minute, team, track and name. detected: METRIC_COLUMNS. spans, events: as corrected.

    entries: as counted anew, ENTRY_COLUMNS; None leaves those detected.
    """
    rows = [*count(_spans(spans), _events(events)), *_strings(events)]
    counted = pd.DataFrame(
        [(r.minute, r.team, r.track, str(r.name), r.value) for r in rows], columns=list(METRIC_COLUMNS)
    )
    if entries is None:
        shown = _shown_entries(detected[detected["name"].isin([str(name) for name in ENTRIES])], o)
    else:
        shown = entries.assign(minute=(entries["t_s"] // MINUTE_S).astype(int), value=1.0)[list(METRIC_COLUMNS)]
    keys = list(METRIC_COLUMNS[:-1])
    added_up = pd.concat([counted, shown], ignore_index=True).groupby(keys, sort=True)["value"].sum().reset_index()
    return added_up.astype(detected.dtypes.to_dict())


def _shown_entries(entries: pd.DataFrame, o: Overrides) -> pd.DataFrame:
    middle_s = (entries["minute"].to_numpy(np.float64) + 0.5) * MINUTE_S
    track = o.shown_tracks(entries["track"].to_numpy(np.int64), middle_s)
    pinned = [o.team_of(int(t)) for t in track]
    detected = [o.shown_team(int(team)) for team in entries["team"]]
    team = np.array([d if p is None else p for p, d in zip(pinned, detected, strict=True)], np.int64)
    return entries.assign(track=track, team=team)[team >= 0]


def _strings(events: pd.DataFrame) -> Iterator[MetricRow]:
    strings = pass_strings(events)
    for team, n, end_s in zip(*(strings[name].tolist() for name in ("team", "n", "t_end_s")), strict=True):
        metric = string_metric(n)
        if metric is not None:
            yield MetricRow(int(end_s // MINUTE_S), team, NO_TRACK, metric, 1.0)


def _spans(spans: pd.DataFrame) -> Iterator[ControlSpan]:
    columns = (spans[name].tolist() for name in ("state", "track", "start_s", "end_s"))
    for state, track, start_s, end_s in zip(*columns, strict=True):
        yield ControlSpan(ControlState(state), track, start_s, end_s)


def _events(events: pd.DataFrame) -> Iterator[Event]:
    names = ("kind", "result", "t_start_s", "t_end_s", "team", "track_from", "track_to")
    for kind, result, start_s, end_s, team, track_from, track_to in zip(
        *(events[name].tolist() for name in names), strict=True
    ):
        yield Event(
            EventKind(kind), EventResult(result), start_s, end_s, team, track_from, track_to, NOWHERE, NOWHERE, 1.0
        )
