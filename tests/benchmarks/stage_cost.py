"""What each part beside the detector costs: CPU milliseconds an analysed frame, by part, in one run.

usage: stage_cost.py [VIDEO] [--boxes FILE] [--hz 12.5] [--seconds 60]

By default the demo match (1280 x 720) with the boxes recorded for it and its exact pitch, so no network runs; detection
itself and the networks for the pitch and for crops of the ball are measured elsewhere. CPU time of the thread, so that
other work on the machine doesn't count. JSON is what a batch's state costs to write, a frame's share of it.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacticeye.config import AnalysisConfig
from tacticeye.demo import demo_folder, demo_video
from tacticeye.match_state import MatchState
from tacticeye.pitch_projection import PitchProjection
from tacticeye.state_parts import FrameWaiting
from tacticeye.types import Role
from tacticeye.video_sources import LocalFileSource, calculate_batch_size, read_frame_batches
from tacticeye.vision.appearance import shirt_features
from tacticeye.vision.ball_flight import BallFlight
from tacticeye.vision.ball_path import BallPath
from tacticeye.vision.camera import CameraMotion
from tacticeye.vision.replay_detector import ReplayDetector
from tacticeye.vision.team_classifier import TeamClassifier
from tacticeye.vision.tracker import Tracker


class Clock:
    """CPU seconds of this thread by part."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        began = time.thread_time()
        yield
        self.spent[part].append(time.thread_time() - began)


def measure(
    video: Path, boxes: Path, pitches: NDArray[np.float64], hz: float, seconds: float
) -> tuple[dict[str, list[float]], int]:
    """CPU seconds of each part, frame by frame (JSON: batch by batch), and the number of frames."""
    config = AnalysisConfig(analysis_hz=hz)
    detector = ReplayDetector(boxes, config.conf_threshold, config.ball_conf_threshold)
    state = MatchState("cost")
    camera, tracker = CameraMotion(state.camera), Tracker(state.tracker)
    teams, path = TeamClassifier(state.teams), BallPath(state.ball_path)
    flight, waiting = BallFlight(state.ball_flight), list(state.waiting)
    clock, frames = Clock(), 0
    with LocalFileSource(video) as source:
        size = calculate_batch_size(source.get_metadata().fps, config.batch_size_seconds)
        for item in read_frame_batches(source, size, hz):
            if item.batch.start_s >= seconds:
                break
            found = detector.detect(item.batch)
            for image, frame, t_s in zip(
                item.batch.images, item.batch.frame.tolist(), item.batch.t_s.tolist(), strict=True
            ):
                frames += 1
                seen = found.select(found.frame == frame)
                people, balls = seen.select(seen.role != Role.BALL), seen.select(seen.role == Role.BALL)
                with clock.of("camera and match view"):
                    motion = camera.update(image, t_s, people)
                with clock.of("shirts"):
                    features = shirt_features(image, people.xyxy)
                with clock.of("tracker"):
                    people = tracker.update(people, features, motion, teams.sides(features))
                with clock.of("teams"):
                    teams.update(t_s, people, features)
                with clock.of("ball path"):
                    decisions = path.update(frame, t_s, balls, people, motion)
                pitch = PitchProjection(pitches[frame]).to_numbers()
                waiting.append(FrameWaiting(frame, t_s, True, False, motion.image_to_shot.ravel().tolist(), [], pitch))
                with clock.of("ball flight"):
                    for decision in decisions:
                        flight.judge(decision, waiting)
                        del waiting[0]
            with clock.of("state as JSON"):
                MatchState(
                    "cost",
                    camera=camera.state(),
                    tracker=tracker.state(),
                    teams=teams.state(),
                    ball_path=path.state(),
                    ball_flight=flight.state(),
                    waiting=waiting,
                ).to_json()
            teams.summaries()
    return clock.spent, frames


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path, nargs="?", default=demo_video())
    parser.add_argument("--boxes", type=Path, default=demo_folder() / "demo.boxes.parquet")
    parser.add_argument("--hz", type=float, default=12.5)
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    pitches = np.load(demo_folder() / "demo.homographies.npz")["image_to_pitch"]
    if arguments.video != demo_video():
        pitches = np.full((round(200 * arguments.seconds), 3, 3), np.nan)  # not calibrated
    spent, frames = measure(arguments.video, arguments.boxes, pitches, arguments.hz, arguments.seconds)
    print(f"{frames} frames\n{'part':24} {'mean':>6} {'p95':>6}  CPU ms a frame")
    total = 0.0
    for part, times in spent.items():
        mean = 1000 * sum(times) / frames
        total += mean
        print(f"{part:24} {mean:6.2f} {1000 * float(np.quantile(times, 0.95)):6.2f}")
    print(f"{'all':24} {total:6.2f}")


if __name__ == "__main__":
    main()
