"""The parts of MatchState, one for each stage: its memory as plain data (see match_state.py for the rules).

A stage takes its part in its constructor and gives it back from `state()`; nothing but the stage reads what is inside.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tacticeye.possession_parts import PlayEventsState as PlayEventsState
from tacticeye.possession_parts import PossessionState as PossessionState
from tacticeye.types import ControlSpan, ControlState, TrackSummary


@dataclass(frozen=True)
class TrackState:
    """One person being followed (vision/tracker.py). Px of the last frame seen by the tracker; s of video.

    track: id, -1 until confirmed. x, y: box centre; vx, vy: px/s. var_position, cov, var_velocity: of x and of y alike
    (px^2, px^2/s, px^2/s^2). height px, var_height px^2, aspect: width / height. score: mean of its boxes.
    feature: running shirt appearance, empty when none was ever usable. pitch_xy: last known place, m, empty
    where none was ever known. side: -1 surely in the kit of team 0, 1 of team 1, 0 unsure;
    contrary_s: time for which its boxes have worn the other kit.
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
    pitch_xy: list[float] = field(default_factory=list)
    side: float = 0.0
    contrary_s: float = 0.0


@dataclass(frozen=True)
class TrackerState:
    """Memory of vision/tracker.py. Ids belong to one match: next_track is the next free one. t_s: NaN at first.

    remembered: people out of view (vision/track_memory.py); their places are px of the last live frame while is_away
    (since a cut no live frame was seen), NaN where a cut left them unknown.
    """

    next_track: int = 1
    t_s: float = math.nan
    tracks: list[TrackState] = field(default_factory=list)
    remembered: list[TrackState] = field(default_factory=list)
    is_away: bool = False


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
class EndsState:
    """Who defends which end (vision/keeper_side.py). t_s: when both teams were last placed, NaN never; votes: seconds
    for team 0 at the left end and for team 1 there, fading."""

    t_s: float = math.nan
    votes: list[float] = field(default_factory=lambda: [0.0, 0.0])


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
    ends: EndsState = field(default_factory=EndsState)


@dataclass(frozen=True)
class LiveViewState:
    """Memory of vision/live_view.py. Times in s of video, NaN none yet.

    t_s: last frame; shot_start_s: first frame of the shot; contrary_since_s: since when the picture contradicts
    is_live; usual_height: of people in live shots, as a share of the image height; is_closer: the shot began as a
    picture from closer than the match view.
    """

    t_s: float = math.nan
    shot_start_s: float = math.nan
    is_live: bool = False
    contrary_since_s: float = math.nan
    usual_height: float = math.nan
    is_closer: bool = False


@dataclass(frozen=True)
class EarlierPicture:
    """A picture of the same shot from a while ago (vision/shot_change.py).

    grey_png: base64; colours: histogram, shares; to_current: (2, 3), px of the camera's small picture then -> now.
    """

    t_s: float
    grey_png: str
    colours: list[float]
    to_current: list[list[float]]


@dataclass(frozen=True)
class CameraState:
    """Memory of vision/camera.py, of the last analysed frame.

    grey_png: base64 of its small grey picture, "" before the first; colours: histogram, shares; people_xyxy: px of the
    small picture; image_to_shot: (2, 3), px of the source frame -> px of the shot's first frame. before_cut_png: the
    last live picture before the latest cut, until a live one follows. t_s: last frame, NaN none; usual_change: of the
    colours from frame to frame lately; earlier: pictures of the last second of the shot.
    """

    grey_png: str = ""
    colours: list[float] = field(default_factory=list)
    people_xyxy: list[list[float]] = field(default_factory=list)
    image_to_shot: list[list[float]] = field(default_factory=lambda: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    live: LiveViewState = field(default_factory=LiveViewState)
    before_cut_png: str = ""
    t_s: float = math.nan
    usual_change: float = 0.0
    earlier: list[EarlierPicture] = field(default_factory=list)


@dataclass(frozen=True)
class CameraBelief:
    """A camera beside the pitch and how sure it is (vision/calibration/estimate.py): mean (11), covariance (121)."""

    mean: list[float]
    covariance: list[float]


@dataclass(frozen=True)
class CalibrationState:
    """Memory of vision/calibration/calibrator.py. Times in s of video, NaN never.

    shot: number of the shot, -1 before the first. camera: in this shot, None while unknown. place: where the match's
    main camera stands, learned from the longest good stretch so far. t_s: last frame; looked_s: last look of the
    network; doubtful_since_s: since when the lines deny the camera; good_since_s: since when they confirm it;
    lost_since_s: since when there is none.
    """

    shot: int = -1
    camera: CameraBelief | None = None
    place: CameraBelief | None = None
    t_s: float = math.nan
    looked_s: float = math.nan
    doubtful_since_s: float = math.nan
    good_since_s: float = math.nan
    lost_since_s: float = math.nan
    contradictions: int = 0


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
class FlightSighting:
    """The ball as seen by vision/ball_flight.py. x, y: where its line of sight meets the ground, m, or px of the
    stabilised frame where not calibrated; lift_x, lift_y: how far that moves for each metre of the ball's height;
    weight: (2, 2) row by row, body heights of the picture for each unit of x and y; metre: length of a metre in x, y.
    """

    t_s: float
    is_metric: bool
    x: float
    y: float
    lift_x: float
    lift_y: float
    weight: list[float]
    metre: float


@dataclass(frozen=True)
class BallFlightState:
    """Memory of vision/ball_flight.py: the ball as seen lately in the present shot, in order of time."""

    shot: int = 0
    seen: list[FlightSighting] = field(default_factory=list)


@dataclass(frozen=True)
class BallSearchState:
    """Memory of vision/ball_search.py. t_s: last frame, NaN none; next_tile: of the grid; due: tiles owed, below 1."""

    t_s: float = math.nan
    next_tile: int = 0
    due: float = 0.0


@dataclass(frozen=True)
class BallPathState:
    """Memory of vision/ball_path.py. body_px: a body height in px of the stabilised frame, NaN unknown.

    newest: the last sighting on the best path so far, not decided yet.
    """

    shot: int = 0
    t_s: float = math.nan
    body_px: float = math.nan
    pending: list[BallFrame] = field(default_factory=list)
    spots: list[BallSpot] = field(default_factory=list)
    anchor: BallAnchor | None = None
    newest: BallAnchor | None = None


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

    def with_spans(self, spans: Iterable[ControlSpan]) -> Totals:
        """These totals and the seconds of further spans."""
        seconds = dict(self.seconds_by_state)
        for span in spans:
            seconds[span.state] = seconds.get(span.state, 0.0) + (span.end_s - span.start_s)
        return replace(self, seconds_by_state=seconds)


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
    """A frame that waits for its ball. image_to_shot: the six numbers of the (2, 3) similarity, row by row.

    projection: image to pitch as PitchProjection.to_numbers gives it, empty where the frame isn't calibrated.
    """

    frame: int
    t_s: float
    is_live: bool
    is_cut: bool
    image_to_shot: list[float]
    people: list[PersonWaiting]
    projection: list[float] = field(default_factory=list)
