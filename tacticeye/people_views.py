"""What the Passes and Players pages show: people, where they were, and who passed to whom, as corrected by users.

Places are metres on the pitch where enough of them are known, else shares of the picture (0..1, y down): never pixels.
Times in s of video; a share or a distance that nobody could see is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tacticeye.analysis.metrics import STRING_GAP_S
from tacticeye.corrected_match import read_overrides, shown_tracks
from tacticeye.corrections import Overrides, correct_events, correct_kits, correct_spans
from tacticeye.ledger import Period
from tacticeye.library import MatchCard
from tacticeye.match_files import MatchFolder
from tacticeye.periods import knows_ends, ways
from tacticeye.pitch import FULL_PITCH, PitchLayout, pitch_layout_of
from tacticeye.running import RUNNING_COLUMNS, running
from tacticeye.store import MatchStore
from tacticeye.types import NO_TRACK, ControlState, EventKind, EventResult, Role

PLAYER_COLUMNS = (
    "track", "team", "role", "seconds_seen", "touches", "passes", "complete", "accuracy", "received",
    *RUNNING_COLUMNS, "first_s", "last_s",
)  # fmt: skip
# On the pitch only where this share of what was seen of the people could be placed there: fewer would show a part of
# the match as the whole.
_CALIBRATED_SHARE = 0.5
# Rows of where a player stayed, as many columns as make its cells square: about 7 m of a full pitch, fine enough for a
# thumbnail.
STAY_ROWS = 10
# Of a long match with broken tracks there are thousands, most of them seen for moments.
_MOST_STAYS = 200
_DAY_S = 86_400
# Passes in a string, from and to (0: no end), as they are counted in analysis/metrics.py.
STRING_BANDS = ((3, 5), (6, 8), (9, 0))


@dataclass(frozen=True, eq=False)
class PeopleView:
    """players: PLAYER_COLUMNS, one row a person. passes: corrected events of kind PASS in order of time, with columns
    x, y, to_x, to_y (places of passer and receiver) besides. places: track, x, y, the average place of each.

    is_turned: whether places of passes are told as if the passing team always played to the right.
    is_on_pitch: whether places are m on the pitch rather than shares of the picture. layout: of the match's pitch;
    size: its own in m, or (1, 1).
    stays: by track, of those seen longest, how much of the time in each part of that ground: (STAY_ROWS, columns)
    float32, row 0 at the top.
    strings, tempo: as pass_strings and pass_tempo tell them.
    stamp: as in match_views.
    """

    card: MatchCard
    has_data: bool = False
    players: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(PLAYER_COLUMNS)))
    passes: pd.DataFrame = field(default_factory=pd.DataFrame)
    places: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["track", "x", "y"]))
    is_on_pitch: bool = False
    is_turned: bool = False
    layout: PitchLayout = FULL_PITCH
    strings: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["team", "n", "t_start_s", "t_end_s"]))
    tempo: tuple[float, float] = (np.nan, np.nan)
    stays: dict[int, NDArray[np.float32]] = field(default_factory=dict)
    kits: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    overrides: Overrides = field(default_factory=Overrides)
    stamp: tuple[int, ...] = ()

    @property
    def size(self) -> tuple[float, float]:
        return self.layout.size_m if self.is_on_pitch else (1.0, 1.0)


@dataclass(frozen=True, eq=False)
class PassFigures:
    """pairs: team, track_from, track_to, n completed passes. strings: string_counts by team. tempo: as pass_tempo."""

    pairs: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["track_from", "track_to", "n", "team"]))
    strings: dict[int, dict[str, int]] = field(default_factory=dict)
    tempo: tuple[float, float] = (np.nan, np.nan)


def read_people(card: MatchCard, folder: MatchFolder) -> PeopleView:
    """Raises StorageBusyError, StorageError."""
    store = MatchStore(folder.path)
    if not store.exists:
        return PeopleView(card)
    with store.read() as snapshot:
        overrides = read_overrides(folder)
        match, interval_s = snapshot.match(), snapshot.box_interval_s()
        has_data = snapshot.progress().batches > 0
        tracks = shown_tracks(snapshot, overrides)
        seen = snapshot.people_by_second()
        events = correct_events(snapshot.events(), overrides)
        spans = correct_spans(snapshot.control_spans(), overrides)
        kits = correct_kits({kit.team: kit.rgb for kit in snapshot.kits()}, overrides)
    seen["track"] = overrides.shown_tracks(seen["track"].to_numpy(np.int64), seen["second"].to_numpy(np.float64))
    calibrated = float(seen["n_pitch"].sum() / seen["n"].sum()) if len(seen) else 0.0
    is_on_pitch = calibrated >= _CALIBRATED_SHARE
    layout = pitch_layout_of(match.config_json)
    size = layout.size_m if is_on_pitch else (1.0, 1.0)
    width, height = layout.size_m if is_on_pitch else (match.width, match.height)
    columns = max(round(STAY_ROWS * width / height), 1)
    seen = _placed(seen, is_on_pitch, match.width, match.height)
    passes = events[events["kind"] == EventKind.PASS].sort_values("t_start_s", kind="stable").reset_index(drop=True)
    players = _players(tracks, seen, events, spans, interval_s)
    placed, is_turned = _with_places(passes, seen), is_on_pitch and knows_ends(overrides.periods)
    return PeopleView(
        card=card,
        has_data=has_data,
        players=players,
        passes=to_right(placed, overrides.periods, size) if is_turned else placed,
        places=_average_places(seen),
        is_on_pitch=is_on_pitch,
        is_turned=is_turned,
        layout=layout,
        strings=pass_strings(events),
        tempo=pass_tempo(passes, spans),
        stays=_stays(seen[seen["track"].isin(players["track"].head(_MOST_STAYS))], size, is_on_pitch, columns),
        kits=kits,
        overrides=overrides,
    )


def pass_pairs(passes: pd.DataFrame, team: int) -> pd.DataFrame:
    """Completed passes from whom to whom: track_from, track_to, n, most first; unknown players left out."""
    complete = passes[
        (passes["team"] == team)
        & (passes["result"] == EventResult.COMPLETE)
        & (passes["track_from"] != NO_TRACK)
        & (passes["track_to"] != NO_TRACK)
    ]
    pairs = complete.groupby(["track_from", "track_to"]).size().reset_index(name="n")
    return pairs.sort_values(["n", "track_from", "track_to"], ascending=[False, True, True]).reset_index(drop=True)


def read_pass_figures(folder: MatchFolder) -> PassFigures:
    """Who passes to whom, strings and tempo of both teams, as corrected. Raises StorageBusyError, StorageError."""
    store = MatchStore(folder.path)
    if not store.exists:
        return PassFigures()
    with store.read() as snapshot:
        overrides = read_overrides(folder)
        events = correct_events(snapshot.events(), overrides)
        spans = correct_spans(snapshot.control_spans(), overrides)
    passes, strings = events[events["kind"] == EventKind.PASS], pass_strings(events)
    return PassFigures(
        pairs=pd.concat([pass_pairs(passes, team).assign(team=team) for team in (0, 1)], ignore_index=True),
        strings={team: string_counts(strings[strings["team"] == team]) for team in (0, 1)},
        tempo=pass_tempo(passes, spans),
    )


def pass_tempo(passes: pd.DataFrame, spans: pd.DataFrame) -> tuple[float, float]:
    """By team: passes attempted per minute in which it had the ball; NaN where it never had."""
    lengths_s = (spans["end_s"] - spans["start_s"]).groupby(spans["state"].astype(str)).sum()
    minutes = [float(lengths_s.get(str(ControlState.of_team(team)), 0.0)) / 60.0 for team in (0, 1)]
    counts = [int((passes["team"] == team).sum()) for team in (0, 1)]
    first, second = (n / length if length > 0 else np.nan for n, length in zip(counts, minutes, strict=True))
    return first, second


def string_counts(strings: pd.DataFrame) -> dict[str, int]:
    """How many of these strings are of each of STRING_BANDS, by name: "3-5", "6-8", "9+"."""
    return {
        f"{low}-{high}" if high else f"{low}+": int(((strings["n"] >= low) & (strings["n"] <= (high or np.inf))).sum())
        for low, high in STRING_BANDS
    }


def pass_strings(events: pd.DataFrame) -> pd.DataFrame:
    """Completed passes of one team after another without a break: team, n, t_start_s, t_end_s, longest first.

    A pass that fails ends one, as does any other event but a carry: the ball was lost, shot or out.
    """
    rows: list[tuple[int, int, float, float]] = []
    told = events[events["kind"] != EventKind.CARRY].sort_values(["t_start_s", "t_end_s"], kind="stable")
    complete = (told["kind"] == EventKind.PASS) & (told["result"] == EventResult.COMPLETE)
    is_open = False
    columns = (told[name].tolist() for name in ("team", "t_start_s", "t_end_s"))
    for team, start_s, end_s, is_complete in zip(*columns, complete.tolist(), strict=True):
        if not is_complete:
            is_open = False
            continue
        if is_open and rows[-1][0] == team and start_s - rows[-1][3] <= STRING_GAP_S:
            rows[-1] = (team, rows[-1][1] + 1, rows[-1][2], end_s)
        else:
            rows.append((team, 1, start_s, end_s))
        is_open = True
    table = pd.DataFrame(rows, columns=["team", "n", "t_start_s", "t_end_s"])
    return table.sort_values(["n", "t_start_s"], ascending=[False, True]).reset_index(drop=True)


def pass_zones(passes: pd.DataFrame, size: tuple[float, float]) -> pd.DataFrame:
    """Passes by third along x and by direction: team, zone (0 left, 1 middle, 2 right, -1 unknown), way, n, complete.

    way: 1 towards the right, -1 towards the left, 0 mostly across, NaN unknown.
    """
    zone = np.floor(passes["x"].to_numpy(np.float64) / size[0] * 3)
    dx = (passes["to_x"] - passes["x"]).to_numpy(np.float64)
    dy = (passes["to_y"] - passes["y"]).to_numpy(np.float64)
    way = np.where(np.isnan(dx), np.nan, np.where(np.abs(dx) >= np.abs(dy), np.sign(dx), 0.0))
    table = passes.assign(
        zone=np.where(np.isnan(zone), -1, np.clip(zone, 0, 2)).astype(int),
        way=way,
        is_complete=passes["result"] == EventResult.COMPLETE,
    )
    grouped = table.groupby(["team", "zone", "way"], dropna=False)["is_complete"]
    return grouped.agg(n="size", complete="sum").reset_index()


def _placed(seen: pd.DataFrame, is_on_pitch: bool, width: int, height: int) -> pd.DataFrame:
    """Rows with x, y in the unit of the view."""
    if is_on_pitch:
        return seen.assign(x=seen["pitch_x"], y=seen["pitch_y"], weight=seen["n_pitch"])
    return seen.assign(x=seen["image_x"] / width, y=seen["image_y"] / height, weight=seen["n"])


def _stays(
    seen: pd.DataFrame, size: tuple[float, float], is_on_pitch: bool, columns: int
) -> dict[int, NDArray[np.float32]]:
    rows = STAY_ROWS
    known = seen[seen["weight"] > 0]
    tracks, index = np.unique(known["track"].to_numpy(np.int64), return_inverse=True)
    across = np.clip((known["x"].to_numpy(np.float64) / size[0] * columns).astype(int), 0, columns - 1)
    down = np.clip((known["y"].to_numpy(np.float64) / size[1] * rows).astype(int), 0, rows - 1)
    grids = np.zeros((len(tracks), rows, columns), np.float32)
    # The pitch's y goes up, the picture's down.
    np.add.at(grids, (index, rows - 1 - down if is_on_pitch else down, across), known["weight"].to_numpy(np.float32))
    return dict(zip(tracks.tolist(), grids, strict=True))


def _average_places(seen: pd.DataFrame) -> pd.DataFrame:
    known = seen[seen["weight"] > 0]
    sums = known.assign(x=known["x"] * known["weight"], y=known["y"] * known["weight"])
    sums = sums.groupby("track")[["x", "y", "weight"]].sum()
    return pd.DataFrame({"x": sums["x"] / sums["weight"], "y": sums["y"] / sums["weight"]}).reset_index()


def _with_places(passes: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """Passes with the places of passer and receiver in those seconds."""
    ends = [(passes["track_from"], passes["t_start_s"]), (passes["track_to"], passes["t_end_s"])]
    wanted = np.concatenate([_keys(track, np.floor(time)) for track, time in ends])
    known = seen[(seen["weight"] > 0) & np.isin(_keys(seen["track"], seen["second"]), wanted)]
    at = known.groupby(["track", "second"])[["x", "y"]].mean()

    def places(track: str, time: str) -> NDArray[np.float64]:
        keys = pd.MultiIndex.from_arrays([passes[track], np.floor(passes[time]).astype(int)])
        return at.reindex(keys).to_numpy(np.float64).reshape(-1, 2)

    begin, end = places("track_from", "t_start_s"), places("track_to", "t_end_s")
    return passes.assign(x=begin[:, 0], y=begin[:, 1], to_x=end[:, 0], to_y=end[:, 1])


def _keys(track: pd.Series, second: pd.Series) -> NDArray[np.int64]:
    """One number for a track in a second."""
    return track.to_numpy(np.int64) * _DAY_S + second.to_numpy(np.float64).astype(np.int64)


def to_right(passes: pd.DataFrame, periods: Sequence[Period], size: tuple[float, float]) -> pd.DataFrame:
    """Places told as if the passing team always played to the right; NaN outside the periods."""
    way = ways(passes["t_start_s"].to_numpy(np.float64), passes["team"].to_numpy(np.int64), periods)

    def turned(name: str, length: float) -> NDArray[np.float64]:
        as_filmed = passes[name].to_numpy(np.float64)
        return np.select([way > 0, way < 0], [as_filmed, length - as_filmed], np.nan)

    return passes.assign(
        x=turned("x", size[0]), y=turned("y", size[1]), to_x=turned("to_x", size[0]), to_y=turned("to_y", size[1])
    )


def _players(
    tracks: pd.DataFrame, seen: pd.DataFrame, events: pd.DataFrame, spans: pd.DataFrame, interval_s: float
) -> pd.DataFrame:
    """One row a player or goalkeeper, those seen longest first."""
    people = tracks[tracks["role"].isin([Role.PLAYER, Role.GOALKEEPER])].set_index("track")
    passes = events[events["kind"] == EventKind.PASS]
    complete = passes[passes["result"] == EventResult.COMPLETE]
    teams = [ControlState.TEAM_0, ControlState.TEAM_1]

    def counts(values: pd.Series) -> pd.Series:
        return values.value_counts().reindex(people.index, fill_value=0).astype(int)

    placed = seen.loc[seen["n_pitch"] > 0, ["track", "second", "pitch_x", "pitch_y"]]
    if placed.duplicated(["track", "second"]).any():  # only where tracks were merged
        placed = placed.groupby(["track", "second"]).mean().reset_index()
    ran = running(placed.rename(columns={"pitch_x": "x", "pitch_y": "y"})).reindex(people.index)
    table = people.assign(
        seconds_seen=people["n_boxes"] * interval_s,
        touches=counts(spans.loc[spans["state"].isin(teams), "track"]),
        passes=counts(passes["track_from"]),
        complete=counts(complete["track_from"]),
        received=counts(complete["track_to"]),
        **{name: ran[name] for name in RUNNING_COLUMNS},
    )
    table["accuracy"] = table["complete"] / table["passes"].replace(0, np.nan)
    table = table.reset_index().sort_values(["seconds_seen", "track"], ascending=[False, True])
    return table[list(PLAYER_COLUMNS)].reset_index(drop=True)
