"""PlayAnalysis: the analysis of play behind one door: observations in, spans, events and metric rows out."""

from __future__ import annotations

from dataclasses import dataclass, field

from tacticeye.analysis import metrics
from tacticeye.analysis.observation import FrameObservation
from tacticeye.analysis.play_events import PlayEvents
from tacticeye.analysis.possession import PossessionEngine
from tacticeye.pitch import FULL_PITCH, PitchLayout
from tacticeye.possession_parts import PlayEventsState, PossessionState
from tacticeye.types import ControlSpan, Event, MetricRow


@dataclass(frozen=True)
class Play:
    """What has become final, in order; lists grow by `extend`."""

    spans: list[ControlSpan] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    metrics: list[MetricRow] = field(default_factory=list)

    def extend(self, other: Play) -> None:
        self.spans.extend(other.spans)
        self.events.extend(other.events)
        self.metrics.extend(other.metrics)


class PlayAnalysis:
    """Feed observations in order of time; results come out with the possession engine's fixed lag, final.

    layout: of the pitch on which places in metres are.
    """

    def __init__(
        self, possession: PossessionState, play_events: PlayEventsState, layout: PitchLayout = FULL_PITCH
    ) -> None:
        self._possession = PossessionEngine(possession, layout)
        self._events = PlayEvents(play_events, layout)

    def update(self, observation: FrameObservation) -> Play:
        """Take the next observation (later than the one before)."""
        self._events.watch(observation)
        return self._play(*self._possession.update(observation))

    def flush(self, end_s: float) -> Play:
        """The video ends at end_s: what is left becomes final."""
        play = self._play(*self._possession.flush(end_s))
        play.metrics.extend(self._events.close())
        return play

    def open_spans(self) -> list[ControlSpan]:
        """What follows the final spans, for the live figures; it may still change. The last: who has the ball."""
        return self._possession.open_spans()

    def possession_state(self) -> PossessionState:
        return self._possession.state()

    def events_state(self) -> PlayEventsState:
        return self._events.state()

    def _play(self, spans: list[ControlSpan], events: list[Event]) -> Play:
        if not spans and not events:
            return Play()
        found, rows = self._events.add(spans, events)
        return Play(spans, found, metrics.count(spans, found) + rows)
