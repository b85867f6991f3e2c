"""What the pages show of one match, each view read in one transaction of its database, as corrected by its users.

Tables have the columns of the store's Snapshot. A match without results yet gives empty tables and has_data False.
stamp: tells these results from later ones where whoever asked keeps them apart (Service.stamp), else empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from tacticeye.corrected_match import detected_tracks, read_overrides, shown_tracks
from tacticeye.corrections import (
    Overrides,
    correct_events,
    correct_kits,
    correct_spans,
    correct_totals,
)
from tacticeye.errors import DatabaseDamagedError
from tacticeye.library import MatchCard
from tacticeye.match_files import MatchFolder
from tacticeye.match_state import MatchState
from tacticeye.state_parts import Totals
from tacticeye.store import HEAT_COLUMNS, HEAT_ROWS, BallCoverage, MatchStore, Snapshot
from tacticeye.store.picture_heat import read_heat
from tacticeye.types import ControlSpan, ControlState, EventKind

# The feed on the Live page: what fits on a screen.
FEED_EVENTS = 30

SPAN_COLUMNS = ("state", "track", "start_s", "end_s")
EVENT_COLUMNS = (
    "event_id", "kind", "result", "t_start_s", "t_end_s", "team", "track_from", "track_to",
    "x_from", "y_from", "x_to", "y_to", "confidence", "source",
    "pitch_x_from", "pitch_y_from", "pitch_x_to", "pitch_y_to",
)  # fmt: skip
TRACK_COLUMNS = ("track", "role", "team", "team_margin", "first_s", "last_s", "n_boxes")


def _table(columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=np.float64) for name in columns})


@dataclass(frozen=True, eq=False)
class LiveView:
    """The Live page. spans: state, track, start_s, end_s in order, those still open included. events: the newest first.

    totals: running figures, of the same spans. kits: shirt colour (0..255) by team. coverage: how much of the
    ball is seen; None before the first batch. stats: chunk_stats added up over all batches.
    """

    card: MatchCard
    has_data: bool = False
    totals: Totals = field(default_factory=Totals)
    spans: pd.DataFrame = field(default_factory=lambda: _table(SPAN_COLUMNS))
    events: pd.DataFrame = field(default_factory=lambda: _table(EVENT_COLUMNS))
    kits: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    coverage: BallCoverage | None = None
    stats: dict[str, float] = field(default_factory=dict)
    overrides: Overrides = field(default_factory=Overrides)
    stamp: tuple[int, ...] = ()

    def totals_within(self, t0_s: float, t1_s: float) -> Totals:
        """Seconds by state within t0_s up to t1_s; all else as in `totals`."""
        start_s = self.spans["start_s"].clip(lower=t0_s)
        seconds = (self.spans["end_s"].clip(upper=t1_s) - start_s).clip(lower=0.0)
        by_state = seconds.groupby(self.spans["state"].astype(str)).sum()
        within = {state: float(by_state.get(str(state), 0.0)) for state in ControlState}
        return replace(self.totals, seconds_by_state=within)


@dataclass(frozen=True, eq=False)
class EventsView:
    """The Events page. events: in order of time, of the kinds and teams asked for. kinds: all that occurred so far.

    width, height: px of the source frame, 0 before there is one.
    """

    card: MatchCard
    has_data: bool = False
    kinds: tuple[EventKind, ...] = ()
    events: pd.DataFrame = field(default_factory=lambda: _table(EVENT_COLUMNS))
    tracks: pd.DataFrame = field(default_factory=lambda: _table(TRACK_COLUMNS))
    kits: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    width: int = 0
    height: int = 0
    overrides: Overrides = field(default_factory=Overrides)
    stamp: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class HeatmapView:
    """The Heatmap page. seconds: (36, 64) float64, s spent in each cell of the picture, row 0 at the top."""

    card: MatchCard
    has_data: bool = False
    seconds: NDArray[np.float64] = field(default_factory=lambda: np.zeros((HEAT_ROWS, HEAT_COLUMNS)))
    tracks: pd.DataFrame = field(default_factory=lambda: _table(TRACK_COLUMNS))
    kits: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    width: int = 0
    height: int = 0
    overrides: Overrides = field(default_factory=Overrides)


@dataclass(frozen=True)
class StateHead:
    """The part of a state that pages show; the rest isn't built at every poll."""

    totals: Totals
    open_spans: list[ControlSpan] = field(default_factory=list)


_STATE_HEAD: TypeAdapter[StateHead] = TypeAdapter(StateHead)


def read_live(card: MatchCard, folder: MatchFolder) -> LiveView:
    """Raises StorageBusyError, StorageError."""
    store = MatchStore(folder.path)
    if not store.exists:
        return LiveView(card)
    with store.read() as snapshot:
        state = snapshot.state_json()
        if state is None:
            return LiveView(card)
        overrides = read_overrides(folder)
        head = _read_head(folder, state)
        spans = correct_spans(_with_open(snapshot.control_spans(), head.open_spans), overrides)
        # Newest first needs all of them only where corrections may drop or add some.
        events = correct_events(snapshot.events(limit=None if overrides.changes_figures else FEED_EVENTS), overrides)
        return LiveView(
            card=card,
            has_data=True,
            totals=correct_totals(head.totals.with_spans(head.open_spans), overrides, spans, events),
            spans=spans,
            events=events.sort_values("t_start_s", ascending=False, kind="stable").head(FEED_EVENTS),
            kits=correct_kits(_kits(snapshot), overrides),
            coverage=snapshot.ball_coverage(),
            stats=snapshot.stat_totals(),
            overrides=overrides,
        )


def read_events(
    card: MatchCard, folder: MatchFolder, kinds: Sequence[EventKind] | None, teams: Sequence[int] | None
) -> EventsView:
    """None: all kinds, all teams (-1 unsure). Raises StorageBusyError, StorageError."""
    store = MatchStore(folder.path)
    if not store.exists:
        return EventsView(card)
    with store.read() as snapshot:
        match = snapshot.match()
        overrides = read_overrides(folder)
        events = correct_events(snapshot.events(), overrides).sort_values("t_start_s", kind="stable")
        occurred = set(events["kind"])
        wanted = events if kinds is None else events[events["kind"].isin([str(kind) for kind in kinds])]
        wanted = wanted if teams is None else wanted[wanted["team"].isin(list(teams))]
        return EventsView(
            card=card,
            has_data=snapshot.progress().batches > 0,
            kinds=tuple(kind for kind in EventKind if kind in occurred),
            events=wanted.reset_index(drop=True),
            tracks=shown_tracks(snapshot, overrides),
            kits=correct_kits(_kits(snapshot), overrides),
            width=match.width,
            height=match.height,
            overrides=overrides,
        )


def read_heatmap(
    card: MatchCard, folder: MatchFolder, team: int | None, track: int | None, minutes: tuple[int, int] | None
) -> HeatmapView:
    """Of a team, a track, or (both None) all players; minutes: half-open. Raises StorageBusyError, StorageError."""
    store = MatchStore(folder.path)
    if not store.exists:
        return HeatmapView(card)
    with store.read() as snapshot:
        match = snapshot.match()
        overrides = read_overrides(folder)
        return HeatmapView(
            card=card,
            has_data=snapshot.progress().batches > 0,
            seconds=read_heat(snapshot, minutes, detected_tracks(snapshot, overrides, team, track)),
            tracks=shown_tracks(snapshot, overrides),
            kits=correct_kits(_kits(snapshot), overrides),
            width=match.width,
            height=match.height,
            overrides=overrides,
        )


def read_summary(card: MatchCard, folder: MatchFolder) -> dict[str, Any]:
    """`MatchState.get_summary()` of the last committed batch, as corrected, with the status of now.

    Raises StorageBusyError, StorageError.
    """
    store = MatchStore(folder.path)
    overrides = read_overrides(folder)
    if not store.exists or not overrides.changes_figures:
        return _read_state(folder, store.load_state()).get_summary(card.status.value)
    with store.read() as snapshot:
        state = _read_state(folder, snapshot.state_json())
        spans = correct_spans(_with_open(snapshot.control_spans(), state.open_spans), overrides)
        events = correct_events(snapshot.events(), overrides)
    totals = correct_totals(state.totals_now, overrides, spans, events)
    return replace(state, totals=totals, open_spans=[]).get_summary(card.status.value)


def has_results(folder: MatchFolder) -> bool:
    """Whether a batch of the match was analysed. Raises StorageError."""
    return MatchStore(folder.path).last_batch() >= 0


def _with_open(spans: pd.DataFrame, open_spans: Sequence[ControlSpan]) -> pd.DataFrame:
    """The stored spans and what follows them so far: the first minutes of a match may be a single span."""
    rows = [(str(s.state), s.track, s.start_s, s.end_s) for s in open_spans if s.end_s > s.start_s]
    return pd.concat([spans, pd.DataFrame(rows, columns=list(SPAN_COLUMNS))], ignore_index=True) if rows else spans


def _read_head(folder: MatchFolder, state_json: str) -> StateHead:
    try:
        return _STATE_HEAD.validate_json(state_json)
    except ValidationError as error:
        raise _damaged(folder) from error


def _read_state(folder: MatchFolder, state_json: str | None) -> MatchState:
    if state_json is None:
        return MatchState(folder.match_id)
    try:
        return MatchState.from_json(state_json)
    except ValidationError as error:
        raise _damaged(folder) from error


def _damaged(folder: MatchFolder) -> DatabaseDamagedError:
    return DatabaseDamagedError(
        folder.database, "its analysis state can't be read by this version; analyse the video anew."
    )


def _kits(snapshot: Snapshot) -> dict[int, tuple[int, int, int]]:
    return {kit.team: kit.rgb for kit in snapshot.kits()}
