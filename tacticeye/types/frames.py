"""Pictures on their way from a video into the analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacticeye.gap import Gap

Image = NDArray[np.uint8]  # (H, W, 3) BGR


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
