"""What goes in and out of the API, as it is described in its OpenAPI document.

Times are seconds of video, places px of the source frame (origin top-left) or metres on the pitch. Missing: -1 for
ids and teams, null for numbers.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tacticeye.api import examples
from tacticeye.config import PRESETS, SourceType
from tacticeye.gap import GapReason
from tacticeye.match_queue import MatchStatus
from tacticeye.types import ControlState, EventKind, Metric

Preset = StrEnum("Preset", {name.upper(): name for name in PRESETS})  # type: ignore[misc]
HappeningKind = StrEnum(  # type: ignore[misc]
    "HappeningKind", {"POSSESSION_CHANGE": "possession_change", **{kind.name: kind.value.lower() for kind in EventKind}}
)


def _shown(example: examples.Answer) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class Problem(BaseModel):
    """Why a request wasn't carried out, and what to do, in one sentence."""

    detail: str = Field(examples=["There is no match 'derby': look it up in the list of matches."])


class UploadConflict(Problem):
    """A part that doesn't fit. size: bytes that are here: go on behind them."""

    size: int


class UploadAnswer(BaseModel):
    """An upload, whole or growing. size: bytes here; total_size: bytes announced, -1 unknown."""

    model_config = _shown(examples.UPLOAD)

    file_id: str
    filename: str
    size: int
    total_size: int
    is_complete: bool


class AnalyzeRequest(BaseModel):
    """A new match: of an upload (file_id) or of a link (source_url), one of the two. What is left out, the preset says.

    model_path names a file of the weights folder. max_batches ends the analysis after that many batches.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"match_id": "derby", "file_id": "9f2c41d07a5e4b3c8d6e1f0a2b4c6d8e", "preset": "vod"},
                {"match_id": "derby-live", "source_url": "https://example.org/live.m3u8", "preset": "live"},
            ]
        },
    )

    match_id: str | None = Field(None, description="letters, digits, - and _; left out: one after the file's name")
    title: str = Field("", max_length=200)
    source_type: SourceType | None = Field(None, description="left out: guessed from the link")
    file_id: str | None = None
    source_url: str | None = Field(None, max_length=4000)
    preset: Preset = Preset("vod")
    batch_size_seconds: float | None = Field(None, ge=0.2, le=30)
    model_path: str | None = Field(None, max_length=255)
    conf_threshold: float | None = Field(None, gt=0, lt=1)
    max_batches: int | None = Field(None, gt=0, le=10**6)
    keep_stream: bool = Field(False, description="keep a live stream as a video, up to TACTICEYE_STREAM_MB")


class MatchInfo(BaseModel):
    """How a match stands. progress 0..1, null while its length isn't known; realtime_factor: s of video a second."""

    model_config = _shown(examples.MATCH)

    match_id: str
    title: str
    status: MatchStatus
    message: str
    progress: float | None
    frame: int
    total_frames: int
    seconds: float
    total_seconds: float
    batch_idx: int
    fps_processing: float
    realtime_factor: float
    queue_place: int
    created_at: float
    lag_seconds: float | None = Field(None, description="of a live stream: what has arrived but isn't analysed yet")


class MatchList(BaseModel):
    model_config = _shown({"matches": [examples.MATCH]})

    matches: list[MatchInfo]


class SummaryProgress(BaseModel):
    """What was analysed so far; how long the video is, the status tells."""

    total_frames: int
    total_seconds: float
    last_batch: int


class SummaryPossession(BaseModel):
    """current_team, current_player: who has the ball, -1 nobody or unknown. Shares are null until a team had it."""

    model_config = ConfigDict(extra="allow")

    current_team: int
    current_player: int
    percent_by_team: dict[int, float | None]
    seconds_by_team: dict[int, float]


class SummaryPasses(BaseModel):
    """by_team, total: completed ones."""

    model_config = ConfigDict(extra="allow")

    by_team: dict[int, int]
    attempted_by_team: dict[int, int]
    total: int


class SummaryTeams(BaseModel):
    total_players: int
    players_by_team: dict[int, int]


class Summary(BaseModel):
    """`MatchState.get_summary()` as corrected by users, with the status of now."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [examples.SUMMARY]})

    match_id: str
    status: MatchStatus
    progress: SummaryProgress
    possession: SummaryPossession
    passes: SummaryPasses
    teams: SummaryTeams


class EventItem(BaseModel):
    """Something that happened. Where both sides take part, from_team and to_team stand in the place of team.

    period: number from 1 of the one in which it begins, null outside of all and until users told any.
    """

    type: HappeningKind
    frame: int
    timestamp: float
    end_timestamp: float
    batch_idx: int
    result: str
    team: int | None = None
    from_team: int | None = None
    to_team: int | None = None
    from_player: int
    to_player: int
    confidence: float | None
    period: int | None


class EventList(BaseModel):
    model_config = _shown(examples.EVENTS)

    match_id: str
    total: int
    limit: int
    offset: int
    events: list[EventItem]


class PeriodItem(BaseModel):
    """A stretch of play without a change of ends. attacks_right: the team that attacks to where x is greatest."""

    number: int = Field(description="from 1")
    kick_off: float
    end: float
    attacks_right: int = Field(description="0 or 1, -1 unknown")


class Periods(BaseModel):
    """periods: as users told them, empty until they did; figures by period or direction of play follow these alone.

    guess: what breaks, kick-offs and places suggest. half_time_told_by: a "break" in play, or "ends", which the teams
    changed; empty where no half-time was found.
    """

    model_config = _shown(examples.PERIODS)

    match_id: str
    periods: list[PeriodItem]
    guess: list[PeriodItem]
    half_time_told_by: Literal["", "break", "ends"]


class PositionItem(BaseModel):
    """One person on one frame. bbox: x1, y1, x2, y2; position: between the feet; pitch: m, null where uncalibrated."""

    frame: int
    timestamp: float
    player_id: int
    team_id: int
    role: str
    bbox: tuple[float, float, float, float]
    position: tuple[float, float]
    pitch: tuple[float, float] | None


class PositionList(BaseModel):
    model_config = _shown(examples.POSITIONS)

    match_id: str
    total: int
    limit: int
    offset: int
    positions: list[PositionItem]


class SpanItem(BaseModel):
    state: ControlState
    player_id: int
    start: float
    end: float


class GapItem(BaseModel):
    """Time of a live stream without pictures; frames: about how many are missing."""

    start: float
    end: float
    reason: GapReason
    frames: int


class CurveItem(BaseModel):
    """Until `timestamp`: seconds by team, and the first team's percentage of them, null until a team had the ball."""

    timestamp: float
    seconds_by_team: dict[int, float]
    percent_by_team: dict[int, float | None]


class Possession(BaseModel):
    model_config = _shown(examples.POSSESSION)

    match_id: str
    percent_by_team: dict[int, float | None]
    seconds_by_state: dict[ControlState, float]
    spans: list[SpanItem]
    gaps: list[GapItem]
    curve: list[CurveItem]


class PassPair(BaseModel):
    """How many passes one player completed to another."""

    team: int
    from_player: int
    to_player: int
    passes: int


class Passes(BaseModel):
    """tempo_by_team: passes attempted per minute in which the team had the ball, null where it never had.

    strings_by_team: how often 3-5, 6-8, 9+ passes were completed in a row. pairs: who passes to whom, most first.
    """

    model_config = _shown(examples.PASSES)

    match_id: str
    attempted_by_team: dict[int, int]
    complete_by_team: dict[int, int]
    tempo_by_team: dict[int, float | None]
    strings_by_team: dict[int, dict[str, int]]
    pairs: list[PassPair]
    total: int
    limit: int
    offset: int
    passes: list[EventItem]


class MetricItem(BaseModel):
    """So much of a figure in a minute of video. player_id: -1 what belongs to the team as a whole."""

    minute: int
    team: int
    player_id: int
    name: Metric
    value: float


class Metrics(BaseModel):
    """Rows add up: over minutes, over players. A figure without a row was 0, or its place on the pitch isn't known."""

    model_config = _shown(examples.METRICS)

    match_id: str
    metrics: list[MetricItem]


class Heatmap(BaseModel):
    """seconds: rows of the picture from the top, each from the left; together the width x height of the frame."""

    model_config = _shown(examples.HEATMAP)

    match_id: str
    width: int
    height: int
    seconds: list[list[float]]
