"""Periods of play: what can be guessed of them for the user to confirm, and what they say once he has.

Nothing here counts by itself: a guess becomes a correction in the ledger when the user saves it. Times in s of video;
x in m along the pitch, "right" is where x is greatest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tacticeye.corrected_match import read_overrides, shown_tracks
from tacticeye.corrections import Overrides, correct_events, correct_spans
from tacticeye.ledger import Period
from tacticeye.match_files import MatchFolder
from tacticeye.store import MatchStore, Snapshot
from tacticeye.store.pitch_presence import Stretch, read_minute_places
from tacticeye.types import ControlState, EventKind, Role

MINUTE_S = 60.0
# Half-time is a break at least this long, s, that begins in the middle part of the video; replays are far shorter.
SHORTEST_BREAK_S = 120.0
MIDDLE_PART = (0.2, 0.8)
# A kick-off this long after play seems to begin still is its beginning, s.
KICK_OFF_WITHIN_S = 120.0
# A team stands nearer to the goal that it defends by some 5 to 10 m on average; less than this tells nothing, m.
LEAST_LEAD_M = 3.0
# Minutes with both teams placed that a change of ends must have on either side.
LEAST_MINUTES_OF_ENDS = 5


@dataclass(frozen=True)
class PeriodGuess:
    """What play, break and places suggest.

    half_time: what it was told by: "break", "ends" (the teams stood the other way round from then on) or "" (none
    found). lead_m: by period, how much further right team 1 stood than team 0 on average; NaN unknown. is_told: whether
    the user said beforehand which way the teams attack first; else their places tell it.
    """

    periods: tuple[Period, ...] = ()
    half_time: Literal["", "break", "ends"] = ""
    lead_m: tuple[float, ...] = ()
    is_told: bool = False


def read_guess(folder: MatchFolder) -> PeriodGuess:
    """The guess for a match as corrected so far. Raises StorageBusyError, StorageError."""
    store = MatchStore(folder.path)
    if not store.exists:
        return PeriodGuess()
    with store.read() as snapshot:
        overrides = read_overrides(folder)
        spans = correct_spans(snapshot.control_spans(), overrides)
        events = correct_events(snapshot.events([EventKind.KICK_OFF]), overrides)
        leads = _leads(snapshot, overrides)
        end_s = snapshot.progress().end_s
    live = spans.loc[spans["state"] != ControlState.NOT_LIVE, ["start_s", "end_s"]].to_numpy(np.float64)
    return guess_periods(live, sorted(events["t_start_s"].tolist()), leads, end_s, overrides.first_to_right)


def knows_ends(periods: Sequence[Period]) -> bool:
    """Whether there are any, and it is known of each which way the teams attack."""
    return bool(periods) and all(period.to_right in (0, 1) for period in periods)


def stretches_of(periods: Sequence[Period], team: int = -1) -> tuple[Stretch, ...]:
    """The periods as stretches of video; turned where that team attacks to the left. -1: as they are."""
    return tuple(Stretch(p.start_s, p.end_s, team in (0, 1) and p.to_right == 1 - team) for p in periods)


def ways(t_s: NDArray[np.float64], team: NDArray[np.int64], periods: Sequence[Period]) -> NDArray[np.int64]:
    """(N,) +1 where the team attacks to the right at that time, -1 to the left, 0 outside all periods or unknown."""
    way = np.zeros(len(t_s), np.int64)
    for period in periods:
        if period.to_right in (0, 1):
            inside = (t_s >= period.start_s) & (t_s < period.end_s) & (team >= 0)
            way[inside] = np.where(team[inside] == period.to_right, 1, -1)
    return way


def period_numbers(t_s: NDArray[np.float64], periods: Sequence[Period]) -> NDArray[np.int64]:
    """(N,) from 1: the period of each time; 0 outside of all."""
    numbers = np.zeros(len(t_s), np.int64)
    for number, period in enumerate(periods, start=1):
        numbers[(t_s >= period.start_s) & (t_s < period.end_s)] = number
    return numbers


def with_periods(events: pd.DataFrame, periods: Sequence[Period]) -> pd.DataFrame:
    """Events with a column period: the number of the one in which they begin, missing outside of all."""
    numbers = pd.Series(period_numbers(events["t_start_s"].to_numpy(np.float64), periods), events.index, "Int64")
    return events.assign(period=numbers.mask(numbers == 0))


def guess_periods(
    live: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    kick_offs: Sequence[float],
    leads: pd.DataFrame,
    end_s: float,
    first_to_right: int = -1,
) -> PeriodGuess:
    """live: (N, 2) s, stretches of play in order. leads: minute, lead_m as in PeriodGuess. end_s: of the video.

    first_to_right: the team said to attack to the right in the first period, -1 not said; teams then change ends.
    """
    if not len(live):
        return PeriodGuess()
    begin_s, last_s = float(live[0, 0]), float(live[-1, 1])
    edges, told_by = _half_time(live, leads, end_s)
    starts, ends = [begin_s, *(end for _, end in edges)], [*(start for start, _ in edges), last_s]
    made, lead_m = [], []
    is_told = first_to_right in (0, 1)
    for index, (start_s, stop_s) in enumerate(zip(starts, ends, strict=True)):
        first = next((t for t in kick_offs if start_s <= t <= min(start_s + KICK_OFF_WITHIN_S, stop_s)), start_s)
        lead = _mean_lead(leads, first, stop_s)
        to_right: Literal[-1, 0, 1] = -1
        if is_told:
            to_right = 0 if (first_to_right + index) % 2 == 0 else 1
        elif abs(lead) >= LEAST_LEAD_M:
            to_right = 0 if lead > 0 else 1
        made.append(Period(first, stop_s, to_right))
        lead_m.append(lead)
    return PeriodGuess(tuple(made), told_by, tuple(lead_m), is_told)


def _half_time(
    live: np.ndarray[tuple[int, int], np.dtype[np.float64]], leads: pd.DataFrame, end_s: float
) -> tuple[list[tuple[float, float]], Literal["", "break", "ends"]]:
    """The break, at most one as (from, to), and what told it."""
    pauses = [(float(a), float(b)) for a, b in zip(live[:-1, 1], live[1:, 0], strict=True)]
    long = [p for p in pauses if p[1] - p[0] >= SHORTEST_BREAK_S and _is_middle(p[0], end_s)]
    if long:
        return [max(long, key=lambda pause: pause[1] - pause[0])], "break"
    minutes, lead = leads["minute"].to_numpy(np.int64), leads["lead_m"].to_numpy(np.float64)
    cuts = range(LEAST_MINUTES_OF_ENDS, len(lead) - LEAST_MINUTES_OF_ENDS + 1)
    at = max(cuts, key=lambda i: abs(lead[:i].mean() - lead[i:].mean()), default=0)
    if at and _are_turned(float(lead[:at].mean()), float(lead[at:].mean())):
        t_s = float(minutes[at] * MINUTE_S)
        return ([(t_s, t_s)], "ends") if _is_middle(t_s, end_s) else ([], "")
    return [], ""


def _are_turned(before_m: float, after_m: float) -> bool:
    return before_m * after_m < 0 and min(abs(before_m), abs(after_m)) >= LEAST_LEAD_M


def _is_middle(t_s: float, end_s: float) -> bool:
    return MIDDLE_PART[0] * end_s <= t_s <= MIDDLE_PART[1] * end_s


def _mean_lead(leads: pd.DataFrame, start_s: float, end_s: float) -> float:
    middle_s = (leads["minute"] + 0.5) * MINUTE_S
    inside = leads[(middle_s >= start_s) & (middle_s < end_s)]
    # A stretch shorter than a minute may hold the middle of none.
    inside = inside if len(inside) else leads[leads["minute"] == int((start_s + end_s) / 2 // MINUTE_S)]
    return float(inside["lead_m"].mean()) if len(inside) else float("nan")


def _leads(snapshot: Snapshot, overrides: Overrides) -> pd.DataFrame:
    """By minute in which both teams have a place: minute, lead_m, how much further right team 1 stood."""
    places = read_minute_places(snapshot)
    middle_s = (places["minute"].to_numpy(np.float64) + 0.5) * MINUTE_S
    tracks = shown_tracks(snapshot, overrides)
    teams = tracks[tracks["role"].isin([Role.PLAYER, Role.GOALKEEPER])].set_index("track")["team"]
    places["team"] = pd.Series(overrides.shown_tracks(places["track"].to_numpy(np.int64), middle_s)).map(teams)
    sums = places.assign(x=places["x"] * places["n"]).groupby(["minute", "team"])[["x", "n"]].sum()
    means = (sums["x"] / sums["n"]).unstack("team").reindex(columns=[0, 1])
    lead = (means[1] - means[0]).dropna()
    return pd.DataFrame({"minute": lead.index.to_numpy(np.int64), "lead_m": lead.to_numpy(np.float64)})
