"""How good the calibration is: python -m tests.benchmarks.score_calibration [--landmarks labels | weights/pitch.pt]

Prints one JSON line each for
  stills   validation frames of pitch-720p and broadcast-pitch, each alone, against their labels
  clips    the two validation clips of broadcast-pitch from beginning to end, by ../shared/scoring/score_pitch.py
  demo     the demo match against its exact homographies: feet of everybody, and how still a still place stands
with median and 95th percentile in m, the share found, wrong sides and mirror images, and processor time a frame.
"labels": the labelled landmarks with 3 px of noise and a fifth left out stand in for the network; in clips they are
there for the labelled frames only, in the demo the exact ones for every frame.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tacticeye.config import AnalysisConfig
from tacticeye.export import GRID
from tacticeye.pitch import FULL_PITCH, is_inside, keypoints_m, markings
from tacticeye.pitch_projection import PitchProjection
from tacticeye.state_parts import CalibrationState, CameraState
from tacticeye.types import Boxes, Image
from tacticeye.vision.calibration.calibrator import PitchCalibrator
from tacticeye.vision.calibration.evidence import GivenEvidence, PitchEvidence
from tacticeye.vision.calibration.finder import PitchFinder, open_pitch_finder
from tacticeye.vision.camera import CameraMotion, FrameMotion

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
DATA = SHARED / "datasets"
NOISE_PX, LEFT_OUT = 3.0, 0.2
# Clips by prefix of their labelled frames: file, frames a second.
CLIPS = {"city_spurs": ("city_spurs_406p30.mp4", 30.0), "portrait_juve": ("portrait_juventus_406x720.mp4", 25.0)}
STILL = FrameMotion(np.eye(2, 3), np.eye(2, 3), is_cut=True, is_live=True)
Points = NDArray[np.float64]


class Labels:
    """Landmarks by frame number, as if a network had seen them."""

    def __init__(self, seen: dict[int, Points]) -> None:
        self._seen = seen

    def look(self, frame: int, image: Image) -> PitchEvidence:
        return GivenEvidence.of_keypoints(self._seen.get(frame, np.zeros((32, 3))))


def noisy(places: Points, seen: NDArray[np.bool_], size: tuple[int, int], rng: np.random.Generator) -> Points:
    unit = max(size) / 1280
    kept = seen & (rng.random(32) > LEFT_OUT)
    return np.column_stack([places + rng.normal(0, NOISE_PX * unit, (32, 2)), kept * 0.9])


def labelled(data_set: str, name: str, size: tuple[int, int]) -> tuple[Points, NDArray[np.bool_]]:
    """Landmarks (32, 2) px and whether they are labelled."""
    numbers = np.array((DATA / data_set / "labels" / f"{name}.txt").read_text().split(), float)[5:].reshape(32, 3)
    return numbers[:, :2] * size, numbers[:, 2] > 0


def grid_places(projection: PitchProjection, size: tuple[int, int]) -> tuple[Points, Points]:
    """Image points of the exported grid that are on the pitch, and their places."""
    x, y = np.meshgrid(*((np.arange(n) + 0.5) * s / n for n, s in zip(GRID, size, strict=True)))
    points = np.column_stack([x.ravel(), y.ravel()])
    places = projection.to_pitch(points)
    inside = is_inside(places)
    return points[inside], places[inside]


def summary(what: str, errors: list[Points], frames: int, **more: Any) -> None:
    every = np.concatenate(errors) if errors else np.zeros(0)
    found: dict[str, float | None] = {"median_m": None, "p95_m": None}
    if len(every):
        found = {"median_m": round(float(np.median(every)), 3), "p95_m": round(float(np.percentile(every, 95)), 3)}
    wrong = sum(float(np.median(e)) > 8 for e in errors)
    share = round(len(errors) / max(frames, 1), 3)
    print(
        json.dumps({"what": what, "frames": frames, "found": share, **found, "wrong_side": wrong, **more}), flush=True
    )


def score_stills(data_set: str, images: Path, network: PitchFinder | None, truth: Callable[..., Points]) -> None:
    rng = np.random.default_rng(7)
    names = [Path(line).stem for line in (DATA / data_set / "val.txt").read_text().split()]
    errors, spent_s = [], 0.0
    for name in names:
        image = cv2.imread(str(images / f"{name}.jpg"))
        assert image is not None, f"{name} can't be read"
        picture = np.asarray(image, np.uint8)
        size = (picture.shape[1], picture.shape[0])
        places, seen = labelled(data_set, name, size)
        finder = network or Labels({0: noisy(places, seen, size, rng)})
        started = time.process_time()
        calibrator = PitchCalibrator(CalibrationState(), finder)
        projection = calibrator.update(picture, 0, 0.0, Boxes.empty(), STILL)
        spent_s += time.process_time() - started
        if not projection.is_known:
            continue
        points, found = grid_places(projection, size)
        true = truth(name, points, places, seen)
        known = is_inside(true, 2.0)
        if known.any():
            errors.append(np.linalg.norm(found - true, axis=1)[known])
    summary(data_set, errors, len(names), ms_a_frame=round(1000 * spent_s / len(names), 1))


def by_landmarks(name: str, points: Points, places: Points, seen: NDArray[np.bool_]) -> Points:
    """Truth of pitch-720p: the homography of its labelled landmarks."""
    matrix, _ = cv2.findHomography(places[seen], keypoints_m()[seen])
    mapped = np.column_stack([points, np.ones(len(points))]) @ np.asarray(matrix, np.float64).T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_pitch", SHARED / "scoring" / "score_pitch.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def frames_of(video: Path) -> Iterator[Image]:
    capture = cv2.VideoCapture(str(video))
    while True:
        is_there, image = capture.read()
        if not is_there:
            return
        yield np.asarray(image, np.uint8)


def score_clip(prefix: str, network: PitchFinder | None, labels: dict[str, Any], overlays: Path | None) -> None:
    file, fps = CLIPS[prefix]
    score_pitch = scorer()
    rng = np.random.default_rng(11)
    mine = {int(name.rsplit("_", 1)[1]): label for name, label in labels.items() if name.rsplit("_", 1)[0] == prefix}
    calibrator, camera = None, CameraMotion(CameraState())
    exported, spent_s, count, known = [], 0.0, 0, 0
    for frame, image in enumerate(frames_of(SHARED / "clips" / file)):
        size = (image.shape[1], image.shape[0])
        if calibrator is None:
            seen = {n: noisy(*labelled("broadcast-pitch", f"{prefix}_{n:05d}", size), size, rng) for n in mine}
            calibrator = PitchCalibrator(CalibrationState(), network or Labels(seen))
        if frame % 2 and frame not in mine:
            continue
        # Without people's boxes the gate for the match view can't decide; these clips are all match view.
        motion = replace(camera.update(image, frame / fps, Boxes.empty()), is_live=True)
        started = time.process_time()
        projection = calibrator.update(image, frame, frame / fps, Boxes.empty(), motion)
        spent_s += time.process_time() - started
        count, known = count + 1, known + projection.is_known
        points, places = grid_places(projection, size)
        exported.append({"t_s": frame / fps, "grid": np.hstack([points, places]).tolist()})
        if overlays is not None and frame in mine:
            draw(image, projection, overlays / f"{prefix}_{frame:05d}.jpg")
    result = score_pitch.score({"calibration": exported}, {n / fps: label for n, label in mine.items()})
    more = {"calibrated": round(known / max(count, 1), 3), "ms_a_frame": round(1000 * spent_s / max(count, 1), 2)}
    print(json.dumps({"what": prefix, **result, **more}), flush=True)


def draw(image: Image, projection: PitchProjection, to: Path) -> None:
    """The picture with the pitch over it, to be looked at."""
    to.parent.mkdir(parents=True, exist_ok=True)
    canvas = image.copy()
    for marking in markings(0.5):
        for a, b in zip(marking.points_m[:-1], marking.points_m[1:], strict=True):
            steps = np.linspace(0, 1, max(2, int(np.hypot(*(b - a)))))[:, None]
            pixels = projection.to_image(a + steps * (b - a))
            pixels = pixels[np.isfinite(pixels).all(axis=1) & (np.abs(pixels) < 5000).all(axis=1)]
            cv2.polylines(canvas, [np.rint(pixels).astype(np.int32)[:, None]], False, (127, 61, 255), 1, cv2.LINE_AA)
    cv2.imwrite(str(to), canvas)


def score_demo(network: PitchFinder | None) -> None:
    folder = ROOT / "data" / "demo"
    truth = np.load(folder / "demo.homographies.npz")
    tracks = pd.read_parquet(folder / "demo.tracks.parquet")
    feet_of = {
        int(str(f)): rows for f, rows in tracks[(tracks["role"] < 3) & (tracks["visible"] > 0.3)].groupby("frame")
    }
    boxes = pd.read_parquet(folder / "demo.boxes.parquet")
    boxes_of = {int(str(f)): rows for f, rows in boxes[boxes["role"] < 3].groupby("frame")}
    finder = network or Labels(demo_landmarks(truth["image_to_pitch"]))
    calibrator, camera = PitchCalibrator(CalibrationState(), finder), CameraMotion(CameraState())
    errors, jumps, live, spent_s, count = [], [], 0, 0.0, 0
    before: tuple[Points, Points] | None = None
    for frame, image in enumerate(frames_of(folder / "demo.mp4")):
        if frame % 2:
            continue
        found = boxes_of[frame]
        people = Boxes.build(frame=frame, t_s=frame / 25, xyxy=found[["x1", "y1", "x2", "y2"]].to_numpy())
        motion = camera.update(image, frame / 25, people)
        started = time.process_time()
        projection = calibrator.update(image, frame, frame / 25, people, motion)
        spent_s, count = spent_s + time.process_time() - started, count + 1
        if truth["is_replay"][frame]:
            before = None
            continue
        live += 1
        if not projection.is_known:
            before = None
            continue
        rows = feet_of[frame]
        feet = np.column_stack([(rows["x1"] + rows["x2"]) / 2, rows["y2"]]).astype(np.float64)
        true = mapped(truth["image_to_pitch"][frame], feet)
        errors.append(np.linalg.norm(projection.to_pitch(feet) - true, axis=1))
        # A place that stands still: where it is seen by truth, before and now, and where that is said to be.
        if before is not None:
            spot = mapped(np.linalg.inv(truth["image_to_pitch"][frame]), before[0])
            jumps.append(np.linalg.norm(projection.to_pitch(spot) - before[1], axis=1))
        before = (true, projection.to_pitch(feet))
    jitter = np.concatenate(jumps)
    summary(
        "demo", errors, live,
        jitter_median_m=round(float(np.nanmedian(jitter)), 3), jitter_p95_m=round(float(np.nanpercentile(jitter, 95)),
        3), ms_a_frame=round(1000 * spent_s / count, 2),
    )  # fmt: skip


def mapped(matrix: Points, points: Points) -> Points:
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:])


def demo_landmarks(homographies: Points) -> dict[int, Points]:
    rng = np.random.default_rng(13)
    seen = {}
    for frame, matrix in enumerate(homographies):
        inverse = np.linalg.inv(matrix)
        front = np.sign((inverse @ mapped_low(matrix))[2])
        homogeneous = np.column_stack([keypoints_m(), np.ones(32)]) @ inverse.T
        places = homogeneous[:, :2] / homogeneous[:, 2:]
        inside = (homogeneous[:, 2] * front > 0) & (places > 0).all(axis=1) & (places < [1280, 720]).all(axis=1)
        seen[frame] = noisy(np.where(inside[:, None], places, 0.0), inside, (1280, 720), rng)
    return seen


def mapped_low(matrix: Points) -> Points:
    """Homogeneous place low in the picture, so in front of the camera."""
    return np.append(mapped(matrix, np.array([[640.0, 700.0]]))[0], 1.0)


def run(network: PitchFinder | None, overlays: Path | None) -> None:
    assert FULL_PITCH.size_m == (105.0, 68.0)
    labels = json.loads((DATA / "broadcast-pitch" / "homographies.json").read_text())
    score_pitch = scorer()

    def by_homography(name: str, points: Points, places: Points, seen: NDArray[np.bool_]) -> Points:
        return np.asarray(score_pitch.labelled_places(points, labels[name]))

    score_stills("pitch-720p", DATA / "pitch-720p" / "images", network, by_landmarks)
    score_stills("broadcast-pitch", DATA / "broadcast" / "images", network, by_homography)
    for prefix in CLIPS:
        score_clip(prefix, network, labels, overlays)
    score_demo(network)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--landmarks", default="weights/pitch.pt", help="weights, or: labels")
    parser.add_argument("--overlays", type=Path, help="folder for labelled frames with the pitch drawn over them")
    options = parser.parse_args()
    network = None
    if options.landmarks != "labels":
        network = open_pitch_finder(AnalysisConfig(pitch_model_path=options.landmarks))
        if network is None:
            raise SystemExit(f"There is no file {options.landmarks}.")
    run(network, options.overlays)


if __name__ == "__main__":
    main()
