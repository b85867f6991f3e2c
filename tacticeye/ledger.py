"""What users corrected in a match: an append-only file in its folder, one JSON object a line, never rewritten.

Detected results are never touched; corrections.py lays these entries over them when they are read. An entry is taken
back by a further entry. Whoever appends holds the file's lock and syncs it to the disk; a line that a power cut left
half written is passed over by readers and closed by the next writer.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from tacticeye.errors import CorrectionError
from tacticeye.match_files import MatchFolder, storage_error
from tacticeye.types import EventResult, Role

LEDGER_NAME = "corrections.jsonl"

# Ids for the later halves of split tracks, far above those that a tracker gives.
FIRST_SPLIT_TRACK = 1_000_000

Track = Annotated[int, Field(ge=0)]
Team = Literal[-1, 0, 1]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Name = Annotated[str, Field(max_length=60)]
Colour = Annotated[str, Field(pattern=r"^(#[0-9a-f]{6})?$")]


@dataclass(frozen=True)
class MergeTracks:
    """`track` is the same person as `into`."""

    track: Track
    into: Track
    op: Literal["merge_tracks"] = "merge_tracks"


@dataclass(frozen=True)
class SplitTrack:
    """From t_s on, `track` is somebody else, who gets the id `new_track`."""

    track: Track
    t_s: Seconds
    new_track: Annotated[int, Field(ge=FIRST_SPLIT_TRACK)]
    op: Literal["split_track"] = "split_track"


@dataclass(frozen=True)
class NamePlayer:
    """Name and shirt number of a track; empty and -1 take them away."""

    track: Track
    name: Name = ""
    number: Annotated[int, Field(ge=-1, le=99)] = -1
    op: Literal["name_player"] = "name_player"


@dataclass(frozen=True)
class PinPlayer:
    """Team or role of a track, whatever was detected; None leaves it to the detection."""

    track: Track
    team: Team | None = None
    role: Role | None = None
    op: Literal["pin_player"] = "pin_player"


@dataclass(frozen=True)
class SwapTeams:
    """Team 0 is team 1 and the other way round."""

    op: Literal["swap_teams"] = "swap_teams"


@dataclass(frozen=True)
class NameTeam:
    """Name and colour ('#rrggbb') of a team; empty for the usual ones."""

    team: Literal[0, 1]
    name: Name = ""
    colour: Colour = ""
    op: Literal["name_team"] = "name_team"


@dataclass(frozen=True)
class RejectEvent:
    """The detected event of that id did not happen."""

    event_id: int
    op: Literal["reject_event"] = "reject_event"


@dataclass(frozen=True)
class AddPass:
    """A pass that was missed. Players by the ids shown, -1 unknown."""

    team: Literal[0, 1]
    t_start_s: Seconds
    t_end_s: Seconds
    track_from: Annotated[int, Field(ge=-1)] = -1
    track_to: Annotated[int, Field(ge=-1)] = -1
    result: EventResult = EventResult.COMPLETE
    op: Literal["add_pass"] = "add_pass"


@dataclass(frozen=True)
class NotLive:
    """A stretch that is no live play: a replay, a break, the warm-up."""

    start_s: Seconds
    end_s: Seconds
    op: Literal["not_live"] = "not_live"


@dataclass(frozen=True)
class Period:
    """A stretch of play without a change of ends. to_right: the team that attacks towards x = length, -1 not known."""

    start_s: Seconds
    end_s: Seconds
    to_right: Team = -1


def _in_order(periods: tuple[Period, ...]) -> tuple[Period, ...]:
    if any(period.end_s <= period.start_s for period in periods):
        raise ValueError("a period ends after it begins")
    if any(later.start_s < earlier.end_s for earlier, later in pairwise(periods)):
        raise ValueError("a period begins after the one before it has ended")
    return periods


@dataclass(frozen=True)
class SetPeriods:
    """The periods of play in order, in place of what was said of them before; none: nothing is known of them."""

    periods: Annotated[tuple[Period, ...], Field(max_length=8), AfterValidator(_in_order)] = ()
    op: Literal["set_periods"] = "set_periods"


@dataclass(frozen=True)
class FirstEnds:
    """Which team attacks towards x = length in the first period, said before there were any: for the guess of periods.

    It belongs to the team's name and stays with it when detected teams are swapped.
    """

    to_right: Literal[0, 1]
    op: Literal["first_ends"] = "first_ends"


@dataclass(frozen=True)
class TagEvent:
    """A tag of the analyst's (1 to 5; 0 takes it away) on an event."""

    event_id: int
    tag: Annotated[int, Field(ge=0, le=5)]
    op: Literal["tag_event"] = "tag_event"


@dataclass(frozen=True)
class Note:
    """What the analyst writes down at a moment of the video."""

    t_s: Seconds
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    op: Literal["note"] = "note"


@dataclass(frozen=True)
class Undo:
    """The entry of that number counts no longer; undoing an undo brings it back."""

    number: int
    op: Literal["undo"] = "undo"


Correction = (
    MergeTracks | SplitTrack | NamePlayer | PinPlayer | SwapTeams | NameTeam | RejectEvent | AddPass | NotLive
    | SetPeriods | FirstEnds | TagEvent | Note | Undo
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """number: from 1, in order of writing. at: wall time, s."""

    number: int
    at: float
    correction: Annotated[Correction, Field(discriminator="op")]


_ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)


def read_entries(folder: MatchFolder) -> list[Entry]:
    """All entries in order; none where nothing was ever corrected. Raises StorageError."""
    path = folder.path / LEDGER_NAME
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise storage_error(path, error) from error
    return [entry for line in content.splitlines() if (entry := _entry(line)) is not None]


def append(folder: MatchFolder, correction: Correction) -> Entry:
    """Writes one entry down for good and returns it. Raises CorrectionError for values out of range, StorageError."""
    _check(correction)
    path = folder.path / LEDGER_NAME
    try:
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            content = file.read()
            entries = [entry for line in content.splitlines() if (entry := _entry(line)) is not None]
            number = entries[-1].number + 1 if entries else 1
            line = _ENTRY.dump_json(Entry(number, time.time(), correction))
            file.write(line + b"\n" if not content or content.endswith(b"\n") else b"\n" + line + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise storage_error(path, error) from error
    return _ENTRY.validate_json(line)


def in_force(entries: Sequence[Entry]) -> list[Entry]:
    """Those that count, in order, without the undone and the undos."""
    undone: set[int] = set()
    for entry in reversed(entries):
        if isinstance(entry.correction, Undo) and entry.number not in undone:
            undone.add(entry.correction.number)
    return [e for e in entries if e.number not in undone and not isinstance(e.correction, Undo)]


def next_split_track(entries: Sequence[Entry]) -> int:
    """An id that no split has had."""
    used = [e.correction.new_track for e in entries if isinstance(e.correction, SplitTrack)]
    return max(used, default=FIRST_SPLIT_TRACK - 1) + 1


def version(folder_path: Path) -> int:
    """A number that changes with every entry: for those who remember what they have read."""
    try:
        return (folder_path / LEDGER_NAME).stat().st_size
    except OSError:
        return 0


def _check(correction: Correction) -> None:
    """Values made by a program are not checked when a dataclass is made, only when it is read."""
    try:
        _ENTRY.validate_json(_ENTRY.dump_json(Entry(1, 0.0, correction)))
    except ValidationError as error:
        first = error.errors()[0]
        raise CorrectionError(str(first["loc"][-1]), first["msg"]) from error


def _entry(line: bytes) -> Entry | None:
    try:
        return _ENTRY.validate_json(line)
    except ValidationError:
        return None
