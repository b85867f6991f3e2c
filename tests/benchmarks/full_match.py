"""A made-up match of any length, as batches for the store: sizes and rates of a real one, content of no meaning.

`python -m tests.benchmarks.full_match FOLDER` writes 90 minutes: 1,800 batches of 3 s of a 25 fps video of which every
second frame is analysed, 22 to 23 boxes in each: 1.5 million positions.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from tacticeye.pitch_projection import PitchProjection, fit_homography
from tacticeye.store import MatchRecord, MatchStore
from tacticeye.types import (
    BallPosition,
    BallSource,
    Boxes,
    Calibration,
    ChunkOutput,
    ControlSpan,
    ControlState,
    Event,
    EventKind,
    EventResult,
    Role,
    TeamKit,
    TrackSummary,
)

WIDTH, HEIGHT = 1920, 1080
FPS = 25.0
FRAMES_PER_BATCH = 75
STEP = 2
BATCHES = 1800
PEOPLE = 22
TRACK_LIFE_BATCHES = 10  # a track is lost and found under a new id about twice a minute
STATE_BYTES = 60_000
# What a camera at the touchline shows: the picture's corners from the upper left, and where on the pitch they lie
# when it looks at the halfway line, m.
CORNERS_PX = np.array([(0, 250), (WIDTH, 250), (WIDTH, HEIGHT), (0, HEIGHT)], np.float64)
CORNERS_M = np.array([(7.5, 68), (97.5, 68), (74.5, 0), (30.5, 0)], np.float64)
PAN_M, PAN_S = 25.0, 40.0


def record(match_id: str = "full") -> MatchRecord:
    """The row that says which match it is."""
    return MatchRecord(
        match_id=match_id,
        config_json="{}",
        source_path="full.mp4",
        source_name="full.mp4",
        width=WIDTH,
        height=HEIGHT,
        fps=FPS,
        declared_duration_s=BATCHES * FRAMES_PER_BATCH / FPS,
        created_at="2026-01-01T00:00:00Z",
    )


def batches(count: int = BATCHES, seed: int = 1, is_on_pitch: bool = False) -> Iterator[ChunkOutput]:
    """The batches of a match of count times 3 s, equal for equal seeds. is_on_pitch: every frame is calibrated, of a
    camera that pans."""
    for index in range(count):
        yield batch(index, seed, is_on_pitch)


def batch(index: int, seed: int = 1, is_on_pitch: bool = False) -> ChunkOutput:
    """Batch `index` of the match."""
    random = np.random.default_rng([seed, index])
    start = index * FRAMES_PER_BATCH
    frames = np.arange(start, start + FRAMES_PER_BATCH, STEP)
    to_pitch = camera(start / FPS) if is_on_pitch else PitchProjection.unknown()
    boxes = _boxes(random, frames, index, to_pitch)
    start_s, end_s = start / FPS, (start + FRAMES_PER_BATCH) / FPS
    ball = _ball(random, frames)
    return ChunkOutput(
        batch_idx=index,
        start_frame=start,
        end_frame=start + FRAMES_PER_BATCH,
        start_s=start_s,
        end_s=end_s,
        boxes=boxes,
        ball=ball,
        spans=_spans(random, start_s, end_s),
        events=_events(random, start_s),
        tracks=_tracks(boxes, start_s, end_s),
        kits=[TeamKit(0, (20, 40, 160)), TeamKit(1, (240, 240, 240))],
        chunk_stats={
            "frames_analysed": len(frames),
            "frames_live": len(frames),
            "ball_detected": len(ball),
            "ball_interpolated": 0,
            "ball_unseen": len(frames) - len(ball),
        },
        processing_time_ms=1500.0,
        stage_ms={"detect": 1200.0, "track": 30.0},
        calibration=_calibration(frames, to_pitch) if is_on_pitch else Calibration.empty(),
    )


def camera(t_s: float) -> PitchProjection:
    """Where the camera points; it stands still during a batch."""
    pan = np.array([PAN_M * np.sin(t_s / PAN_S), 0.0])
    middle = (WIDTH / 2, HEIGHT / 2)
    return PitchProjection(fit_homography(CORNERS_PX, CORNERS_M + pan), 0.0, middle, float(WIDTH), error_m=0.3)


def _calibration(frames: np.ndarray[tuple[int], np.dtype[np.int64]], to_pitch: PitchProjection) -> Calibration:
    n = len(frames)
    return replace(
        Calibration.empty(n),
        frame=frames,
        t_s=frames / FPS,
        image_to_pitch=np.tile(to_pitch.image_to_pitch, (n, 1, 1)),
        k1=np.zeros(n),
        centre=np.tile(to_pitch.centre, (n, 1)),
        scale=np.full(n, to_pitch.scale),
        error_m=np.full(n, to_pitch.error_m),
        is_followed=np.ones(n, np.bool_),
    )


def state_json(index: int) -> str:
    """A state of the size of a real one."""
    return json.dumps({"batch": index, "memory": f"{index:06d}" * (STATE_BYTES // 6)})


def write(folder: Path, count: int = BATCHES) -> MatchStore:
    """The whole match, committed as a worker would."""
    store = MatchStore(folder)
    store.create(record())
    for output in batches(count):
        store.commit(output, state_json(output.batch_idx), is_last=output.batch_idx == count - 1)
    return store


def _boxes(
    random: np.random.Generator,
    frames: np.ndarray[tuple[int], np.dtype[np.int64]],
    index: int,
    to_pitch: PitchProjection,
) -> Boxes:
    """22 people and a referee that wander about, some of them unseen now and then."""
    people = PEOPLE + 1
    person = np.tile(np.arange(people), len(frames))
    home = random.uniform((100, 300), (WIDTH - 100, HEIGHT - 60), (people, 2))
    walk = np.cumsum(random.normal(0, 4, (len(frames), people, 2)), axis=0)
    feet = (home + walk).reshape(-1, 2)
    corners = np.column_stack([feet[:, 0] - 15, feet[:, 1] - 70, feet[:, 0] + 15, feet[:, 1]])
    generation = (index + person * 3) // TRACK_LIFE_BATCHES
    boxes = Boxes.build(
        frame=np.repeat(frames, people),
        t_s=np.repeat(frames / FPS, people),
        xyxy=corners,
        score=random.uniform(0.3, 1.0, len(person)),
        role=np.where(person == PEOPLE, Role.REFEREE, np.where(person % 11 == 0, Role.GOALKEEPER, Role.PLAYER)),
        track=generation * people + person,
        team=np.where(person == PEOPLE, -1, person // 11),
        pitch_xy=to_pitch.to_pitch(feet),
    )
    return boxes.select(random.uniform(size=len(person)) > 0.03)


def _ball(random: np.random.Generator, frames: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[BallPosition]:
    seen = frames[random.uniform(size=len(frames)) > 0.3]
    places = random.uniform((0, 0), (WIDTH, HEIGHT), (len(seen), 2))
    return [
        BallPosition(int(frame), float(frame / FPS), float(x), float(y), BallSource.DETECTED, 0.7)
        for frame, (x, y) in zip(seen, places, strict=True)
    ]


def _spans(random: np.random.Generator, start_s: float, end_s: float) -> list[ControlSpan]:
    middle_s = float(random.uniform(start_s, end_s))
    first, second = random.choice(list(ControlState), 2, replace=False)
    return [
        ControlSpan(ControlState(first), int(random.integers(0, 50)), start_s, middle_s),
        ControlSpan(ControlState(second), int(random.integers(0, 50)), middle_s, end_s),
    ]


def _events(random: np.random.Generator, start_s: float) -> list[Event]:
    kinds = (EventKind.PASS, EventKind.PASS, EventKind.RECOVERY, EventKind.SHOT)
    return [
        Event(
            kind=kinds[int(random.integers(len(kinds)))],
            result=EventResult.COMPLETE if random.uniform() < 0.8 else EventResult.INCOMPLETE,
            t_start_s=start_s + float(random.uniform(0, 1.5)),
            t_end_s=start_s + 2.0,
            team=int(random.integers(0, 2)),
            track_from=int(random.integers(0, 50)),
            track_to=int(random.integers(0, 50)),
            xy_from=(float(random.uniform(0, WIDTH)), float(random.uniform(0, HEIGHT))),
            xy_to=(float("nan"), float("nan")),
            confidence=0.8,
        )
        for _ in range(int(random.integers(0, 3)))
    ]


def _tracks(boxes: Boxes, start_s: float, end_s: float) -> list[TrackSummary]:
    ids, first_row, counts = np.unique(boxes.track, return_index=True, return_counts=True)
    return [
        TrackSummary(
            int(track), Role(int(boxes.role[row])), int(boxes.team[row]), 0.9, max(0.0, start_s - 20), end_s, int(n)
        )
        for track, row, n in zip(ids, first_row, counts, strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--batches", type=int, default=BATCHES)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    write(arguments.folder, arguments.batches)


if __name__ == "__main__":
    main()
