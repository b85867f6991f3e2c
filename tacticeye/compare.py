"""Figures of one team over one stretch of a match, to set beside those of another. Times in s of video."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tacticeye.people_views import pass_strings
from tacticeye.types import ControlState, EventKind, EventResult


@dataclass(frozen=True)
class Figures:
    """NaN where nothing was seen to count. Rates are per minute of match view (replays and breaks left out)."""

    control_share: float
    control_minutes: float
    passes_per_minute: float
    accuracy: float
    longest_string: float
    interceptions_per_minute: float
    recoveries_per_minute: float
    shots: float
    seen_share: float


def figures(spans: pd.DataFrame, events: pd.DataFrame, team: int, t0_s: float, t1_s: float) -> Figures:
    """spans: state, start_s, end_s. events: those of the match. Of `team` within t0_s up to t1_s."""
    start = spans["start_s"].clip(lower=t0_s)
    seconds = (spans["end_s"].clip(upper=t1_s) - start).clip(lower=0.0)
    by_state = seconds.groupby(spans["state"].astype(str)).sum()

    def spent(*states: ControlState) -> float:
        return float(sum(by_state.get(str(state), 0.0) for state in states))

    own, both = spent(ControlState.of_team(team)), spent(ControlState.TEAM_0, ControlState.TEAM_1)
    live_s = float(seconds.sum()) - spent(ControlState.NOT_LIVE)
    within = events[(events["t_start_s"] >= t0_s) & (events["t_start_s"] < t1_s)].sort_values("t_start_s")
    strings = pass_strings(within[within["kind"] == EventKind.PASS])
    mine = within[within["team"] == team]
    passes = mine[mine["kind"] == EventKind.PASS]
    complete = int((passes["result"] == EventResult.COMPLETE).sum())

    def per_minute(kind: EventKind) -> float:
        return float((mine["kind"] == kind).sum() / live_s * 60) if live_s > 0 else np.nan

    return Figures(
        control_share=own / both if both > 0 else np.nan,
        control_minutes=own / 60,
        passes_per_minute=per_minute(EventKind.PASS),
        accuracy=complete / len(passes) if len(passes) else np.nan,
        longest_string=float(strings.loc[strings["team"] == team, "n"].max()) if len(passes) else np.nan,
        interceptions_per_minute=per_minute(EventKind.INTERCEPTION),
        recoveries_per_minute=per_minute(EventKind.RECOVERY),
        shots=float((mine["kind"] == EventKind.SHOT).sum()),
        seen_share=1 - spent(ControlState.UNSEEN) / live_s if live_s > 0 else np.nan,
    )
