"""MatchState: the whole of what the next batch needs, as plain data, and where it is kept.

Every part belongs to one stage, which takes it in its constructor and gives it back from `state()`. Parts hold only
numbers, strings, lists, dicts and further parts, so that JSON carries them without loss: floats keep every bit, NaN
stays NaN, integer keys stay integers. Parts are bounded: nothing here grows with the length of the match.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from pydantic import ConfigDict, TypeAdapter

from tacticeye.errors import StorageError
from tacticeye.match_files import write_bytes
from tacticeye.types import ControlState, StreamPosition, TrackSummary

STATE_VERSION = 1


@dataclass(frozen=True)
class TrackState:
    """One person being followed (vision/tracker.py). Px of the last frame seen by the tracker; s of video.

    track: id, -1 until confirmed. x, y: box centre; vx, vy: px/s. var_position, cov, var_velocity: of x and of y alike
    (px^2, px^2/s, px^2/s^2). height px, var_height px^2, aspect: width / height. score: mean of its boxes.
    feature: running shirt appearance, empty when none was ever usable.
    """

    track: int
    x: float
    y: float
    vx: float
    vy: float
    var_position: float
    cov: float
    var_velocity: float
    height: float
    var_height: float
    aspect: float
    first_s: float
    last_s: float
    sightings: int
    score: float
    feature: list[float]


@dataclass(frozen=True)
class TrackerState:
    """Memory of vision/tracker.py. Ids belong to one match: next_track is the next free one. t_s: NaN at first."""

    next_track: int = 1
    t_s: float = math.nan
    tracks: list[TrackState] = field(default_factory=list)


@dataclass(frozen=True)
class ShirtSample:
    """One look at the shirt of a tracked person."""

    track: int
    feature: list[float]


@dataclass(frozen=True)
class TrackVotes:
    """What has been seen of one track (vision/team_classifier.py). Votes fade with time; times in s of video.

    role_votes: by Role (3). team_votes: by shirt, the last one for neither team (3). side_votes: by place, for
    goalkeepers (2). sampled_s: when its shirt was last looked at.
    """

    first_s: float
    last_s: float
    sampled_s: float
    n_boxes: int
    role_votes: list[float]
    team_votes: list[float]
    side_votes: list[float]


@dataclass(frozen=True)
class TeamClassifierState:
    """Memory of vision/team_classifier.py.

    centres: the two kits, each a feature, empty before they are known; spread: deviation per feature dimension within
    a kit; separation: distance of the kits in spreads; quality: the same, less for few tracks and with age. is_frozen:
    kits only drift from now on. samples: shirts kept for fitting, emptied once frozen. changed: tracks whose summary is
    due; departed: last summaries of forgotten tracks.
    """

    centres: list[list[float]] = field(default_factory=list)
    spread: list[float] = field(default_factory=list)
    separation: float = 0.0
    quality: float = 0.0
    is_frozen: bool = False
    first_sample_s: float = math.nan
    fitted_s: float = math.nan
    samples: list[ShirtSample] = field(default_factory=list)
    votes: dict[int, TrackVotes] = field(default_factory=dict)
    changed: list[int] = field(default_factory=list)
    departed: list[TrackSummary] = field(default_factory=list)


@dataclass(frozen=True)
class LiveViewState:
    """Memory of vision/live_view.py. Times in s of video, NaN none yet.

    t_s: last frame; shot_start_s: first frame of the shot; contrary_since_s: since when the picture contradicts
    is_live; usual_height: of people in live shots, as a share of the image height.
    """

    t_s: float = math.nan
    shot_start_s: float = math.nan
    is_live: bool = False
    contrary_since_s: float = math.nan
    usual_height: float = math.nan


@dataclass(frozen=True)
class CameraState:
    """Memory of vision/camera.py, of the last analysed frame.

    grey_png: base64 of its small grey picture, "" before the first; colours: histogram, shares; people_xyxy: px of the
    small picture; image_to_shot: (2, 3), px of the source frame -> px of the shot's first frame.
    """

    grey_png: str = ""
    colours: list[float] = field(default_factory=list)
    people_xyxy: list[list[float]] = field(default_factory=list)
    image_to_shot: list[list[float]] = field(default_factory=lambda: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    live: LiveViewState = field(default_factory=LiveViewState)


@dataclass(frozen=True)
class BallCandidate:
    """One box that may be the ball (vision/ball_path.py). x, y, unit (a body height there): px of the stabilised frame.

    gain: worth per second of taking it for the ball.
    """

    x: float
    y: float
    unit: float
    score: float
    gain: float


@dataclass(frozen=True)
class BallFrame:
    """An analysed frame whose ball is not decided yet. image_to_shot: (2, 3) row by row; span_s: time it stands for."""

    frame: int
    t_s: float
    shot: int
    span_s: float
    image_to_shot: list[float]
    candidates: list[BallCandidate]


@dataclass(frozen=True)
class BallSpot:
    """A place of the stabilised frame where something ball-like rests. seen_s: seconds it was seen there, fading."""

    x: float
    y: float
    seen_s: float
    last_s: float


@dataclass(frozen=True)
class BallAnchor:
    """The last decided sighting of the ball. Px of the stabilised frame and px/s; velocity NaN unknown."""

    x: float
    y: float
    vx: float
    vy: float
    unit: float
    t_s: float
    shot: int
    confidence: float


@dataclass(frozen=True)
class BallPathState:
    """Memory of vision/ball_path.py. body_px: a body height in px of the stabilised frame, NaN unknown."""

    shot: int = 0
    t_s: float = math.nan
    body_px: float = math.nan
    pending: list[BallFrame] = field(default_factory=list)
    spots: list[BallSpot] = field(default_factory=list)
    anchor: BallAnchor | None = None


@dataclass(frozen=True)
class PersonMotionState:
    """Where a person was last (units of the observation's xy), how he moves (m/s), when he was first seen (s).

    team: the newest belief, -1 unsure.
    """

    x: float
    y: float
    vx: float
    vy: float
    t_s: float
    first_s: float
    first_x: float
    first_y: float
    team: int


@dataclass(frozen=True)
class NearPersonState:
    """A person who could be touching the ball: distance in m, way from him to the ball in m, his motion in m/s."""

    track: int
    team: int
    distance_m: float
    to_ball_x_m: float
    to_ball_y_m: float
    vx: float
    vy: float


@dataclass(frozen=True)
class SightingState:
    """One observation as possession keeps it. metre: length of one in units of x, y. Unseen ball: NaN, near empty."""

    frame: int
    t_s: float
    shot: int
    is_live: bool
    is_metric: bool
    is_dead: bool
    x: float
    y: float
    place_x: float
    place_y: float
    metre: float
    is_detected: bool
    near: list[NearPersonState]


@dataclass(frozen=True)
class SlopeState:
    """The ball's velocity on one side of an instant, m/s, and the variance of each component, (m/s)^2."""

    vx: float
    vy: float
    variance: float


@dataclass(frozen=True)
class BallMotionState:
    """Slopes on both sides of an instant, None where unseen; contact: log-likelihood ratio touched : free there."""

    before: SlopeState | None
    after: SlopeState | None
    contact: float


@dataclass(frozen=True)
class HolderStepState:
    """Hypotheses at one sighting: who holds the ball (-1 nobody), from which earlier hypothesis, with what evidence."""

    sighting: SightingState
    holders: list[int]
    teams: list[int]
    previous: list[int]
    evidence: list[float]


@dataclass(frozen=True)
class BallMarkState:
    """The ball at an instant. x, y: units of the observation; place: where to show it; metre as in SightingState."""

    t_s: float
    x: float
    y: float
    place_x: float
    place_y: float
    metre: float


@dataclass(frozen=True)
class TouchState:
    """A stretch during which one person had the ball. team_votes: seconds of team -1, 0, 1."""

    track: int
    team_votes: list[float]
    start_s: float
    end_s: float
    held_s: float
    evidence: float
    start: BallMarkState
    end: BallMarkState


@dataclass(frozen=True)
class UnseenGapState:
    """The ball was last seen at `before` and next at `after`."""

    before: BallMarkState
    after: BallMarkState


@dataclass(frozen=True)
class ControlLedgerState:
    """Memory of analysis/control.py: the open span, who had the ball last, and touches that are not yet judged."""

    shot: int = -1
    now_s: float = 0.0
    span_state: ControlState = ControlState.UNSEEN
    span_track: int = -1
    span_start_s: float = 0.0
    span_end_s: float = 0.0
    nobody: ControlState = ControlState.UNSEEN  # what time is while there is no owner
    owner: TouchState | None = None
    is_owner_touching: bool = False
    pending: list[TouchState] = field(default_factory=list)
    touch: TouchState | None = None
    gaps: list[UnseenGapState] = field(default_factory=list)
    last_seen: BallMarkState | None = None
    mark: BallMarkState | None = None  # where the ball crossed a line; while dead: where a restart is watched from
    is_dead: bool = False
    restart_touch: TouchState | None = None
    is_metric: bool = False


@dataclass(frozen=True)
class PossessionState:
    """Memory of analysis/possession.py; about two seconds of observations, whatever their rate."""

    shot: int = 0
    now_s: float | None = None
    metre: float = 1.0
    jitter_m: float = 0.15
    people: dict[int, PersonMotionState] = field(default_factory=dict)
    sightings: list[SightingState] = field(default_factory=list)
    motions: list[BallMotionState | None] = field(default_factory=list)  # of the first sightings; None: ball unseen
    n_weighed: int = 0
    steps: list[HolderStepState] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    ledger: ControlLedgerState = field(default_factory=ControlLedgerState)


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


@dataclass(frozen=True)
class PersonWaiting:
    """One person of a frame whose ball is not decided yet. x, y: feet, px of the shot; place_x, place_y: feet, px of
    the frame; units_per_metre: px of the shot."""

    track: int
    role: int
    x: float
    y: float
    units_per_metre: float
    place_x: float
    place_y: float


@dataclass(frozen=True)
class FrameWaiting:
    """A frame that waits for its ball. image_to_shot: the six numbers of the (2, 3) similarity, row by row."""

    frame: int
    t_s: float
    is_live: bool
    is_cut: bool
    image_to_shot: list[float]
    people: list[PersonWaiting]


@dataclass(frozen=True)
class Progress:
    """How far the match has been read.

    next_batch   number of the next batch
    position     last decoded frame that was consumed; None before the first
    end_s        s of video covered so far
    is_finished  the whole source was read and flushed
    """

    next_batch: int = 0
    position: StreamPosition | None = None
    end_s: float = 0.0
    is_finished: bool = False


@dataclass(frozen=True)
class SourceFacts:
    """What the container claims; frames and seconds are estimates until everything was decoded (0 unknown)."""

    width: int = 0
    height: int = 0
    fps: float = 0.0
    total_frames: int = 0
    total_seconds: float = 0.0


@dataclass(frozen=True)
class MatchState:
    """All that the next batch needs, committed with each batch. Never edited in place: `dataclasses.replace`."""

    # NaN stays NaN in JSON, here and in all parts below.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(ser_json_inf_nan="constants")

    match_id: str
    version: int = STATE_VERSION
    source: SourceFacts = field(default_factory=SourceFacts)
    progress: Progress = field(default_factory=Progress)
    camera: CameraState = field(default_factory=CameraState)
    tracker: TrackerState = field(default_factory=TrackerState)
    teams: TeamClassifierState = field(default_factory=TeamClassifierState)
    ball_path: BallPathState = field(default_factory=BallPathState)
    waiting: list[FrameWaiting] = field(default_factory=list)
    possession: PossessionState = field(default_factory=PossessionState)
    totals: Totals = field(default_factory=Totals)  # of final spans: what further ones are added to
    totals_now: Totals = field(default_factory=Totals)  # with the span still open: what is shown

    def to_json(self) -> str:
        """Text from which `from_json` makes an equal state, bit for bit."""
        return _ADAPTER.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Raises pydantic.ValidationError where the text isn't a state of this version."""
        state = _ADAPTER.validate_json(text)
        assert isinstance(state, cls)
        return state

    def save_to_file(self, path: Path) -> None:
        """Write as JSON, whole or not at all. Raises StorageError."""
        write_bytes(path, self.to_json().encode())

    @classmethod
    def load_from_file(cls, path: Path) -> Self:
        """Raises StorageError where there is no such file."""
        try:
            text = path.read_bytes()
        except OSError as error:
            raise StorageError(path, f"the state can't be read ({error.strerror}).") from error
        return cls.from_json(text)

    def get_summary(self, status: str | None = None) -> dict[str, Any]:
        """The figures of the match so far as plain JSON types, in the shape the API and the CLI print.

        status: as derived from the match's files; without it, "finished" or "stopped" as the state alone can tell.
        Shares are of the time in which a team is in control; None while there is none.
        """
        totals, progress = self.totals_now, self.progress
        seconds = {state: totals.seconds_by_state.get(state, 0.0) for state in ControlState}
        in_control = {team: seconds[ControlState.of_team(team)] for team in (0, 1)}
        total = sum(in_control.values())
        complete = {team: totals.passes_complete_by_team.get(team, 0) for team in (0, 1)}
        attempted = {team: totals.passes_attempted_by_team.get(team, 0) for team in (0, 1)}
        return {
            "match_id": self.match_id,
            "status": status or ("finished" if progress.is_finished else "stopped"),
            "progress": {
                "total_frames": progress.position.frame + 1 if progress.position else 0,
                "total_seconds": round(progress.end_s, 3),
                "last_batch": progress.next_batch - 1,
            },
            "possession": {
                "current_team": totals.current_state.team,
                "current_player": totals.current_track,
                "percent_by_team": {t: round(100 * s / total, 1) if total else None for t, s in in_control.items()},
                "seconds_by_team": {t: round(s, 2) for t, s in in_control.items()},
                "seconds_contested": round(seconds[ControlState.CONTESTED], 2),
                "seconds_dead": round(seconds[ControlState.DEAD], 2),
                "seconds_unseen": round(seconds[ControlState.UNSEEN], 2),
                "seconds_not_live": round(seconds[ControlState.NOT_LIVE], 2),
            },
            "passes": {"by_team": complete, "attempted_by_team": attempted, "total": sum(complete.values())},
            "teams": {
                "total_players": sum(totals.active_tracks_by_team.get(t, 0) for t in (0, 1)),
                "players_by_team": {t: totals.active_tracks_by_team.get(t, 0) for t in (0, 1)},
            },
            "tracking": {"active_tracks": totals.active_tracks, "total_ids": totals.total_ids},
        }


_ADAPTER: TypeAdapter[MatchState] = TypeAdapter(MatchState)


class StateStorage(Protocol):
    """Where the readable copy of each match's state is kept. The truth is in the match's database."""

    def save(self, state: MatchState) -> None: ...

    def load(self, match_id: str) -> MatchState | None: ...


class FileSystemStorage:
    """`<matches>/<id>/state.json`, one writer each."""

    def __init__(self, matches_dir: Path) -> None:
        self._matches_dir = matches_dir

    def save(self, state: MatchState) -> None:
        """Raises StorageError."""
        state.save_to_file(self._matches_dir / state.match_id / "state.json")

    def load(self, match_id: str) -> MatchState | None:
        """The saved state, or None where there is none. Raises StorageError where it can't be read."""
        path = self._matches_dir / match_id / "state.json"
        return MatchState.load_from_file(path) if path.exists() else None


def get_default_storage(data_dir: Path) -> StateStorage:
    """The storage that fits this machine: the data folder."""
    return FileSystemStorage(data_dir / "matches")
