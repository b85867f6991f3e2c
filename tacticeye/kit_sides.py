"""Which detected team is which of those the user told of: settled once, by the shirt colours given for both."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tacticeye import ledger
from tacticeye.ledger import NameTeam, SwapTeams, in_force, read_entries
from tacticeye.match_files import MatchFolder


class KitSides:
    """Looks at the kits of each batch until both are known; swaps the teams where they fit the other way round.

    A swap is an entry of the ledger as any other, so it can be undone; nothing is done where the user swapped before.
    """

    def __init__(self, folder: MatchFolder) -> None:
        self._folder = folder
        self._is_settled = False

    def look(self, kits: Mapping[int, tuple[int, int, int]]) -> None:
        """kits: as detected, 0..255. Raises StorageError."""
        if self._is_settled or not {0, 1} <= set(kits):
            return
        self._is_settled = True
        entries = read_entries(self._folder)
        if any(isinstance(entry.correction, SwapTeams) for entry in entries):
            return
        given: dict[int, str] = {
            entry.correction.team: entry.correction.colour
            for entry in in_force(entries)
            if isinstance(entry.correction, NameTeam)
        }
        if given.get(0) and given.get(1) and _fit_crosswise(kits, given):
            ledger.append(self._folder, SwapTeams())


def _fit_crosswise(kits: Mapping[int, tuple[int, int, int]], given: Mapping[int, str]) -> bool:
    seen = np.array([kits[0], kits[1]], np.float64)
    told = np.array([[int(given[team][i : i + 2], 16) for i in (1, 3, 5)] for team in (0, 1)], np.float64)
    straight = np.linalg.norm(seen - told, axis=1).sum()
    return bool(np.linalg.norm(seen[::-1] - told, axis=1).sum() < straight)
