"""Possession and passes of synthetic matches from exact positions, scored against what was played.

usage: python -m tests.benchmarks.score_synthetic [--matches N] [--seconds S] [--rate HZ] [--jitter M]

Control: share of the time in which a team is in control by the match's own book and by the analysis alike. A pass
counts within a second with the same passer; throw-ins and goal kicks that a team-mate gets are passes, shots aren't.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

from tacticeye.analysis.observation import FrameObservation
from tacticeye.analysis.play import Play as Analysed
from tacticeye.analysis.play import PlayAnalysis
from tacticeye.demo.play import Column, Outcome, Play
from tacticeye.demo.simulate import play_match
from tacticeye.possession_parts import PlayEventsState, PossessionState
from tacticeye.types import EventKind, EventResult

TOLERANCE_S = 1.0
STEP_S = 0.04


def observations(play: Play, rate_hz: float, jitter_m: float, seed: int) -> Iterator[FrameObservation]:
    """The match as positions at a rate; replays are left out of the picture, the play goes on."""
    rng = np.random.default_rng(seed)
    members = play.members
    track = np.array([m.number for m in members], np.int32)
    team = np.array([m.team for m in members], np.int8)
    role = np.array([m.role for m in members], np.int8)
    step = play.fps / rate_hz
    for index in range(int(play.n_frames / step)):
        frame = round(index * step)
        xy = play.people[frame][:, [Column.X, Column.Y]] + rng.normal(0, jitter_m, (len(members), 2))
        ball = play.ball[frame][:2] + rng.normal(0, jitter_m, 2)
        yield FrameObservation(
            frame=frame,
            t_s=frame / play.fps,
            is_live=True,
            is_cut=index == 0,
            track=track,
            team=team,
            role=role,
            xy=xy,
            units_per_metre=np.ones(len(members)),
            place=xy,
            ball_xy=ball,
            ball_place=ball,
            ball_is_detected=True,
            is_metric=True,
        )


def analyse(play: Play, rate_hz: float, jitter_m: float, seed: int) -> Analysed:
    analysis, found = PlayAnalysis(PossessionState(), PlayEventsState()), Analysed()
    for observation in observations(play, rate_hz, jitter_m, seed):
        found.extend(analysis.update(observation))
    found.extend(analysis.flush(play.n_frames / play.fps))
    return found


def line(spans: list[tuple[float, float, int]], end_s: float) -> np.ndarray:
    """Team in control at every STEP_S, -1 none."""
    teams = np.full(int(end_s / STEP_S), -1)
    for start_s, stop_s, team in spans:
        teams[round(start_s / STEP_S) : round(stop_s / STEP_S)] = team
    return teams


def passes_of(play: Play, found: Analysed) -> tuple[int, int, int]:
    """(matched, found, played)."""
    played = [
        (d.t_release_s, d.person_from)
        for d in play.deliveries
        if d.kind != "shot" and d.outcome is Outcome.COMPLETE
    ]  # fmt: skip
    complete = [e for e in found.events if e.kind is EventKind.PASS and e.result is EventResult.COMPLETE]
    left = list(played)
    matched = 0
    for event in complete:
        near = [p for p in left if p[1] == event.track_from and abs(p[0] - event.t_start_s) <= TOLERANCE_S]
        if near:
            left.remove(min(near, key=lambda p: abs(p[0] - event.t_start_s)))
            matched += 1
    return matched, len(complete), len(played)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--matches", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=25.0)
    parser.add_argument("--jitter", type=float, default=0.0)
    options = parser.parse_args()
    right = whole = 0
    counts = np.zeros(3, int)
    for seed in range(7, 7 + options.matches):
        play = play_match(seed, options.seconds)
        found = analyse(play, options.rate, options.jitter, seed)
        end_s = play.n_frames / play.fps
        true = line([(c.start_s, c.end_s, c.team) for c in play.control], end_s)
        seen = line([(s.start_s, s.end_s, s.state.team) for s in found.spans], end_s)
        playing = true >= 0
        right += int((true == seen)[playing].sum())
        whole += int(playing.sum())
        counts += passes_of(play, found)
        print(f"seed {seed}: control {(true == seen)[playing].mean():.3f}, passes {passes_of(play, found)}", flush=True)
    precision, recall = counts[0] / max(counts[1], 1), counts[0] / max(counts[2], 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    print(f"control {right / max(whole, 1):.3f}  pass P {precision:.3f} R {recall:.3f} F1 {f1:.3f}")


if __name__ == "__main__":
    main()
