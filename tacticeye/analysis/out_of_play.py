"""Is the ball in play? When it has crossed a line for good, and when a dead ball is played again.

From positions in metres a ball beyond a line is out. From a calibrated picture only a ball on the ground can be placed:
one in the air seems to be further from the camera than it is, so it may seem out over the pitch, but then it moves
fast. There it takes a ball that comes from inside, is seen just outside for OUTSIDE_S, from a moment on at which it is
slow and not at somebody's feet, and isn't seen inside again for CAMERA.out_s, or until the picture leaves it there.
Until that is clear nobody is credited with a touch outside. There a ball that somebody has well inside the pitch is in
play again too, for the restart may have been missed; one that isn't seen for DEAD_UNSEEN_S is unseen, not dead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum, auto

from tacticeye.analysis.ball_motion import JUMP_M_S
from tacticeye.analysis.holder import HolderLabel
from tacticeye.analysis.touch import begin_touch, beyond_m, pitch_way_m
from tacticeye.pitch import PitchLayout
from tacticeye.possession_parts import BallMarkState, OutOfPlayState, TouchState

OUTSIDE_S = 0.2
ROLLING_M_S = 10.0
CONTINUED_S = 0.5
HELD_OUTSIDE_M = 1.5  # at somebody's feet, nearer to the line than this, it may be the calibration that is off
DEAD_UNSEEN_S = 15.0
RESTART_S = 0.8
INSIDE_M = 5.0  # in the hands of somebody beside the pitch the ball may seem to be this far inside
RESTART_EVIDENCE, RESTART_SHARE_S = 1.0, 1e-3
RESTART_TOUCH_S = 1.5  # who touched it so shortly before has restarted play


@dataclass(frozen=True)
class _Rules:
    """out_m: beyond the line, what is no error. out_s: to be so for so long. restart_m: a dead ball that goes so far on
    the pitch in RESTART_S is in play again."""

    out_m: float
    out_s: float
    restart_m: float


METRIC = _Rules(out_m=0.3, out_s=0.2, restart_m=2.0)
CAMERA = _Rules(out_m=0.6, out_s=2.0, restart_m=4.0)  # it may be carried to where it is played


class Ruling(Enum):
    """What a sighting of the ball means: it is in play; beyond a line, perhaps out; out by now; dead as before; in play
    again."""

    PLAY = auto()
    BEYOND = auto()
    OUT = auto()
    DEAD = auto()
    RESTART = auto()


class OutOfPlay:
    """Follows the ball over the lines. `crossing`: where it is outside; `taker`: who restarted play, if known."""

    def __init__(self, state: OutOfPlayState, layout: PitchLayout) -> None:
        self.is_dead = state.is_dead
        self.crossing = state.crossing
        self.taker: TouchState | None = None
        self._layout = layout
        self._beyond_s = state.beyond_s
        self._outside_s = state.outside_s
        self._start = state.start
        self._touch = state.touch

    def state(self) -> OutOfPlayState:
        return OutOfPlayState(self.is_dead, self._beyond_s, self.crossing, self._outside_s, self._start, self._touch)

    def forget(self) -> None:
        """What was seen so far has nothing to do with what comes; a dead ball stays dead."""
        self._beyond_s, self.crossing, self._outside_s = None, None, 0.0
        self._start, self._touch = None, None

    def see(self, label: HolderLabel, mark: BallMarkState, before: BallMarkState | None, share_s: float) -> Ruling:
        """Rule on the next sighting that sees the ball, which stands for share_s. before: the one before it."""
        rules = METRIC if label.sighting.is_metric else CAMERA
        beyond = beyond_m(mark, self._layout)
        if self.is_dead:
            return self._see_dead(label, mark, beyond, rules)
        is_inside = beyond <= (rules.out_m if self._beyond_s is None or rules is METRIC else 0.0)
        is_unplaced = math.isnan(beyond)  # far outside, high, or in a picture that isn't calibrated
        is_held = rules is CAMERA and label.holder >= 0 and beyond < HELD_OUTSIDE_M and not self._is_evident()
        is_new = self._beyond_s is None and (
            is_unplaced or (rules is CAMERA and not self._comes_from_inside(before, mark))
        )
        if is_inside or is_held or is_new:
            self.forget()
            return Ruling.PLAY
        self._beyond_s = mark.t_s if self._beyond_s is None else self._beyond_s
        if self.crossing is not None and not is_unplaced:
            self._outside_s += share_s
        elif self.crossing is None and (rules is METRIC or _is_slow(before, mark)):
            self.crossing = mark
        return self._rule_outside(mark, rules)

    def is_out_unseen(self, t_s: float) -> bool:
        """The ball isn't seen at t_s, but was last beyond a line: is it out? math.inf: the picture has left it."""
        return self.crossing is not None and self._is_evident() and t_s - self.crossing.t_s >= CAMERA.out_s

    def _comes_from_inside(self, before: BallMarkState | None, mark: BallMarkState) -> bool:
        """Else it may be another ball: they lie around the pitch."""
        if before is None or mark.t_s - before.t_s > CONTINUED_S:
            return False
        is_jump = pitch_way_m(before, mark) > JUMP_M_S * (mark.t_s - before.t_s)
        return beyond_m(before, self._layout) <= CAMERA.out_m and not is_jump

    def _rule_outside(self, mark: BallMarkState, rules: _Rules) -> Ruling:
        assert self._beyond_s is not None
        if mark.t_s - self._beyond_s < rules.out_s:
            return Ruling.BEYOND
        if self.crossing is None:
            self.forget()  # it only flew over a line
            return Ruling.PLAY
        if mark.t_s - self.crossing.t_s < rules.out_s:
            return Ruling.BEYOND
        return Ruling.OUT if rules is METRIC or self._is_evident() else Ruling.PLAY

    def _is_evident(self) -> bool:
        return self._outside_s >= OUTSIDE_S

    def _see_dead(self, label: HolderLabel, mark: BallMarkState, beyond: float, rules: _Rules) -> Ruling:
        if label.holder >= 0:
            self._touch = begin_touch(replace(label, evidence=RESTART_EVIDENCE), RESTART_SHARE_S)
        if not beyond <= 0:
            self._start = None
            return Ruling.DEAD
        if self._start is None or mark.t_s - self._start.t_s > RESTART_S:
            self._start = mark
        is_among_players = rules is CAMERA and label.holder >= 0 and self._is_well_inside(mark)
        if pitch_way_m(self._start, mark) < rules.restart_m and not is_among_players:
            return Ruling.DEAD
        is_known = self._touch is not None and mark.t_s - self._touch.end_s <= RESTART_TOUCH_S
        self.taker = self._touch if is_known else None
        self.is_dead = False
        self.forget()
        return Ruling.RESTART

    def _is_well_inside(self, mark: BallMarkState) -> bool:
        """No throw-in, corner or goal kick is taken here."""
        from_end = min(mark.pitch_x, self._layout.length_m - mark.pitch_x)
        from_side = min(mark.pitch_y, self._layout.width_m - mark.pitch_y)
        return from_end > self._layout.goal_area_depth_m + INSIDE_M / 2 and from_side > INSIDE_M


def _is_slow(before: BallMarkState | None, mark: BallMarkState) -> bool:
    return before is not None and pitch_way_m(before, mark) <= ROLLING_M_S * (mark.t_s - before.t_s)
