"""The part of the facade that is about the pitch: heat in metres, the radar, calibration by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tacticeye.library import MatchCard
from tacticeye.match_files import MatchFolder
from tacticeye.pitch import PitchLayout, pitch_layout_of

if TYPE_CHECKING:
    import pandas as pd

    from tacticeye.pitch_views import PitchHeatView, RadarView


class PitchService:
    """Questions about the pitch of matches. status, folder: as the service answers them, with its errors."""

    def __init__(self, status: Callable[[str], MatchCard], folder: Callable[[str], MatchFolder]) -> None:
        self._status = status
        self._folder = folder

    def heat(
        self,
        match_id: str,
        team: int | None = None,
        track: int | None = None,
        minutes: tuple[int, int] | None = None,
        in_possession: bool | None = None,
    ) -> PitchHeatView:
        """Where on the pitch a team, a player or everybody was, in metres, and what the camera showed."""
        from tacticeye import pitch_views

        return pitch_views.read_heat(
            self._status(match_id), self._folder(match_id), team, track, minutes, in_possession
        )

    def stays(
        self, match_id: str, cell: tuple[int, int], reach_m: float, team: int | None = None, track: int | None = None
    ) -> pd.DataFrame:
        """Who stood within reach_m of a cell (x, y) of the pitch, and when: track, start_s, end_s."""
        from tacticeye import pitch_views

        return pitch_views.read_stays(self._folder(match_id), cell, reach_m, team, track)

    def layout(self, match_id: str) -> PitchLayout:
        """Size and markings of the match's pitch."""
        from tacticeye.store import MatchStore

        with MatchStore(self._folder(match_id).path).read() as snapshot:
            return pitch_layout_of(snapshot.match().config_json)

    def radar(self, match_id: str, t0_s: float, t1_s: float) -> RadarView:
        """Everybody on the pitch from t0_s up to t1_s."""
        from tacticeye import pitch_views

        return pitch_views.read_radar(self._status(match_id), self._folder(match_id), t0_s, t1_s)
