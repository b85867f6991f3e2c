"""A full match through the analysis of play: CPU seconds on one core, and how memory and state grow.

usage: python -m tests.benchmarks.engine_speed [--minutes M] [--rate HZ]

Made-up play: 22 people who sway about their places and a ball that goes from one to the next every two seconds.
90 minutes at 12.5 Hz are 67,500 frames and 1.5 million positions.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator

import numpy as np

from tacticeye.analysis.observation import FrameObservation
from tacticeye.analysis.play import PlayAnalysis
from tacticeye.match_state import MatchState
from tacticeye.types import Role

PEOPLE = 22
TURN_S, HOLD_S = 2.0, 1.2


def observations(n: int, rate_hz: float) -> Iterator[FrameObservation]:
    rng = np.random.default_rng(1)
    home = rng.uniform((5, 5), (100, 63), (PEOPLE, 2))
    holders = rng.integers(0, PEOPLE, n)
    track, team = np.arange(PEOPLE, dtype=np.int32), (np.arange(PEOPLE) // 11).astype(np.int8)
    role = np.full(PEOPLE, Role.PLAYER, np.int8)
    role[[0, 11]] = Role.GOALKEEPER
    for index in range(n):
        t_s = index / rate_hz
        xy = home + 2.0 * np.stack([np.sin(t_s / 3 + track), np.cos(t_s / 4 + track)], axis=1)
        turn, since_s = divmod(t_s, TURN_S)
        share = max(0.0, since_s - HOLD_S) / (TURN_S - HOLD_S)
        start, end = xy[holders[int(turn)]], xy[holders[int(turn) + 1]]
        ball = start + share * (end - start) + 0.3
        yield FrameObservation(
            index, t_s, True, index == 0, track, team, role, xy, np.ones(PEOPLE), xy, ball, ball, True, True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--rate", type=float, default=12.5)
    options = parser.parse_args()
    n = round(options.minutes * 60 * options.rate)
    state = MatchState("speed")
    analysis = PlayAnalysis(state.possession, state.play_events)
    began_s, n_events, early_kib = time.process_time(), 0, 0
    for index, observation in enumerate(observations(n, options.rate)):
        n_events += len(analysis.update(observation).events)
        if index == n // 10:
            early_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu_s = time.process_time() - began_s
    late_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{n * PEOPLE} positions, {n} frames, {n_events} events: {cpu_s:.1f} s CPU, the making of the play included")
    print(f"peak memory after a tenth {early_kib / 1024:.0f} MiB, at the end {late_kib / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
