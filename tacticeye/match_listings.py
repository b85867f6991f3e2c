"""What the API lists of a match, as corrected by users: pages of events and people, possession in figures.

Each is read in one transaction.
A match without results yet gives empty pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tacticeye.corrected_match import lay_corrections, read_overrides
from tacticeye.match_files import MatchFolder
from tacticeye.periods import period_numbers
from tacticeye.store import MatchStore
from tacticeye.store.listings import ShownPeople, list_batch_stats, list_gaps, list_happenings, list_people
from tacticeye.types import ControlState


@dataclass(frozen=True)
class EventFilter:
    """kinds: None all. batch_from, batch_to: both included, by the video time they cover; None open."""

    kinds: Sequence[str] | None = None
    batch_from: int | None = None
    batch_to: int | None = None
    limit: int = 1000
    offset: int = 0


@dataclass(frozen=True)
class PositionFilter:
    """frame_from, frame_to: both included, None open. track, team: None all."""

    frame_from: int = 0
    frame_to: int | None = None
    track: int | None = None
    team: int | None = None
    limit: int = 1000
    offset: int = 0


@dataclass(frozen=True, eq=False)
class Page:
    """rows: as in store.listings, events with the number of their period (0: of none) besides. total: rows that the
    filter lets through on all pages."""

    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    total: int = 0


@dataclass(frozen=True, eq=False)
class PossessionFigures:
    """spans: state, track, start_s, end_s in order; curve: as Snapshot.possession_curve; seconds by state.

    gaps: start_s, end_s, reason, frames of what a live stream lacks.
    """

    spans: pd.DataFrame = field(default_factory=pd.DataFrame)
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    seconds: dict[ControlState, float] = field(default_factory=lambda: dict.fromkeys(ControlState, 0.0))
    gaps: pd.DataFrame = field(default_factory=pd.DataFrame)


def read_events(folder: MatchFolder, wanted: EventFilter) -> Page:
    """Raises StorageBusyError, StorageError."""
    store = MatchStore(folder.path)
    if not store.exists:
        return Page()
    with store.read() as snapshot:
        overrides = read_overrides(folder)
        lay_corrections(snapshot, overrides)
        batches = (wanted.batch_from, wanted.batch_to)
        rows, total = list_happenings(snapshot, wanted.kinds, batches, wanted.limit, wanted.offset)
        return Page(
            rows.assign(period=period_numbers(rows["t_start_s"].to_numpy(np.float64), overrides.periods)), total
        )


def read_positions(folder: MatchFolder, wanted: PositionFilter) -> Page:
    """Raises StorageBusyError, StorageError."""
    store = MatchStore(folder.path)
    if not store.exists:
        return Page()
    with store.read() as snapshot:
        overrides = read_overrides(folder)
        lay_corrections(snapshot, overrides)
        shown = ShownPeople(overrides.shown_ids(), overrides.is_swapped)
        frames = (wanted.frame_from, wanted.frame_to)
        return Page(*list_people(snapshot, shown, frames, wanted.track, wanted.team, wanted.limit, wanted.offset))


def read_possession(folder: MatchFolder) -> PossessionFigures:
    """Raises StorageBusyError, StorageError."""
    store = MatchStore(folder.path)
    if not store.exists:
        return PossessionFigures()
    with store.read() as snapshot:
        lay_corrections(snapshot, read_overrides(folder))
        return PossessionFigures(
            snapshot.control_spans(), snapshot.possession_curve(), snapshot.control_seconds(), list_gaps(snapshot)
        )


def read_batch_stats(folder: MatchFolder, after: int) -> dict[int, dict[str, float]]:
    """chunk_stats by number of the batches behind `after`. Raises StorageBusyError, StorageError."""
    store = MatchStore(folder.path)
    if not store.exists:
        return {}
    with store.read() as snapshot:
        table = list_batch_stats(snapshot, after)
    stats: dict[int, dict[str, float]] = {}
    for batch, name, value in zip(table["batch_id"].tolist(), table["name"], table["value"].tolist(), strict=True):
        stats.setdefault(batch, {})[str(name)] = value
    return stats
