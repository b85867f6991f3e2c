"""Plain records that go into and come out of the store."""

from __future__ import annotations

from dataclasses import dataclass

# Heat is counted on a grid of the source frame: cells of width / 64 by height / 36 px, square on a 16:9 picture.
HEAT_COLUMNS = 64
HEAT_ROWS = 36


@dataclass(frozen=True)
class MatchRecord:
    """What is known of a match before its analysis begins.

    config_json: the AnalysisConfig as JSON. source_path: as the user gave it. width, height: px after rotation.
    fps: nominal frames a second, NaN unknown. declared_duration_s: what the container claims, NaN unknown.
    created_at: UTC, ISO 8601.
    """

    match_id: str
    config_json: str
    source_path: str
    source_name: str
    width: int
    height: int
    fps: float
    declared_duration_s: float
    created_at: str

    def __post_init__(self) -> None:
        if self.width <= 0 or self.height <= 0:
            raise ValueError(f"width and height must be above 0 px, got {self.width} x {self.height}")


@dataclass(frozen=True)
class Progress:
    """How far the analysis is. last_batch -1, the rest 0, before the first batch. is_complete: the last batch is in.

    end_frame: one past the last covered frame; end_s: s of video; positions: boxes stored.
    """

    last_batch: int
    batches: int
    end_frame: int
    end_s: float
    positions: int
    is_complete: bool


@dataclass(frozen=True)
class BallCoverage:
    """Of the analysed frames whose ball is decided: how many, and the shares 0..1 by where the ball's place is from.

    The shares are NaN while no frame is decided.
    """

    frames_decided: int
    detected: float
    interpolated: float
    unseen: float
