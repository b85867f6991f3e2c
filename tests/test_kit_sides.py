"""The shirts that a user told of decide which detected team is which, once, and as an entry that can be undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tacticeye import ledger
from tacticeye.corrected_match import read_overrides
from tacticeye.kit_sides import KitSides
from tacticeye.ledger import NameTeam, SwapTeams, Undo, read_entries
from tacticeye.match_files import MatchFolder
from tests.browser.match_folders import make_match

RED, WHITE = (180, 30, 40), (235, 238, 240)


@pytest.fixture
def folder(tmp_path: Path) -> MatchFolder:
    """The user says: the first team is white, the second red."""
    made = make_match(tmp_path, "derby", "Derby", batches=0)
    ledger.append(made, NameTeam(0, "Whites", "#f2f2f2"))
    ledger.append(made, NameTeam(1, "Reds", "#c8202f"))
    return made


@pytest.mark.parametrize(("kits", "is_swapped"), [({0: RED, 1: WHITE}, True), ({0: WHITE, 1: RED}, False)])
def test_names_go_to_the_team_in_the_shirts_told(
    folder: MatchFolder, kits: dict[int, tuple[int, int, int]], is_swapped: bool
) -> None:
    sides = KitSides(folder)
    sides.look({0: kits[0]})
    assert not read_overrides(folder).is_swapped
    sides.look(kits)
    sides.look(kits)
    overrides = read_overrides(folder)
    assert overrides.is_swapped == is_swapped
    assert overrides.team_names == ("Whites", "Reds")


def test_a_swap_that_the_user_took_back_is_not_made_again(folder: MatchFolder) -> None:
    KitSides(folder).look({0: RED, 1: WHITE})
    ledger.append(folder, Undo(read_entries(folder)[-1].number))
    KitSides(folder).look({0: RED, 1: WHITE})
    assert not read_overrides(folder).is_swapped
    assert sum(isinstance(entry.correction, SwapTeams) for entry in read_entries(folder)) == 1


def test_one_colour_alone_decides_nothing(tmp_path: Path) -> None:
    folder = make_match(tmp_path, "derby", "Derby", batches=0)
    ledger.append(folder, NameTeam(0, "Whites", "#f2f2f2"))
    KitSides(folder).look({0: RED, 1: WHITE})
    assert not read_overrides(folder).is_swapped
