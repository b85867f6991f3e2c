"""What the Shape page shows of a match, read in one transaction of its database together with its corrections."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tacticeye.corrected_match import read_overrides, shown_tracks
from tacticeye.corrections import Overrides, correct_events, correct_kits, correct_spans
from tacticeye.entries import ENTRIES, read_entries
from tacticeye.ledger import Period
from tacticeye.match_files import MatchFolder
from tacticeye.periods import knows_ends, ways
from tacticeye.pitch import FULL_PITCH, PitchLayout, pitch_layout_of
from tacticeye.shape import TeamShape, team_shape
from tacticeye.store import MatchStore, Snapshot
from tacticeye.types import NO_TEAM, NO_TRACK, ControlState, Role


@dataclass(frozen=True)
class ShapeChoice:
    """period: its index among the overrides' periods; None: all of them, or the whole video where none are set.

    in_possession: None for all play.
    """

    period: int | None = None
    in_possession: bool | None = None


@dataclass(frozen=True, eq=False)
class ShapeView:
    """teams: both. calibrated_s: s in which anybody has a place, of seen_s in which anybody is seen, as chosen.

    knows_ends: whether both teams are told as attacking to the right. entries: by team, final third and box; None where
    the ends aren't known.
    """

    teams: tuple[TeamShape, TeamShape] = (TeamShape(), TeamShape())
    calibrated_s: int = 0
    seen_s: int = 0
    knows_ends: bool = False
    entries: tuple[tuple[int, int], tuple[int, int]] | None = None
    layout: PitchLayout = FULL_PITCH
    kits: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    overrides: Overrides = field(default_factory=Overrides)


def read_shape(folder: MatchFolder, choice: ShapeChoice) -> ShapeView:
    """Raises StorageBusyError, StorageError."""
    store = MatchStore(folder.path)
    if not store.exists:
        return ShapeView()
    with store.read() as snapshot:
        overrides = read_overrides(folder)
        periods = overrides.periods
        if choice.period is not None:
            periods = periods[choice.period : choice.period + 1]
        config = snapshot.match().config_json
        layout, kind = pitch_layout_of(config), json.loads(config).get("pitch_kind", "11")
        spans = correct_spans(snapshot.control_spans(), overrides)
        people = _people(snapshot, overrides, spans, periods)
        is_known, entries = knows_ends(periods), None
        if is_known:
            events = correct_events(snapshot.events(), overrides)
            entries = _entries(read_entries(snapshot, overrides, events), periods)
        kits = correct_kits({kit.team: kit.rgb for kit in snapshot.kits()}, overrides)
    if is_known:
        people = _to_right(people, periods, layout)
    seen_s, calibrated_s = (int(rows["second"].nunique()) for rows in (people, people[people["x"].notna()]))
    placed, holders = people[people["x"].notna()], _holders(spans)
    first, second = (
        team_shape(_in_phase(placed, team, choice), holders, team, layout, kind, is_known) for team in (0, 1)
    )
    return ShapeView((first, second), calibrated_s, seen_s, is_known, entries, layout, kits, overrides)


def _people(snapshot: Snapshot, overrides: Overrides, spans: pd.DataFrame, periods: tuple[Period, ...]) -> pd.DataFrame:
    """Players by second within the periods (none: all), places as filmed, NaN unknown; columns as in shape.py."""
    seen = snapshot.people_by_second()
    middle_s = seen["second"].to_numpy(np.float64) + 0.5
    seen = seen.assign(track=overrides.shown_tracks(seen["track"].to_numpy(np.int64), middle_s))
    if periods:
        inside = np.zeros(len(seen), bool)
        for period in periods:
            inside |= (middle_s >= period.start_s) & (middle_s < period.end_s)
        seen = seen[inside]
    tracks = shown_tracks(snapshot, overrides).set_index("track")
    role = seen["track"].map(tracks["role"])
    people = pd.DataFrame(
        {
            "track": seen["track"],
            "second": seen["second"],
            "team": seen["track"].map(tracks["team"]).fillna(NO_TEAM).astype(int),
            "is_keeper": role == Role.GOALKEEPER,
            "x": seen["pitch_x"],
            "y": seen["pitch_y"],
            "held": _held(seen["second"].to_numpy(np.float64) + 0.5, spans),
        }
    )
    return people[role.isin([Role.PLAYER, Role.GOALKEEPER])].drop_duplicates(["track", "second"])


def _held(t_s: NDArray[np.float64], spans: pd.DataFrame) -> NDArray[np.int64]:
    """(N,) which team had the ball at these times, -1 nobody."""
    if spans.empty:
        return np.full(len(t_s), NO_TEAM, np.int64)
    team = np.array([ControlState(state).team for state in spans["state"]], np.int64)
    at = np.searchsorted(spans["start_s"].to_numpy(np.float64), t_s, side="right") - 1
    is_inside = (at >= 0) & (t_s < spans["end_s"].to_numpy(np.float64)[at])
    return np.where(is_inside, team[at], NO_TEAM)


def _holders(spans: pd.DataFrame) -> pd.DataFrame:
    """Who held the ball, by second: track, second, seconds."""
    own = spans[spans["state"].isin([ControlState.TEAM_0, ControlState.TEAM_1]) & (spans["track"] != NO_TRACK)]
    rows = [
        (track, second, min(end_s, second + 1) - max(start_s, second))
        for track, start_s, end_s in zip(*(own[name].tolist() for name in ("track", "start_s", "end_s")), strict=True)
        for second in range(int(start_s), int(np.ceil(end_s)))
    ]
    table = pd.DataFrame(rows, columns=["track", "second", "seconds"])
    return table.groupby(["track", "second"])["seconds"].sum().reset_index()


def _to_right(people: pd.DataFrame, periods: tuple[Period, ...], layout: PitchLayout) -> pd.DataFrame:
    way = ways(people["second"].to_numpy(np.float64) + 0.5, people["team"].to_numpy(np.int64), periods)
    return people.assign(
        x=np.where(way < 0, layout.length_m - people["x"], people["x"]),
        y=np.where(way < 0, layout.width_m - people["y"], people["y"]),
    )


def _in_phase(people: pd.DataFrame, team: int, choice: ShapeChoice) -> pd.DataFrame:
    if choice.in_possession is None:
        return people
    return people[people["held"] == (team if choice.in_possession else 1 - team)]


def _entries(entries: pd.DataFrame, periods: tuple[Period, ...]) -> tuple[tuple[int, int], tuple[int, int]]:
    t_s = entries["t_s"].to_numpy(np.float64)
    inside = np.zeros(len(t_s), bool)
    for period in periods:
        inside |= (t_s >= period.start_s) & (t_s < period.end_s)
    counts = entries[inside].groupby(["team", "name"]).size()
    of_team = [[int(counts.get((team, str(name)), 0)) for name in ENTRIES] for team in (0, 1)]
    return (of_team[0][0], of_team[0][1]), (of_team[1][0], of_team[1][1])
