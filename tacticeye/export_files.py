"""A match as a file in the formats of other programs, as corrected by its users. Times in s of video.

json        export.py
csv         a zip of tables: events, control, players, passes, ball, boxes, periods; events and passes with the number
            of their period, empty outside of all and until the user has told any
parquet     the same tables, as Parquet
duckdb      the database as detected, in a copy of its own
sportscode  XML of coded events, as video tools and kloppy (load of sportscode) read it
events      Metrica's JSON with its metadata in a zip, as kloppy (metrica.load_event) reads them; places where known
tracking    two CSV files in Metrica's format in a zip, as kloppy (metrica.load_tracking_csv) reads them; needs a
            calibrated pitch; the ball is where it would be if it lay on the ground, as on the radar
spadl       SPADL actions (socceraction) in CSV; those without places on the pitch are left out
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from tacticeye.action_files import (
    METRICA_HZ,
    WHOLE_VIDEO,
    metrica_events,
    metrica_metadata,
    place_events,
    spadl_actions,
)
from tacticeye.corrected_match import read_overrides, shown_boxes
from tacticeye.corrections import correct_events, correct_spans
from tacticeye.errors import ExportError
from tacticeye.export import PERIOD_COLUMNS, export_json, period_rows
from tacticeye.labels import Labels
from tacticeye.library import read_card
from tacticeye.match_files import MatchFolder, write_bytes
from tacticeye.people_views import PeopleView, read_people
from tacticeye.periods import period_numbers, with_periods
from tacticeye.pitch_projection import projection_of
from tacticeye.store import MatchStore, read_calibration
from tacticeye.store.copies import copy_database
from tacticeye.texts import get_texts
from tacticeye.types import Role


def write_export(folder: MatchFolder, kind: str, out: Path) -> None:
    """Writes the file, whole or not at all. kind: of KINDS. Raises ExportError, StorageError."""
    KINDS[kind](folder, out)


def file_name(match_id: str, kind: str) -> str:
    """What a download is called."""
    return f"{match_id}-{_SUFFIXES[kind]}"


def tables(folder: MatchFolder) -> dict[str, pd.DataFrame]:
    """The tables of csv and parquet, by name."""
    view = _people(folder)
    with MatchStore(folder.path).read() as snapshot:
        overrides = read_overrides(folder)
        boxes = shown_boxes(snapshot, overrides)
        events = correct_events(snapshot.events().sort_values("event_id"), overrides)
        return {
            "events": with_periods(events, overrides.periods),
            "control": correct_spans(snapshot.control_spans(), overrides),
            "players": view.players.assign(name=[overrides.names.get(track, "") for track in view.players["track"]]),
            "passes": with_periods(view.passes, overrides.periods),
            "ball": snapshot.ball_path(),
            "boxes": boxes.assign(role=boxes["role"].map({int(role): role.name.lower() for role in Role})),
            "periods": pd.DataFrame(period_rows(overrides.periods), columns=list(PERIOD_COLUMNS)),
        }


def _people(folder: MatchFolder) -> PeopleView:
    if not folder.database.is_file():
        raise ExportError("There are no results of this match yet: start its analysis.")
    return read_people(read_card(folder.path.parents[1], folder), folder)


def _json(folder: MatchFolder, out: Path) -> None:
    write_bytes(out, (json.dumps(export_json(folder.path, {"boxes", "ball"})) + "\n").encode())


def _csv(folder: MatchFolder, out: Path) -> None:
    _zip(out, {f"{name}.csv": table.to_csv(index=False).encode() for name, table in tables(folder).items()})


def _parquet(folder: MatchFolder, out: Path) -> None:
    parts = {}
    for name, table in tables(folder).items():
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        parts[f"{name}.parquet"] = buffer.getvalue()
    _zip(out, parts)


def _duckdb(folder: MatchFolder, out: Path) -> None:
    copy_database(folder.path, out)


def _sportscode(folder: MatchFolder, out: Path) -> None:
    overrides = read_overrides(folder)
    labels = Labels(get_texts("en"), overrides.team_names, overrides.names)
    events = tables(folder)["events"].sort_values("t_start_s")
    root = ElementTree.Element("file")
    instances = ElementTree.SubElement(root, "ALL_INSTANCES")
    for number, event in enumerate(events.to_dict("records"), start=1):
        instance = ElementTree.SubElement(instances, "instance")
        _add(instance, "ID", str(number))
        _add(instance, "start", f"{event['t_start_s']:.3f}")
        _add(instance, "end", f"{max(event['t_end_s'], event['t_start_s'] + 0.04):.3f}")
        _add(instance, "code", f"{labels.team(event['team'])} {labels.kind(event['kind'])}")
        for group, text in (
            ("Result", labels.result(event["result"])),
            ("From", labels.player(event["track_from"])),
            ("To", labels.player(event["track_to"])),
            ("Confidence", f"{event['confidence']:.2f}"),
            ("Tag", str(overrides.tags.get(event["event_id"], "") or "")),
        ):
            if text:
                label = ElementTree.SubElement(instance, "label")
                _add(label, "group", group)
                _add(label, "text", text)
    write_bytes(out, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    # XML has no way to write control characters.
    ElementTree.SubElement(parent, name).text = "".join(c for c in text if c >= " ")


def _tracking(folder: MatchFolder, out: Path) -> None:
    view = _people(folder)
    _demand_pitch(view)
    boxes = tables(folder)["boxes"]
    placed = boxes[(boxes["track"] >= 0) & boxes["team"].isin([0, 1]) & boxes["pitch_x"].notna()]
    t_s = boxes["t_s"].to_numpy(np.float64)
    told = period_numbers(t_s, view.overrides.periods or WHOLE_VIDEO)
    frames, first = np.unique(np.round(t_s[told > 0] * METRICA_HZ).astype(int) + 1, return_index=True)
    numbers = told[told > 0][first]
    ball = _ball_places(folder)
    parts = {
        f"{side}.csv": _metrica(placed[placed["team"] == team], ball, frames, numbers, side, view.size).encode()
        for team, side in ((0, "home"), (1, "away"))
    }
    _zip(out, parts)


def _ball_places(folder: MatchFolder) -> pd.DataFrame:
    """t_s, pitch_x, pitch_y: where on the ground the ball is seen, in frames in which it and the pitch are.

    Not in flight: what a high ball covers in the picture is ground farther away.
    """
    with MatchStore(folder.path).read() as snapshot:
        ball, calibration = snapshot.ball_path(), read_calibration(snapshot)
    ball = ball[~ball["in_air"].eq(True).fillna(False).astype(bool)].set_index("frame")
    rows = []
    for row in np.flatnonzero(np.isin(calibration.frame, ball.index)).tolist():
        seen = ball.loc[[int(calibration.frame[row])]]
        place = projection_of(calibration, row).to_pitch(seen[["x", "y"]].to_numpy(np.float64))[0]
        rows.append((float(calibration.t_s[row]), *place.tolist()))
    return pd.DataFrame(rows, columns=["t_s", "pitch_x", "pitch_y"], dtype=np.float64).dropna()


def _metrica(
    boxes: pd.DataFrame,
    ball: pd.DataFrame,
    frames: np.ndarray,
    periods: np.ndarray,
    side: str,
    size: tuple[float, float],
) -> str:
    """Places as shares of the pitch, y down; NaN where unseen. periods: number of each frame's."""
    tracks = sorted(int(track) for track in boxes["track"].unique())
    values = np.full((len(frames), 2 * len(tracks) + 2), np.nan)
    for placed, columns in (
        (boxes, 2 * np.searchsorted(tracks, boxes["track"].to_numpy())),
        (ball, np.full(len(ball), 2 * len(tracks))),
    ):
        wanted = np.round(placed["t_s"].to_numpy() * METRICA_HZ).astype(int) + 1
        rows = np.searchsorted(frames, wanted)
        is_known = np.isin(wanted, frames)
        values[rows[is_known], columns[is_known]] = (placed["pitch_x"].to_numpy() / size[0])[is_known]
        values[rows[is_known], columns[is_known] + 1] = (1 - placed["pitch_y"].to_numpy() / size[1])[is_known]
    head = [
        ",".join(["", "", "", *([side, ""] * len(tracks)), "", ""]),
        ",".join(["", "", "", *(text for track in tracks for text in (str(track), "")), "", ""]),
        ",".join(["Period", "Frame", "Time [s]", *(t for n in tracks for t in (f"Player{n}", "")), "Ball", ""]),
    ]
    lines = [
        ",".join([str(period), str(number), f"{(number - 1) / METRICA_HZ:.2f}",
                  *("NaN" if np.isnan(value) else f"{value:.5f}" for value in row)])
        for period, number, row in zip(periods.tolist(), frames.tolist(), values.tolist(), strict=True)
    ]  # fmt: skip
    return "\n".join([*head, *lines]) + "\n"


def _events(folder: MatchFolder, out: Path) -> None:
    view = _people(folder)
    labels = Labels(get_texts("en"), view.overrides.team_names, view.overrides.names)
    placed, periods = place_events(tables(folder)["events"], view), view.overrides.periods
    parts = {
        "events.json": metrica_events(placed, labels, periods, view.layout),
        "metadata.xml": metrica_metadata(
            view.players, view.card.t_s, labels, view.overrides.numbers, periods, view.layout
        ),
    }
    _zip(out, parts)


def _spadl(folder: MatchFolder, out: Path) -> None:
    view = _people(folder)
    _demand_pitch(view)
    placed = place_events(tables(folder)["events"], view)
    actions = spadl_actions(placed, folder.match_id, view.overrides.periods, view.layout)
    write_bytes(out, actions.to_csv(index=False).encode())


def _demand_pitch(view: PeopleView) -> None:
    if not view.is_on_pitch:
        raise ExportError("This format needs places on the pitch, and the pitch of this match isn't calibrated.")


def _zip(out: Path, parts: Mapping[str, bytes]) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    write_bytes(out, buffer.getvalue())


KINDS: Mapping[str, Callable[[MatchFolder, Path], None]] = {
    "json": _json,
    "csv": _csv,
    "parquet": _parquet,
    "duckdb": _duckdb,
    "sportscode": _sportscode,
    "events": _events,
    "tracking": _tracking,
    "spadl": _spadl,
}
_SUFFIXES = {
    "json": "match.json", "csv": "tables-csv.zip", "parquet": "tables-parquet.zip", "duckdb": "match.duckdb",
    "sportscode": "events.xml", "events": "events-metrica.zip",
    "tracking": "tracking-metrica.zip", "spadl": "actions-spadl.csv",
}  # fmt: skip
