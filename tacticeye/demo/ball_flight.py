"""How a ball flies, bounces and rolls, and how hard it must be kicked to get somewhere.

Drag is half the air density times area times coefficient over mass (about 0.012 per metre); rolling on grass takes
about 2 m/s off every second.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tacticeye import pitch
from tacticeye.demo.figures import BALL_RADIUS_M

GRAVITY = 9.81
_DRAG_PER_M = 0.012
_ROLLING = 1.9
_ROLLING_OUTSIDE = 5.0  # longer grass, carpet and people behind the lines
_BOUNCE, _BOUNCE_GRIP = 0.55, 0.8
_BOARDS_M = 3.7

Vector = NDArray[np.float64]


def stepped(place: Vector, velocity: Vector, dt_s: float) -> tuple[Vector, Vector]:
    """Place and velocity (3,) m and m/s after `dt_s`."""
    place, velocity = place.copy(), velocity.copy()
    speed = float(np.linalg.norm(velocity))
    if place[2] > BALL_RADIUS_M + 0.005 or velocity[2] > 0.3:
        velocity *= max(0.0, 1 - _DRAG_PER_M * speed * dt_s)
        velocity[2] -= GRAVITY * dt_s
    elif speed > 0:
        is_inside = bool(pitch.is_inside(place[:2], 0.3))
        loss = (_ROLLING if is_inside else _ROLLING_OUTSIDE) + _DRAG_PER_M * speed**2
        velocity *= max(0.0, 1 - loss * dt_s / speed)
    place += velocity * dt_s
    if place[2] < BALL_RADIUS_M:
        place[2] = BALL_RADIUS_M
        hits_hard = velocity[2] < -0.8
        velocity *= (_BOUNCE_GRIP, _BOUNCE_GRIP, -_BOUNCE) if hits_hard else (1, 1, 0)
    for axis, limit in ((0, pitch.LENGTH_M), (1, pitch.WIDTH_M)):
        if not -_BOARDS_M < place[axis] < limit + _BOARDS_M:
            place[axis] = float(np.clip(place[axis], -_BOARDS_M, limit + _BOARDS_M))
            velocity *= 0.2
            velocity[axis] *= -1
    return place, velocity


def path(place: Vector, velocity: Vector, dt_s: float, n: int) -> Vector:
    """(n, 3) m: the places after 1..n steps of dt_s."""
    places = []
    for _ in range(n):
        place, velocity = stepped(place, velocity, dt_s)
        places.append(place)
    return np.array(places)


def ground_kick(start: Vector, target_xy: Vector, arrival_speed: float) -> Vector:
    """(3,) m/s: velocity that rolls the ball to `target_xy` and reaches it at about `arrival_speed`."""
    gap = target_xy - start[:2]
    distance = max(float(np.linalg.norm(gap)), 0.1)
    speed = math.sqrt(arrival_speed**2 + 2 * (_ROLLING + 0.8) * distance)
    return np.append(gap / distance * min(speed, 20.0), 0.0)


def lofted_kick(start: Vector, target_xy: Vector, angle: float = 0.62) -> Vector:
    """(3,) m/s: velocity that lands the ball a little before `target_xy`, at `angle` rad above the ground."""
    gap = target_xy - start[:2]
    distance = max(float(np.linalg.norm(gap)), 0.1)
    speed = min(29.0, math.sqrt(GRAVITY * 0.95 * distance / math.sin(2 * angle)) * (1 + 0.0022 * distance))
    return np.append(gap / distance * speed * math.cos(angle), speed * math.sin(angle))


def aimed_kick(start: Vector, target: Vector, speed: float) -> Vector:
    """(3,) m/s: velocity with which a ball kicked at about `speed` passes through `target` (3,) m."""
    flight_s = float(np.linalg.norm(target - start)) / speed
    velocity = (target - start) / flight_s
    velocity[2] += 0.5 * GRAVITY * flight_s
    for _ in range(3):  # drag takes some metres: aim again by the miss
        reached = path(start, velocity, flight_s / 40, 40)[-1]
        velocity = velocity + (target - reached) / flight_s
    return np.asarray(velocity)
