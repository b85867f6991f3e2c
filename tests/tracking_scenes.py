"""Small tracking data for tests: four a side on the pitch, the ball passed around, 105 x 68 m, origin top-left."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FPS = 25.0
HOLD_S, FLIGHT_S = 1.2, 0.8
# Feet of the people; the first of each side is the goalkeeper.
HOME = np.array([[5.0, 34.0], [30.0, 20.0], [32.0, 48.0], [45.0, 34.0]])
AWAY = np.array([[100.0, 34.0], [75.0, 18.0], [70.0, 50.0], [60.0, 30.0]])
HOME_IDS, AWAY_IDS = (1, 2, 3, 4), (11, 12, 13, 14)
# Who has the ball in turn; 14 takes it from 4.
HOLDERS = (2, 3, 4, 14, 13, 12)


def passing(n_turns: int = 6, fps: float = FPS, period: int = 1, first_frame: int = 0) -> pd.DataFrame:
    """Rows of `n_turns` holds with a pass after each."""
    people = dict(zip(HOME_IDS + AWAY_IDS, np.concatenate([HOME, AWAY]), strict=True))
    rows: list[tuple[int, int, int, int, float, float, bool]] = []
    n_frames = round(n_turns * (HOLD_S + FLIGHT_S) * fps)
    for index in range(n_frames):
        t_s = index / fps
        sway = 0.3 * np.sin(t_s + np.arange(8))
        frame = first_frame + index
        for k, (number, place) in enumerate(people.items()):
            team = 0 if number in HOME_IDS else 1
            rows.append((frame, period, number, team, float(place[0] + sway[k]), float(place[1]), True))
        ball = _ball(t_s, people)
        rows.append((frame, period, -1, -1, float(ball[0]), float(ball[1]), True))
    return pd.DataFrame(rows, columns=["frame", "period", "player_id", "team_id", "x_m", "y_m", "visible"])


def _ball(t_s: float, people: dict[int, NDArray[np.float64]]) -> NDArray[np.float64]:
    turn, since_s = divmod(t_s, HOLD_S + FLIGHT_S)
    start = people[HOLDERS[int(turn) % len(HOLDERS)]]
    end = people[HOLDERS[int(turn + 1) % len(HOLDERS)]]
    share = max(0.0, since_s - HOLD_S) / FLIGHT_S
    return np.asarray(start + share * (end - start) + (0.3, 0.0))
