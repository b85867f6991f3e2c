"""The part of the facade that is about the pitch: heat in metres, the radar, calibration by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tacticeye.match_files import MatchFolder
from tacticeye.pitch import OUTSIDE_MARGIN_M, PitchLayout, pitch_layout_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tacticeye.hand_calibration import Click, HandFit, HandFrame
    from tacticeye.periods import PeriodGuess
    from tacticeye.pitch_views import HeatChoice, PitchFacts, RadarMoment
    from tacticeye.shape_views import ShapeChoice, ShapeView
    from tacticeye.store.attachment import Connection
    from tacticeye.store.pitch_presence import PitchHeat
    from tacticeye.types import Calibration


def apply_in(connection: Connection) -> int:
    """Write anew what follows from the frames calibrated by hand; returns how many frames they calibrate."""
    from tacticeye.hand_calibration import carried, hand_frame
    from tacticeye.store import Snapshot
    from tacticeye.store.hand_tables import HandRow, apply_hand_frames

    match = Snapshot(connection).match()
    layout = pitch_layout_of(match.config_json)

    def carry(rows: Calibration, frames: Sequence[HandRow]) -> tuple[NDArray[np.intp], Calibration]:
        return carried([hand_frame(row) for row in frames], rows, (match.width, match.height), layout)

    return apply_hand_frames(connection, carry, OUTSIDE_MARGIN_M)


def finish_by_hand(folder: MatchFolder) -> None:
    """At a match's end: what was calibrated by hand while it ran reaches the rest of it too. Raises StorageError."""
    from tacticeye.store import MatchStore
    from tacticeye.store.hand_tables import read_hand_frames

    store = MatchStore(folder.path)
    with store.read() as snapshot:
        if not read_hand_frames(snapshot):
            return
    with store.write() as connection:
        apply_in(connection)


class PitchService:
    """Questions about the pitch of matches. folder: as the service finds it, with its errors."""

    def __init__(self, folder: Callable[[str], MatchFolder]) -> None:
        self._folder = folder

    def facts(self, match_id: str) -> PitchFacts:
        """What of the match each page about the pitch begins with."""
        from tacticeye import pitch_views

        return pitch_views.read_facts(self._folder(match_id))

    def heats(self, match_id: str, choices: Sequence[HeatChoice]) -> tuple[PitchHeat, ...]:
        """Where on the pitch each team or player of a match with results was, in metres, and what the camera showed."""
        from tacticeye import pitch_views

        return pitch_views.read_heats(self._folder(match_id), choices)

    def stays(self, match_id: str, cell: tuple[int, int], reach_m: float, choice: HeatChoice) -> pd.DataFrame:
        """Who stood within reach_m of a cell (x, y) of that heat, and when: track, start_s, end_s."""
        from tacticeye import pitch_views

        return pitch_views.read_stays(self._folder(match_id), cell, reach_m, choice)

    def layout(self, match_id: str) -> PitchLayout:
        """Size and markings of the match's pitch."""
        from tacticeye.store import MatchStore

        with MatchStore(self._folder(match_id).path).read() as snapshot:
            return pitch_layout_of(snapshot.match().config_json)

    def analysed_times(self, match_id: str) -> NDArray[np.float64]:
        """(B,) s: times of the analysed frames, of which one can be calibrated by hand."""
        from tacticeye.store import MatchStore
        from tacticeye.store.pitch_tables import read_analysed_times

        with MatchStore(self._folder(match_id).path).read() as snapshot:
            return read_analysed_times(snapshot)

    def picture_size(self, match_id: str) -> tuple[int, int]:
        """Width and height of the match's frames, px."""
        from tacticeye.store import MatchStore

        with MatchStore(self._folder(match_id).path).read() as snapshot:
            match = snapshot.match()
            return match.width, match.height

    def fit_by_hand(self, match_id: str, clicks: Sequence[Click]) -> HandFit:
        """The camera behind clicks on one frame. Raises ValueError with a sentence for the user."""
        from tacticeye.hand_calibration import fit_clicks

        return fit_clicks(clicks, self.picture_size(match_id), self.layout(match_id))

    def hand_frames(self, match_id: str) -> list[HandFrame]:
        """Frames calibrated by hand."""
        from tacticeye.hand_calibration import hand_frame
        from tacticeye.store import MatchStore
        from tacticeye.store.hand_tables import read_hand_frames

        with MatchStore(self._folder(match_id).path).read() as snapshot:
            return [hand_frame(row) for row in read_hand_frames(snapshot)]

    def save_by_hand(self, match_id: str, t_s: float, clicks: Sequence[Click]) -> int:
        """Keep clicks on the analysed frame at t_s, and calibrate, place and count anew what they tell.

        Returns how many frames are calibrated by hand now. Raises ValueError for clicks that give no camera,
        StorageError.
        """
        from tacticeye.hand_calibration import fit_clicks
        from tacticeye.store import MatchStore, Snapshot, read_calibration
        from tacticeye.store.hand_tables import write_hand_frame

        fit_clicks(clicks, self.picture_size(match_id), self.layout(match_id))
        with MatchStore(self._folder(match_id).path).write() as connection:
            rows = read_calibration(Snapshot(connection))
            at = int(abs(rows.t_s - t_s).argmin())
            plain = [(click.landmark, click.x, click.y) for click in clicks]
            write_hand_frame(connection, (int(rows.frame[at]), float(rows.t_s[at]), plain))
            return apply_in(connection)

    def remove_by_hand(self, match_id: str, frame: int) -> int:
        """Take a frame made by hand back. Returns how many frames are calibrated by hand now."""
        from tacticeye.store import MatchStore
        from tacticeye.store.hand_tables import remove_hand_frame

        with MatchStore(self._folder(match_id).path).write() as connection:
            remove_hand_frame(connection, frame)
            return apply_in(connection)

    def guess_periods(self, match_id: str) -> PeriodGuess:
        """When play seems to go on, and which way; for the user to confirm."""
        from tacticeye.periods import read_guess

        return read_guess(self._folder(match_id))

    def shape(self, match_id: str, choice: ShapeChoice) -> ShapeView:
        """Average places, outline, lines, zones and entries of both teams."""
        from tacticeye import shape_views

        return shape_views.read_shape(self._folder(match_id), choice)

    def moments(self, match_id: str, t0_s: float, t1_s: float) -> tuple[RadarMoment, ...]:
        """Everybody on the pitch from t0_s up to t1_s, of a match with results."""
        from tacticeye import pitch_views

        return pitch_views.read_moments(self._folder(match_id), t0_s, t1_s)
