"""What was found in tracking data, as one JSON object in the frame numbers and player numbers of the data.

control    [{start_frame, end_frame, team}]                 half-open, where a team is in control
passes     [{frame, end_frame, from_player, to_player, team, confidence}]  completed ones, frame of release
turnovers  [{frame, from_team, to_team}]                    open play, frame of the new team's first touch
events     [{kind, result, frame, end_frame, team, from_player, to_player, from_xy, to_xy, confidence}]
           everything; places in m, origin top-left as in the data; null unknown
players    {number: name}, where the data name them
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tacticeye.tracking_data.frames import TrackingFrames
from tacticeye.types import NO_TEAM, NO_TRACK, ControlSpan, Event, EventKind, EventResult

TURNOVERS = (EventKind.INTERCEPTION, EventKind.RECOVERY)


def as_json(frames: TrackingFrames, spans: Sequence[ControlSpan], events: Sequence[Event]) -> dict[str, Any]:
    """See the module."""
    number = frames.nearest_number
    ordered = sorted(events, key=lambda event: (event.t_start_s, event.t_end_s))
    return {
        "control": _control(frames, spans),
        "passes": [
            {
                "frame": number(event.t_start_s),
                "end_frame": number(event.t_end_s),
                "from_player": event.track_from,
                "to_player": event.track_to,
                "team": event.team,
                "confidence": round(event.confidence, 3),
            }
            for event in ordered
            if event.kind is EventKind.PASS and event.result is EventResult.COMPLETE
        ],
        "turnovers": [
            {"frame": number(event.t_start_s), "from_team": 1 - event.team, "to_team": event.team}
            for event in ordered
            if event.kind in TURNOVERS
        ],
        "events": [_event(frames, event) for event in ordered],
        "players": {str(track): label for track, label in frames.labels.items()},
    }


def _control(frames: TrackingFrames, spans: Sequence[ControlSpan]) -> list[dict[str, int]]:
    """Spans of one team in a row are one stretch, whoever of it had the ball."""
    stretches: list[dict[str, int]] = []
    for span in spans:
        team = span.state.team
        if team == NO_TEAM:
            continue
        start, end = frames.nearest_number(span.start_s), frames.nearest_number(span.end_s)
        last = stretches[-1] if stretches else None
        if last is not None and last["team"] == team and last["end_frame"] == start:
            last["end_frame"] = end
        else:
            stretches.append({"start_frame": start, "end_frame": end, "team": team})
    return stretches


def _event(frames: TrackingFrames, event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind.value,
        "result": event.result.value or None,
        "frame": frames.nearest_number(event.t_start_s),
        "end_frame": frames.nearest_number(event.t_end_s),
        "team": event.team if event.team != NO_TEAM else None,
        "from_player": event.track_from if event.track_from != NO_TRACK else None,
        "to_player": event.track_to if event.track_to != NO_TRACK else None,
        "from_xy": _place(frames, event.pitch_from),
        "to_xy": _place(frames, event.pitch_to),
        "confidence": round(event.confidence, 3),
    }


def _place(frames: TrackingFrames, xy: tuple[float, float]) -> list[float] | None:
    return None if math.isnan(xy[0] + xy[1]) else [round(xy[0], 2), round(frames.layout.width_m - xy[1], 2)]
