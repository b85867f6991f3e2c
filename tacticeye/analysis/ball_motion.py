"""How the ball moves just before and just after an instant, and whether that takes a contact to explain.

Velocities are least-squares slopes over the sightings of a short window on either side, in m/s; the instant itself
belongs to both. A free ball keeps its velocity up to drag, bounces and the error of the measurement; a touched one
doesn't (the contact rule: Link and Hoernig 2017, Vidal-Codina et al. 2022).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from tacticeye.analysis.observation import IMAGE_STRETCH
from tacticeye.possession_parts import BallMotionState, SightingState, SlopeState

WINDOW_S = 0.3  # of the slopes; longer blurs quick one-twos, shorter drowns in jitter
FURTHEST_S = 0.6  # a single sighting so far away may still serve as the only one on its side
FREE_CHANGE_M_S = 1.5  # deviation of a free ball's change of velocity between the two windows
AIR_CHANGE_M_S = 4.0  # the same for picture height where not calibrated: gravity bends the path
TOUCHED_CHANGE_M_S = 8.0  # deviation of a touched ball's
WEAKEST, STRONGEST = -3.0, 6.0  # limits of the evidence, so that one outlier can't decide
JUMP_M_S = 40.0  # no kicked ball flies so fast
JUMP_JITTERS = 5.0
JUMP = 8.0  # evidence that somebody touched it there
PLAYED_M_S = 2.0
START = (
    5.0  # the same for a ball that comes into sight on the move: as a rule after a pause, played by whoever is there
)
PEAK_S = 0.13
NEIGHBOUR_S = 0.21  # at low rates the next sighting counts as near: one touch shows at both ends of an interval
BESIDE_PEAK = -2.0
UNKNOWN_START = 0.0  # evidence where the ball wasn't seen before: it may have been touched while unseen
UNKNOWN_END = -0.7  # and where it isn't seen after


def jumps(earlier: SightingState, later: SightingState, jitter_m: float) -> bool:
    """The ball can't have flown from one sighting to the other: its track was cut there.

    Where positions are put together from pieces of flight, the pieces meet at touches, and not quite.
    """
    if earlier.shot != later.shot or math.isnan(earlier.x + later.x):
        return False
    stretch = 1.0 if later.is_metric else IMAGE_STRETCH
    way_m = math.hypot(later.x - earlier.x, stretch * (later.y - earlier.y)) / later.metre
    return way_m > JUMP_M_S * (later.t_s - earlier.t_s) + JUMP_JITTERS * jitter_m


def find_motion(sightings: Sequence[SightingState], index: int, newest_s: float, jitter_m: float) -> BallMotionState:
    """Motion around sightings[index], a seen ball, using nothing later than newest_s."""
    before = find_slope(sightings, index, -1, newest_s, jitter_m)
    after = find_slope(sightings, index, 1, newest_s, jitter_m)
    if _is_beside_jump(sightings, index, newest_s, jitter_m):
        return BallMotionState(before, after, JUMP)
    if before is None and after is not None and _is_played_in(sightings, index, after):
        return BallMotionState(None, after, START)
    if before is None or after is None:
        return BallMotionState(before, after, UNKNOWN_START if before is None else UNKNOWN_END)
    noise = before.variance + after.variance
    vertical = FREE_CHANGE_M_S if sightings[index].is_metric else AIR_CHANGE_M_S
    contact = contact_evidence(after.vx - before.vx, FREE_CHANGE_M_S**2 + noise)
    contact += contact_evidence(after.vy - before.vy, vertical**2 + noise)
    return BallMotionState(before, after, contact)


def _is_played_in(sightings: Sequence[SightingState], index: int, after: SlopeState) -> bool:
    """The ball comes into sight here and moves at once; on the pitch only, a picture loses the ball all the time."""
    here = sightings[index]
    if not here.is_metric or math.hypot(after.vx, after.vy) < PLAYED_M_S:
        return False
    return not any(s.shot == here.shot and not math.isnan(s.x) for s in sightings[:index])


def _is_beside_jump(sightings: Sequence[SightingState], index: int, newest_s: float, jitter_m: float) -> bool:
    """A jump begins or ends here, and somebody is nearer here than at its other end."""
    here = sightings[index]
    for other, is_earlier in ((index - 1, True), (index + 1, False)):
        if not 0 <= other < len(sightings) or sightings[other].t_s > newest_s:
            continue
        pair = (sightings[other], here) if is_earlier else (here, sightings[other])
        if jumps(*pair, jitter_m):
            away, other_away = (min((p.distance_m for p in s.near), default=math.inf) for s in (here, sightings[other]))
            return away < other_away or (away == other_away and is_earlier)
    return False


def contact_at(sightings: Sequence[SightingState], motions: Sequence[BallMotionState | None], index: int) -> float:
    """Evidence that somebody touches the ball at sightings[index], within WEAKEST..STRONGEST.

    The slopes smear one touch over their windows, so only the strongest instant within PEAK_S counts; beside it there
    is no second touch. Interpolated places, straight by construction, speak neither for nor against.
    """
    here = motions[index]
    if here is None or not sightings[index].is_detected:
        return 0.0
    contact = min(max(here.contact, WEAKEST), here.contact if here.contact in (START, JUMP) else STRONGEST)
    for step in (-1, 1):
        n_compared = 0
        k = index + step
        while 0 <= k < len(motions) and sightings[k].shot == sightings[index].shot:
            away_s = abs(sightings[k].t_s - sightings[index].t_s)
            if away_s > NEIGHBOUR_S + 1e-9 or (away_s > PEAK_S + 1e-9 and n_compared > 0):
                break
            other = motions[k]
            if other is not None:
                n_compared += 1
                if here.contact < other.contact or (here.contact == other.contact and step < 0):
                    return min(contact, BESIDE_PEAK)
            k += step
    return contact


def trusted_sides(
    sightings: Sequence[SightingState], motions: Sequence[BallMotionState | None], index: int
) -> BallMotionState | None:
    """The motion at sightings[index] without the side whose window reaches across a touch nearby.

    The evidence of contact rises towards a touch: where it is stronger just after, the slope after is a mixture of two
    motions, and likewise before.
    """
    here = motions[index]
    if here is None:
        return None
    earlier, later = (_neighbour_contact(sightings, motions, index, step) for step in (-1, 1))
    if max(earlier, later) <= max(here.contact, 0.0):
        return here
    return replace(here, after=None) if later > earlier else replace(here, before=None)


def _neighbour_contact(
    sightings: Sequence[SightingState], motions: Sequence[BallMotionState | None], index: int, step: int
) -> float:
    k = index + step
    while 0 <= k < len(motions) and sightings[k].shot == sightings[index].shot:
        other = motions[k]
        if abs(sightings[k].t_s - sightings[index].t_s) > NEIGHBOUR_S + 1e-9:
            break
        if other is not None:
            return other.contact
        k += step
    return -math.inf


def contact_evidence(change: float, free_variance: float, touched: float = TOUCHED_CHANGE_M_S) -> float:
    """Log-likelihood ratio touched : free of one component of the change of velocity (m/s), or of the way (m)."""
    touched_variance = free_variance + touched**2
    ratio = free_variance / touched_variance
    return 0.5 * math.log(ratio) + 0.5 * change * change * (1.0 - ratio) / free_variance


def find_slope(
    sightings: Sequence[SightingState],
    index: int,
    step: int,
    newest_s: float,
    jitter_m: float,
    only_detected: bool = False,
) -> SlopeState | None:
    """Least-squares velocity on one side (step -1 earlier, 1 later); None where the ball isn't seen there."""
    here = sightings[index]
    times, xs, ys = [0.0], [0.0], [0.0]
    k = index + step
    nearer = here
    while 0 <= k < len(sightings):
        other = sightings[k]
        offset_s = other.t_s - here.t_s
        if jumps(*((other, nearer) if step < 0 else (nearer, other)), jitter_m):
            break
        if not math.isnan(other.x):
            nearer = other
        if other.shot != here.shot or other.t_s > newest_s or abs(offset_s) > FURTHEST_S:
            break
        if abs(offset_s) > WINDOW_S + 1e-9 and len(times) > 1:
            break
        if not math.isnan(other.x) and (other.is_detected or not only_detected):
            times.append(offset_s)
            xs.append(other.x - here.x)
            ys.append(other.y - here.y)
        k += step
    n = len(times)
    if n < 2:
        return None
    mean = sum(times) / n
    weights = [t - mean for t in times]
    spread = sum(w * w for w in weights)
    stretch = 1.0 if here.is_metric else IMAGE_STRETCH
    vx = sum(w * x for w, x in zip(weights, xs, strict=True)) / (spread * here.metre)
    vy = sum(w * y for w, y in zip(weights, ys, strict=True)) / (spread * here.metre) * stretch
    return SlopeState(vx, vy, jitter_m * jitter_m / spread)


def follow_jitter(jitter_m: float, sightings: Sequence[SightingState]) -> float:
    """The running median of the ball's position error (m), moved by the newest three sightings in a row.

    A ball that moves evenly lies between its neighbours; what it lies beside is error, or a touch: touches are rare, so
    the median is error. It moves by at most JITTER_STEP a sighting.
    """
    if len(sightings) < 3:
        return jitter_m
    a, b, c = sightings[-3], sightings[-2], sightings[-1]
    if not (a.shot == b.shot == c.shot) or math.isnan(a.x + b.x + c.x) or c.t_s - a.t_s > MAX_TRIPLE_S:
        return jitter_m
    share = (b.t_s - a.t_s) / (c.t_s - a.t_s)
    beside_x = b.x - (a.x + share * (c.x - a.x))
    beside_y = b.y - (a.y + share * (c.y - a.y))
    scale = math.sqrt(1.0 + share * share + (1.0 - share) ** 2) * RAYLEIGH_MEDIAN * b.metre
    error_m = math.hypot(beside_x, beside_y) / scale
    rate = JITTER_STEP * min(1.0, (c.t_s - b.t_s) / JITTER_SPACING_S)
    moved = jitter_m * (1.0 + rate) if error_m > jitter_m else jitter_m / (1.0 + rate)
    return min(max(moved, LEAST_JITTER_M), MOST_JITTER_M)


MAX_TRIPLE_S = 0.5
RAYLEIGH_MEDIAN = 1.1774  # median length of a 2D normal vector of unit deviation
JITTER_STEP = 0.05
JITTER_SPACING_S = 0.1
LEAST_JITTER_M, MOST_JITTER_M = 0.05, 1.0
