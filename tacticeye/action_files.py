"""Events in the words of other programs: SPADL actions (socceraction), and Metrica's JSON with its metadata (kloppy).

Times in s of video; all of it is one period until the user tells the periods, and what lies outside them is then left
out. Places in m on the match's own pitch, NaN unknown: an event's own where it has one, else where its player was in
that second; SPADL, which knows pitches of 105 x 68 m only, has them stretched to those. What became of a shot is
known only where the other team kicks off next: a goal. SPADL has no word for unknown and counts all others as failed;
for kloppy a shot is a generic event without an outcome.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from tacticeye.corrections import TURNOVERS
from tacticeye.labels import Labels
from tacticeye.ledger import Period
from tacticeye.people_views import PeopleView
from tacticeye.periods import period_numbers
from tacticeye.pitch import FULL_PITCH, PitchLayout
from tacticeye.types import NO_TRACK, EventKind, EventResult

WHOLE_VIDEO = (Period(0.0, 1e9),)
PLACES = ("x", "y", "to_x", "to_y")
_OWN_PLACES = ("pitch_x_from", "pitch_y_from", "pitch_x_to", "pitch_y_to")

# socceraction's numbers, from its spadl.config: places in its lists of types, results and parts of the body.
_SPADL_TYPES = {
    "pass": 0, "throw_in": 2, "freekick_crossed": 3, "freekick_short": 4, "corner_crossed": 5, "corner_short": 6,
    "interception": 10, "shot": 11, "clearance": 18, "dribble": 21, "goalkick": 22,
}  # fmt: skip
_SPADL_OF = {
    EventKind.PASS: "pass", EventKind.INTERCEPTION: "interception", EventKind.SHOT: "shot",
    EventKind.CLEARANCE: "clearance", EventKind.CARRY: "dribble",
}  # fmt: skip
_SPADL_RESTARTS = {EventKind.THROW_IN: "throw_in", EventKind.GOAL_KICK: "goalkick"}
_SPADL_CROSSED = {EventKind.CORNER_KICK: "corner", EventKind.FREE_KICK: "freekick"}
KICK_OFF_AFTER_S = 150.0  # a goal is celebrated; later it may be the second half that begins
_SPADL_RESULTS = ("fail", "success")
_SPADL_BODY = {"foot": 0, "other": 2}

# Metrica's numbers of types and subtypes, as far as kloppy knows them; 0 for what it has no number for.
_METRICA_TYPES = {EventKind.CARRY: 10, EventKind.INTERCEPTION: 3, EventKind.RECOVERY: 3}
_METRICA_PASSES = {EventResult.COMPLETE: (1, "PASS"), EventResult.OUT: (6, "BALL OUT")}
_METRICA_LOST = (7, "BALL LOST")
_METRICA_SET_PIECE = (5, "SET PIECE")
_METRICA_RESTARTS = {EventKind.FREE_KICK: 32, EventKind.CORNER_KICK: 33, EventKind.THROW_IN: 34, EventKind.KICK_OFF: 35}
_METRICA_GOAL_KICK = 20
# Frames in Metrica's files are this many a second; times are exact beside them.
METRICA_HZ = 25
_NOWHERE: dict[str, Any] = {"x": None, "y": None}
_METRICA_PERIODS = ("first_half", "second_half", "first_extra_half", "second_extra_half")


def place_events(events: pd.DataFrame, view: PeopleView) -> pd.DataFrame:
    """Corrected events in order of time with PLACES in m. events: as correct_events gives them."""
    placed = events.sort_values(["t_start_s", "event_id"], kind="stable").reset_index(drop=True)
    by_event = view.passes.set_index("event_id") if view.is_on_pitch and len(view.passes) else None
    for place, own in zip(PLACES, _OWN_PLACES, strict=True):
        values = placed[own] if own in placed else pd.Series(np.nan, index=placed.index)
        if by_event is not None:
            values = values.fillna(placed["event_id"].map(by_event[place]))
        placed[place] = values.clip(0.0, view.layout.length_m if place.endswith("x") else view.layout.width_m)
    return placed


def _in_periods(events: pd.DataFrame, periods: Sequence[Period]) -> pd.DataFrame:
    """Those within a period, with its number as column period. No periods: all is the first."""
    t_s = events["t_start_s"].to_numpy(np.float64)
    numbered = events.assign(period=period_numbers(t_s, periods or WHOLE_VIDEO))
    return numbered[numbered["period"] > 0].reset_index(drop=True)


def _restarts(events: pd.DataFrame) -> dict[tuple[float, int], EventKind]:
    """What each pass that begins play anew begins it with, by its start and passer."""
    kinds = {*_METRICA_RESTARTS, EventKind.GOAL_KICK}
    told = events[events["kind"].isin(kinds)]
    return {
        (start_s, track): EventKind(kind)
        for start_s, track, kind in zip(told["t_start_s"], told["track_from"], told["kind"], strict=True)
    }


def _goals(events: pd.DataFrame) -> set[int]:
    """Shots after which nobody plays the ball until the other team kicks off, within KICK_OFF_AFTER_S."""
    found: set[int] = set()
    shot: Mapping[Any, Any] | None = None
    for event in events.sort_values(["t_start_s", "event_id"], kind="stable").to_dict("records"):
        if event["kind"] == EventKind.SHOT:
            shot = event
        elif event["kind"] == EventKind.KICK_OFF and shot is not None:
            is_soon = event["t_start_s"] - shot["t_start_s"] <= KICK_OFF_AFTER_S
            if is_soon and event["period"] == shot["period"] and {event["team"], shot["team"]} == {0, 1}:
                found.add(shot["event_id"])
            shot = None
        elif event["kind"] in (EventKind.PASS, EventKind.CLEARANCE):
            shot = None
    return found


# SPADL


def spadl_actions(
    events: pd.DataFrame, match_id: str, periods: Sequence[Period] = (), layout: PitchLayout = FULL_PITCH
) -> pd.DataFrame:
    """Actions with the columns of socceraction's SPADLSchema. events: as place_events gives them; those without a place
    on the pitch are left out, as are kinds that SPADL has no action for.

    periods: as the user told them; with them times count from the beginning of each, and the first team attacks to the
    right in all of which it is known, as SPADL has it. layout: of the match's pitch.
    """
    events = _in_periods(events, periods)
    kept = events[events["kind"].isin(_SPADL_OF) & (events["team"] >= 0)].dropna(subset=["x", "y"])
    # An action that moves the ball nobody knows where to has no end in SPADL's sense.
    kept = kept[kept["to_x"].notna() | (kept["kind"] == EventKind.INTERCEPTION)].reset_index(drop=True)
    restarts = _restarts(events)
    types = [
        _spadl_type(row, restarts.get((row["t_start_s"], row["track_from"])), layout) for row in kept.to_dict("records")
    ]
    is_won = kept["kind"] == EventKind.INTERCEPTION
    has_failed = ((kept["kind"] == EventKind.SHOT) & ~kept["event_id"].isin(_goals(events))) | (
        (kept["kind"] == EventKind.PASS) & (kept["result"] != EventResult.COMPLETE)
    )
    result = np.where(has_failed, 0, 1)
    body = ["other" if name == "throw_in" else "foot" for name in types]
    told = periods or WHOLE_VIDEO
    begin_s = kept["period"].map({number: period.start_s for number, period in enumerate(told, start=1)})
    is_turned = kept["period"].isin([number for number, period in enumerate(told, start=1) if period.to_right == 1])
    x, y, to_x, to_y = (
        kept[place].where(~is_turned, size - kept[place]) * (spadl_size / size)
        for place, size, spadl_size in zip(PLACES, layout.size_m * 2, FULL_PITCH.size_m * 2, strict=True)
    )
    return pd.DataFrame(
        {
            "game_id": match_id,
            "original_event_id": kept["event_id"].astype(str),
            "action_id": np.arange(len(kept)),
            "period_id": kept["period"],
            "time_seconds": kept["t_start_s"] - begin_s,
            "team_id": kept["team"],
            "player_id": kept["track_to"].where(is_won, kept["track_from"]),
            "start_x": x,
            "start_y": y,
            "end_x": to_x.where(~is_won, x),
            "end_y": to_y.where(~is_won, y),
            "bodypart_id": [_SPADL_BODY[name] for name in body],
            "bodypart_name": body,
            "type_id": [_SPADL_TYPES[name] for name in types],
            "type_name": types,
            "result_id": result,
            "result_name": [_SPADL_RESULTS[number] for number in result],
        }
    )


def _spadl_type(event: Mapping[Any, Any], restart: EventKind | None, layout: PitchLayout) -> str:
    if event["kind"] != EventKind.PASS or restart is None or restart is EventKind.KICK_OFF:
        return _SPADL_OF[EventKind(event["kind"])]
    if restart in _SPADL_RESTARTS:
        return _SPADL_RESTARTS[restart]
    from_end = min(event["to_x"], layout.length_m - event["to_x"])
    from_middle = abs(event["to_y"] - layout.width_m / 2)
    is_crossed = from_end <= layout.penalty_area_depth_m and from_middle <= layout.penalty_area_width_m / 2
    return f"{_SPADL_CROSSED[restart]}_{'crossed' if is_crossed else 'short'}"


# Metrica


def metrica_events(
    events: pd.DataFrame, labels: Labels, periods: Sequence[Period] = (), layout: PitchLayout = FULL_PITCH
) -> bytes:
    """Events as Metrica's JSON, places as shares of the pitch with y down. events: as place_events gives them. layout:
    of the match's pitch."""
    events = _in_periods(events, periods)
    begin_s = periods[0].start_s if periods else 0.0
    restarts = _restarts(events)
    # kloppy looks what a pass comes after, and the first one has to come after something.
    data = [_metrica_event(0, "START", 0, begin_s, NO_TRACK, labels)]
    for row in events[events["team"] >= 0].to_dict("records"):
        kind = EventKind(row["kind"])
        if kind in _METRICA_RESTARTS or kind is EventKind.GOAL_KICK:
            continue
        told = _told(row, labels, layout)
        restart = restarts.get((row["t_start_s"], row["track_from"])) if kind is EventKind.PASS else None
        if restart in _METRICA_RESTARTS:
            number, name = _METRICA_SET_PIECE
            before = _metrica_event(number, name, row["team"], row["t_start_s"], row["track_from"], labels)
            before["period"] = row["period"]
            data.append(before | {"subtypes": {"id": _METRICA_RESTARTS[restart], "name": restart.value}})
        elif restart is EventKind.GOAL_KICK:
            told["subtypes"] = {"id": _METRICA_GOAL_KICK, "name": restart.value}
        data.append(told)
    numbered = [event | {"index": index} for index, event in enumerate(data)]
    return (json.dumps({"data": numbered}, allow_nan=False) + "\n").encode()


def _told(row: Mapping[Any, Any], labels: Labels, layout: PitchLayout) -> dict[str, Any]:
    kind = EventKind(row["kind"])
    number, name = _METRICA_TYPES.get(kind, 0), kind.value
    if kind is EventKind.PASS:
        number, name = _METRICA_PASSES.get(EventResult(row["result"]), _METRICA_LOST)
    actor, other = row["track_from"], row["track_to"]
    if kind in TURNOVERS:
        actor, other = other, actor
    event = _metrica_event(number, name, row["team"], row["t_start_s"], actor, labels)
    event["start"] |= _shares(row["x"], row["y"], layout)
    event["end"] = _moment(row["t_end_s"]) | _shares(row["to_x"], row["to_y"], layout)
    event["to"] = _person(other, labels)
    event["period"] = row["period"]
    return event


def _metrica_event(number: int, name: str, team: int, t_s: float, track: int, labels: Labels) -> dict[str, Any]:
    return {
        "type": {"id": number, "name": name},
        "subtypes": None,
        "team": {"id": str(team), "name": labels.team(team)},
        "period": 1,
        "start": _moment(t_s) | _NOWHERE,
        "end": _moment(t_s) | _NOWHERE,
        "from": _person(track, labels),
        "to": _person(NO_TRACK, labels),
    }


def _moment(t_s: float) -> dict[str, Any]:
    return {"frame": round(t_s * METRICA_HZ) + 1, "time": round(float(t_s), 3)}


def _shares(x: float, y: float, layout: PitchLayout) -> dict[str, Any]:
    if np.isnan(x) or np.isnan(y):
        return _NOWHERE
    return {"x": round(float(x) / layout.length_m, 5), "y": round(1 - float(y) / layout.width_m, 5)}


def _person(track: int, labels: Labels) -> dict[str, Any]:
    return {"id": str(track), "name": labels.player(track) if track != NO_TRACK else ""}


def metrica_metadata(
    players: pd.DataFrame,
    end_s: float,
    labels: Labels,
    numbers: Mapping[int, int],
    periods: Sequence[Period] = (),
    layout: PitchLayout = FULL_PITCH,
) -> bytes:
    """Teams, players and pitch as EPTS metadata, which the events refer to. players: of a PeopleView; a shirt number
    that nobody gave is 0."""
    root = ElementTree.Element("main")
    metadata = ElementTree.SubElement(root, "Metadata")
    config = ElementTree.SubElement(metadata, "GlobalConfig")
    _text(config, "ProviderName", "Metrica Sports")
    _text(config, "FrameRate", str(METRICA_HZ))
    ends = ElementTree.SubElement(config, "ProviderGlobalParameters")
    told = periods or (Period(0.0, end_s),)
    for name, period in zip(_METRICA_PERIODS, told, strict=False):
        _parameter(ends, f"{name}_start", str(round(period.start_s * METRICA_HZ)))
        _parameter(ends, f"{name}_end", str(round(period.end_s * METRICA_HZ)))
    session = ElementTree.SubElement(ElementTree.SubElement(metadata, "Sessions"), "Session")
    field = ElementTree.SubElement(session, "FieldSize")
    _text(field, "Width", str(round(layout.length_m)))
    _text(field, "Height", str(round(layout.width_m)))
    teams = ElementTree.SubElement(metadata, "Teams")
    for team in (0, 1):
        side = ElementTree.SubElement(teams, "Team", id=str(team))
        _text(side, "Name", labels.team(team))
        if told[0].to_right in (0, 1):
            way = "left_to_right" if told[0].to_right == team else "right_to_left"
            _parameter(ElementTree.SubElement(side, "ProviderTeamsParameters"), "attack_direction_first_half", way)
    people = ElementTree.SubElement(metadata, "Players")
    for track, team in zip(players["track"].tolist(), players["team"].tolist(), strict=True):
        if team in (0, 1):
            person = ElementTree.SubElement(people, "Player", id=str(track), teamId=str(team))
            _text(person, "Name", labels.player(track))
            _text(person, "ShirtNumber", str(max(numbers.get(track, 0), 0)))
    _add_sensors(metadata)
    ElementTree.SubElement(root, "DataFormatSpecifications")
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _add_sensors(metadata: ElementTree.Element) -> None:
    devices = ElementTree.SubElement(metadata, "Devices")
    sensors = ElementTree.SubElement(ElementTree.SubElement(devices, "Device", id="video"), "Sensors")
    channels = ElementTree.SubElement(ElementTree.SubElement(sensors, "Sensor", id="position"), "Channels")
    for axis in ("x", "y"):
        channel = ElementTree.SubElement(channels, "Channel", id=axis)
        _text(channel, "Name", axis)
        _text(channel, "Unit", "normalized")
    ElementTree.SubElement(metadata, "PlayerChannels")


def _parameter(parent: ElementTree.Element, name: str, value: str) -> None:
    parameter = ElementTree.SubElement(parent, "ProviderParameter")
    _text(parameter, "Name", name)
    _text(parameter, "Value", value)


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    # XML has no way to write control characters.
    ElementTree.SubElement(parent, name).text = "".join(c for c in text if c >= " ")
