"""The plain data that flows between modules.

Conventions, here and everywhere:
  image coordinates   pixels of the source frame after its rotation flag, origin top-left, x right, y down
  pitch coordinates   metres on the match's pitch, origin bottom-left corner, x along the touchline, y up
  time `t_s`          seconds of video from presentation timestamps, first frame of the file = its own timestamp
  frame               number of the decoded frame, from 0
  missing             -1 for ids, NaN for floats, empty for none found; None only for "does not apply"
Letters in shapes: B analysed frames of a batch, N boxes, H W pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tacticeye.gap import Gap

Image = NDArray[np.uint8]  # (H, W, 3) BGR

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


@dataclass(frozen=True, eq=False)
class FrameBatch:
    """Consecutive decoded frames, of which the analysed ones carry their image.

    index         number of the batch in this match, from 0
    start_frame   first decoded frame covered; end_frame: one past the last
    start_s, end_s  video time covered: from the first covered frame's timestamp to the end of the last one's display
    frame         (B,) int64, analysed frames, ascending, each within start_frame..end_frame
    t_s           (B,) float64, seconds
    images        B arrays (H, W, 3) uint8 BGR
    skipped_packets  damaged packets passed over so far in the file
    gaps          time before its frames of which a live stream has no pictures
    """

    index: int
    start_frame: int
    end_frame: int
    start_s: float
    end_s: float
    frame: NDArray[np.int64]
    t_s: NDArray[np.float64]
    images: Sequence[Image]
    skipped_packets: int = 0
    gaps: Sequence[Gap] = ()


@dataclass(frozen=True)
class StreamPosition:
    """The last frame already consumed from a video: all that reading needs to go on with exactly the next one.

    frame            its number; t_s: its time, s
    pts              its timestamp as the file writes it, in ticks of the stream; NO_PTS where the file has none
    shift            ticks added to later timestamps of the file because its clock was reset on the way; mostly 0
    skipped_packets  damaged packets passed over before it was shown
    checksum         of its decoded picture, -1 unknown: shows after a seek that decoding has recovered exactly
    wall_at          wall time, s, at which it arrived from a live stream; 0 for files
    """

    frame: int
    t_s: float
    pts: int
    shift: int = 0
    skipped_packets: int = 0
    checksum: int = -1
    wall_at: float = 0.0


@dataclass(frozen=True, eq=False)
class Boxes:
    """Struct of arrays, one row a box, ordered by frame; also the table `positions`. No column is ever None.

    frame (N,) int64; t_s (N,) float64 s; xyxy (N, 4) float32 px; score (N,) float32 0..1; role (N,) int8 of Role;
    track (N,) int32, -1 none; team (N,) int8, -1 unsure; pitch_xy (N, 2) float32 m, NaN where not calibrated.
    """

    frame: NDArray[np.int64]
    t_s: NDArray[np.float64]
    xyxy: NDArray[np.float32]
    score: NDArray[np.float32]
    role: NDArray[np.int8]
    track: NDArray[np.int32]
    team: NDArray[np.int8]
    pitch_xy: NDArray[np.float32]

    def __post_init__(self) -> None:
        n = len(self.frame)
        for name, shape in (("t_s", (n,)), ("xyxy", (n, 4)), ("score", (n,)), ("role", (n,)), ("track", (n,)),
                            ("team", (n,)), ("pitch_xy", (n, 2))):  # fmt: skip
            actual = getattr(self, name).shape
            if actual != shape:
                raise ValueError(f"Boxes.{name}: expected shape {shape}, got {actual}")

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def build(
        cls,
        *,
        frame: object,
        t_s: object,
        xyxy: object,
        score: object = 1.0,
        role: object = Role.PLAYER,
        track: object = NO_TRACK,
        team: object = NO_TEAM,
        pitch_xy: object = (np.nan, np.nan),
    ) -> Self:
        """A legal object from plain lists, arrays or scalars; scalars are repeated for every row of `xyxy`."""
        corners = np.asarray(xyxy, np.float32).reshape(-1, 4)
        n = len(corners)

        def column(values: object, dtype: type[np.generic]) -> NDArray[np.generic]:
            return np.ascontiguousarray(np.broadcast_to(np.asarray(values, dtype), (n,)))

        return cls(
            frame=column(frame, np.int64),  # type: ignore[arg-type]
            t_s=column(t_s, np.float64),  # type: ignore[arg-type]
            xyxy=corners,
            score=column(score, np.float32),  # type: ignore[arg-type]
            role=column(role, np.int8),  # type: ignore[arg-type]
            track=column(track, np.int32),  # type: ignore[arg-type]
            team=column(team, np.int8),  # type: ignore[arg-type]
            pitch_xy=np.ascontiguousarray(np.broadcast_to(np.asarray(pitch_xy, np.float32), (n, 2))),
        )

    @classmethod
    def empty(cls) -> Self:
        return cls.build(frame=0, t_s=0.0, xyxy=[])

    @classmethod
    def concatenate(cls, parts: Sequence[Boxes]) -> Self:
        """All rows of `parts` in the order given."""
        if not parts:
            return cls.empty()
        return cls(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in cls.__dataclass_fields__})

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Boxes:
        """The rows picked by a mask, indices or a slice."""
        return Boxes(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})

    @property
    def feet_xy(self) -> NDArray[np.float64]:
        """(N, 2) float64 px: middle of each box's lower edge."""
        return np.stack([(self.xyxy[:, 0] + self.xyxy[:, 2]) / 2, self.xyxy[:, 3]], axis=1).astype(np.float64)

    @property
    def centre_xy(self) -> NDArray[np.float64]:
        """(N, 2) float64 px: centre of each box."""
        return ((self.xyxy[:, :2] + self.xyxy[:, 2:]) / 2).astype(np.float64)

    @property
    def height(self) -> NDArray[np.float64]:
        """(N,) float64 px."""
        return (self.xyxy[:, 3] - self.xyxy[:, 1]).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Calibration:
    """How each analysed frame and the pitch belong together, and how the camera moved; also the table `calibration`.

    frame (B,) int64; t_s (B,) float64 s; image_to_pitch (B, 3, 3) float64, homogeneous px of the undistorted picture ->
    m, NaN unknown; k1 (B,) float64, centre (B, 2) float64 px, scale (B,) float64 px: the lens (pitch_projection.py),
    NaN unknown; error_m (B,) float64, expected error in the picture's middle, NaN unknown; shot (B,) int32, number of
    the shot from 0; image_to_shot (B, 2, 3) float64, px -> px of the shot's first frame; is_followed (B,) bool: the
    camera's motion up to this frame was measured.
    """

    frame: NDArray[np.int64]
    t_s: NDArray[np.float64]
    image_to_pitch: NDArray[np.float64]
    k1: NDArray[np.float64]
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    error_m: NDArray[np.float64]
    shot: NDArray[np.int32]
    image_to_shot: NDArray[np.float64]
    is_followed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def empty(cls, n: int = 0) -> Self:
        """n rows of which nothing is known, the camera at rest in one shot."""
        return cls(
            frame=np.zeros(n, np.int64),
            t_s=np.zeros(n),
            image_to_pitch=np.full((n, 3, 3), np.nan),
            k1=np.full(n, np.nan),
            centre=np.full((n, 2), np.nan),
            scale=np.full(n, np.nan),
            error_m=np.full(n, np.nan),
            shot=np.zeros(n, np.int32),
            image_to_shot=np.tile(np.eye(2, 3), (n, 1, 1)),
            is_followed=np.zeros(n, np.bool_),
        )

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """(B,) bool."""
        return np.asarray(np.isfinite(self.image_to_pitch).all(axis=(1, 2)))


@dataclass(frozen=True)
class BallPosition:
    """The chosen place of the ball at one analysed frame. x, y: centre, px. confidence 0..1."""

    frame: int
    t_s: float
    x: float
    y: float
    source: BallSource
    confidence: float


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
