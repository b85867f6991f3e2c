"""Identities on the synthetic match: TacticEYE's tracker beside ByteTrack and BoT-SORT, on the same boxes, in one run.

usage: tracking.py [--folder FOLDER] [--name NAME] [--hz 25 12.5 5] [--seed N]

FOLDER/NAME.mp4 and FOLDER/NAME.tracks.parquet are a rendering of the synthetic match, by default the one that ships
with the code: 22 players and an official who run, cross and hide one another under a camera that pans and zooms, with
a cut to a replay and one back. Boxes come from the exact truth through a detector's faults (seeded): jitter, misses
that grow with what hides a person, low scores, doubles, and false boxes, some of which stand for a while.
Every tracker gets the same boxes, scores and pictures. The two others are those of the package `trackers` (Roboflow,
Apache-2.0) with their own settings and the frame rate told to them; its `eval` module also computes the measures:
HOTA (Luiten et al. 2021), IDF1 (Ristani et al. 2016), identity switches. Frames of the replay are shown to everybody
but not scored, since TacticEYE gives no ids there. Times are CPU milliseconds a frame of the tracker itself, with what
it alone needs of the picture (camera motion, shirts).
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import supervision as sv
from numpy.typing import NDArray
from trackers import BoTSORTTracker, ByteTrackTracker
from trackers.eval.box import box_iou
from trackers.eval.clear import compute_clear_metrics
from trackers.eval.hota import compute_hota_metrics
from trackers.eval.identity import compute_identity_metrics

from tacticeye.config import SourceType
from tacticeye.demo import demo_folder
from tacticeye.state_parts import CameraState, TeamClassifierState, TrackerState
from tacticeye.types import Boxes, Image, Role
from tacticeye.video_sources import open_source, read_frame_batches
from tacticeye.vision.appearance import shirt_features
from tacticeye.vision.camera import CameraMotion
from tacticeye.vision.team_classifier import TeamClassifier
from tacticeye.vision.tracker import Tracker

Follow = Callable[[Boxes, Image], Boxes]

LEAST_VISIBLE, LEAST_INSIDE = 0.15, 0.4  # share of a person that must be seen, and be in the picture, to be asked for
JITTER = 0.025  # sigma of each edge, share of the box's size
MISS, MISS_HIDDEN = 0.04, 0.5  # chance of a miss when fully seen, and what hiding adds to it
DOUBLE = 0.01  # chance of a second box on the same person
FALSE_EVERY_S, FALSE_LASTS_S = 1.0, 0.6  # a new false box, and how long it stands on average
LOWEST_SCORE = 0.2


@dataclass(frozen=True, eq=False)
class Truth:
    """The people asked for at one frame: person (K,) int64, xyxy (K, 4) float64 px. is_scored: not in the replay."""

    person: NDArray[np.int64]
    xyxy: NDArray[np.float64]
    is_scored: bool


def read_truth(path: Path) -> dict[int, Truth]:
    table = pd.read_parquet(path)
    table = table[(table.role != Role.BALL) & (table.visible >= LEAST_VISIBLE) & (table.inside >= LEAST_INSIDE)]
    return {
        int(str(frame)): Truth(
            rows.person.to_numpy(np.int64),
            rows[["x1", "y1", "x2", "y2"]].to_numpy(np.float64),
            not bool(rows.is_replay.iloc[0]),
        )
        for frame, rows in table.groupby("frame")
    }


def detections(path: Path, fps: float, seed: int) -> dict[int, Boxes]:
    """What a detector with faults finds at each frame: the same at every rate of analysis."""
    table = pd.read_parquet(path)
    table = table[(table.role != Role.BALL) & (table.inside >= LEAST_INSIDE)]
    random = np.random.default_rng((seed, 4))
    standing: list[tuple[NDArray[np.float64], float]] = []
    found = {}
    for key, rows in table.groupby("frame"):
        frame = int(str(key))
        box = rows[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
        visible = rows.visible.to_numpy(np.float64)
        size = np.tile(box[:, 2:] - box[:, :2], 2)
        is_seen = (visible >= LEAST_VISIBLE) & (random.random(len(box)) > MISS + MISS_HIDDEN * (1 - visible))
        score = np.clip(random.normal(0.82, 0.09, len(box)) * (0.45 + 0.55 * visible), LOWEST_SCORE, 0.97)
        again = is_seen & (random.random(len(box)) < DOUBLE)
        corners = np.concatenate([box[is_seen], box[again] + 0.08 * size[again]])
        corners += random.normal(0, JITTER, corners.shape) * np.concatenate([size[is_seen], size[again]])
        scores = np.concatenate([score[is_seen], 0.6 * score[again]])
        standing = [s for s in standing if random.random() > 1 / (FALSE_LASTS_S * fps)]
        if random.random() < 1 / (FALSE_EVERY_S * fps):
            standing.append(_false_box(random))
        if standing:
            corners = np.concatenate([corners, [b + random.normal(0, 1, 4) for b, _ in standing]])
            scores = np.concatenate([scores, [s for _, s in standing]])
        order = random.permutation(len(corners))
        found[frame] = Boxes.build(frame=frame, t_s=frame / fps, xyxy=corners[order], score=scores[order])
    return found


def _false_box(random: np.random.Generator) -> tuple[NDArray[np.float64], float]:
    x, y, height = random.uniform(40, 1240), random.uniform(120, 640), random.uniform(35, 80)
    return np.array([x, y, x + 0.4 * height, y + height]), float(random.uniform(LOWEST_SCORE, 0.65))


def tacticeye() -> Follow:
    """Camera, shirts, tracker and teams as the analysis runs them."""
    camera, tracker, teams = CameraMotion(CameraState()), Tracker(TrackerState()), TeamClassifier(TeamClassifierState())

    def follow(people: Boxes, image: Image) -> Boxes:
        t_s = float(people.t_s[0])
        motion = camera.update(image, t_s, people)
        features = shirt_features(image, people.xyxy)
        found = tracker.update(people, features, motion, teams.sides(features))
        teams.update(t_s, found, features)
        return found

    return follow


def of_package(tracker: Any, takes_image: bool) -> Follow:
    def follow(people: Boxes, image: Image) -> Boxes:
        given = sv.Detections(
            xyxy=people.xyxy.astype(np.float64),
            confidence=people.score.astype(np.float64),
            class_id=np.zeros(len(people), np.int64),
            data={"row": np.arange(len(people))},
        )
        found = tracker.update(given, image) if takes_image else tracker.update(given)
        rows = np.asarray(found.data.get("row", []), np.intp)
        picked = people.select(rows)
        return Boxes.build(
            frame=picked.frame, t_s=picked.t_s, xyxy=picked.xyxy, score=picked.score, track=found.tracker_id
        )

    return follow


def frames_of(video: Path, hz: float) -> Iterator[tuple[int, Image]]:
    with open_source(SourceType.UPLOADED_FILE, video) as source:
        for item in read_frame_batches(source, 25, hz):
            yield from zip(item.batch.frame.tolist(), item.batch.images, strict=True)


def run(follow: Follow, video: Path, hz: float, boxes: dict[int, Boxes]) -> tuple[dict[int, Boxes], float]:
    """Boxes with their ids by frame, and CPU milliseconds a frame."""
    given, spent, n = {}, 0.0, 0
    for frame, image in frames_of(video, hz):
        if frame not in boxes:
            continue
        began = time.thread_time()
        found = follow(boxes[frame], image)
        spent += time.thread_time() - began
        n += 1
        given[frame] = found.select(found.track >= 0)
    return given, 1000 * spent / max(n, 1)


def measure(given: dict[int, Boxes], truth: dict[int, Truth]) -> dict[str, float]:
    frames = [frame for frame in sorted(given) if frame in truth and truth[frame].is_scored]
    numbers: dict[int, int] = {}
    people: dict[int, int] = {}
    true_ids = [_dense(truth[frame].person, people) for frame in frames]
    ids = [_dense(given[frame].track, numbers) for frame in frames]
    overlap = [box_iou(truth[f].xyxy, given[f].xyxy.astype(np.float64)) for f in frames]
    hota = compute_hota_metrics(true_ids, ids, overlap)
    identity = compute_identity_metrics(true_ids, ids, overlap)
    clear = compute_clear_metrics(true_ids, ids, overlap)
    return {
        "HOTA": 100 * hota["HOTA"],
        "DetA": 100 * hota["DetA"],
        "AssA": 100 * hota["AssA"],
        "IDF1": 100 * identity["IDF1"],
        "switches": clear["IDSW"],
        "ids": len(numbers),
        "people": len(people),
    }


def _dense(ids: NDArray[Any], numbers: dict[int, int]) -> NDArray[np.int64]:
    return np.array([numbers.setdefault(i, len(numbers)) for i in ids.tolist()], np.int64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=demo_folder())
    parser.add_argument("--name", default="demo")
    parser.add_argument("--hz", type=float, nargs="+", default=[25.0, 12.5, 5.0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("TacticEYE", "ByteTrack", "BoT-SORT"))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    video, tracks = (arguments.folder / f"{arguments.name}.{end}" for end in ("mp4", "tracks.parquet"))
    truth, boxes = read_truth(tracks), detections(tracks, 25.0, arguments.seed)
    print(f"{'Hz':>5} {'tracker':10} {'HOTA':>6} {'DetA':>6} {'AssA':>6} {'IDF1':>6} {'switches':>8} {'ids':>5}  ms")
    for hz in arguments.hz:
        for name, follow in (
            ("TacticEYE", tacticeye()),
            ("ByteTrack", of_package(ByteTrackTracker(frame_rate=hz), takes_image=False)),
            ("BoT-SORT", of_package(BoTSORTTracker(frame_rate=hz), takes_image=True)),
        ):
            if arguments.only not in (None, name):
                continue
            given, ms = run(follow, video, hz, boxes)
            m = measure(given, truth)
            print(
                f"{hz:5g} {name:10} {m['HOTA']:6.1f} {m['DetA']:6.1f} {m['AssA']:6.1f} {m['IDF1']:6.1f} "
                f"{m['switches']:8.0f} {m['ids']:5.0f}  {ms:.1f}  ({m['people']:.0f} people)",
                flush=True,
            )


if __name__ == "__main__":
    main()
