"""Figures that add up, by minute, team and player: rows of the table `metrics`.

A row counts for its player and, summed over tracks, for his team; track -1 holds what belongs to no single player.
control_ms             ms in control, flight of the ball included (whole numbers add up exactly in any order)
touches                stretches in which he had the ball under control
passes_attempted, passes_complete  passes he played; accuracy is their ratio
turnovers              times he lost the ball to an opponent in open play; recoveries: times he won it
strings_3, _6, _9      pass strings of 3 to 5, 6 to 8, 9 and more passes, in the minute in which the last one arrived
final_third_entries, box_entries  passes and carries into them, only where the pitch and the sides are known
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from tacticeye.pitch import PitchLayout
from tacticeye.types import NO_TEAM, NO_TRACK, ControlSpan, Event, EventKind, EventResult, Metric, MetricRow

MINUTE_S = 60.0
# A string of passes ends when the next one begins later than this after the last, s: the ball was somewhere else.
STRING_GAP_S = 10.0
SHORTEST_STRING, MIDDLE_STRING, LONG_STRING = 3, 6, 9


def count(spans: Iterable[ControlSpan], events: Iterable[Event]) -> list[MetricRow]:
    """Rows of final spans and events."""
    rows: list[MetricRow] = []
    for span in spans:
        if span.state.team != NO_TEAM:
            rows += _control_rows(span)
    for event in events:
        rows += _event_rows(event)
    return rows


def entries_between(
    start: tuple[float, float], end: tuple[float, float], plays_right: bool, layout: PitchLayout
) -> list[Metric]:
    """What a pass or carry from start to end (m of the pitch) enters, by a team that plays to the right or the left."""
    if math.isnan(start[0] + end[0]):
        return []
    (start_x, start_y), (end_x, end_y) = (p if plays_right else (layout.length_m - p[0], p[1]) for p in (start, end))
    into_third = start_x < layout.length_m * 2 / 3 <= end_x
    into_box = _is_in_box(end_x, end_y, layout) and not _is_in_box(start_x, start_y, layout)
    return [Metric.FINAL_THIRD_ENTRIES] * into_third + [Metric.BOX_ENTRIES] * into_box


def _is_in_box(x: float, y: float, layout: PitchLayout) -> bool:
    is_wide = abs(y - layout.width_m / 2) > layout.penalty_area_width_m / 2
    return x >= layout.length_m - layout.penalty_area_depth_m and not is_wide


def string_metric(n: int) -> Metric | None:
    """Where a string of n passes counts; None: too short."""
    if n < SHORTEST_STRING:
        return None
    if n < MIDDLE_STRING:
        return Metric.STRINGS_3
    return Metric.STRINGS_6 if n < LONG_STRING else Metric.STRINGS_9


def _control_rows(span: ControlSpan) -> list[MetricRow]:
    """A span that runs over the end of a minute is shared out; in whole ms, so that the parts add up."""
    team, rows = span.state.team, []
    start_ms, end_ms = round(1000 * span.start_s), round(1000 * span.end_s)
    minute_ms = round(1000 * MINUTE_S)
    first = max(0, start_ms) // minute_ms
    if span.track != NO_TRACK:
        rows.append(MetricRow(first, team, span.track, Metric.TOUCHES, 1.0))
    for minute in range(first, max(0, end_ms - 1) // minute_ms + 1):
        part_ms = min(end_ms, (minute + 1) * minute_ms) - max(start_ms, minute * minute_ms)
        rows.append(MetricRow(minute, team, span.track, Metric.CONTROL_MS, float(part_ms)))
    return rows


def _event_rows(event: Event) -> list[MetricRow]:
    minute, team = int(max(event.t_start_s, 0.0) // MINUTE_S), event.team
    if team == NO_TEAM:
        return []
    if event.kind is EventKind.PASS:
        names = [Metric.PASSES_ATTEMPTED]
        if event.result is EventResult.COMPLETE:
            names.append(Metric.PASSES_COMPLETE)
        return [MetricRow(minute, team, event.track_from, name, 1.0) for name in names]
    if event.kind in (EventKind.INTERCEPTION, EventKind.RECOVERY):
        return [
            MetricRow(minute, team, event.track_to, Metric.RECOVERIES, 1.0),
            MetricRow(minute, 1 - team, event.track_from, Metric.TURNOVERS, 1.0),
        ]
    return []
