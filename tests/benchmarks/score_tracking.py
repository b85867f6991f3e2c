"""Possession, passes and turnovers from tracking data, scored against event data.

usage: score_tracking.py TRACKING_FOLDER SCORER.py [--match NAME ...] [--degraded] [--seeds N]

TRACKING_FOLDER holds one folder a match (frames*.parquet: frame, t_seconds, period, player_id, team_id, x_m, y_m,
visible; 105 x 68 m, origin top-left), SCORER.py is the script that scores. Prints one line a variant. Positions go in
as metres; --degraded adds what a broadcast camera makes of them: 6.25 Hz, two fifths of the ball lost in bursts, half
a metre of jitter. --seeds N makes the noisy variant N times instead and prints means, at the full rate, half and a
fifth of it: the errors of one seed move the F1 of 22 passes by a tenth.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from tacticeye.analysis.observation import FrameObservation
from tacticeye.analysis.possession import PossessionEngine
from tacticeye.pitch import WIDTH_M
from tacticeye.possession_parts import PossessionState
from tacticeye.types import ControlSpan, Event, EventKind, EventResult, Role

DEAD_S = 2.0  # the ball of tracking data is invisible for longer only while it is dead
MATCHES = ("metrica_game3_clip", "metrica_game1", "skillcorner_2011166")


def observations(frames: pd.DataFrame, fps: float) -> Iterator[FrameObservation]:
    """Observations of tracking rows, by frame; t_s = frame / fps."""
    frames = frames.sort_values(["frame", "player_id"], kind="stable")
    number = frames.frame.to_numpy()
    starts = np.flatnonzero(np.r_[True, number[1:] != number[:-1]])
    stops = np.r_[starts[1:], len(number)]
    track = frames.player_id.to_numpy(np.int32)
    team = frames.team_id.to_numpy(np.int8)
    xy = np.stack([frames.x_m.to_numpy(np.float64), WIDTH_M - frames.y_m.to_numpy(np.float64)], axis=1)
    visible = frames.visible.to_numpy(bool)
    period = frames.period.to_numpy()
    is_dead = _dead_frames(track, visible, starts, number, fps)
    nowhere = np.full(2, np.nan)
    for index, (a, b) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
        people = slice(a, b)
        ball = nowhere
        if track[a] == -1:
            people = slice(a + 1, b)
            ball = xy[a] if visible[a] else nowhere
        n = people.stop - people.start
        yield FrameObservation(
            frame=int(number[a]),
            t_s=float(number[a] / fps),
            is_live=True,
            is_cut=index == 0 or bool(period[a] != period[a - 1]),
            track=track[people],
            team=team[people],
            role=np.full(n, Role.PLAYER, np.int8),
            xy=xy[people],
            units_per_metre=np.ones(n),
            place=xy[people],
            ball_xy=ball,
            ball_place=ball,
            ball_is_detected=True,
            is_metric=True,
            is_dead=bool(is_dead[index]),
        )


def _dead_frames(
    track: np.ndarray, visible: np.ndarray, starts: np.ndarray, number: np.ndarray, fps: float
) -> np.ndarray:
    """(F,) bool per frame: the ball is invisible for so long that it must be dead."""
    hidden = ~visible[starts] & (track[starts] == -1)
    edges = np.flatnonzero(np.diff(np.r_[False, hidden, False].astype(int)))
    dead = np.zeros(len(starts), bool)
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        dead[a:b] = number[starts[b - 1]] - number[starts[a]] >= DEAD_S * fps
    return dead


def analyse(frames: pd.DataFrame, fps: float) -> tuple[list[ControlSpan], list[Event], float]:
    """Spans, events and the wall seconds that the engine took."""
    engine = PossessionEngine(PossessionState())
    spans: list[ControlSpan] = []
    events: list[Event] = []
    end_s = 0.0
    began = time.perf_counter()
    for observation in observations(frames, fps):
        new_spans, new_events = engine.update(observation)
        spans += new_spans
        events += new_events
        end_s = observation.t_s
    new_spans, new_events = engine.flush(end_s)
    return spans + new_spans, events + new_events, time.perf_counter() - began


def as_output(spans: list[ControlSpan], events: list[Event], fps: float) -> dict[str, Any]:
    """What the scorer reads."""

    def frame(t_s: float) -> int:
        return round(t_s * fps)

    turnovers = (EventKind.INTERCEPTION, EventKind.RECOVERY)
    return {
        "control": [
            {"start_frame": frame(s.start_s), "end_frame": frame(s.end_s), "team": s.state.team}
            for s in spans
            if s.state.team >= 0
        ],
        "passes": [
            {"frame": frame(e.t_start_s), "from_player": e.track_from, "to_player": e.track_to, "team": e.team}
            for e in events
            if e.kind is EventKind.PASS and e.result is EventResult.COMPLETE
        ],
        "turnovers": [
            {"frame": frame(e.t_start_s), "from_team": 1 - e.team, "to_team": e.team}
            for e in events
            if e.kind in turnovers
        ],
    }


def degraded(frames: pd.DataFrame, step: int, seed: int = 0) -> pd.DataFrame:
    """Every step-th frame, 0.5 m of jitter, 40 % of the ball lost in bursts of about five frames."""
    rng = np.random.default_rng(seed)
    numbers = np.sort(frames.frame.unique())[::step]
    kept = frames[frames.frame.isin(numbers)].sort_values(["frame", "player_id"]).copy()
    kept[["x_m", "y_m"]] += rng.normal(0, 0.5, (len(kept), 2))
    lost = np.zeros(len(numbers), bool)
    is_lost = False
    for index in range(len(numbers)):
        is_lost = bool(rng.random() < (0.8 if is_lost else 0.2 * 0.4 / 0.6))
        lost[index] = is_lost
    rows = (kept.player_id == -1) & kept.frame.isin(numbers[lost])
    kept.loc[rows, "visible"] = False
    return kept


def variants(frames: pd.DataFrame, scorer: ModuleType, is_degraded: bool) -> Iterator[tuple[str, pd.DataFrame]]:
    """Name and frames of each variant of a match."""
    numbers = np.sort(frames.frame.unique())
    spacing = int(np.median(np.diff(numbers)))
    yield "as is", frames
    yield "noisy", scorer.noisy(frames)
    for step in (2, 5):
        yield f"1/{step} rate", frames[frames.frame.isin(numbers[::step])]
    if is_degraded:
        for seed in range(3):
            yield f"degraded {seed}", degraded(frames, max(1, round(4 / spacing)), seed)


def noisy_means(frames: pd.DataFrame, folder: str, fps: float, scorer: ModuleType, n_seeds: int) -> Iterator[str]:
    """A line a rate: the means over n_seeds noisy copies, and the worst."""
    numbers = np.sort(frames.frame.unique())
    shown = ("frame_acc", "pass_P", "pass_R", "pass_F1", "turn_F1")
    for step in (1, 2, 5):
        rows = []
        for seed in range(n_seeds):
            copy = scorer.noisy(frames, seed)
            spans, events, _ = analyse(copy[copy.frame.isin(numbers[::step])], fps)
            score = scorer.score(as_output(spans, events, fps), folder)
            rows.append([score[name] for name in shown])
        table = np.array(rows)
        means = "  ".join(f"{name} {mean:.3f}" for name, mean in zip(shown, table.mean(axis=0), strict=True))
        yield f"noisy 1/{step} rate, {n_seeds} seeds  {means}  worst pass_F1 {table[:, 3].min():.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tracking", type=Path)
    parser.add_argument("scorer", type=Path)
    parser.add_argument("--match", action="append")
    parser.add_argument("--degraded", action="store_true")
    parser.add_argument("--seeds", type=int, default=0)
    arguments = parser.parse_args()
    spec = importlib.util.spec_from_file_location("scorer", arguments.scorer)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{arguments.scorer}: not a Python file")
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    for name in arguments.match or MATCHES:
        folder = str(arguments.tracking / name)
        all_frames, _ = scorer.read_frames(folder)
        fps = 10.0 if name.startswith("skillcorner") else 25.0
        if arguments.seeds:
            for line in noisy_means(all_frames, folder, fps, scorer, arguments.seeds):
                print(f"{name:20} {line}", flush=True)
            continue
        for label, frames in variants(all_frames, scorer, arguments.degraded):
            spans, events, wall_s = analyse(frames, fps)
            score = scorer.score(as_output(spans, events, fps), folder)
            shown = {key: value for key, value in score.items() if key not in ("match", "data")}
            print(f"{name:20} {label:12} {wall_s:5.1f} s  {shown}", flush=True)


if __name__ == "__main__":
    main()
