"""Lays a user's corrections over what was detected: pure functions from tables to tables.

Corrections count in the order they were made: an id in one of them is an id as shown at that time. Tables have the
columns of the store's Snapshot and are never changed in place. Times in s of video.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tacticeye.ledger import (
    AddPass,
    Correction,
    FirstEnds,
    MergeTracks,
    NamePlayer,
    NameTeam,
    Note,
    NotLive,
    Period,
    PinPlayer,
    RejectEvent,
    SetPeriods,
    SplitTrack,
    SwapTeams,
    TagEvent,
)
from tacticeye.state_parts import Totals
from tacticeye.types import NO_TEAM, NO_TRACK, ControlState, EventKind, EventResult, Role

HUMAN = "human"
TURNOVERS = (EventKind.INTERCEPTION, EventKind.RECOVERY)
_SWAPPED: Mapping[int, Literal[0, 1]] = {0: 1, 1: 0}


@dataclass(frozen=True)
class Overrides:
    """All corrections of a match, folded.

    moves: merges and splits in order. names, numbers, pins: by track. is_swapped: whether detected teams are shown the
    other way round. team_names, team_colours: '' as usual. rejected: event ids. added: passes. not_live: (start, end).
    periods: of play, in order; none: not known. first_to_right: the team that attacks to the right in the first one as
    said beforehand, -1 not said. tags: by event id. notes: (t_s, text).
    """

    moves: tuple[MergeTracks | SplitTrack, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    numbers: Mapping[int, int] = field(default_factory=dict)
    pins: Mapping[int, PinPlayer] = field(default_factory=dict)
    is_swapped: bool = False
    team_names: tuple[str, str] = ("", "")
    team_colours: tuple[str, str] = ("", "")
    rejected: frozenset[int] = frozenset()
    added: tuple[AddPass, ...] = ()
    not_live: tuple[tuple[float, float], ...] = ()
    periods: tuple[Period, ...] = ()
    first_to_right: int = -1
    tags: Mapping[int, int] = field(default_factory=dict)
    notes: tuple[tuple[float, str], ...] = ()

    @property
    def changes_figures(self) -> bool:
        """Whether any number is other than detected."""
        return bool(self.moves or self.pins or self.is_swapped or self.rejected or self.added or self.not_live)

    def shown_track(self, track: int, t_s: float) -> int:
        """The id under which a detected track is shown at a time."""
        return int(self.shown_tracks(np.array([track]), np.array([t_s]))[0])

    def shown_tracks(self, tracks: NDArray[np.int64], t_s: NDArray[np.float64]) -> NDArray[np.int64]:
        """The same for many: (N,) ids at (N,) times."""
        shown = np.asarray(tracks, np.int64).copy()
        for move in self.moves:
            if isinstance(move, MergeTracks):
                shown[shown == move.track] = move.into
            else:
                shown[(shown == move.track) & (np.asarray(t_s, np.float64) >= move.t_s)] = move.new_track
        return shown

    def shown_ids(self) -> pd.DataFrame:
        """Under which id each track that was merged or split is shown when: track, from_s, to_s (exclusive), shown."""
        cuts = sorted({move.t_s for move in self.moves if isinstance(move, SplitTrack)})
        tracks = np.array(sorted({move.track for move in self.moves}), np.int64)
        rows = [
            pd.DataFrame(
                {
                    "track": tracks,
                    "from_s": begin,
                    "to_s": end,
                    "shown": self.shown_tracks(tracks, np.full(len(tracks), begin)),
                }
            )
            for begin, end in pairwise([-np.inf, *cuts, np.inf])
        ]
        return pd.concat(rows, ignore_index=True)

    def shown_team(self, team: int) -> int:
        """The team under which a detected one is shown."""
        return _SWAPPED.get(team, team) if self.is_swapped else team

    def role_of(self, track: int) -> Role | None:
        """The role the user gave, None where it is left to the detection."""
        return self.pins[track].role if track in self.pins else None

    def team_of(self, track: int) -> int | None:
        """The team the user gave (-1 for a referee), None where it is left to the detection."""
        if self.role_of(track) is Role.REFEREE:
            return NO_TEAM
        return self.pins[track].team if track in self.pins else None


def fold(corrections: Sequence[Correction]) -> Overrides:
    """What the corrections in force come to. Those that contradict earlier ones count for more."""
    folded = Overrides()
    for correction in corrections:
        folded = _with(folded, correction)
    return folded


def _with(o: Overrides, c: Correction) -> Overrides:  # noqa: PLR0911, PLR0912, C901 - one line for each kind
    match c:
        case MergeTracks(track, into):
            return o if track == into else replace(o, moves=(*o.moves, c))
        case SplitTrack():
            return replace(o, moves=(*o.moves, c))
        case NamePlayer(track, name, number):
            names, numbers = {**o.names, track: name}, {**o.numbers, track: number}
            return replace(o, names=names, numbers=numbers)
        case PinPlayer(track):
            return replace(o, pins={**o.pins, track: c})
        case SwapTeams():
            return _swapped(o)
        case NameTeam(team, name, colour):
            return replace(
                o,
                team_names=(name, o.team_names[1]) if team == 0 else (o.team_names[0], name),
                team_colours=(colour, o.team_colours[1]) if team == 0 else (o.team_colours[0], colour),
            )
        case RejectEvent(event_id):
            return replace(o, rejected=o.rejected | {event_id})
        case AddPass():
            return replace(o, added=(*o.added, c))
        case NotLive(start_s, end_s):
            return replace(o, not_live=(*o.not_live, (start_s, end_s))) if end_s > start_s else o
        case SetPeriods(periods):
            return replace(o, periods=periods)
        case FirstEnds(to_right):
            return replace(o, first_to_right=to_right)
        case TagEvent(event_id, tag):
            return replace(o, tags={**o.tags, event_id: tag})
        case Note(t_s, text):
            return replace(o, notes=(*o.notes, (t_s, text)))
    return o


def _swapped(o: Overrides) -> Overrides:
    """Whoever was pinned to a team changes sides with it; names and colours belong to the side shown and stay."""
    pins = {t: replace(p, team=_SWAPPED[p.team]) if p.team in (0, 1) else p for t, p in o.pins.items()}
    added = tuple(replace(a, team=_SWAPPED[a.team]) for a in o.added)
    periods = tuple(replace(p, to_right=_SWAPPED[p.to_right]) if p.to_right in (0, 1) else p for p in o.periods)
    return replace(o, is_swapped=not o.is_swapped, pins=pins, added=added, periods=periods)


def correct_tracks(tracks: pd.DataFrame, o: Overrides, split_sightings: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row a person as shown: merged rows added up, team and role as pinned.

    split_sightings: columns track, t_s of every box of the tracks that a split may divide; without it they stay whole.
    """
    if not o.changes_figures or tracks.empty:
        return tracks
    rows = tracks if split_sightings is None else _divided(tracks, split_sightings, o)
    middle_s = (rows["first_s"] + rows["last_s"]).to_numpy(np.float64) / 2
    rows = rows.assign(
        track=o.shown_tracks(rows["track"].to_numpy(np.int64), middle_s),
        team=[o.shown_team(int(team)) for team in rows["team"]],
    ).sort_values("n_boxes", ascending=False)
    grouped = rows.groupby("track", sort=True)
    merged = grouped.first()
    merged["first_s"], merged["last_s"] = grouped["first_s"].min(), grouped["last_s"].max()
    merged["n_boxes"] = grouped["n_boxes"].sum()
    merged = merged.reset_index()
    for track in set(o.pins) & set(merged["track"]):
        team, role = o.team_of(track), o.role_of(track)
        if team is not None:
            merged.loc[merged["track"] == track, ["team", "team_margin"]] = [team, 1.0]
        if role is not None:
            merged.loc[merged["track"] == track, "role"] = int(role)
    return merged[list(tracks.columns)].astype(tracks.dtypes.to_dict())


def _divided(tracks: pd.DataFrame, sightings: pd.DataFrame, o: Overrides) -> pd.DataFrame:
    """The same rows, those of split tracks cut where the person shown changes, with what was seen of each."""
    shown = o.shown_tracks(sightings["track"].to_numpy(np.int64), sightings["t_s"].to_numpy(np.float64))
    parts = sightings.assign(shown=shown).groupby(["track", "shown"])["t_s"].agg(["min", "max", "size"]).reset_index()
    divided = parts.merge(tracks, on="track").assign(
        first_s=lambda r: r["min"], last_s=lambda r: r["max"], n_boxes=lambda r: r["size"]
    )
    whole = tracks[~tracks["track"].isin(divided["track"])]
    return pd.concat([whole, divided[list(tracks.columns)]], ignore_index=True)


def correct_events(events: pd.DataFrame, o: Overrides) -> pd.DataFrame:
    """Events as corrected, in the order given; added passes last, with ids below 0."""
    if not o.changes_figures:
        return events
    kept = events[~events["event_id"].isin(o.rejected)]
    were_two = (kept["track_from"] != kept["track_to"]).to_numpy(bool)
    shown = kept.assign(
        track_from=o.shown_tracks(kept["track_from"].to_numpy(np.int64), kept["t_start_s"].to_numpy(np.float64)),
        track_to=o.shown_tracks(kept["track_to"].to_numpy(np.int64), kept["t_end_s"].to_numpy(np.float64)),
        team=np.array([o.shown_team(int(t)) for t in kept["team"]], np.int64),
    )
    to_himself = were_two & ((shown["track_from"] == shown["track_to"]) & (shown["kind"] == EventKind.PASS)).to_numpy()
    to_himself &= (shown["track_from"] != NO_TRACK).to_numpy()
    shown.loc[to_himself, "kind"] = str(EventKind.CARRY)
    shown.loc[to_himself, "result"] = str(EventResult.NONE)
    shown.loc[to_himself, "track_to"] = NO_TRACK
    corrected = pd.concat([_with_sides_pinned(shown, o), _added(o, events)], ignore_index=True)
    return (
        corrected[~_within(corrected["t_start_s"], o.not_live)].astype(events.dtypes.to_dict()).reset_index(drop=True)
    )


def _with_sides_pinned(events: pd.DataFrame, o: Overrides) -> pd.DataFrame:
    """Passes count for the passer's side, turnovers for the winner's; what sides turn out to be decides the outcome.

    A pass between team-mates is complete, one between opponents is not, and nobody loses the ball to a team-mate.
    """
    pinned = {track: side for track in o.pins if (side := o.team_of(track)) is not None}
    if not pinned:
        return events
    team, result = events["team"].to_numpy(np.int64).copy(), events["result"].to_numpy(object).copy()
    is_turnover = events["kind"].isin(TURNOVERS).to_numpy(bool)
    ends = [events[name].to_numpy(np.int64) for name in ("track_from", "track_to")]
    actor, other = np.where(is_turnover, ends[1], ends[0]), np.where(is_turnover, ends[0], ends[1])
    other_team = np.where(team < 0, NO_TEAM, np.where(result == EventResult.COMPLETE, team, 1 - team))
    for track, side in pinned.items():
        team[actor == track], other_team[other == track] = side, side
    is_changed = (np.isin(actor, list(pinned)) | np.isin(other, list(pinned))) & (team >= 0)
    reached = is_changed & (events["kind"] == EventKind.PASS).to_numpy(bool) & (other != NO_TRACK)
    result[reached] = np.where((team == other_team)[reached], EventResult.COMPLETE, EventResult.INCOMPLETE)
    by_referee = np.isin(actor, [t for t in o.pins if o.role_of(t) is Role.REFEREE])
    from_nobody = is_changed & is_turnover & ((team == other_team) | (other_team < 0))
    decided: pd.DataFrame = events.assign(team=team, result=result).loc[~(by_referee | from_nobody)]
    return decided


def _added(o: Overrides, events: pd.DataFrame) -> pd.DataFrame:
    rows = pd.DataFrame(
        [
            (-1 - i, EventKind.PASS, a.result, a.t_start_s, a.t_end_s, a.team, a.track_from, a.track_to, 1.0, HUMAN)
            for i, a in enumerate(o.added)
        ],
        columns=["event_id", "kind", "result", "t_start_s", "t_end_s", "team", "track_from", "track_to", "confidence",
                 "source"],
    )  # fmt: skip
    return rows.reindex(columns=events.columns).astype(events.dtypes.to_dict()) if len(rows) else events.iloc[:0]


def correct_spans(spans: pd.DataFrame, o: Overrides) -> pd.DataFrame:
    """Control as corrected: contiguous as before, with what isn't live play cut out."""
    if not o.changes_figures or spans.empty:
        return spans
    start_s = spans["start_s"].to_numpy(np.float64)
    track = o.shown_tracks(spans["track"].to_numpy(np.int64), start_s)
    state = [_corrected_state(ControlState(s), int(t), o) for s, t in zip(spans["state"], track, strict=True)]
    corrected = spans.assign(state=[str(s) for s in state], track=track)
    for begin, end in sorted(o.not_live):
        corrected = _cut(corrected, begin, end)
    return corrected.reset_index(drop=True)


def _corrected_state(state: ControlState, track: int, o: Overrides) -> ControlState:
    if state.team < 0:
        return state
    pinned = o.team_of(track)
    team = o.shown_team(state.team) if pinned is None else pinned
    return ControlState.of_team(team) if team in (0, 1) else ControlState.UNSEEN


def _cut(spans: pd.DataFrame, begin: float, end: float) -> pd.DataFrame:
    """What overlaps begin..end becomes NOT_LIVE; spans that reach beyond keep their ends."""
    before = spans[spans["start_s"] < begin].assign(end_s=lambda r: r["end_s"].clip(upper=begin))
    inside = spans[(spans["end_s"] > begin) & (spans["start_s"] < end)]
    after = spans[spans["end_s"] > end].assign(start_s=lambda r: r["start_s"].clip(lower=end))
    dead = inside.assign(
        state=str(ControlState.NOT_LIVE),
        track=NO_TRACK,
        start_s=inside["start_s"].clip(lower=begin),
        end_s=inside["end_s"].clip(upper=end),
    )
    return pd.concat([before, dead, after]).sort_values(["start_s", "end_s"], kind="stable")


def _within(t_s: pd.Series, stretches: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    times = t_s.to_numpy(np.float64)
    inside = np.zeros(len(times), bool)
    for begin, end in stretches:
        inside |= (times >= begin) & (times < end)
    return inside


def correct_totals(totals: Totals, o: Overrides, spans: pd.DataFrame, events: pd.DataFrame) -> Totals:
    """Totals as corrected. spans, events: all that the totals are made of, corrected."""
    if not o.changes_figures:
        return totals
    corrected_s = (spans["end_s"] - spans["start_s"]).groupby(spans["state"].astype(str)).sum().to_dict()
    passes = events[events["kind"] == EventKind.PASS]
    complete = passes[passes["result"] == EventResult.COMPLETE]
    now = totals.current_state
    track = totals.current_track
    return replace(
        totals,
        seconds_by_state={state: float(corrected_s.get(state.value, 0.0)) for state in ControlState},
        passes_complete_by_team={team: int((complete["team"] == team).sum()) for team in (0, 1)},
        passes_attempted_by_team={team: int((passes["team"] == team).sum()) for team in (0, 1)},
        active_tracks_by_team={o.shown_team(team): n for team, n in totals.active_tracks_by_team.items()},
        current_state=_corrected_state(now, o.shown_track(track, np.inf), o),
        current_track=o.shown_track(track, np.inf),
    )


def correct_positions(boxes: pd.DataFrame, o: Overrides) -> pd.DataFrame:
    """Boxes with the ids shown; team and role are those of the corrected tracks, for the caller to join."""
    if not o.moves or boxes.empty:
        return boxes
    track = o.shown_tracks(boxes["track"].to_numpy(np.int64), boxes["t_s"].to_numpy(np.float64))
    return boxes.assign(track=track)


def correct_kits(kits: Mapping[int, tuple[int, int, int]], o: Overrides) -> dict[int, tuple[int, int, int]]:
    """Shirt colours by the team shown, as seen or as the user says."""
    corrected = {o.shown_team(team): rgb for team, rgb in kits.items()}
    for team, colour in enumerate(o.team_colours):
        if colour:
            red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
            corrected[team] = (red, green, blue)
    return corrected
