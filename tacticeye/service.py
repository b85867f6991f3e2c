"""The facade: what pages, command line and API call about matches.

It opens fast: nothing heavy is imported, a worker is only launched as a process. Every method takes a plain match id
and raises nothing but children of TacticEyeError. Questions about results are answered in one transaction each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tacticeye import ledger, library, render_job
from tacticeye.capacity import Limit as Limit
from tacticeye.capacity import Room as Room
from tacticeye.config import PRESETS, AnalysisConfig, Settings, SourceType
from tacticeye.demo import demo_video
from tacticeye.errors import SourceError
from tacticeye.ledger import Correction, Entry
from tacticeye.library import MatchCard as MatchCard
from tacticeye.library import create_match as create_match
from tacticeye.match_files import MatchFolder
from tacticeye.match_queue import ask_to_run, ask_to_stop, look_for_room, tend
from tacticeye.pitch_service import PitchService
from tacticeye.render_job import RenderStatus as RenderStatus
from tacticeye.source_links import guess_source_type as guess_source_type
from tacticeye.uploads import UploadShelf

if TYPE_CHECKING:
    import pandas as pd

    from tacticeye.corrections import Overrides
    from tacticeye.match_listings import EventFilter, Page, PositionFilter, PossessionFigures
    from tacticeye.match_views import EventsView, HeatmapView, LiveView
    from tacticeye.people_views import PassFigures, PeopleView
    from tacticeye.sql_console import QueryResult
    from tacticeye.trust_figures import TrustScore
    from tacticeye.types import EventKind


# Enough to find one of each preset; older ones are of older versions.
_SPEED_MATCHES = 20
KEPT_NOWHERE = "matches are analysed on other hosts here, which keep no stream: start it without keeping the stream."


class Service:
    """All about the matches of one data folder. Holds nothing but its settings, so any number of them may exist."""

    def __init__(self, settings: Settings) -> None:
        self._data_dir = settings.data_dir.absolute()
        self._settings = settings

    @classmethod
    def from_environment(cls) -> Service:
        """Raises ConfigurationError."""
        return cls(Settings.from_environment())

    @property
    def _works_elsewhere(self) -> bool:
        return bool(self._settings.broker_url)

    @property
    def data_dir(self) -> Path:
        return self._data_dir

    @property
    def can_keep_streams(self) -> bool:
        """Whether a live stream can be kept as a video. Where other hosts read it, nothing but results comes back."""
        return not self._works_elsewhere

    @property
    def uploads(self) -> UploadShelf:
        """Uploads that come in parts, before a match takes them over."""
        return UploadShelf(self._data_dir, self._settings.upload_mb)

    def list_matches(self) -> list[MatchCard]:
        """All matches, newest first."""
        return library.list_cards(self._data_dir)

    def status(self, match_id: str) -> MatchCard:
        """The card of one match. Raises InvalidMatchIdError, MatchNotFoundError."""
        return library.read_card(self._data_dir, self._existing(match_id))

    def summary(self, match_id: str) -> dict[str, Any]:
        """`MatchState.get_summary()` of the last finished batch, as corrected, with the status of now."""
        from tacticeye import match_views

        return match_views.read_summary(self.status(match_id), self._existing(match_id))

    def create_match(self, config: AnalysisConfig, match_id: str | None = None, title: str = "") -> str:
        """A new match that doesn't run yet: see the function of that name. Returns its id. Raises SourceError."""
        if config.keep_stream and not self.can_keep_streams:
            raise SourceError(config.source_url, KEPT_NOWHERE)
        allow_private = self._settings.allow_private_sources
        return create_match(self._data_dir, config, match_id, title, allow_private=allow_private)

    def add_file(self, source: Path, preset: str = "vod", title: str = "", **overrides: Any) -> str:
        """A new match of a video file, started. overrides: fields of AnalysisConfig. Returns its id."""
        match_id = self.create_match(AnalysisConfig.preset(preset, source_url=str(source), **overrides), title=title)
        self.start(match_id)
        return match_id

    def add_link(
        self,
        link: str,
        preset: str = "vod",
        source_type: SourceType | None = None,
        match_id: str | None = None,
        title: str = "",
        **overrides: Any,
    ) -> str:
        """A new match of a link, started. source_type: None guesses it. Returns its id. Raises SourceError."""
        kind = source_type or guess_source_type(link)
        if kind in (SourceType.UPLOADED_FILE, SourceType.TRACKING_DATA):
            raise SourceError(link, "this is no link: it should begin with https://, http:// or rtmp://.")
        config = AnalysisConfig.preset(preset, source_type=kind, source_url=link, **overrides)
        created = self.create_match(config, match_id, title)
        self.start(created)
        return created

    def add_finished_upload(
        self, file_id: str, preset: str = "vod", match_id: str | None = None, title: str = "", **overrides: Any
    ) -> str:
        """A new match of an upload that came in parts, started. Raises UploadNotFoundError, UploadConflictError."""
        config = AnalysisConfig.preset(preset, **overrides)
        created = library.create_from_upload(self._data_dir, config, self.uploads.get(file_id), match_id, title)
        self.start(created)
        return created

    def add_demo(self, preset: str = "vod", title: str = "Demo match", **overrides: Any) -> str:
        """Analyses the demo match that ships with TacticEYE. Returns the id."""
        return self.add_file(demo_video(), preset, title, **overrides)

    def start(self, match_id: str) -> None:
        """Has the match analysed, now or when its turn comes; from where it stopped, if it was begun before."""
        ask_to_run(self._data_dir, self._existing(match_id))
        self.tend()

    def resume(self, match_id: str) -> None:
        """Goes on after a stop, a crash or a failure. The same as start: a match knows how far it is."""
        self.start(match_id)

    def stop(self, match_id: str) -> None:
        """Has it end after the batch in hand, or leave the queue. Nothing happens where it stands already."""
        ask_to_stop(self._data_dir, self._existing(match_id))
        self.tend()

    def delete(self, match_id: str) -> None:
        """Deletes the match with its results and its upload. Raises MatchBusyError while it runs."""
        library.delete_match(self._data_dir, self._existing(match_id))

    def discard_if_empty(self, match_id: str) -> None:
        """Deletes a match of which not a single batch was analysed."""
        from tacticeye import match_views

        if not match_views.has_results(self._existing(match_id)):
            self.delete(match_id)

    def tend(self) -> list[str]:
        """Starts what is due in the queue; cheap, for pages to call at every poll. Returns the ids started."""
        return tend(self._data_dir, self._settings.max_workers, is_elsewhere=self._works_elsewhere)

    def find_room(self) -> Room:
        """How many matches can be analysed at a time, and what limits that."""
        if self._works_elsewhere:
            return Room(self._settings.max_workers, Limit.SETTING)
        return look_for_room(self._data_dir, self._settings.max_workers)

    def correct(self, match_id: str, correction: Correction) -> Entry:
        """Writes a user's correction into the match's ledger; figures follow at the next look. Raises StorageError."""
        return ledger.append(self._existing(match_id), correction)

    def corrections(self, match_id: str) -> list[Entry]:
        """The ledger in order, undos included."""
        return ledger.read_entries(self._existing(match_id))

    def overrides(self, match_id: str) -> Overrides:
        """The corrections in force, folded."""
        # Imported here because pandas takes long to load, and listing matches needs none of it.
        from tacticeye.corrections import fold

        return fold([entry.correction for entry in ledger.in_force(self.corrections(match_id))])

    def live_view(self, match_id: str) -> LiveView:
        """All that the Live page shows."""
        from tacticeye import match_views

        return match_views.read_live(self.status(match_id), self._existing(match_id))

    def has_video(self, match_id: str) -> bool:
        """Whether there is a video file to play; tracking data and streams have none."""
        from tacticeye.video_route import find_video

        return find_video(self._data_dir, match_id) is not None

    def metrics(self, match_id: str) -> pd.DataFrame:
        """Figures by minute, team and player, as corrected: minute, team, track (-1: of the team), name, value."""
        from tacticeye import corrected_metrics

        return corrected_metrics.read_metrics(self._existing(match_id))

    def trust_score(self, match_id: str) -> TrustScore | None:
        """How far the figures can be trusted, at their weakest point; None while there is nothing to go by."""
        from tacticeye import trust_views

        return trust_views.read_score(self._existing(match_id))

    def events_view(
        self, match_id: str, kinds: Sequence[EventKind] | None = None, teams: Sequence[int] | None = None
    ) -> EventsView:
        """All that the Events page shows; None: all kinds, all teams."""
        from tacticeye import match_views

        return match_views.read_events(self.status(match_id), self._existing(match_id), kinds, teams)

    def heatmap_view(
        self,
        match_id: str,
        team: int | None = None,
        track: int | None = None,
        minutes: tuple[int, int] | None = None,
    ) -> HeatmapView:
        """All that the Heatmap page shows, of a team, a track, or everybody; minutes: from, to (exclusive)."""
        from tacticeye import match_views

        return match_views.read_heatmap(self.status(match_id), self._existing(match_id), team, track, minutes)

    def events_page(self, match_id: str, wanted: EventFilter) -> Page:
        """Events and changes of possession as rows, with how many there are in all."""
        from tacticeye import match_listings

        return match_listings.read_events(self._existing(match_id), wanted)

    def positions_page(self, match_id: str, wanted: PositionFilter) -> Page:
        """People as rows, with how many there are in all."""
        from tacticeye import match_listings

        return match_listings.read_positions(self._existing(match_id), wanted)

    def possession_figures(self, match_id: str) -> PossessionFigures:
        """Who had the ball when, and how that added up over the minutes."""
        from tacticeye import match_listings

        return match_listings.read_possession(self._existing(match_id))

    def batch_stats(self, match_id: str, after: int) -> dict[int, dict[str, float]]:
        """chunk_stats by number of the batches that follow batch `after`."""
        from tacticeye import match_listings

        return match_listings.read_batch_stats(self._existing(match_id), after)

    def start_render(self, match_id: str) -> RenderStatus:
        """Has the annotated video drawn in the background; see render_status."""
        return render_job.start_render(self._data_dir, self._existing(match_id))

    def render_status(self, match_id: str) -> RenderStatus:
        """How far the annotated video is, and where it lies once it is done."""
        return render_job.render_status(self._existing(match_id))

    def video_path(self, match_id: str) -> Path | None:
        """The file with its pictures: given, downloaded or kept of a stream; None where there is none."""
        return self._existing(match_id).find_video()

    def preview_path(self, match_id: str) -> Path | None:
        """The newest annotated frame; None before there is one."""
        preview = self._existing(match_id).preview
        return preview if preview.is_file() else None

    def query(self, match_id: str, query: str) -> QueryResult:
        """Asks the match's database in SQL, in a process that can't write. Raises QueryError."""
        from tacticeye import sql_console

        return sql_console.ask(self._existing(match_id), query)

    def database_columns(self, match_id: str) -> pd.DataFrame:
        """The tables of the match's database: table_name, column_name, data_type. Raises StorageError."""
        from tacticeye.store import MatchStore

        with MatchStore(self._existing(match_id).path).read() as snapshot:
            return snapshot.columns()

    def measured_speeds(self) -> dict[str, float]:
        """By preset: multiples of real time of the newest recording that was analysed with it on this machine."""
        speeds: dict[str, float] = {}
        for card in self.list_matches()[:_SPEED_MATCHES]:
            folder = self._existing(card.match_id)
            progress = folder.read_progress()
            is_recording = progress is not None and math.isnan(progress.lag_s)  # a live stream sets the pace itself
            if card.speed > 0 and is_recording:
                config = folder.read_config()
                name = next((n for n, p in PRESETS.items() if all(getattr(config, f) == v for f, v in p.items())), "")
                speeds.setdefault(name, card.speed)
        return {name: speed for name, speed in speeds.items() if name}

    def is_demo(self, match_id: str) -> bool:
        """Whether it is an analysis of the demo match that ships with TacticEYE."""
        return Path(self._existing(match_id).read_config().source_url) == demo_video()

    @property
    def pitch(self) -> PitchService:
        """All about the pitch of matches."""
        return PitchService(self._existing)

    def stamp(self, match_id: str) -> tuple[int, ...]:
        """Changes with whatever is committed or corrected of the match."""
        folder = self._existing(match_id)
        paths = (folder.database, folder.database.with_name(folder.database.name + ".wal"))
        return (*(path.stat().st_mtime_ns if path.exists() else 0 for path in paths), ledger.version(folder.path))

    def people_view(self, match_id: str) -> PeopleView:
        """All that the Passes and Players pages show."""
        from tacticeye import people_views

        return people_views.read_people(self.status(match_id), self._existing(match_id))

    def pass_figures(self, match_id: str) -> PassFigures:
        """Who passes to whom, strings of passes and tempo, of both teams."""
        from tacticeye import people_views

        return people_views.read_pass_figures(self._existing(match_id))

    def _existing(self, match_id: str) -> MatchFolder:
        return MatchFolder.existing(self._data_dir, match_id)
