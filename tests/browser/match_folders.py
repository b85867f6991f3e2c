"""Match folders in any state, made through the real store and the real files, for pages to show.

The football is made up: two clouds of players, control that changes sides, passes in between. Seeded.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from tacticeye.config import AnalysisConfig
from tacticeye.lease import describe_process
from tacticeye.match_files import Card, Control, Ending, Intent, MatchFolder, Outcome, Progress, Worker, write_record
from tacticeye.match_state import MatchState
from tacticeye.state_parts import Totals
from tacticeye.store import MatchRecord, MatchStore
from tacticeye.types import (
    Boxes,
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

WIDTH, HEIGHT = 1280, 720
PLAYERS = 22
HZ = 5.0
KITS = ((0, (186, 24, 38)), (1, (238, 240, 242)))
STATES = (ControlState.TEAM_0, ControlState.CONTESTED, ControlState.TEAM_1, ControlState.UNSEEN, ControlState.DEAD)


def make_match(
    data_dir: Path,
    match_id: str,
    title: str,
    batches: int,
    batch_s: float = 3.0,
    total_s: float = 60.0,
    source: Path | None = None,
    pitch_kind: str = "11",
) -> MatchFolder:
    """A match with so many batches committed; its files say nothing yet of how it stands. source: a video to show."""
    folder = MatchFolder(data_dir / "matches" / match_id)
    folder.path.mkdir(parents=True)
    write_record(folder.card, Card(match_id, title, time.time()))
    config = AnalysisConfig(source_url=str(source or data_dir / "nowhere.mp4"), pitch_kind=pitch_kind)
    write_record(folder.config, config)
    if batches:
        _fill(folder, batches, batch_s, json.dumps({"pitch_kind": pitch_kind}))
        end_s = batches * batch_s
        write_record(
            folder.progress,
            Progress(time.time(), int(end_s * 25), end_s, int(total_s * 25), total_s, batches - 1, 1.8),
        )
    return folder


def stand_as(folder: MatchFolder, status: str) -> None:
    """Has the files tell of a status that needs no process."""
    now = time.time()
    write_record(folder.control, Control(Intent.STOP if status == "stopped" else Intent.RUN, now))
    if status in ("finished", "stopped"):
        write_record(folder.outcome, Outcome(Ending(status), "", now))
    elif status == "failed":
        message = "derby.mp4: the file ends in the middle of a picture; copy it again and resume."
        write_record(folder.outcome, Outcome(Ending.FAILED, message, now))
    elif status == "crashed":
        write_record(folder.worker, Worker(2**22 - 1, 1.0, now))


def run_as(folder: MatchFolder, pid: int) -> None:
    """Has the files tell that a process works on the match; the lease is for the caller to hold."""
    write_record(folder.control, Control(Intent.RUN, time.time()))
    write_record(folder.worker, describe_process(pid))


def _fill(folder: MatchFolder, batches: int, batch_s: float, config_json: str) -> None:
    store = MatchStore(folder.path)
    store.create(
        MatchRecord(
            folder.match_id,
            config_json,
            "nowhere.mp4",
            "nowhere.mp4",
            WIDTH,
            HEIGHT,
            25.0,
            float("nan"),
            "2025-01-01T00:00:00Z",
        )
    )
    random = np.random.default_rng(7)
    seconds: dict[ControlState, float] = {}
    passes = {0: [0, 0], 1: [0, 0]}
    for index in range(batches):
        output = _batch(index, batch_s, random)
        for span in output.spans:
            seconds[span.state] = seconds.get(span.state, 0.0) + span.end_s - span.start_s
        for event in output.events:
            if event.kind is EventKind.PASS:
                passes[event.team][1] += 1
                passes[event.team][0] += event.result is EventResult.COMPLETE
        totals = Totals(
            seconds_by_state=seconds,
            passes_complete_by_team={team: complete for team, (complete, _) in passes.items()},
            passes_attempted_by_team={team: attempted for team, (_, attempted) in passes.items()},
            current_state=output.spans[-1].state,
        )
        store.commit(output, MatchState(folder.match_id, totals=totals).to_json(), is_last=False)
        folder.preview.write_bytes(output.preview_jpeg)


def _batch(index: int, batch_s: float, random: np.random.Generator) -> ChunkOutput:
    start_s = index * batch_s
    times = start_s + np.arange(int(batch_s * HZ)) / HZ
    boxes = _people(times, random)
    return ChunkOutput(
        batch_idx=index,
        start_frame=int(start_s * 25),
        end_frame=int((start_s + batch_s) * 25),
        start_s=start_s,
        end_s=start_s + batch_s,
        boxes=boxes,
        ball=[],
        spans=_spans(start_s, batch_s, random),
        events=list(_events(start_s, batch_s, random)),
        tracks=[
            TrackSummary(
                track,
                Role.GOALKEEPER if track % 11 == 1 else Role.PLAYER,
                (track - 1) // 11,
                0.8,
                0.0,
                start_s + batch_s,
                len(times) * (index + 1),
            )
            for track in range(1, PLAYERS + 1)
        ],
        kits=[TeamKit(team, rgb) for team, rgb in KITS],
        chunk_stats={
            "frames_analysed": len(times),
            "frames_live": len(times),
            "cuts": 0,
            "people_boxes": len(boxes),
            "people_tracked": len(boxes) - 9,
            "people_with_team": len(boxes) - 30,
            "ball_detected": 9,
            "ball_interpolated": 4,
            "ball_unseen": 2,
        },
        processing_time_ms=1600.0,
        preview_jpeg=_picture(boxes.select(boxes.t_s == times[-1])),
    )


def _people(times: np.ndarray, random: np.random.Generator) -> Boxes:
    track = np.arange(1, PLAYERS + 1)
    team = (track - 1) // 11
    home = np.stack([300 + 600 * team + 60 * (track % 4), 180 + 45 * (track % 11)], axis=1)
    parts = []
    for t_s in times:
        sway = np.stack([120 * np.sin(t_s / 9 + track), 30 * np.cos(t_s / 7 + 2 * track)], axis=1)
        feet = home + sway + random.normal(0, 4, home.shape)
        height = 40 + feet[:, 1] * 0.08
        corners = np.stack([feet[:, 0] - height / 5, feet[:, 1] - height, feet[:, 0] + height / 5, feet[:, 1]], axis=1)
        parts.append(Boxes.build(frame=int(t_s * 25), t_s=t_s, xyxy=corners, score=0.9, track=track, team=team))
    return Boxes.concatenate(parts)


def _spans(start_s: float, batch_s: float, random: np.random.Generator) -> list[ControlSpan]:
    edges = np.concatenate([[0.0], np.sort(random.uniform(0.1, batch_s - 0.1, 2)), [batch_s]]) + start_s
    states = random.choice(len(STATES), 3, p=[0.42, 0.08, 0.32, 0.1, 0.08])
    return [
        ControlSpan(STATES[state], int(random.integers(1, PLAYERS + 1)), float(a), float(b))
        for state, a, b in zip(states, edges[:-1], edges[1:], strict=True)
    ]


def _events(start_s: float, batch_s: float, random: np.random.Generator) -> Iterable[Event]:
    for t_s in np.sort(random.uniform(start_s, start_s + batch_s, 2)):
        team = int(random.integers(0, 2))
        kind = random.choice(
            [
                EventKind.PASS,
                EventKind.PASS,
                EventKind.PASS,
                EventKind.INTERCEPTION,
                EventKind.SHOT,
                EventKind.RECOVERY,
                EventKind.BALL_OUT,
            ]
        )
        result = EventResult.NONE
        if kind == EventKind.PASS:
            result = EventResult.COMPLETE if random.uniform() < 0.78 else EventResult.INCOMPLETE
        players = random.integers(1, 12, 2) + 11 * team
        yield Event(
            EventKind(kind),
            result,
            float(t_s),
            float(t_s) + 0.8,
            team,
            int(players[0]),
            int(players[1]) if kind == EventKind.PASS else -1,
            (400.0, 300.0),
            (500.0, 320.0),
            float(random.uniform(0.4, 0.98)),
        )


def _picture(boxes: Boxes) -> bytes:
    image = np.full((HEIGHT, WIDTH, 3), (46, 118, 58), np.uint8)
    image[:, (np.arange(WIDTH) // 90) % 2 == 0] = (50, 126, 64)
    for corners, team in zip(boxes.xyxy.astype(int).tolist(), boxes.team.tolist(), strict=True):
        colour = KITS[team][1][::-1]
        cv2.rectangle(image, tuple(corners[:2]), tuple(corners[2:]), colour, -1)
    done, jpeg = cv2.imencode(".jpg", cv2.resize(image, (960, 540)))
    assert done
    return jpeg.tobytes()
