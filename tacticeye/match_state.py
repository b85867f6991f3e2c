"""MatchState: the whole of what the next batch needs, as plain data, and where it is kept.

Every part belongs to one stage, which takes it in its constructor and gives it back from `state()`. Parts hold only
numbers, strings, lists, dicts and further parts, so that JSON carries them without loss: floats keep every bit, NaN
stays NaN, integer keys stay integers. Parts are bounded: nothing here grows with the length of the match.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from pydantic import ConfigDict, TypeAdapter

from tacticeye.errors import StorageError
from tacticeye.types import ControlState

STATE_VERSION = 1


@dataclass(frozen=True)
class TrackState:
    """One person being followed (vision/tracker.py)."""

    track: int


@dataclass(frozen=True)
class TrackerState:
    """Memory of vision/tracker.py. Ids belong to one match: next_track is the next free one."""

    next_track: int = 1
    tracks: list[TrackState] = field(default_factory=list)


@dataclass(frozen=True)
class TeamClassifierState:
    """Memory of vision/team_classifier.py."""


@dataclass(frozen=True)
class CameraState:
    """Memory of vision/camera.py."""


@dataclass(frozen=True)
class BallPathState:
    """Memory of vision/ball_path.py."""


@dataclass(frozen=True)
class PossessionState:
    """Memory of analysis/possession.py."""


@dataclass(frozen=True)
class Totals:
    """Running totals of the match (analysis/totals.py). Seconds of video; counts."""

    seconds_by_state: dict[ControlState, float] = field(default_factory=dict)
    passes_complete_by_team: dict[int, int] = field(default_factory=dict)
    passes_attempted_by_team: dict[int, int] = field(default_factory=dict)
    current_state: ControlState = ControlState.UNSEEN
    current_track: int = -1
    active_tracks_by_team: dict[int, int] = field(default_factory=dict)
    active_tracks: int = 0
    total_ids: int = 0
