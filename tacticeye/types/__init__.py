"""The plain data that flows between modules.

Conventions, here and everywhere:
  image coordinates   pixels of the source frame after its rotation flag, origin top-left, x right, y down
  pitch coordinates   metres on the match's pitch, origin bottom-left corner, x along the touchline, y up
  time `t_s`          seconds of video from presentation timestamps, first frame of the file = its own timestamp
  frame               number of the decoded frame, from 0
  missing             -1 for ids, NaN for floats, empty for none found; None only for "does not apply"
Letters in shapes: B analysed frames of a batch, N boxes, H W pixels.
"""

from tacticeye.types.frames import FrameBatch, Image, StreamPosition
from tacticeye.types.measurements import Boxes, Calibration
from tacticeye.types.results import (
    AnalysisProgress,
    BallPosition,
    ChunkOutput,
    ControlSpan,
    Event,
    MetricRow,
    TeamKit,
    TrackSummary,
)
from tacticeye.types.words import (
    NO_PTS,
    NO_TEAM,
    NO_TRACK,
    NOWHERE,
    BallSource,
    ControlState,
    EventKind,
    EventResult,
    Metric,
    Role,
)

__all__ = [
    "NOWHERE",
    "NO_PTS",
    "NO_TEAM",
    "NO_TRACK",
    "AnalysisProgress",
    "BallPosition",
    "BallSource",
    "Boxes",
    "Calibration",
    "ChunkOutput",
    "ControlSpan",
    "ControlState",
    "Event",
    "EventKind",
    "EventResult",
    "FrameBatch",
    "Image",
    "Metric",
    "MetricRow",
    "Role",
    "StreamPosition",
    "TeamKit",
    "TrackSummary",
]
