"""A match's database read together with its ledger: people, boxes and events as corrected by users."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tacticeye.corrections import Overrides, correct_events, correct_positions, correct_spans, correct_tracks, fold
from tacticeye.ledger import SplitTrack, in_force, read_entries
from tacticeye.match_files import MatchFolder
from tacticeye.store import Snapshot
from tacticeye.types import NO_TEAM, Role


def read_overrides(folder: MatchFolder) -> Overrides:
    """The users' corrections of a match that are in force. Raises StorageError."""
    return fold([entry.correction for entry in in_force(read_entries(folder))])


def lay_corrections(snapshot: Snapshot, overrides: Overrides) -> None:
    """Has every further question about events, control and tracks in this transaction see them as corrected."""
    if not overrides.changes_figures:
        return
    tables = {
        "events": correct_events(snapshot.events(), overrides),
        "control_spans": correct_spans(snapshot.control_spans(), overrides),
        "tracks": shown_tracks(snapshot, overrides),
    }
    for name, table in tables.items():
        snapshot.lay_over(name, table)


def shown_tracks(snapshot: Snapshot, overrides: Overrides) -> pd.DataFrame:
    """Everybody as shown."""
    split = sorted({move.track for move in overrides.moves if isinstance(move, SplitTrack)})
    sightings = snapshot.sightings(_all_of(snapshot.tracks(), overrides, split)) if split else None
    return correct_tracks(snapshot.tracks(), overrides, sightings)


def _all_of(tracks: pd.DataFrame, overrides: Overrides, shown: Sequence[int]) -> list[int]:
    """Detected tracks that are, or were at some time, shown as one of these."""
    family = set().union(*(detected_family(overrides, track) for track in shown))
    return sorted(family & set(tracks["track"]))


def detected_family(overrides: Overrides, shown: int) -> set[int]:
    """Ids that are, or were at some time, shown as this one."""
    family = {shown}
    for move in reversed(overrides.moves):
        end = move.new_track if isinstance(move, SplitTrack) else move.into
        if end in family:
            family.add(move.track)
    return family


def detected_tracks(snapshot: Snapshot, overrides: Overrides, team: int | None, track: int | None) -> list[int] | None:
    """Which detected tracks make up a team or a player as shown; None: all players. Heat is kept by the minute, so a
    track that was split counts for both people."""
    if team is None and track is None and not overrides.changes_figures:
        return None
    detected, shown = snapshot.tracks(), shown_tracks(snapshot, overrides)
    players = shown[shown["role"].isin([Role.PLAYER, Role.GOALKEEPER])]
    if team is not None:
        players = players[players["team"] == team]
    wanted = set(players["track"]) if track is None else {track}
    return _all_of(detected, overrides, sorted(int(t) for t in wanted))


def shown_boxes(snapshot: Snapshot, overrides: Overrides) -> pd.DataFrame:
    """All boxes with the ids, teams and roles shown; a box without a track has what was seen in its frame alone."""
    boxes = correct_positions(snapshot.positions(), overrides)
    beliefs = shown_tracks(snapshot, overrides).set_index("track")
    followed = boxes["track"].isin(beliefs.index).to_numpy()
    boxes = boxes.assign(team=[overrides.shown_team(int(team)) for team in boxes["team"]])
    for name in ("role", "team"):
        believed = boxes["track"].map(beliefs[name])
        boxes[name] = boxes[name].where(~followed, believed).astype(np.int64)
    nobody = boxes["role"].isin([Role.BALL, Role.REFEREE])
    boxes.loc[nobody, "team"] = NO_TEAM
    return boxes
