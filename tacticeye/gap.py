"""What a live stream lacks: time without pictures, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class GapReason(StrEnum):
    """Why pictures are missing. LOST: they didn't reach us; TOO_SLOW: we couldn't keep up; STOPPED: by the user."""

    LOST = "lost"
    TOO_SLOW = "too_slow"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Gap:
    """Time of a live stream without pictures, s. frames: about how many are missing."""

    start_s: float
    end_s: float
    reason: GapReason
    frames: int
