"""The words for what is seen and what happens, and the values that stand for what is missing."""

from __future__ import annotations

from enum import IntEnum, StrEnum

NO_TRACK = -1
NO_TEAM = -1
NO_PTS = -(2**63)
NOWHERE = (float("nan"), float("nan"))


class Role(IntEnum):
    """What a box shows."""

    PLAYER = 0
    GOALKEEPER = 1
    REFEREE = 2
    BALL = 3


class ControlState(StrEnum):
    """Who controls the ball during a span of time."""

    TEAM_0 = "team_0"
    TEAM_1 = "team_1"
    CONTESTED = "contested"
    DEAD = "dead"
    UNSEEN = "unseen"
    NOT_LIVE = "not_live"

    @classmethod
    def of_team(cls, team: int) -> ControlState:
        """The state in which `team` (0 or 1) is in control. Raises ValueError for any other number."""
        if team not in (0, 1):
            raise ValueError(f"team must be 0 or 1, got {team}")
        return cls.TEAM_0 if team == 0 else cls.TEAM_1

    @property
    def team(self) -> int:
        """0 or 1 where a team is in control, otherwise -1."""
        return {ControlState.TEAM_0: 0, ControlState.TEAM_1: 1}.get(self, NO_TEAM)


class EventKind(StrEnum):
    """Names as in kloppy."""

    PASS = "PASS"
    INTERCEPTION = "INTERCEPTION"
    RECOVERY = "RECOVERY"
    CARRY = "CARRY"
    SHOT = "SHOT"
    CLEARANCE = "CLEARANCE"
    BALL_OUT = "BALL_OUT"
    KICK_OFF = "KICK_OFF"
    THROW_IN = "THROW_IN"
    CORNER_KICK = "CORNER_KICK"
    GOAL_KICK = "GOAL_KICK"
    FREE_KICK = "FREE_KICK"


class EventResult(StrEnum):
    """Outcome of a PASS; NONE for kinds that have no outcome."""

    COMPLETE = "COMPLETE"
    INCOMPLETE = "INCOMPLETE"
    OUT = "OUT"
    NONE = ""


class Metric(StrEnum):
    """Figures that add up over minutes, players and batches; what each counts: analysis/metrics.py."""

    CONTROL_MS = "control_ms"
    TOUCHES = "touches"
    PASSES_ATTEMPTED = "passes_attempted"
    PASSES_COMPLETE = "passes_complete"
    TURNOVERS = "turnovers"
    RECOVERIES = "recoveries"
    STRINGS_3 = "strings_3"
    STRINGS_6 = "strings_6"
    STRINGS_9 = "strings_9"
    FINAL_THIRD_ENTRIES = "final_third_entries"
    BOX_ENTRIES = "box_entries"


class BallSource(StrEnum):
    """Where a ball position comes from."""

    DETECTED = "detected"
    INTERPOLATED = "interpolated"
