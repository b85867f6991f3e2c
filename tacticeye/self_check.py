"""The analysis of the demo match against its known truth: a check that everything works on this machine.

Which of its teams the analysis calls 0 is chance, so both ways round are tried.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tacticeye.types import ControlState, EventKind

# A pass is found where one of the same team begins within this of the true release, s.
_PASS_TOLERANCE_S = 1.0
_STEP_S = 0.1


@dataclass(frozen=True)
class SelfCheck:
    """control: share of the time with a team in control in which the right one is found, 0..1. passes_found: share of
    the true passes; passes_right: share of those found that are true. n_passes: true ones. NaN where there are none."""

    control: float
    passes_found: float
    passes_right: float
    n_passes: int


def check(truth_file: Path, spans: pd.DataFrame, events: pd.DataFrame) -> SelfCheck:
    """spans, events: as analysed. Raises OSError and ValueError where the truth can't be read."""
    truth = json.loads(truth_file.read_text(encoding="utf-8"))
    return max((_check(truth, spans, events, names) for names in ("AB", "BA")), key=lambda result: result.control)


def _check(
    truth: dict[str, list[dict[str, object]]], spans: pd.DataFrame, events: pd.DataFrame, names: str
) -> SelfCheck:
    times = np.arange(0.0, float(str(truth["duration_s"])), _STEP_S)
    true_team = np.full(len(times), -1)
    for span in truth["control"]:
        inside = (times >= float(str(span["t_start"]))) & (times < float(str(span["t_end"])))
        true_team[inside] = names.find(str(span["state"]))
    found_team = np.full(len(times), -1)
    for team in (0, 1):
        own = spans[spans["state"] == str(ControlState.of_team(team))]
        for start_s, end_s in zip(own["start_s"], own["end_s"], strict=True):
            found_team[(times >= start_s) & (times < end_s)] = team
    counted = true_team >= 0
    control = float((found_team == true_team)[counted].mean()) if counted.any() else np.nan
    hits, n_true, n_found = _passes(truth, events, names)
    return SelfCheck(control, hits / n_true if n_true else np.nan, hits / n_found if n_found else np.nan, n_true)


def _passes(truth: dict[str, list[dict[str, object]]], events: pd.DataFrame, names: str) -> tuple[int, int, int]:
    """Pairs of a true and a found pass of one team, each used once; true passes; found passes."""
    found = events[events["kind"] == EventKind.PASS].sort_values("t_start_s")
    left = list(zip(found["team"].tolist(), found["t_start_s"].tolist(), strict=True))
    hits = 0
    for one in truth["passes"]:
        team, release_s = names.find(str(one["team"])), float(str(one["t_release"]))
        near = [p for p in left if p[0] == team and abs(p[1] - release_s) <= _PASS_TOLERANCE_S]
        if near:
            left.remove(min(near, key=lambda p: abs(p[1] - release_s)))
            hits += 1
    return hits, len(truth["passes"]), len(found)
