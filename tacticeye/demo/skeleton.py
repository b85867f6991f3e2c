"""How a body stands on the pitch: from place, heading, speed and gait phase to joints in metres.

Proportions are fractions of body height (Drillis and Contini's segment lengths, rounded).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

THIGH, SHANK, FOOT, TORSO, NECK, UPPER_ARM, FOREARM = 0.245, 0.235, 0.13, 0.29, 0.055, 0.175, 0.165
HIP_HALF, SHOULDER_HALF = 0.052, 0.108
ANKLE_HEIGHT = 0.035


class Joint(IntEnum):
    """Rows of a skeleton; L and R are the body's own left and right."""

    HIP_L = 0
    HIP_R = 1
    KNEE_L = 2
    KNEE_R = 3
    ANKLE_L = 4
    ANKLE_R = 5
    TOE_L = 6
    TOE_R = 7
    SHOULDER_L = 8
    SHOULDER_R = 9
    ELBOW_L = 10
    ELBOW_R = 11
    HAND_L = 12
    HAND_R = 13
    NECK = 14
    HEAD = 15


@dataclass(frozen=True)
class Pose:
    """Where a person is and what the body does.

    x, y m; heading rad (direction of travel and of the face, 0 along +x); speed m/s; phase rad of the stride;
    kick 0..2: a right-footed kick, 0 none, 1 the foot meets the ball, 2 over; crouch 0..1;
    dive -1..1: sideways, 1 lies on the left side; reach 0..1: arms raised; spread rad: arms away from the body.
    """

    x: float
    y: float
    heading: float
    speed: float = 0.0
    phase: float = 0.0
    kick: float = 0.0
    crouch: float = 0.0
    dive: float = 0.0
    reach: float = 0.0
    spread: float = 0.15


def joints_m(pose: Pose, height_m: float) -> NDArray[np.float64]:
    """(16, 3) float64 m: the joints of `Joint` in world coordinates; the lowest foot stands on the ground."""
    pace = min(pose.speed / 7.0, 1.0)
    body = np.zeros((16, 3))  # forward, left, up; in body heights
    lean = 0.04 + 0.24 * pace + 0.5 * pose.crouch - 0.35 * min(pose.kick, 2 - pose.kick)
    spine = np.array([math.sin(lean), 0.0, math.cos(lean)])
    for side, sign in ((0, 1.0), (1, -1.0)):
        _set_leg(body, side, sign, pose, pace)
        _set_arm(body, side, sign, pose, pace, spine)
    body[Joint.NECK] = spine * (TORSO + 0.01)
    head_up = np.array([math.sin(lean * 0.45), 0.0, math.cos(lean * 0.45)])
    body[Joint.HEAD] = body[Joint.NECK] + head_up * (NECK + 0.062)
    lowest = min(body[Joint.ANKLE_L, 2], body[Joint.ANKLE_R, 2])
    body[:, 2] += ANKLE_HEIGHT - lowest + 0.012 * pace * abs(math.sin(pose.phase))
    if pose.dive:
        body = _rolled(body, pose.dive)
    return _to_world(body * height_m, pose)


def _set_leg(body: NDArray[np.float64], side: int, sign: float, pose: Pose, pace: float) -> None:
    phase = pose.phase + (0.0 if side == 0 else math.pi)
    swing = min(1.0, pose.speed / 0.6)
    thigh = swing * (0.30 + 0.48 * pace) * math.sin(phase) + 0.18 * pace + 0.75 * pose.crouch
    knee = 0.08 + swing * (0.55 + 1.25 * pace) * max(0.0, math.cos(phase + 0.35)) ** 1.3 + 1.3 * pose.crouch
    if side == 1 and pose.kick > 0:
        share, swung = min(1.0, 4 * pose.kick, 2 - pose.kick), min(1.0, pose.kick)
        thigh += share * (-0.7 + 1.7 * swung - thigh)
        knee += share * (1.3 * (1 - swung) - knee)
    splay = sign * (0.05 + 0.18 * pose.crouch)
    hip = np.array([0.0, sign * HIP_HALF, 0.0])
    knee_at = hip + THIGH * np.array([math.sin(thigh), splay, -math.cos(thigh)])
    shank = thigh - knee
    ankle_at = knee_at + SHANK * np.array([math.sin(shank), 0.4 * splay, -math.cos(shank)])
    pitch = 0.6 * min(0.0, shank + 0.1)
    toe = ankle_at + FOOT * 0.8 * np.array([math.cos(pitch), sign * 0.2, math.sin(pitch)]) - (0, 0, 0.02)
    for joint, place in zip((0, 2, 4, 6), (hip, knee_at, ankle_at, toe), strict=True):
        body[joint + side] = place


def _set_arm(
    body: NDArray[np.float64], side: int, sign: float, pose: Pose, pace: float, spine: NDArray[np.float64]
) -> None:
    phase = pose.phase + (0.0 if side == 0 else math.pi)
    swing = min(1.0, pose.speed / 0.6)
    upper = -swing * (0.25 + 0.55 * pace) * math.sin(phase) - 0.1 * pace + 0.4 * pose.crouch + 2.7 * pose.reach
    bend = 0.25 + 1.3 * pace + 0.4 * pose.crouch - 0.2 * pose.reach
    spread = sign * (pose.spread + 0.35 * pose.kick + 0.4 * pose.crouch)
    shoulder = spine * TORSO + np.array([0.0, sign * SHOULDER_HALF, -0.012])
    elbow = shoulder + UPPER_ARM * _direction(upper, spread)
    hand = elbow + FOREARM * _direction(upper + bend, spread * (0.6 - 0.8 * pace))
    for joint, place in zip((8, 10, 12), (shoulder, elbow, hand), strict=True):
        body[joint + side] = place


def _direction(angle: float, spread: float) -> NDArray[np.float64]:
    return np.array([math.sin(angle) * math.cos(spread), math.sin(spread), -math.cos(angle) * math.cos(spread)])


def _rolled(body: NDArray[np.float64], dive: float) -> NDArray[np.float64]:
    angle = dive * 1.45
    cos_a, sin_a = math.cos(angle), math.sin(angle)
    left, up = body[:, 1], body[:, 2]
    turned = np.stack([body[:, 0], left * cos_a + up * sin_a, up * cos_a - left * sin_a], axis=1)
    turned[:, 2] += max(0.0, 0.06 - float(turned[:, 2].min())) + 0.25 * math.sin(abs(dive) * math.pi)
    return turned


def _to_world(body_m: NDArray[np.float64], pose: Pose) -> NDArray[np.float64]:
    cos_h, sin_h = math.cos(pose.heading), math.sin(pose.heading)
    x = pose.x + body_m[:, 0] * cos_h - body_m[:, 1] * sin_h
    y = pose.y + body_m[:, 0] * sin_h + body_m[:, 1] * cos_h
    return np.stack([x, y, body_m[:, 2]], axis=1)
