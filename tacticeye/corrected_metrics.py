"""The figures of the table `metrics` as corrected by users: counted anew from corrected events and control.

Entries into the final third and the box are counted anew where the user has told the ends of all periods. Else nobody
can say later which side a team played: they go with their player and his team. What a pass or carry that is gone had
entered is taken off where it can be told to have been counted: where as many entries were counted as he, or his team,
made at that end in that minute, and not at the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tacticeye.analysis.metrics import MINUTE_S, count, entries_between, string_metric
from tacticeye.corrected_match import read_overrides
from tacticeye.corrections import Overrides, correct_events, correct_spans
from tacticeye.entries import ENTRIES, read_entries
from tacticeye.match_files import MatchFolder
from tacticeye.people_views import pass_strings
from tacticeye.periods import knows_ends
from tacticeye.pitch import PitchLayout, pitch_layout_of
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
ENTRY_KEYS = ("name", "minute", "team", "track")


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
        detected_events = snapshot.events()
        events = correct_events(detected_events, overrides)
        entries = read_entries(snapshot, overrides, events) if knows_ends(overrides.periods) else None
        layout = pitch_layout_of(snapshot.match().config_json)
    if entries is None:
        detected = without_gone(detected, detected_events, events, layout)
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


def without_gone(
    metrics: pd.DataFrame, detected: pd.DataFrame, corrected: pd.DataFrame, layout: PitchLayout
) -> pd.DataFrame:
    """metrics, METRIC_COLUMNS, less the entries by passes and carries that are gone, or no longer complete.

    detected, corrected: events.
    """
    possible, kept = _possible_entries(detected, layout), _playable(corrected)["event_id"]
    gone = possible[~possible["event_id"].isin(kept)].to_dict("records")
    left = metrics["value"].copy()
    for made in gone:
        if _is_counted(made, metrics, possible):
            left -= _like(metrics, made, ENTRY_KEYS)
    return metrics.assign(value=left)[left > 0]


def _is_counted(made: Mapping[Any, Any], metrics: pd.DataFrame, possible: pd.DataFrame) -> bool:
    for keys in (ENTRY_KEYS, ENTRY_KEYS[:-1]):
        same = possible[_like(possible, made, keys)]
        n_here = int((same["plays_right"] == made["plays_right"]).sum())
        if 2 * n_here != len(same):
            return bool(metrics.loc[_like(metrics, made, keys), "value"].sum() == n_here)
    return False


def _like(table: pd.DataFrame, made: Mapping[Any, Any], keys: Sequence[str]) -> pd.Series:
    """Which rows agree with `made` in all of keys."""
    return pd.Series(np.logical_and.reduce([table[key] == made[key] for key in keys]), table.index)


def _playable(events: pd.DataFrame) -> pd.DataFrame:
    is_complete = (events["kind"] == EventKind.PASS) & (events["result"] == EventResult.COMPLETE)
    return events[is_complete | (events["kind"] == EventKind.CARRY)]


def _possible_entries(events: pd.DataFrame, layout: PitchLayout) -> pd.DataFrame:
    """What passes and carries enter if their team plays to the right, and if to the left: one row an entry."""
    playable = _playable(events)
    places = playable[["pitch_x_from", "pitch_y_from", "pitch_x_to", "pitch_y_to"]].to_numpy(np.float64)
    columns = (playable[name].tolist() for name in ("event_id", "t_end_s", "team", "track_from"))
    rows = []
    for place, event_id, end_s, team, track in zip(places.tolist(), *columns, strict=True):
        for plays_right in (True, False):
            for name in entries_between((place[0], place[1]), (place[2], place[3]), plays_right, layout):
                rows.append((event_id, plays_right, str(name), int(end_s // MINUTE_S), team, track))
    return pd.DataFrame(rows, columns=["event_id", "plays_right", *ENTRY_KEYS])


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
