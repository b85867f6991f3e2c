"""What the pages about the pitch show of one match, each view read in one transaction of its database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tacticeye.corrected_match import detected_tracks, read_overrides, shown_tracks
from tacticeye.corrections import Overrides, correct_kits, correct_positions
from tacticeye.match_files import MatchFolder
from tacticeye.periods import knows_ends, stretches_of
from tacticeye.pitch import FULL_PITCH, PitchLayout, pitch_layout_of
from tacticeye.pitch_projection import PitchProjection, projection_of, visible_area
from tacticeye.store import MatchStore, Snapshot, read_calibration
from tacticeye.store.pitch_presence import WHOLE, PitchHeat, PitchPresence, Stretch, read_visits
from tacticeye.store.pitch_tables import count_calibrated
from tacticeye.types import Role

# Radar pictures a second: players move less than a metre between them, and the browser glides.
RADAR_HZ = 5.0
# A lens bends the outline of what is in view so little that these tell it to a pixel of the radar.
_AREA_POINTS_A_SIDE = 6

ALL_PERIODS = -1
_MINUTE_S = 60.0


@dataclass(frozen=True)
class HeatChoice:
    """Whose heat, and when. team, track: both None for everybody. minutes: half-open; None: all.

    period: its index, ALL_PERIODS, or None for the video as a whole. in_possession: None for all play. is_to_right:
    turned so that the team attacks to the right in every period, where the ends of all of them are known.
    """

    team: int | None = None
    track: int | None = None
    minutes: tuple[int, int] | None = None
    period: int | None = None
    in_possession: bool | None = None
    is_to_right: bool = False

    def stretches(self, overrides: Overrides, side: int | None) -> tuple[Stretch, ...]:
        """What of the video it is about. side: the team whose ends count."""
        if self.period is not None and overrides.periods:
            chosen = overrides.periods
            if self.period != ALL_PERIODS:
                chosen = chosen[self.period : self.period + 1]
            is_turned = self.is_to_right and side is not None and knows_ends(chosen)
            return stretches_of(chosen, side if is_turned and side is not None else -1)
        if self.minutes is not None:
            return (Stretch(self.minutes[0] * _MINUTE_S, self.minutes[1] * _MINUTE_S),)
        return WHOLE


@dataclass(frozen=True, eq=False)
class PitchFacts:
    """What each page about the pitch begins with. end_s: how far the match is analysed, 0 before the first batch;
    calibrated_share: 0..1 of the match view."""

    end_s: float = 0.0
    calibrated_share: float = 0.0
    layout: PitchLayout = FULL_PITCH
    kits: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    overrides: Overrides = field(default_factory=Overrides)


@dataclass(frozen=True)
class RadarMoment:
    """One picture of the radar. people: (track, team, role, x m, y m); ball: (x, y) m or None; ball_flies: so that it
    isn't there but nearer to the camera; area: outline of the ground in view, m; error_m: NaN unknown."""

    t_s: float
    people: list[tuple[int, int, int, float, float]]
    ball: tuple[float, float] | None
    ball_flies: bool
    area: list[tuple[float, float]]
    error_m: float


def read_facts(folder: MatchFolder) -> PitchFacts:
    """Raises StorageBusyError, StorageError."""
    store = MatchStore(folder.path)
    if not store.exists:
        return PitchFacts()
    with store.read() as snapshot:
        overrides = read_overrides(folder)
        live, calibrated = snapshot.stat_totals().get("frames_live", 0.0), count_calibrated(snapshot)
        return PitchFacts(
            end_s=snapshot.progress().end_s,
            calibrated_share=min(calibrated / live, 1.0) if live else 0.0,
            layout=pitch_layout_of(snapshot.match().config_json),
            kits=correct_kits({kit.team: kit.rgb for kit in snapshot.kits()}, overrides),
            overrides=overrides,
        )


def read_heats(folder: MatchFolder, choices: Sequence[HeatChoice]) -> tuple[PitchHeat, ...]:
    """The heat of each choice, of a match with results. Raises StorageBusyError, StorageError."""
    with MatchStore(folder.path).read() as snapshot:
        overrides = read_overrides(folder)
        presence = PitchPresence(snapshot)
        return tuple(_heat(snapshot, presence, overrides, choice) for choice in choices)


def _heat(snapshot: Snapshot, presence: PitchPresence, overrides: Overrides, choice: HeatChoice) -> PitchHeat:
    side, control = _side(snapshot, overrides, choice), None
    if choice.in_possession is not None and side in (0, 1):
        # Swapped teams are swapped in what was detected of possession too.
        control = overrides.shown_team(side if choice.in_possession else 1 - side)
    people = detected_tracks(snapshot, overrides, choice.team, choice.track)
    return presence.heat(people, choice.stretches(overrides, side), control)


def read_stays(folder: MatchFolder, cell: tuple[int, int], reach_m: float, choice: HeatChoice) -> pd.DataFrame:
    """Who stood around a cell of that heat, and when: track, start_s, end_s. Raises StorageBusyError, StorageError."""
    with MatchStore(folder.path).read() as snapshot:
        overrides = read_overrides(folder)
        side = _side(snapshot, overrides, choice)
        people = detected_tracks(snapshot, overrides, choice.team, choice.track)
        stays = read_visits(snapshot, cell, reach_m, people, choice.stretches(overrides, side))
    shown = overrides.shown_tracks(stays["track"].to_numpy(np.int64), stays["start_s"].to_numpy(np.float64))
    return stays.assign(track=shown)


def _side(snapshot: Snapshot, overrides: Overrides, choice: HeatChoice) -> int | None:
    """The team of whoever it is about; None for everybody."""
    if choice.track is None:
        return choice.team
    tracks = shown_tracks(snapshot, overrides)
    row = tracks.loc[tracks["track"] == choice.track, "team"]
    return int(row.iloc[0]) if len(row) else None


def read_moments(folder: MatchFolder, t0_s: float, t1_s: float) -> tuple[RadarMoment, ...]:
    """Everybody on the pitch from t0_s up to t1_s, RADAR_HZ times a second. Raises StorageBusyError, StorageError."""
    with MatchStore(folder.path).read() as snapshot:
        match = snapshot.match()
        calibration = read_calibration(snapshot, t0_s, t1_s)
        overrides = read_overrides(folder)
        positions = correct_positions(snapshot.positions(t0_s, t1_s), overrides)
        beliefs = shown_tracks(snapshot, overrides).set_index("track")
        ball = snapshot.ball_path(t0_s, t1_s)
    people = _people(positions, beliefs)
    ball_px = dict(zip(ball["frame"].tolist(), ball[["x", "y"]].to_numpy(np.float64), strict=True))
    flights = set(ball["frame"][ball["in_air"].eq(True).fillna(False).astype(bool)].tolist())
    moments = []
    for row in _thinned(calibration.t_s, 1 / RADAR_HZ):
        projection = projection_of(calibration, row)
        frame = int(calibration.frame[row])
        area = visible_area(projection, (match.width, match.height), _AREA_POINTS_A_SIDE)
        moments.append(
            RadarMoment(
                float(calibration.t_s[row]),
                people.get(frame, []),
                _ball_place(projection, ball_px.get(frame)),
                frame in flights,
                [(x, y) for x, y in area.round(1).tolist()],
                projection.error_m,
            )
        )
    return tuple(moments)


def _ball_place(projection: PitchProjection, ball_px: NDArray[np.float64] | None) -> tuple[float, float] | None:
    if ball_px is None:
        return None
    x, y = projection.to_pitch(ball_px).round(2).tolist()
    return (x, y) if np.isfinite(x + y) else None


def _people(positions: pd.DataFrame, beliefs: pd.DataFrame) -> dict[int, list[tuple[int, int, int, float, float]]]:
    """By frame: track, team and role as believed now, place."""
    seen = positions[(positions["role"] != Role.BALL) & positions["pitch_x"].notna()]
    known = seen["track"].isin(beliefs.index).to_numpy()
    by_frame: dict[int, list[tuple[int, int, int, float, float]]] = {}
    team = seen["track"].map(beliefs["team"]).where(known, seen["team"]).astype(int)
    role = seen["track"].map(beliefs["role"]).where(known, seen["role"]).astype(int)
    rows = zip(
        seen["frame"].tolist(), seen["track"].tolist(), team.tolist(), role.tolist(),
        seen["pitch_x"].round(2).tolist(), seen["pitch_y"].round(2).tolist(), strict=True,
    )  # fmt: skip
    for frame, *person in rows:
        track, side, part, x, y = person
        by_frame.setdefault(frame, []).append((track, side if part != Role.REFEREE else -1, part, x, y))
    return by_frame


def _thinned(t_s: NDArray[np.float64], step_s: float) -> list[int]:
    """Rows at least about step_s apart, the first included."""
    rows: list[int] = []
    for row, now in enumerate(t_s.tolist()):
        if not rows or now - t_s[rows[-1]] > step_s - 0.02:
            rows.append(row)
    return rows
