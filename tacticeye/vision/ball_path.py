"""One believable path of the ball out of many ball-like boxes, chosen with a fixed look-ahead in seconds.

Each analysed frame is decided once, in order, when frames up to `lag_s` later have been seen. The choice maximises
evidence, in score-seconds: a candidate earns its worth times the time its frame stands for; speed, changes of velocity
and gaps cost, and so does every appearance out of nowhere, so that a lone weak box is never a ball. It is solved by
dynamic programming over the frames that wait, starting from the last decided sighting. Because evidence is counted in
seconds, the rate of analysis doesn't change it. Paths live in the stabilised frame of one shot and never cross a cut.
Letters: N candidates of the frame, M earlier ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from tacticeye.state_parts import BallAnchor, BallCandidate, BallFrame, BallPathState, BallSpot
from tacticeye.types import BallPosition, BallSource, Boxes
from tacticeye.vision.ball_candidates import Surroundings, find_candidates, learn_spots, spot_worths
from tacticeye.vision.camera import FrameMotion

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

LAG_S = 0.8
LONGEST_GAP_S = 0.65  # between two sightings of one path; what lies between is interpolated
TOP_SPEED = 19.4  # bh/s: 35 m/s
JITTER = 0.15  # bh that boxes and camera may be off
DOUBT = 0.03  # worth below which no ball is better than this one
# Costs, in score-seconds.
APPEARANCE = 0.09  # a new path: one sighting of 0.5 at 5 Hz or a consistent pair of weaker ones
SPEED = 0.18  # per second at top speed, with the square of the speed
TURN = 0.05  # per complete change of velocity (a kick)
TURN_SPEED = 14.0  # bh/s: 25 m/s, a complete change
GAP = 0.08  # per second unseen
LONGEST_SPAN_S = 0.25  # a frame never stands for longer
FIRST_SPAN_S = 0.10  # time that a shot's first frame stands for
BODY_S = 1.0  # time constant of the median body height
LINKED = 0.7  # how far a well supported path makes up for a low score
INTERPOLATED = 0.6  # confidence of an interpolated place against that of its ends, at a vanishing gap
FORESIGHT_S = 0.3  # time constant with which the expected place slows down
# While no path leads anywhere, the best box of the last moments is worth a second look: it takes two to make a path.
SUSPECT_S = 0.3
SUSPECT_GAIN = 0.5  # lower ones are mostly heads and socks, which a second look only confirms
NOWHERE, ANCHOR = -2, -1


@dataclass(frozen=True)
class BallSighting:
    """The ball in one frame. x, y, unit (a body height there): px of the stabilised frame."""

    frame: int
    x: float
    y: float
    unit: float


@dataclass(frozen=True)
class BallDecision:
    """The final word on one analysed frame. position: image px of that frame, None where the ball wasn't seen.

    sightings: where the best path sees it at this frame and, not decided yet, later in this shot, in order of time.
    """

    frame: int
    t_s: float
    position: BallPosition | None
    shot: int = 0
    sightings: tuple[BallSighting, ...] = ()


@dataclass(frozen=True, eq=False)
class _Nodes:
    """The candidates of the frames that wait, flat. step (N,): number of the frame in the window; px of the shot."""

    step: Rows
    t_s: Floats
    span_s: Floats
    place: Floats
    unit: Floats
    gain: Floats
    worth: Floats

    @classmethod
    def of(cls, window: list[BallFrame], anchor: BallAnchor | None) -> _Nodes:
        """`anchor`, where there is one, is the first node, of step -1."""
        rows = [
            (step, f.t_s, f.span_s, c.x, c.y, c.unit, c.gain) for step, f in enumerate(window) for c in f.candidates
        ]
        if anchor is not None:
            rows.insert(0, (-1, anchor.t_s, 0.0, anchor.x, anchor.y, anchor.unit, 0.0))
        table = np.array(rows, np.float64).reshape(-1, 7)
        step, t_s, span_s, _, _, unit, gain = table.T
        return cls(step.astype(np.intp), t_s, span_s, table[:, 3:5], unit, gain, (gain - DOUBT) * span_s)


@dataclass(frozen=True, eq=False)
class _Path:
    """Rows of the chosen nodes in order; is_linked[i]: whether node i continues node i - 1; velocity (N, 2) px/s."""

    rows: list[int]
    is_linked: list[bool]
    velocity: Floats


class BallPath:
    """Takes each analysed frame's candidates, gives back the decisions that are due."""

    def __init__(self, state: BallPathState, lag_s: float = LAG_S) -> None:
        self._lag_s = lag_s
        self._shot = state.shot
        self._t_s = state.t_s
        self._body_px = state.body_px
        self._pending = list(state.pending)
        self._spots: list[BallSpot] = list(state.spots)
        self._anchor = state.anchor
        self._newest = state.newest

    def state(self) -> BallPathState:
        return BallPathState(
            shot=self._shot,
            t_s=self._t_s,
            body_px=self._body_px,
            pending=list(self._pending),
            spots=list(self._spots),
            anchor=self._anchor,
            newest=self._newest,
        )

    def expected_xy(self, t_s: float, motion: FrameMotion) -> Floats | None:
        """(2,) px of the frame at `t_s`, not seen yet: where the best path leads or a suspect was, else None."""
        newest = self._newest
        if newest is None or motion.is_cut or newest.shot != self._shot or t_s - newest.t_s > LONGEST_GAP_S:
            return None
        velocity = np.nan_to_num([newest.vx, newest.vy]) * np.exp(-(t_s - newest.t_s) / FORESIGHT_S)
        place = np.array([newest.x, newest.y]) + velocity * (t_s - newest.t_s)
        to_image = np.linalg.inv(motion.image_to_shot[:, :2])
        return np.asarray(to_image @ (place - motion.image_to_shot[:, 2]))

    def update(
        self, frame: int, t_s: float, candidates: Boxes, people: Boxes, motion: FrameMotion
    ) -> list[BallDecision]:
        """`candidates`: BALL boxes of this frame, `people`: the others. Decisions for frames lag_s older or more."""
        if motion.is_cut:
            self._shot += 1
            self._spots = []
            self._body_px = float("nan")
        is_first = motion.is_cut or not np.isfinite(self._t_s)
        span_s = FIRST_SPAN_S if is_first else min(t_s - self._t_s, LONGEST_SPAN_S)
        self._t_s = t_s
        found = self._find(t_s, span_s, candidates, people, motion) if motion.is_live else []
        to_shot = motion.image_to_shot.ravel().tolist()
        self._pending.append(BallFrame(frame, t_s, self._shot, span_s, to_shot, found))
        decisions = []
        foreseen = False
        while self._pending and self._pending[0].t_s <= t_s - self._lag_s + 1e-9:
            foreseen = self._pending[0].shot == self._shot
            decisions.append(self._decide())
        if not foreseen:  # too early in the shot for a decision, but not for a path
            waiting = [f for f in self._pending if f.shot == self._shot]
            nodes = _Nodes.of(waiting, None)
            self._newest = _newest(waiting, nodes, _best_path(nodes))
        return decisions

    def flush(self) -> list[BallDecision]:
        """Decisions for all frames that still wait: nothing follows."""
        return [self._decide() for _ in range(len(self._pending))]

    def _find(self, t_s: float, span_s: float, boxes: Boxes, people: Boxes, motion: FrameMotion) -> list[BallCandidate]:
        """The frame's candidates, those at known spots devalued; learns body height and spots on the way."""
        scale = float(np.sqrt(abs(np.linalg.det(motion.image_to_shot[:, :2]))))
        if len(people):
            height = median(people.height.tolist()) * scale
            follow = 1 - float(np.exp(-span_s / BODY_S))
            self._body_px = height if np.isnan(self._body_px) else self._body_px + follow * (height - self._body_px)
        if np.isnan(self._body_px):
            return []  # nobody has been in view: no measure of size, and no match
        surroundings = Surroundings.of(people, self._body_px / scale)
        found, is_far = find_candidates(boxes, surroundings, motion.image_to_shot)
        worths = spot_worths(found, self._spots)
        self._spots = learn_spots(self._spots, found, is_far, t_s, span_s)
        return [replace(c, gain=c.gain * worth) for c, worth in zip(found, worths, strict=True)]

    def _decide(self) -> BallDecision:
        """The oldest waiting frame's ball, from the best path through all that wait in its shot."""
        first = self._pending[0]
        window = [f for f in self._pending if f.shot == first.shot]
        anchor = self._anchor
        if anchor is not None and (anchor.shot != first.shot or first.t_s - anchor.t_s > LONGEST_GAP_S):
            anchor = None
        nodes = _Nodes.of(window, anchor)
        path = _best_path(nodes)
        self._newest = _newest(window, nodes, path)
        del self._pending[0]
        position = None
        if path.rows and nodes.step[path.rows[0]] == -1:
            path = _Path(path.rows[1:], path.is_linked[1:], path.velocity)
        if path.rows:
            row = path.rows[0]
            confidence = _confidence(nodes, path, window)
            if nodes.step[row] == 0:
                position = self._take(first, nodes, row, path.velocity[row], confidence)
            elif path.is_linked[0] and anchor is not None:
                position = _between(first, anchor, nodes, row, confidence)
        return BallDecision(first.frame, first.t_s, position, first.shot, _sightings(nodes, path, window))

    def _take(self, first: BallFrame, nodes: _Nodes, row: int, velocity: Floats, confidence: float) -> BallPosition:
        """Makes a sighting final: later frames go on from it."""
        x, y = nodes.place[row].tolist()
        vx, vy = velocity.tolist()
        self._anchor = BallAnchor(x, y, vx, vy, float(nodes.unit[row]), first.t_s, first.shot, confidence)
        return _position(first, nodes.place[row], BallSource.DETECTED, confidence)


def _best_path(nodes: _Nodes) -> _Path:
    """The most evidence; nodes are ordered by step. Velocities are those along each node's own best way."""
    n = len(nodes.step)
    total, parent = np.zeros(n), np.full(n, NOWHERE, np.intp)
    linked, velocity = np.zeros(n, np.bool_), np.full((n, 2), np.nan)
    best_so_far, best_row = 0.0, NOWHERE
    links = _Links.between(nodes)
    bounds = [*np.flatnonzero(np.diff(nodes.step, prepend=-2)).tolist(), n]
    for start, end in pairwise(bounds):
        if nodes.step[start] == ANCHOR:
            continue
        rows = slice(start, end)
        total[rows] = best_so_far - APPEARANCE
        parent[rows] = best_row
        earliest = int(np.searchsorted(nodes.t_s, nodes.t_s[start] - LONGEST_GAP_S - 1e-9))
        if earliest < start:
            before = slice(earliest, start)
            value = total[before, None] - links.costs(before, rows, velocity[before])
            chosen = value.argmax(axis=0)
            for row, column in enumerate(chosen.tolist(), start):
                best = float(value[column, row - start])
                if best > total[row]:
                    origin = earliest + column
                    linked[row], total[row], parent[row] = True, best, origin
                    velocity[row] = (nodes.place[row] - nodes.place[origin]) / (nodes.t_s[row] - nodes.t_s[origin])
        total[rows] += nodes.worth[rows]
        top = start + int(total[rows].argmax())
        if total[top] > best_so_far:
            best_so_far, best_row = float(total[top]), top
    return _trace(best_row, parent, linked, velocity)


def _sightings(nodes: _Nodes, path: _Path, window: list[BallFrame]) -> tuple[BallSighting, ...]:
    """The nodes of the path, which begins after the anchor."""
    table = zip(
        nodes.step[path.rows].tolist(), nodes.place[path.rows].tolist(), nodes.unit[path.rows].tolist(), strict=True
    )
    return tuple(BallSighting(window[step].frame, x, y, unit) for step, (x, y), unit in table)


def _newest(window: list[BallFrame], nodes: _Nodes, path: _Path) -> BallAnchor | None:
    """Where the best path was last seen; where that is long ago, the most ball-like box of the last moments."""
    now_s = window[-1].t_s
    row, velocity = NOWHERE, np.full(2, np.nan)
    if path.rows and now_s - nodes.t_s[path.rows[-1]] <= LONGEST_GAP_S:
        row, velocity = path.rows[-1], path.velocity[path.rows[-1]]
    else:
        gain = np.where(now_s - nodes.t_s <= SUSPECT_S, nodes.gain, 0.0)
        if gain.max(initial=0.0) >= SUSPECT_GAIN:
            row = len(gain) - 1 - int(gain[::-1].argmax())
    if row == NOWHERE:
        return None
    (x, y), (vx, vy) = nodes.place[row].tolist(), velocity.tolist()
    return BallAnchor(x, y, vx, vy, float(nodes.unit[row]), float(nodes.t_s[row]), window[-1].shot, 0.0)


def _trace(last: int, parent: Rows, linked: NDArray[np.bool_], velocity: Floats) -> _Path:
    rows: list[int] = []
    while last != NOWHERE:
        rows.append(last)
        last = int(parent[last])
    rows.reverse()
    return _Path(rows, [bool(linked[row]) for row in rows], velocity)


@dataclass(frozen=True, eq=False)
class _Links:
    """What going on from each node (row) to each later one (column) costs, (N, N) all.

    cost: score-seconds without the turn, infinite: faster than any ball; velocity (N, N, 2): that it takes, in body
    heights a second; unit: px of a body height; slack: of the turn, body heights a second.
    """

    cost: Floats
    velocity: Floats
    unit: Floats
    slack: Floats

    @classmethod
    def between(cls, nodes: _Nodes) -> _Links:
        """All at once: there are few nodes, and numpy's calls cost more than its sums."""
        unit = (nodes.unit[:, None] + nodes.unit[None]) / 2
        seconds = nodes.t_s[None] - nodes.t_s[:, None]
        seconds = np.where(seconds > 0, seconds, np.inf)  # neither backwards nor within a frame
        moved = (nodes.place[None] - nodes.place[:, None]) / unit[..., None]
        speed = np.maximum(np.hypot(moved[..., 0], moved[..., 1]) - JITTER, 0.0) / seconds
        with np.errstate(invalid="ignore"):
            cost = SPEED * seconds * (speed / TOP_SPEED) ** 2 + GAP * np.maximum(seconds - nodes.span_s[None], 0.0)
        cost = np.where((speed <= TOP_SPEED) & np.isfinite(seconds), cost, np.inf)
        return cls(cost, moved / seconds[..., None], unit, 2 * JITTER / seconds)

    def costs(self, before: slice, after: slice, velocity: Floats) -> Floats:
        """(M, N) score-seconds. velocity (M, 2) px/s with which the earlier ones were reached, NaN unknown."""
        change = self.velocity[before, after] - velocity[:, None] / self.unit[before, after, None]
        turn = (np.hypot(change[..., 0], change[..., 1]) - self.slack[before, after]) / TURN_SPEED
        turn = np.minimum(np.maximum(turn, 0.0), 1.0)
        return np.asarray(self.cost[before, after] + TURN * np.where(np.isnan(turn), 0.0, turn))


def _confidence(nodes: _Nodes, path: _Path, window: list[BallFrame]) -> float:
    """Of the path's first node: its score, raised by the share of the window in which the same path is seen."""
    end = next((i for i in range(1, len(path.rows)) if not path.is_linked[i]), len(path.rows))
    steps = [int(nodes.step[row]) for row in path.rows[:end]]
    support = sum(window[step].span_s for step in steps[1:]) / max(sum(f.span_s for f in window[1:]), LONGEST_SPAN_S)
    frame = window[steps[0]]
    score = next(c.score for c in frame.candidates if (c.x, c.y) == tuple(nodes.place[path.rows[0]].tolist()))
    return score + (1 - score) * LINKED * min(support, 1.0)


def _between(first: BallFrame, anchor: BallAnchor, nodes: _Nodes, row: int, confidence: float) -> BallPosition:
    """On the straight line, in the stabilised frame, between the last sighting and the next."""
    gap_s = float(nodes.t_s[row]) - anchor.t_s
    share = (first.t_s - anchor.t_s) / gap_s
    start = np.array([anchor.x, anchor.y])
    place = start + share * (nodes.place[row] - start)
    trust = INTERPOLATED * min(anchor.confidence, confidence) * (1 - gap_s / (2 * LONGEST_GAP_S))
    return _position(first, place, BallSource.INTERPOLATED, trust)


def _position(frame: BallFrame, place: Floats, source: BallSource, confidence: float) -> BallPosition:
    """`place` (2,) px of the stabilised frame -> px of the frame itself."""
    a, b, shift_x, c, d, shift_y = frame.image_to_shot
    determinant = a * d - b * c
    x, y = float(place[0]) - shift_x, float(place[1]) - shift_y
    return BallPosition(
        frame=frame.frame,
        t_s=frame.t_s,
        x=(d * x - b * y) / determinant,
        y=(a * y - c * x) / determinant,
        source=source,
        confidence=confidence,
    )
