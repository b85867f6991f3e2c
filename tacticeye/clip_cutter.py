"""Cuts the moments of events out of a match's video. Heavy half: for a process of its own.

Each clip is encoded anew, so that it begins at its very moment rather than at the key frame before.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Collection, Mapping
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd

from tacticeye.corrected_match import read_overrides
from tacticeye.corrections import correct_events
from tacticeye.errors import ExportError
from tacticeye.match_files import MatchFolder
from tacticeye.store import MatchStore
from tacticeye.types import Image
from tacticeye.video_sources import LocalFileSource
from tacticeye.video_writer import FINE_TICK, VideoWriter

# More than anybody looks through; a whole match is for the player on the pages.
MAX_CLIPS = 200
BEFORE_S, AFTER_S = 2.0, 3.0


def write_clips(
    folder: MatchFolder,
    out: Path,
    kinds: Collection[str] = (),
    teams: Collection[int] = (),
    events: Collection[int] = (),
    before_s: float = BEFORE_S,
    after_s: float = AFTER_S,
) -> int:
    """A zip of one MP4 an event; empty filters take all. Returns how many. Raises ExportError, StorageError."""
    video = folder.find_video()
    if video is None:
        raise ExportError("The video of this match isn't here any more, so no clips can be cut.")
    chosen = _chosen(folder, kinds, teams, events)
    if chosen.empty:
        raise ExportError("No event of this kind was found, so there is nothing to cut.")
    if len(chosen) > MAX_CLIPS:
        raise ExportError(f"These are {len(chosen)} clips; narrow the choice to {MAX_CLIPS} at most.")
    draft = out.with_name(f".{out.name}.part")
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        clips = [
            _cut(video, Path(scratch), row, before_s, after_s, number)
            for number, row in enumerate(chosen.to_dict("records"), start=1)
        ]
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
            for clip in clips:
                archive.write(clip, clip.name)
    draft.replace(out)
    return len(clips)


def _chosen(
    folder: MatchFolder, kinds: Collection[str], teams: Collection[int], events: Collection[int]
) -> pd.DataFrame:
    with MatchStore(folder.path).read() as snapshot:
        found = correct_events(snapshot.events(), read_overrides(folder)).sort_values("t_start_s")
    found = found[found["kind"].isin(kinds)] if kinds else found
    found = found[found["team"].isin(teams)] if teams else found
    return found[found["event_id"].isin(events)] if events else found


def _cut(video: Path, scratch: Path, event: Mapping[Any, Any], before_s: float, after_s: float, number: int) -> Path:
    start_s = max(float(str(event["t_start_s"])) - before_s, 0.0)
    end_s = float(str(event["t_end_s"])) + after_s
    clock = f"{int(start_s) // 60:02d}-{int(start_s) % 60:02d}"
    clip = scratch / f"{number:03d}_{clock}_{str(event['kind']).lower()}_team{event['team']}.mp4"
    with LocalFileSource(video) as source, closing(source.read_between(start_s, end_s)) as frames:
        first = next(frames, None)
        if first is None:
            raise ExportError(f"The video has no picture at {clock.replace('-', ':')}.")
        height, width = _even(first.to_bgr()).shape[:2]
        with VideoWriter(clip, (width, height), 1 / FINE_TICK) as writer:
            for frame in chain((first,), frames):
                writer.write(_even(frame.to_bgr()), frame.t_s - first.t_s)
    return clip


def _even(image: Image) -> Image:
    """Without the last row or column where there is an odd number of them."""
    return image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
