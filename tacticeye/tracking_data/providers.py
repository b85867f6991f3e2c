"""What kloppy loads, as TrackingFrames. kloppy is an optional extra, imported only when a provider is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tacticeye.errors import ConfigurationError, TrackingDataError
from tacticeye.pitch import PitchLayout
from tacticeye.tracking_data.frames import TrackingFrames
from tacticeye.tracking_data.tables import BALL, make_frames


@dataclass(frozen=True)
class Provider:
    """A loader of kloppy: its module, its function, and the names of the files it takes, positions first."""

    module: str
    function: str
    files: tuple[str, ...]


PROVIDERS = {
    "hawkeye": Provider("hawkeye", "load", ("ball_feeds", "player_centroid_feeds", "meta_data")),
    "metrica-csv": Provider("metrica", "load_tracking_csv", ("home_data", "away_data")),
    "metrica-epts": Provider("metrica", "load_tracking_epts", ("raw_data", "meta_data")),
    "pff": Provider("pff", "load_tracking", ("raw_data", "meta_data", "roster_meta_data")),
    "secondspectrum": Provider("secondspectrum", "load", ("raw_data", "meta_data", "additional_meta_data")),
    "signality": Provider("signality", "load", ("raw_data_feeds", "meta_data", "venue_information")),
    "skillcorner": Provider("skillcorner", "load", ("raw_data", "meta_data")),
    "sportec": Provider("sportec", "load_tracking", ("raw_data", "meta_data")),
    "statsperform": Provider("statsperform", "load_tracking", ("ma25_data", "ma1_data")),
    "tracab": Provider("tracab", "load", ("raw_data", "meta_data")),
}


def read_provider(name: str, files: Sequence[Path], layout: PitchLayout) -> TrackingFrames:
    """files: positions first, then what else the provider needs. Raises ConfigurationError, TrackingDataError."""
    provider = PROVIDERS.get(name)
    if provider is None:
        raise ConfigurationError("provider", name, "one of " + ", ".join(PROVIDERS))
    shown = str(files[0])
    for path in files:
        if not path.exists():
            raise TrackingDataError(str(path), "there is no such file; check the path.")
    if len(files) > len(provider.files):
        raise TrackingDataError(shown, f"{name} takes {len(provider.files)} files: {', '.join(provider.files)}.")
    dataset = _load(name, provider, files)
    table, fps, labels = _as_table(dataset, layout)
    if table.empty:
        raise TrackingDataError(shown, "kloppy found no frame in it; check that the files belong together.")
    return replace(make_frames(shown, table, fps, layout), labels=labels)


def _load(name: str, provider: Provider, files: Sequence[Path]) -> Any:
    try:
        module = importlib.import_module(f"kloppy.{provider.module}")
    except ImportError as error:
        raise TrackingDataError(
            str(files[0]),
            "reading a provider's files needs kloppy: install it with `pip install tacticeye[kloppy]` "
            "or `pip install kloppy`.",
        ) from error
    arguments = dict(zip(provider.files, (str(path) for path in files), strict=False))
    from kloppy.exceptions import KloppyError

    try:
        # "kloppy" coordinates: shares of the pitch's length and width, origin top-left.
        return getattr(module, provider.function)(**arguments, coordinates="kloppy")
    except (KloppyError, TypeError, ValueError, KeyError, IndexError, AttributeError, OSError, SyntaxError) as error:
        # A loader fed with other files than it expects fails anywhere within.
        needed = ", ".join(provider.files)
        raise TrackingDataError(
            str(files[0]),
            f"kloppy can't read this as {name} ({type(error).__name__}); it takes, in this order: {needed}.",
        ) from error


def _as_table(dataset: Any, layout: PitchLayout) -> tuple[pd.DataFrame, float, dict[int, str]]:
    """The dataset in the columns of tables.py, its rate, and who each number is."""
    metadata = dataset.metadata
    team_of = {team.team_id: number for number, team in enumerate(metadata.teams[:2])}
    players = [(player, team_of[team.team_id]) for team in metadata.teams[:2] for player in team.players]
    number_of = {player.player_id: number for number, (player, _) in enumerate(players)}
    teams = {number: team for number, (_, team) in enumerate(players)}
    labels = {number: str(player.name or player.player_id) for number, (player, _) in enumerate(players)}
    rows: list[tuple[int, int, int, float, float, bool]] = []
    for record in dataset.records:
        period, frame = int(record.period.id), int(record.frame_id)
        ball = record.ball_coordinates
        is_alive = record.ball_state is None or record.ball_state.value == "alive"
        if ball is not None:
            rows.append((period, frame, BALL, float(ball.x), float(ball.y), is_alive))
        for player, data in record.players_data.items():
            place = data.coordinates
            number = number_of.get(player.player_id)
            if place is not None and number is not None:
                rows.append((period, frame, number, float(place.x), float(place.y), True))
    table = pd.DataFrame(rows, columns=["period", "frame", "player_id", "x_m", "y_m", "visible"])
    table["x_m"] *= layout.length_m
    table["y_m"] *= layout.width_m
    table["team_id"] = table["player_id"].map(teams).fillna(-1).astype(np.int64)
    return table, _numbering_rate(dataset, table), labels


def _numbering_rate(dataset: Any, table: pd.DataFrame) -> float:
    """Frame numbers a second, of which not every one need be there."""
    numbers = np.unique(table["frame"]) if len(table) else np.array([0, 1])
    step = float(np.median(np.diff(numbers))) if len(numbers) > 1 else 1.0
    return float(dataset.metadata.frame_rate or 25.0) * step
