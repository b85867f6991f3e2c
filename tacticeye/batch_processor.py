"""BatchProcessor: the order of the stages for one batch of frames; nothing else knows it.

Detection sees the whole batch; all that follows goes frame by frame, because each frame builds on the one before.
The result depends on the frames alone: not on how they are grouped, nor on restarts between batches.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tacticeye.analysis import totals as running_totals
from tacticeye.analysis.observation import BODY_HEIGHT_M, FrameObservation
from tacticeye.analysis.play import Play, PlayAnalysis
from tacticeye.config import AnalysisConfig
from tacticeye.match_state import MatchState, Progress
from tacticeye.pitch import OUTSIDE_MARGIN_M, is_inside
from tacticeye.pitch_projection import PitchProjection
from tacticeye.state_parts import FrameWaiting, PersonWaiting
from tacticeye.trust_figures import count_trust
from tacticeye.types import (
    NOWHERE,
    BallPosition,
    BallSource,
    Boxes,
    Calibration,
    ChunkOutput,
    FrameBatch,
    Image,
    Role,
    StreamPosition,
)
from tacticeye.vision.appearance import shirt_features
from tacticeye.vision.ball_flight import BallFlight
from tacticeye.vision.ball_path import BallDecision, BallPath
from tacticeye.vision.ball_search import BallFinder, BallSearch
from tacticeye.vision.calibration.finder import PitchFinder, open_pitch_finder
from tacticeye.vision.calibration.stage import PitchStage
from tacticeye.vision.camera import CameraMotion, FrameMotion
from tacticeye.vision.detector import Detector, open_ball_finder, open_detector
from tacticeye.vision.overlay import annotate, encode_jpeg
from tacticeye.vision.team_classifier import TeamClassifier
from tacticeye.vision.tracker import Tracker


@dataclass(frozen=True, eq=False)
class _Followed:
    """What came of the frames of a batch; decisions and play may be of earlier frames, which waited for them."""

    boxes: Boxes
    decisions: list[BallDecision]
    motions: list[FrameMotion]
    calibration: Calibration
    play: Play


class BatchProcessor:
    """Turns batches of frames into rows, starting from the state that an earlier batch left.

    `process_chunk` in order of the batches, `save_modules_state` after each. Not thread-safe; one per match.
    """

    def __init__(self, config: AnalysisConfig, state: MatchState) -> None:
        self._config = config
        self._state = state
        self._detector: Detector | None = None
        self._camera = CameraMotion(state.camera)
        self._pitch: PitchStage | None = None
        self._tracker = Tracker(state.tracker)
        self._teams = TeamClassifier(state.teams, config.pitch_layout.length_m)
        self._ball_search: BallSearch | None = None
        self._ball_path = BallPath(state.ball_path)
        self._ball_flight = BallFlight(state.ball_flight)
        self._possession = PlayAnalysis(state.possession, state.play_events, config.pitch_layout)
        self._waiting = list(state.waiting)
        self._totals = state.totals
        self._open_spans = state.open_spans
        self._progress = state.progress
        self._stage_ms: Counter[str] = Counter()

    def initialize_modules(
        self,
        detector: Detector | None = None,
        pitch_finder: PitchFinder | None = None,
        ball_finder: BallFinder | None = None,
    ) -> None:
        """Load what is slow to load. Raises WeightsError."""
        self._detector = detector or open_detector(self._config)
        finder = pitch_finder or open_pitch_finder(self._config)
        self._pitch = PitchStage(self._state.calibration, finder, self._config.pitch_layout)
        ball_finder = ball_finder or open_ball_finder(self._config)
        if ball_finder is not None:
            self._ball_search = BallSearch(self._state.ball_search, ball_finder)

    def process_chunk(
        self, batch: FrameBatch, position: StreamPosition | None = None, *, is_last: bool = False
    ) -> ChunkOutput:
        """Analyse the next batch; position: its last decoded frame, from which reading can go on.

        is_last: nothing follows, so all that was held back for look-ahead comes out too.
        """
        started = time.perf_counter()
        self._stage_ms.clear()
        ids_before = self._tracker.total_ids
        followed = self._follow_batch(batch, is_last)
        tracks = self._teams.summaries()
        self._count(followed.play, is_last)
        self._progress = Progress(batch.index + 1, position, batch.end_s, is_finished=is_last)
        with self._timed("preview"):
            preview = self._preview(batch, followed.boxes, followed.decisions)
        chunk_stats = count_trust(
            batch.end_s - batch.start_s,
            [m.is_live for m in followed.motions],
            [m.is_cut for m in followed.motions],
            followed.boxes,
            [d.position for d in followed.decisions],
            tracks,
            self._tracker.total_ids - ids_before,
            followed.calibration,
        )
        return ChunkOutput(
            batch_idx=batch.index,
            start_frame=batch.start_frame,
            end_frame=batch.end_frame,
            start_s=batch.start_s,
            end_s=batch.end_s,
            boxes=followed.boxes,
            ball=[d.position for d in followed.decisions if d.position is not None],
            spans=followed.play.spans,
            events=followed.play.events,
            metrics=followed.play.metrics,
            tracks=tracks,
            kits=self._teams.kits(),
            chunk_stats=chunk_stats,
            processing_time_ms=1000 * (time.perf_counter() - started),
            stage_ms=dict(self._stage_ms),
            preview_jpeg=preview,
            calibration=followed.calibration,
            gaps=batch.gaps,
        )

    def save_modules_state(self) -> MatchState:
        """The state after the last processed batch, from which another process goes on."""
        return replace(
            self._state,
            progress=self._progress,
            camera=self._camera.state(),
            calibration=self._state.calibration if self._pitch is None else self._pitch.state(),
            tracker=self._tracker.state(),
            teams=self._teams.state(),
            ball_search=self._state.ball_search if self._ball_search is None else self._ball_search.state(),
            ball_path=self._ball_path.state(),
            ball_flight=self._ball_flight.state(),
            waiting=list(self._waiting),
            possession=self._possession.possession_state(),
            play_events=self._possession.events_state(),
            totals=self._totals,
            open_spans=self._open_spans,
        )

    def _follow_batch(self, batch: FrameBatch, is_last: bool) -> _Followed:
        """All frames of the batch from pixels to play."""
        if self._detector is None:
            self.initialize_modules()
        assert self._detector is not None and self._pitch is not None
        with self._timed("detect"):
            detections = self._detector.detect(batch)
        parts: list[Boxes] = []
        decisions: list[BallDecision] = []
        motions: list[FrameMotion] = []
        play = Play()
        for image, frame, t_s in zip(batch.images, batch.frame.tolist(), batch.t_s.tolist(), strict=True):
            boxes, decided, motion = self._follow(image, frame, t_s, detections.select(detections.frame == frame))
            parts.append(boxes)
            decisions += decided
            motions.append(motion)
            # At once, not after the batch: control asks for the teams as they are believed at this frame.
            self._decide_control(decided, play)
        if is_last:
            flushed = self._judge_flight(self._ball_path.flush())
            decisions += flushed
            self._decide_control(flushed, play)
            play.extend(self._possession.flush(batch.end_s))
        return _Followed(Boxes.concatenate(parts), decisions, motions, self._pitch.take_rows(), play)

    def _follow(
        self, image: Image, frame: int, t_s: float, detected: Boxes
    ) -> tuple[Boxes, list[BallDecision], FrameMotion]:
        """Everything from boxes to people and ball for one frame."""
        assert self._pitch is not None
        with self._timed("camera"):
            motion = self._camera.update(image, t_s, detected.select(detected.role != Role.BALL))
        with self._timed("ball_search"):
            detected = self._search_ball(image, frame, t_s, detected, motion)
        with self._timed("pitch"):
            detected = self._pitch.place(image, frame, t_s, detected, motion)
        is_ball = detected.role == Role.BALL
        people, candidates = detected.select(~is_ball), detected.select(is_ball)
        with self._timed("appearance"):
            features = shirt_features(image, people.xyxy)
        with self._timed("tracker"):
            people = self._tracker.update(people, features, motion, self._teams.sides(features))
        with self._timed("teams"):
            people = replace(people, team=self._teams.update(t_s, people, features))
        with self._timed("ball"):
            decided = self._ball_path.update(frame, t_s, candidates, people, motion)
        self._waiting.append(_frame_waiting(frame, t_s, people, motion, self._pitch.newest()))
        decided = self._judge_flight(decided)
        return Boxes.concatenate([people, candidates]), decided, motion

    def _search_ball(self, image: Image, frame: int, t_s: float, detected: Boxes, motion: FrameMotion) -> Boxes:
        """`detected` with the ball candidates of crops, where a model finds them and the picture is the match."""
        if self._ball_search is None or not motion.is_live:
            return detected
        is_ball = detected.role == Role.BALL
        expected_xy = self._ball_path.expected_xy(t_s, motion)
        candidates = self._ball_search.look(
            image, frame, t_s, detected.select(is_ball), expected_xy, is_new_shot=motion.is_cut
        )
        return Boxes.concatenate([detected.select(~is_ball), candidates])

    def _judge_flight(self, decisions: list[BallDecision]) -> list[BallDecision]:
        with self._timed("ball"):
            return [
                replace(decision, position=self._ball_flight.judge(decision, self._waiting[i:]))
                for i, decision in enumerate(decisions)
            ]

    def _decide_control(self, decisions: list[BallDecision], play: Play) -> None:
        with self._timed("possession"):
            for decision in decisions:
                waiting = self._waiting.pop(0)
                assert waiting.frame == decision.frame, "each analysed frame gets one ball decision, in order"
                play.extend(self._possession.update(self._observation(waiting, decision.position)))

    def _observation(self, waiting: FrameWaiting, ball: BallPosition | None) -> FrameObservation:
        people = waiting.people
        tracks = [p.track for p in people]
        ball_place = np.array([ball.x, ball.y]) if ball else np.full(2, np.nan)
        to_shot = np.array(waiting.image_to_shot).reshape(2, 3)
        place = np.array([(p.place_x, p.place_y) for p in people]).reshape(-1, 2)
        return FrameObservation(
            frame=waiting.frame,
            t_s=waiting.t_s,
            is_live=waiting.is_live,
            is_cut=waiting.is_cut,
            track=np.array(tracks, np.int32),
            # What is believed by now of teams and roles, not what was believed when the frame was seen.
            team=np.array([self._teams.team_of(t) for t in tracks], np.int8),
            role=np.array([p.role if p.track < 0 else self._teams.role_of(p.track) for p in people], np.int8),
            xy=np.array([(p.x, p.y) for p in people]).reshape(-1, 2),
            units_per_metre=np.array([p.units_per_metre for p in people], np.float64),
            place=place,
            ball_xy=to_shot[:, :2] @ ball_place + to_shot[:, 2],
            ball_place=ball_place,
            ball_is_detected=ball is not None and ball.source is BallSource.DETECTED,
            ball_pitch=_pitch_of(ball_place, waiting.projection, self._config.pitch_layout.size_m),
            people_pitch=PitchProjection.from_numbers(waiting.projection).to_pitch(place),
        )

    def _count(self, play: Play, is_last: bool) -> None:
        active = self._tracker.active_tracks
        teams = Counter(self._teams.team_of(track) for track in active)
        open_spans = self._possession.open_spans()
        self._totals = replace(
            running_totals.add(self._totals, play.spans, play.events, open_spans[-1]),
            active_tracks=len(active),
            active_tracks_by_team={team: teams[team] for team in (0, 1)},
            total_ids=self._tracker.total_ids,
        )
        self._open_spans = [] if is_last else open_spans

    def _preview(self, batch: FrameBatch, boxes: Boxes, decisions: list[BallDecision]) -> bytes:
        """The newest frame of the batch whose ball is decided, else its last; nothing for a batch without images."""
        if not len(batch.frame):
            return b""
        balls = {d.frame: d.position for d in decisions}
        decided = [i for i, frame in enumerate(batch.frame.tolist()) if frame in balls]
        i = decided[-1] if decided else len(batch.frame) - 1
        frame = int(batch.frame[i])
        owner = self._possession.open_spans()[-1].track if decided else -1
        shown = boxes.select((boxes.frame == frame) & (boxes.role != Role.BALL))
        return encode_jpeg(
            annotate(batch.images[i], shown, {kit.team: kit.rgb for kit in self._teams.kits()}, balls.get(frame), owner)
        )

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self._stage_ms[stage] += 1000 * (time.perf_counter() - started)  # type: ignore[assignment]


def _frame_waiting(
    frame: int, t_s: float, people: Boxes, motion: FrameMotion, projection: PitchProjection
) -> FrameWaiting:
    place = people.feet_xy
    xy = place @ motion.image_to_shot[:, :2].T + motion.image_to_shot[:, 2]
    units_per_metre = people.height * _zoom(motion.image_to_shot) / BODY_HEIGHT_M
    waiting = [
        PersonWaiting(track, role, x, y, units, place_x, place_y)
        for track, role, (x, y), units, (place_x, place_y) in zip(
            people.track.tolist(),
            people.role.tolist(),
            xy.tolist(),
            units_per_metre.tolist(),
            place.tolist(),
            strict=True,
        )
    ]
    return FrameWaiting(
        frame,
        t_s,
        motion.is_live,
        motion.is_cut,
        motion.image_to_shot.ravel().tolist(),
        waiting,
        projection.to_numbers(),
    )


def _pitch_of(
    place: NDArray[np.float64], projection: Sequence[float], size_m: tuple[float, float]
) -> tuple[float, float]:
    """The pitch (m) under a place (px) in a frame; NaN unknown or well off the pitch, where a high ball seems to be."""
    xy = PitchProjection.from_numbers(projection).to_pitch(place)
    return (float(xy[0]), float(xy[1])) if is_inside(xy, OUTSIDE_MARGIN_M, size_m) else NOWHERE


def _zoom(similarity: NDArray[np.float64]) -> float:
    """How much longer a length becomes under a (2, 3) similarity."""
    return float(np.sqrt(abs(np.linalg.det(similarity[:, :2]))))
