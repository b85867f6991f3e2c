"""Every knob a user may turn: its unit, its range and why it is there.

AnalysisConfig is stored with the match (config.json) and never changes afterwards, so a resumed match goes on with the
settings it began with. Settings come from the environment once per process.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field

from tacticeye.errors import ConfigurationError, TacticEyeError
from tacticeye.pitch import PitchLayout, pitch_layout
from tacticeye.types import AnalysisProgress, ChunkOutput

PACKAGE_PARENT = Path(__file__).resolve().parents[1]


class Backend(StrEnum):
    """Who computes the networks. AUTO: torch on a GPU and where OpenVINO isn't installed; else OpenVINO, in bfloat16 on
    processors that have units for it. TORCH and OPENVINO: these, in float32 on a processor."""

    AUTO = "auto"
    TORCH = "torch"
    OPENVINO = "openvino"


class SourceType(StrEnum):
    """Kinds of source that can be opened.

    UPLOADED_FILE: a file on this machine. HTTP_FILE: a video file on a web server. VEO, WEB_PAGE: a page with a video
    that yt-dlp finds. RTMP: a stream to fetch; RTMP_LISTEN: one that is sent to us. TRACKING_DATA: positions, no video.
    """

    UPLOADED_FILE = "uploaded_file"
    HTTP_FILE = "http_file"
    YOUTUBE_VOD = "youtube_vod"
    YOUTUBE_LIVE = "youtube_live"
    HLS = "hls"
    RTMP = "rtmp"
    RTMP_LISTEN = "rtmp_listen"
    VEO = "veo"
    WEB_PAGE = "web_page"
    TRACKING_DATA = "tracking_data"


@dataclass(frozen=True)
class AnalysisConfig:
    """How one match is analysed.

    source_type          kind of source
    source_url           path of the video file or of the file with positions, or a link
    batch_size_seconds   s of video committed at a time, 0.2 to 30: shorter shows results sooner, longer costs less
    model_path           weights of the detector (.pt), or recorded boxes (.parquet) to replay
    conf_threshold       lowest score of a person's box, 0..1
    ball_conf_threshold  lowest score of a ball candidate, 0..1; lower than for people because the path sorts them out
    imgsz                longer side in px at which the detector sees a frame, multiple of 32
    analysis_hz          frames analysed per second of video: more finds more touches, and takes longer
    ball_model_path      weights that find the ball in crops at full resolution (.pt); where the file isn't there, the
                         ball is sought in whole frames only; not asked where `model_path` replays recorded boxes
    role_model_path      weights that tell goalkeepers, players and referees apart by their company (.pt); where the
                         file isn't there, the detector tells them alone; not asked for recorded boxes
    pitch_model_path     weights that find the pitch's landmarks (.pt), or recorded landmarks (.parquet); where the file
                         is missing nothing is calibrated, and places stay in the picture
    pitch_kind           markings of the ground: "11", "9", "7" (a side) or "futsal"
    pitch_size           length x width of the ground, "100x64" m or "110x70 yd"; "": the usual size of its kind
    device               "auto", "cpu", "cuda", "cuda:1", "mps"
    backend              who computes the networks: "auto" takes OpenVINO on a processor where it is installed (1.4 to 3
                         times as fast) and torch elsewhere; "torch", "openvino" to compare or where one fails
    keep_stream          whether a live stream is kept as a video in the match's folder, so that its events can be seen
                         again; it takes as much disk as the stream has bytes, 3 to 6 GB a match
    max_batches          stop after that many batches in all; None: the whole video
    tracking_fps         of tracking data in our own columns: frame numbers a second, 1 to 200
    tracking_provider    of tracking data that kloppy loads: whose they are; empty for our own columns
    tracking_files       further files that this provider's data come in
    on_progress          called with (match_id, AnalysisProgress) after each batch
    on_batch_complete    called with (match_id, ChunkOutput) after each batch was committed
    on_error             called with (match_id, TacticEyeError) before it is raised
    on_note              called with (match_id, sentence) when the source has something to tell between batches
    The callbacks belong to the process that runs the analysis; they are not stored with the match.
    """

    source_type: SourceType = SourceType.UPLOADED_FILE
    source_url: str = ""
    batch_size_seconds: float = 3.0
    model_path: str = "weights/best.pt"
    conf_threshold: float = 0.3
    ball_conf_threshold: float = 0.05
    imgsz: int = 960
    analysis_hz: float = 12.5
    ball_model_path: str = "weights/ball.pt"
    role_model_path: str = "weights/roles.pt"
    pitch_model_path: str = "weights/pitch.pt"
    pitch_kind: str = "11"
    pitch_size: str = ""
    device: str = "auto"
    backend: Backend = Backend.AUTO
    keep_stream: bool = False
    max_batches: int | None = None
    tracking_fps: float = 25.0
    tracking_provider: str = ""
    tracking_files: tuple[str, ...] = ()
    on_progress: Annotated[Callable[[str, AnalysisProgress], None] | None, Field(exclude=True)] = None
    on_batch_complete: Annotated[Callable[[str, ChunkOutput], None] | None, Field(exclude=True)] = None
    on_note: Annotated[Callable[[str, str], None] | None, Field(exclude=True)] = None
    on_error: Annotated[Callable[[str, TacticEyeError], None] | None, Field(exclude=True)] = None

    def __post_init__(self) -> None:
        checks = (
            ("batch_size_seconds", 0.2 <= self.batch_size_seconds <= 30, "0.2 to 30 seconds"),
            ("conf_threshold", 0 < self.conf_threshold < 1, "a score between 0 and 1"),
            ("ball_conf_threshold", 0 < self.ball_conf_threshold < 1, "a score between 0 and 1"),
            ("imgsz", self.imgsz % 32 == 0 and 320 <= self.imgsz <= 2560, "a multiple of 32 from 320 to 2560"),
            ("backend", self.backend in set(Backend), "one of " + ", ".join(Backend)),
            ("analysis_hz", 1 <= self.analysis_hz <= 60, "1 to 60 frames a second"),
            ("tracking_fps", 1 <= self.tracking_fps <= 200, "1 to 200 frames a second"),
            ("max_batches", self.max_batches is None or self.max_batches > 0, "a positive number, or none"),
        )
        for name, is_fine, expected in checks:
            if not is_fine:
                raise ConfigurationError(name, getattr(self, name), expected)
        for name, layout in (("pitch_kind", (self.pitch_kind, "")), ("pitch_size", ("11", self.pitch_size))):
            try:
                pitch_layout(*layout)
            except ValueError as error:
                raise ConfigurationError(name, getattr(self, name), str(error)) from error

    @property
    def pitch_layout(self) -> PitchLayout:
        """The markings and size of the ground."""
        return pitch_layout(self.pitch_kind, self.pitch_size)

    @classmethod
    def preset(cls, name: str, **overrides: Any) -> Self:
        """The named preset with some fields replaced. Raises ConfigurationError for an unknown name."""
        if name not in PRESETS:
            raise ConfigurationError("preset", name, "one of " + ", ".join(PRESETS))
        return cls(**{**PRESETS[name], **overrides})


PRESETS: Mapping[str, Mapping[str, Any]] = {
    # Results soonest: short batches, and a stricter score because nobody looks back at a live picture.
    "live": {"batch_size_seconds": 2.0, "conf_threshold": 0.35, "analysis_hz": 6.25},
    # Twice the rate of `live`, for ball and passes. One 33 s broadcast clip, same weights, 12.5 Hz against 6.25: ball
    # recall 0.71 / 0.64, pass F1 0.60 / 0.47, but control 0.75 / 0.84. One clip decides little: measure again on more.
    "vod": {"batch_size_seconds": 5.0, "conf_threshold": 0.3, "analysis_hz": 12.5},
    # For a GPU, or overnight. At 1152 px our detector finds as much as at 1280 (weights/README.md) in 0.8 of the time.
    "detailed": {"batch_size_seconds": 3.0, "conf_threshold": 0.25, "imgsz": 1152, "analysis_hz": 12.5},
}


def find_weights(path: str) -> Path:
    """Weights as a setting names them; where they aren't there, seen from the working directory, those of the same name
    that ship with TacticEYE."""
    shipped = PACKAGE_PARENT / path
    return shipped if not Path(path).exists() and shipped.exists() else Path(path)


@dataclass(frozen=True)
class Settings:
    """What belongs to the machine rather than to a match; each from an environment variable of the name given.

    data_dir      TACTICEYE_DATA_DIR     folder that holds matches/, default data/ in the working directory
    max_workers   TACTICEYE_MAX_WORKERS  matches analysed at the same time, at least 1; further ones wait in the queue
    upload_mb     TACTICEYE_UPLOAD_MB    largest upload in MB: a match in 4K has about 20 GB
    api_token     TACTICEYE_API_TOKEN    what callers of the API must show; empty: nothing
    allow_private_sources  TACTICEYE_ALLOW_PRIVATE_SOURCES  whether links may lead to this machine and its network
    cookies_file  TACTICEYE_COOKIES_FILE  cookies of a browser (Netscape format) for videos that want a login
    live_give_up_s  TACTICEYE_LIVE_GIVE_UP_S  s without a picture after which a live stream is given up
    stream_mb     TACTICEYE_STREAM_MB    largest file in MB that a live stream is kept in; what follows isn't kept
    broker_url    TACTICEYE_BROKER_URL   Redis server through which other hosts analyse our matches; empty: none
    web_url       TACTICEYE_WEB_URL      where a worker on another host reaches the server that has the videos
    cors_origins  TACTICEYE_CORS_ORIGINS  web origins, with commas, whose pages may call the API; empty: none
    """

    data_dir: Path = Path("data")
    max_workers: int = 1
    upload_mb: int = 20000
    api_token: str = ""
    cors_origins: str = ""
    broker_url: str = ""
    web_url: str = "http://localhost:8501"
    allow_private_sources: bool = False
    cookies_file: str = ""
    live_give_up_s: int = 180
    stream_mb: int = 20000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Raises ConfigurationError where a variable can't be read as what its setting is."""
        values: dict[str, Any] = {}
        for field in fields(cls):
            name = f"TACTICEYE_{field.name.upper()}"
            text = environment.get(name)
            if text:
                values[field.name] = _read_setting(name, text, field.default)
        return cls(**values)


def _read_setting(name: str, text: str, default: object) -> object:
    """The value in `text`, of the type that `default` has. Raises ConfigurationError."""
    if isinstance(default, bool):
        if text.lower() not in ("1", "0", "true", "false", "yes", "no", "on", "off"):
            raise ConfigurationError(name, text, "yes or no")
        return text.lower() in ("1", "true", "yes", "on")
    if isinstance(default, int):
        if not (text.isdecimal() and int(text) > 0):
            raise ConfigurationError(name, text, "a whole number above 0")
        return int(text)
    return Path(text) if isinstance(default, Path) else text
