"""MatchState: the whole of what the next batch needs, as plain data, and where it is kept.

Every part belongs to one stage, which takes it in its constructor and gives it back from `state()`. Parts hold only
numbers, strings, lists, dicts and further parts, so that JSON carries them without loss: floats keep every bit, NaN
stays NaN, integer keys stay integers. Parts are bounded: nothing here grows with the length of the match.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from pydantic import ConfigDict, TypeAdapter, ValidationError

from tacticeye.errors import StorageError
from tacticeye.match_files import write_bytes
from tacticeye.state_parts import (
    BallFlightState,
    BallPathState,
    BallSearchState,
    CalibrationState,
    CameraState,
    FrameWaiting,
    PlayEventsState,
    PossessionState,
    TeamClassifierState,
    Totals,
    TrackerState,
)
from tacticeye.types import ControlSpan, ControlState, StreamPosition

if TYPE_CHECKING:
    import redis

__all__ = [
    "FileSystemStorage",
    "MatchState",
    "PossessionState",
    "Progress",
    "RedisStorage",
    "SourceFacts",
    "StateStorage",
    "TeamClassifierState",
    "TrackerState",
    "get_default_storage",
]

REDIS_KEPT_S = 24 * 3600
STATE_VERSION = 1


@dataclass(frozen=True)
class Progress:
    """How far the match has been read.

    next_batch   number of the next batch
    position     last decoded frame that was consumed; None before the first
    end_s        s of video covered so far
    is_finished  the whole source was read and flushed
    """

    next_batch: int = 0
    position: StreamPosition | None = None
    end_s: float = 0.0
    is_finished: bool = False


@dataclass(frozen=True)
class SourceFacts:
    """What the container claims; frames and seconds are estimates until everything was decoded (0 unknown)."""

    width: int = 0
    height: int = 0
    fps: float = 0.0
    total_frames: int = 0
    total_seconds: float = 0.0


@dataclass(frozen=True)
class MatchState:
    """All that the next batch needs, committed with each batch. Never edited in place: `dataclasses.replace`."""

    # NaN stays NaN in JSON, here and in all parts below.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(ser_json_inf_nan="constants")

    match_id: str
    version: int = STATE_VERSION
    source: SourceFacts = field(default_factory=SourceFacts)
    progress: Progress = field(default_factory=Progress)
    camera: CameraState = field(default_factory=CameraState)
    calibration: CalibrationState = field(default_factory=CalibrationState)
    tracker: TrackerState = field(default_factory=TrackerState)
    teams: TeamClassifierState = field(default_factory=TeamClassifierState)
    ball_search: BallSearchState = field(default_factory=BallSearchState)
    ball_path: BallPathState = field(default_factory=BallPathState)
    ball_flight: BallFlightState = field(default_factory=BallFlightState)
    waiting: list[FrameWaiting] = field(default_factory=list)
    possession: PossessionState = field(default_factory=PossessionState)
    play_events: PlayEventsState = field(default_factory=PlayEventsState)
    totals: Totals = field(default_factory=Totals)  # of final spans: what further ones are added to
    open_spans: list[ControlSpan] = field(default_factory=list)  # what follows them so far, and may still change

    @property
    def totals_now(self) -> Totals:
        """With the spans still open: what is shown."""
        return self.totals.with_spans(self.open_spans)

    def to_json(self) -> str:
        """Text from which `from_json` makes an equal state, bit for bit."""
        return _ADAPTER.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Raises pydantic.ValidationError where the text isn't a state of this version."""
        state = _ADAPTER.validate_json(text)
        assert isinstance(state, cls)
        return state

    def save_to_file(self, path: Path) -> None:
        """Write as JSON, whole or not at all. Raises StorageError."""
        write_bytes(path, self.to_json().encode())

    @classmethod
    def load_from_file(cls, path: Path) -> Self:
        """Raises StorageError where there is no such file, or it holds no state."""
        try:
            return cls.from_json(path.read_bytes())
        except OSError as error:
            raise StorageError(path, f"the state can't be read ({error.strerror}).") from error
        except ValidationError as error:
            raise StorageError(path, "this is no state of a match; resuming the match writes it anew.") from error

    def get_summary(self, status: str | None = None) -> dict[str, Any]:
        """The figures of the match so far as plain JSON types, in the shape the API and the CLI print.

        status: as derived from the match's files; without it, "finished" or "stopped" as the state alone can tell.
        Shares are of the time in which a team is in control; None while there is none.
        """
        totals, progress = self.totals_now, self.progress
        seconds = {state: totals.seconds_by_state.get(state, 0.0) for state in ControlState}
        in_control = {team: seconds[ControlState.of_team(team)] for team in (0, 1)}
        total = sum(in_control.values())
        complete = {team: totals.passes_complete_by_team.get(team, 0) for team in (0, 1)}
        attempted = {team: totals.passes_attempted_by_team.get(team, 0) for team in (0, 1)}
        return {
            "match_id": self.match_id,
            "status": status or ("finished" if progress.is_finished else "stopped"),
            "progress": {
                "total_frames": progress.position.frame + 1 if progress.position else 0,
                "total_seconds": round(progress.end_s, 3),
                "last_batch": progress.next_batch - 1,
            },
            "possession": {
                "current_team": totals.current_state.team,
                "current_player": totals.current_track,
                "percent_by_team": {t: round(100 * s / total, 1) if total else None for t, s in in_control.items()},
                "seconds_by_team": {t: round(s, 2) for t, s in in_control.items()},
                "seconds_contested": round(seconds[ControlState.CONTESTED], 2),
                "seconds_dead": round(seconds[ControlState.DEAD], 2),
                "seconds_unseen": round(seconds[ControlState.UNSEEN], 2),
                "seconds_not_live": round(seconds[ControlState.NOT_LIVE], 2),
            },
            "passes": {"by_team": complete, "attempted_by_team": attempted, "total": sum(complete.values())},
            "teams": {
                "total_players": sum(totals.active_tracks_by_team.get(t, 0) for t in (0, 1)),
                "players_by_team": {t: totals.active_tracks_by_team.get(t, 0) for t in (0, 1)},
            },
            "tracking": {"active_tracks": totals.active_tracks, "total_ids": totals.total_ids},
        }


_ADAPTER: TypeAdapter[MatchState] = TypeAdapter(MatchState)


class StateStorage(Protocol):
    """Where the readable copy of each match's state is kept. The truth is in the match's database."""

    def save(self, state: MatchState) -> None: ...

    def load(self, match_id: str) -> MatchState | None: ...


class FileSystemStorage:
    """`<matches>/<id>/state.json`, one writer each."""

    def __init__(self, matches_dir: Path) -> None:
        self._matches_dir = matches_dir

    def save(self, state: MatchState) -> None:
        """Raises StorageError."""
        state.save_to_file(self._matches_dir / state.match_id / "state.json")

    def load(self, match_id: str) -> MatchState | None:
        """The saved state, or None where there is none. Raises StorageError where it can't be read."""
        path = self._matches_dir / match_id / "state.json"
        return MatchState.load_from_file(path) if path.exists() else None


class RedisStorage:
    """A key of a Redis server a match, for hosts that share no disk. Kept for a day after it was last written."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    @classmethod
    def at(cls, url: str) -> Self:
        import redis

        return cls(redis.Redis.from_url(url))

    def save(self, state: MatchState) -> None:
        """May raise redis.RedisError."""
        self._client.set(self._key(state.match_id), state.to_json(), ex=REDIS_KEPT_S)

    def load(self, match_id: str) -> MatchState | None:
        """The saved state, or None where there is none."""
        found: Any = self._client.get(self._key(match_id))
        return MatchState.from_json(found) if found else None

    def forget(self, match_id: str) -> None:
        self._client.delete(self._key(match_id))

    @staticmethod
    def _key(match_id: str) -> str:
        return f"tacticeye:match:{match_id}:state"


def get_default_storage(data_dir: Path) -> StateStorage:
    """The storage that fits this machine: the data folder."""
    return FileSystemStorage(data_dir / "matches")
