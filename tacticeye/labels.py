"""What teams, players, events and states are called where they are shown, in the language of the reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tacticeye.texts import LANGUAGES, Texts, get_texts
from tacticeye.types import ControlState, EventKind, EventResult


def match_title(title: str, texts: Texts) -> str:
    """The title of a match; the demo match is called so in the reader's language, whatever it was begun in."""
    is_demo = any(title == get_texts(language)("new.tab_demo") for language in LANGUAGES)
    return texts("new.tab_demo") if is_demo else title


@dataclass(frozen=True)
class Labels:
    """Names for one match. teams: as given by the user, empty for the usual ones; players: names by track."""

    texts: Texts
    teams: tuple[str, str] = ("", "")
    players: Mapping[int, str] = field(default_factory=dict)

    def team(self, team: int) -> str:
        """0 or 1; anything else is unsure."""
        return self.teams[team] or self.texts(f"team.{team}") if team in (0, 1) else self.texts("team.unsure")

    def both_teams(self) -> tuple[str, str]:
        """Of different wording always, or a figure would take them for one."""
        first, second = self.team(0), self.team(1)
        return (first, second) if first != second else (f"{first} (1)", f"{second} (2)")

    def player(self, track: int) -> str:
        """'#12', or what the user calls that player; empty for none."""
        return self.players.get(track, f"#{track}") if track >= 0 else ""

    def kind(self, kind: EventKind | str) -> str:
        return self.texts(f"kind.{str(kind).lower()}")

    def result(self, result: EventResult | str) -> str:
        """Empty for kinds that have no outcome."""
        return self.texts(f"result.{str(result).lower()}") if str(result) else ""

    def definition(self, definition: str) -> str:
        """Name of a way to count possession."""
        return self.texts(f"definition.{definition}")

    def formula(self, definition: str) -> str:
        """How that way counts."""
        return self.texts(f"formula.{definition}")

    def state(self, state: ControlState) -> str:
        return self.team(state.team) if state.team >= 0 else self.texts(f"state.{state.value}")
