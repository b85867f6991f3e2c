"""What an analysis yields, batch by batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from tacticeye.gap import Gap
from tacticeye.types.measurements import Boxes, Calibration
from tacticeye.types.words import NOWHERE, BallSource, ControlState, EventKind, EventResult, Metric, Role


@dataclass(frozen=True)
class BallPosition:
    """The chosen place of the ball at one analysed frame. x, y: centre, px. confidence 0..1.

    in_air: flies freely (True) or moves as on the ground, carried included (False); None where its path doesn't tell.
    """

    frame: int
    t_s: float
    x: float
    y: float
    source: BallSource
    confidence: float
    in_air: bool | None = None


@dataclass(frozen=True)
class ControlSpan:
    """The ball was in `state` from start_s to end_s (s, half-open). track: who had it, -1 unknown or nobody."""

    state: ControlState
    track: int
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Event:
    """Something that happened. xy_from, xy_to: image px of the event's frames; pitch_from, pitch_to: m; NaN unknown.

    t_start_s, t_end_s: s of video. team: of the acting side, -1 unsure. confidence 0..1. source: auto or human.
    """

    kind: EventKind
    result: EventResult
    t_start_s: float
    t_end_s: float
    team: int
    track_from: int
    track_to: int
    xy_from: tuple[float, float]
    xy_to: tuple[float, float]
    confidence: float
    source: str = "auto"
    pitch_from: tuple[float, float] = NOWHERE
    pitch_to: tuple[float, float] = NOWHERE


@dataclass(frozen=True)
class MetricRow:
    """`value` more of a figure in a minute of video, for a team (0, 1) and a track (-1: of the team as a whole)."""

    minute: int
    team: int
    track: int
    name: Metric
    value: float


@dataclass(frozen=True)
class TrackSummary:
    """What is believed of one track now, from all its votes; later belief replaces earlier. Times in s of video.

    role: of Role; team -1 unsure; team_margin 0..1: how far the team vote is from a tie.
    """

    track: int
    role: Role
    team: int
    team_margin: float
    first_s: float
    last_s: float
    n_boxes: int


@dataclass(frozen=True)
class TeamKit:
    """A team's shirt colour as found. rgb 0..255."""

    team: int
    rgb: tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class ChunkOutput:
    """All that one batch adds to a match. Rows are final; `tracks` replace earlier rows of the same track.

    boxes cover this batch's analysed frames. ball, spans and events lag behind by the fixed look-ahead of the
    analysis, so they may lie before start_s; the last batch flushes them. chunk_stats: trust figures of the batch
    (counts and seconds, see BatchProcessor). stage_ms: wall milliseconds by stage. preview_jpeg: annotated last frame.
    """

    batch_idx: int
    start_frame: int
    end_frame: int
    start_s: float
    end_s: float
    boxes: Boxes
    ball: list[BallPosition]
    spans: list[ControlSpan]
    events: list[Event]
    tracks: list[TrackSummary]
    kits: list[TeamKit]
    chunk_stats: dict[str, float] = field(default_factory=dict)
    processing_time_ms: float = 0.0
    stage_ms: dict[str, float] = field(default_factory=dict)
    preview_jpeg: bytes = b""
    gaps: Sequence[Gap] = ()
    calibration: Calibration = field(default_factory=Calibration.empty)
    metrics: Sequence[MetricRow] = ()


@dataclass(frozen=True)
class AnalysisProgress:
    """How far an analysis is. Video time in s; total_* are the container's claims, 0 unknown; speed in multiples of
    real time over the last half minute, 0 unknown. lag_s: s of a live stream that have arrived but aren't analysed,
    NaN for files."""

    batch_idx: int
    frame: int
    t_s: float
    total_frames: int
    total_seconds: float
    speed: float
    lag_s: float = math.nan

    @property
    def share(self) -> float | None:
        """0..1 of the video, None where its length is unknown."""
        return min(1.0, self.t_s / self.total_seconds) if self.total_seconds > 0 else None
