"""The exact truth of a rendered match, in files beside the video NAME.mp4.

NAME.truth.json         teams, ball at every frame, control, passes, events, boxes on every 25th frame, cuts;
                        x, y px, t seconds. Control: A, B, dead (from the ball going out to the restart's release),
                        not_live_view (the replay). During the replay the ball counts as not visible and no boxes are
                        listed: its places belong to another moment.
NAME.tracks.parquet     every person and the ball of every frame, replay included: frame, t_s, x1, y1, x2, y2 (px,
                        within the picture), role (of types.Role), team (0 = A, 1 = B, -1), person (-1 ball),
                        x_m, y_m, z_m (pitch metres of the moment shown; feet, or the ball's centre), visible (share
                        of its pixels that is in the picture and not hidden), inside (share in the picture), is_replay
NAME.homographies.npz   image_to_pitch (T, 3, 3) float64, t_s (T,), is_replay (T,)
NAME.boxes.parquet      what a fair detector might have found: frame, t_s, x1, y1, x2, y2, score, role; with jitter,
                        some misses and low-score false balls
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tacticeye import pitch
from tacticeye.demo.camera import CameraView
from tacticeye.demo.play import Delivery, Play
from tacticeye.demo.scene import BALL_NUMBER, Instance
from tacticeye.types import NO_TEAM, Role

BALL_VISIBLE = 0.35  # share of the ball's pixels from which it counts as visible
PERSON_VISIBLE, PERSON_INSIDE = 0.2, 0.4
_LABEL_EVERY = 25  # frames between those with boxes in the JSON
_PERSON_MISS, _BALL_MISS = 0.02, 0.10
_JITTER = 0.018  # of a box's size, standard deviation of each edge
_STATES = {0: "A", 1: "B", -1: "dead"}


@dataclass(frozen=True, eq=False)
class FrameTruth:
    """What one frame shows."""

    camera: CameraView
    instances: list[Instance]


def write_truth(
    folder: Path, name: str, play: Play, frames: Sequence[FrameTruth], size: tuple[int, int], seed: int
) -> None:
    """Write the four files described above."""
    tracks = tracks_table(play, frames, size)
    columns = dict.fromkeys(("x1", "y1", "x2", "y2", "x_m", "y_m", "z_m", "visible", "inside"), "float32")
    tracks.astype(columns).to_parquet(folder / f"{name}.tracks.parquet", index=False, compression="zstd")
    recorded = recorded_boxes(tracks, frames, size, np.random.default_rng((seed, 104)))
    recorded.to_parquet(folder / f"{name}.boxes.parquet", index=False, compression="zstd")
    np.savez_compressed(
        folder / f"{name}.homographies.npz",
        image_to_pitch=np.array([f.camera.image_to_pitch for f in frames]),
        t_s=np.arange(len(frames)) / play.fps,
        is_replay=np.array([play.is_replay(i) for i in range(len(frames))]),
    )
    text = json.dumps(truth_document(name, play, frames, tracks, size, seed), separators=(",", ":"))
    (folder / f"{name}.truth.json").write_text(text + "\n")


def tracks_table(play: Play, frames: Sequence[FrameTruth], size: tuple[int, int]) -> pd.DataFrame:
    """One row for everything that touches the picture, ordered by frame and person; columns as above."""
    rows: list[tuple[float, ...]] = []
    for number, frame in enumerate(frames):
        moment = play.moment(number)
        poses, ball = play.poses(moment), play.ball_at(moment)
        for instance in sorted(frame.instances, key=lambda i: i.number):
            x1, x2 = np.clip(instance.box[0::2], 0, size[0])
            y1, y2 = np.clip(instance.box[1::2], 0, size[1])
            if x2 - x1 < 1 or y2 - y1 < 1:
                continue
            if instance.number == BALL_NUMBER:
                role, team, place = Role.BALL, NO_TEAM, (ball[0], ball[1], ball[2])
            else:
                member, pose = play.members[instance.number], poses[instance.number]
                role, team, place = member.role, member.team, (pose.x, pose.y, 0.0)
            rows.append((number, number / play.fps, x1, y1, x2, y2, int(role), team, instance.number, *place,
                         instance.visible, play.is_replay(number), instance.inside))  # fmt: skip
    names = ("frame", "t_s", "x1", "y1", "x2", "y2", "role", "team", "person", "x_m", "y_m", "z_m", "visible",
             "is_replay", "inside")  # fmt: skip
    table = pd.DataFrame(rows, columns=list(names))
    kinds = {"frame": "int64", "role": "int8", "team": "int8", "person": "int16", "is_replay": "bool"}
    return table.astype(kinds)


def recorded_boxes(
    tracks: pd.DataFrame, frames: Sequence[FrameTruth], size: tuple[int, int], rng: np.random.Generator
) -> pd.DataFrame:
    """The visible people and balls with a detector's faults: jitter, misses, and balls where there are only spots."""
    is_ball = (tracks["role"] == Role.BALL).to_numpy()
    seen = tracks["visible"].to_numpy()
    is_found = np.where(is_ball, seen >= BALL_VISIBLE, (seen >= PERSON_VISIBLE) & (tracks["inside"] >= PERSON_INSIDE))
    is_found &= rng.random(len(tracks)) > np.where(is_ball, _BALL_MISS, _PERSON_MISS)
    found = tracks.loc[is_found, ["frame", "t_s", "x1", "y1", "x2", "y2", "role"]].copy()
    sides = found[["x2", "y2"]].to_numpy() - found[["x1", "y1"]].to_numpy()
    edges = found[["x1", "y1", "x2", "y2"]].to_numpy() + rng.normal(0, _JITTER, (len(found), 4)) * np.tile(sides, 2)
    found[["x1", "y1", "x2", "y2"]] = np.clip(edges, 0, np.tile(size, 2)).astype(np.float32)
    share = seen[is_found]
    people = np.clip(rng.normal(0.84, 0.06, len(found)) * (0.55 + 0.45 * share), 0.26, 0.97)
    balls = np.clip(rng.normal(0.58, 0.14, len(found)), 0.12, 0.92)
    found["score"] = np.where(is_ball[is_found], balls, people).astype(np.float32)
    table = pd.concat([found, _false_balls(frames, size, rng, tracks)], ignore_index=True)
    table = table.sort_values(["frame", "score"], ascending=[True, False], kind="stable", ignore_index=True)
    table[["x1", "y1", "x2", "y2", "score"]] = table[["x1", "y1", "x2", "y2", "score"]].astype("float32")
    return table[["frame", "t_s", "x1", "y1", "x2", "y2", "score", "role"]].astype({"role": "int8", "frame": "int64"})


def _false_balls(
    frames: Sequence[FrameTruth], size: tuple[int, int], rng: np.random.Generator, tracks: pd.DataFrame
) -> pd.DataFrame:
    """Penalty and centre spots taken for balls in one frame of six, and stray specks in one of twenty."""
    spots = np.array([(pitch.PENALTY_SPOT_M, pitch.MIDDLE_Y_M, 0.0), (pitch.MIDDLE_X_M, pitch.MIDDLE_Y_M, 0.0),
                      (pitch.LENGTH_M - pitch.PENALTY_SPOT_M, pitch.MIDDLE_Y_M, 0.0)])  # fmt: skip
    times = tracks.drop_duplicates("frame").set_index("frame")["t_s"]
    rows = []
    for number, frame in enumerate(frames):
        places = frame.camera.project(spots)
        picked = [p for p in places if not np.isnan(p).any() and rng.random() < 0.17]
        if rng.random() < 0.05:
            picked.append(rng.uniform((0, 0.25 * size[1]), size))
        for x, y in picked:
            if 4 < x < size[0] - 4 and 4 < y < size[1] - 4:
                half = rng.uniform(3, 5.5)
                score = float(np.clip(rng.normal(0.2, 0.06), 0.1, 0.4))
                rows.append((number, float(times.get(number, 0.0)), x - half, y - half, x + half, y + half, score,
                             int(Role.BALL)))  # fmt: skip
    return pd.DataFrame(rows, columns=["frame", "t_s", "x1", "y1", "x2", "y2", "score", "role"])


def truth_document(
    name: str, play: Play, frames: Sequence[FrameTruth], tracks: pd.DataFrame, size: tuple[int, int], seed: int
) -> dict[str, Any]:
    """The content of NAME.truth.json."""
    replay = play.replay
    return {
        "clip": f"{name}.mp4",
        "fps": play.fps,
        "n_frames": play.n_frames,
        "width": size[0],
        "height": size[1],
        "duration_s": play.n_frames / play.fps,
        "seed": seed,
        "teams": {"A": {"name": "Red", "rgb": [190, 30, 44]}, "B": {"name": "White", "rgb": [236, 236, 236]}},
        "attack_direction": {"A": "right", "B": "left"},
        "cuts": [] if replay is None else [replay.first / play.fps, replay.stop / play.fps],
        "control": _control_spans(play),
        "passes": [_pass_entry(d, play, frames) for d in play.deliveries],
        "events": [
            {"kind": str(f.kind), "t": round(f.t_s, 3), "team": _STATES.get(f.team, "dead"), "person": f.person}
            for f in play.facts
        ],
        "ball": _ball_entries(play, tracks),
        "players_visible": _labelled_frames(play, tracks),
    }


def _control_spans(play: Play) -> list[dict[str, Any]]:
    """Contiguous spans; the replay cuts through whatever it covers."""
    cut = None if play.replay is None else (play.replay.first / play.fps, play.replay.stop / play.fps)
    entries = []
    for span in play.control:
        pieces = [(span.start_s, span.end_s)]
        if cut is not None:
            pieces = [(span.start_s, min(span.end_s, cut[0])), (max(span.start_s, cut[1]), span.end_s)]
        entries += [(a, b, _STATES[span.team]) for a, b in pieces if b > a]
    if cut is not None:
        entries.append((*cut, "not_live_view"))
    return [{"t_start": round(a, 3), "t_end": round(b, 3), "state": state} for a, b, state in sorted(entries)]


def _pass_entry(delivery: Delivery, play: Play, frames: Sequence[FrameTruth]) -> dict[str, Any]:
    def seen(t_s: float) -> list[float]:
        number = min(round(t_s * play.fps), play.n_frames - 1)
        place = frames[number].camera.project(play.ball_at(number))
        return [round(float(v), 1) for v in place]

    return {
        "team": _STATES[delivery.team],
        "t_release": round(delivery.t_release_s, 3),
        "t_end": round(delivery.t_end_s, 3),
        "from_xy": seen(delivery.t_release_s),
        "to_xy": seen(delivery.t_end_s),
        "from_xy_m": [round(v, 2) for v in delivery.xy_from],
        "to_xy_m": [round(v, 2) for v in delivery.xy_to],
        "person_from": delivery.person_from,
        "person_to": delivery.person_to,
        "outcome": str(delivery.outcome),
        "kind": delivery.kind,
        "confidence": 1.0,
    }


def _ball_entries(play: Play, tracks: pd.DataFrame) -> list[dict[str, Any]]:
    balls = tracks[tracks["role"] == Role.BALL].set_index("frame")
    centres: NDArray[np.float64] = (balls[["x1", "y1"]].to_numpy() + balls[["x2", "y2"]].to_numpy()) / 2
    place = dict(zip(balls.index.tolist(), zip(centres.tolist(), balls["visible"].tolist(), strict=True), strict=True))
    entries = []
    for number in range(play.n_frames):
        (x, y), share = place.get(number, ([-1.0, -1.0], 0.0))
        is_visible = share >= BALL_VISIBLE and not play.is_replay(number)
        entries.append({"frame": number, "t": round(number / play.fps, 3), "x": round(x, 1), "y": round(y, 1),
                        "visible": is_visible})  # fmt: skip
    return entries


def _labelled_frames(play: Play, tracks: pd.DataFrame) -> list[dict[str, Any]]:
    people = tracks[
        (tracks["person"] >= 0) & (tracks["visible"] >= PERSON_VISIBLE) & (tracks["inside"] >= PERSON_INSIDE)
    ]
    entries = []
    for number in range(0, play.n_frames, _LABEL_EVERY):
        if play.is_replay(number):
            continue
        rows = people[people["frame"] == number]
        boxes = [
            [round(x1, 1), round(y1, 1), round(x2, 1), round(y2, 1), _label(role, team)]
            for x1, y1, x2, y2, role, team in rows[["x1", "y1", "x2", "y2", "role", "team"]].itertuples(index=False)
        ]
        entries.append({"frame": number, "t": round(number / play.fps, 3), "boxes": boxes})
    return entries


def _label(role: int, team: int) -> str:
    if role == Role.REFEREE:
        return "REF"
    side = "A" if team == 0 else "B"
    return f"GK_{side}" if role == Role.GOALKEEPER else side
