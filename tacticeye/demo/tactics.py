"""Where players want to be and whom to pass to: pure functions of positions in metres.

Team 0 attacks towards x = 105, team 1 towards x = 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacticeye import pitch

Positions = NDArray[np.float64]

# Share of the pitch towards the opponents' goal, and across it, for the ten outfield players.
FORMATIONS: tuple[Positions, Positions] = (
    np.array([(0.2, 0.12), (0.17, 0.37), (0.17, 0.63), (0.2, 0.88), (0.4, 0.27), (0.36, 0.5), (0.4, 0.73),
              (0.64, 0.14), (0.68, 0.5), (0.64, 0.86)]),
    np.array([(0.2, 0.12), (0.17, 0.37), (0.17, 0.63), (0.2, 0.88), (0.43, 0.13), (0.38, 0.38), (0.38, 0.62),
              (0.43, 0.87), (0.65, 0.4), (0.67, 0.62)]),
)  # fmt: skip
_FORMATION_MIDDLE = 0.42
TOP_SPEED = 7.6
_REACTION_S = 0.12
_REACH_M = 0.5


def direction(team: int) -> float:
    """1 for the team that attacks towards x = 105, -1 for the other."""
    return 1.0 if team == 0 else -1.0


def goal_xy(team: int) -> Positions:
    """(2,) m: middle of the goal that `team` attacks."""
    return np.array([pitch.LENGTH_M if team == 0 else 0.0, pitch.MIDDLE_Y_M])


def formation_spots(team: int, ball_xy: Positions, *, has_ball: bool) -> Positions:
    """(10, 2) m: the team's block, shifted and squeezed towards the ball; wider and higher with the ball."""
    shares = np.array([ball_xy[0] / pitch.LENGTH_M, ball_xy[1] / pitch.WIDTH_M])
    if team == 1:
        shares = 1 - shares
    base = FORMATIONS[team]
    depth = 0.16 + 0.62 * shares[0] + (base[:, 0] - _FORMATION_MIDDLE) * (0.86 if has_ball else 0.62)
    depth += 0.05 if has_ball else -0.05
    across = 0.5 + 0.42 * (shares[1] - 0.5) + (base[:, 1] - 0.5) * (0.92 if has_ball else 0.6)
    spots = np.stack([np.clip(depth, 0.05, 0.95), np.clip(across, 0.04, 0.96)], axis=1)
    if team == 1:
        spots = 1 - spots
    return np.asarray(spots * (pitch.LENGTH_M, pitch.WIDTH_M))


def marked(spots: Positions, opponents: Positions, team: int, share: float = 0.4) -> Positions:
    """(10, 2) m: each spot drawn towards the goal side of the nearest opponent (M, 2) within 10 m."""
    gap = opponents[None] - spots[:, None]
    distance = np.hypot(gap[..., 0], gap[..., 1])
    nearest = distance.argmin(axis=1)
    goal_side = opponents[nearest] - (1.3 * direction(team), 0)
    near = (distance.min(axis=1) < 10)[:, None]
    return np.where(near, spots + share * (goal_side - spots), spots)


def offered_spot(place: Positions, carrier: Positions, opponents: Positions, angles: Positions) -> Positions:
    """(2,) m: the most open of some places around `place` for a team-mate of the carrier."""
    steps = np.stack([np.cos(angles), np.sin(angles)], axis=1) * 4.0
    options = np.clip(place + steps, (3, 2), (pitch.LENGTH_M - 3, pitch.WIDTH_M - 2))
    openness = np.array([lane_clearance(carrier, option, opponents) for option in options])
    distance = np.linalg.norm(options - carrier, axis=1)
    return np.asarray(options[int(np.argmax(np.minimum(openness, 4.0) - 0.08 * np.abs(distance - 14)))])


def lane_clearance(start: Positions, end: Positions, opponents: Positions) -> float:
    """m: how far the nearest opponent (M, 2) is from the straight lane, counting those behind the passer as far."""
    lane = end - start
    length = max(float(np.linalg.norm(lane)), 0.1)
    along = (opponents - start) @ lane / length**2
    nearest = start + np.clip(along, 0, 1)[:, None] * lane
    distance = np.linalg.norm(opponents - nearest, axis=1)
    return float(np.where(along < 0.06, distance + 3, distance).min())


def intercepts(ball_path: Positions, step_s: float, places: Positions, top_speed: float) -> NDArray[np.intp]:
    """(M,) index into the path (K, 3) at which each runner (M, 2) can first be at the ball; K - 1 where never."""
    times = (np.arange(len(ball_path)) + 1) * step_s
    distance = np.linalg.norm(places[:, None] - ball_path[None, :, :2], axis=2)
    can = (distance - _REACH_M <= top_speed * np.maximum(times - _REACTION_S, 0)) & (ball_path[:, 2] < 1.25)
    first = can.argmax(axis=1)
    return np.where(can.any(axis=1), first, len(ball_path) - 1)


def pass_scores(
    carrier: Positions, mates: Positions, opponents: Positions, team: int, forward_weight: float
) -> NDArray[np.float64]:
    """(M,) how good a pass to each team-mate (M, 2) is: open lane, free receiver, forward, not too short or long."""
    gap = mates - carrier
    distance = np.linalg.norm(gap, axis=1)
    lanes = np.array([lane_clearance(carrier, mate, opponents) for mate in mates])
    space = np.linalg.norm(mates[:, None] - opponents[None], axis=2).min(axis=1)
    forward = np.clip(gap[:, 0] * direction(team) / 18, -1, 1)
    score = 1.3 * np.minimum(lanes, 4) / 4 + 0.8 * np.minimum(space, 6) / 6 + forward_weight * forward
    score -= np.abs(distance - 14) / 30
    return np.where((distance < 5) | (distance > 40), -9.0, score)


def dribble_heading(place: Positions, opponents: Positions, team: int, before: float) -> float:
    """rad: the way to run with the ball: forward, into space, not off the pitch, without sharp turns."""
    options = np.linspace(-np.pi, np.pi, 16, endpoint=False)
    steps = np.stack([np.cos(options), np.sin(options)], axis=1)
    ahead = place + 5 * steps
    space = np.linalg.norm(ahead[:, None] - opponents[None], axis=2).min(axis=1)
    to_goal = goal_xy(team) - place
    to_goal = to_goal / max(float(np.linalg.norm(to_goal)), 0.1)
    turn = np.abs((options - before + np.pi) % (2 * np.pi) - np.pi)
    worth = 1.1 * steps @ to_goal + 0.35 * np.minimum(space, 6) - 0.25 * turn
    worth -= 5 * ~pitch.is_inside(ahead, -2.0)
    return float(options[int(worth.argmax())])
