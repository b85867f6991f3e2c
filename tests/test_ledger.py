"""The ledger of corrections: appended for good, undoable, whatever happens to the writer."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from tacticeye import ledger
from tacticeye.errors import CorrectionError
from tacticeye.ledger import (
    LEDGER_NAME,
    MergeTracks,
    NamePlayer,
    NameTeam,
    Note,
    RejectEvent,
    SwapTeams,
    Undo,
    in_force,
)
from tacticeye.match_files import MatchFolder

HOSTILE = '"}\n{"number": 99, <script>\u2028 \x00'


@pytest.fixture
def folder(tmp_path: Path) -> MatchFolder:
    return MatchFolder(tmp_path)


def reject_many(folder: MatchFolder, first: int) -> None:
    for event in range(first, first + 25):
        ledger.append(folder, RejectEvent(event))


def test_a_match_that_nobody_corrected_has_no_entries(folder: MatchFolder) -> None:
    assert ledger.read_entries(folder) == []


def test_entries_come_back_as_they_were_written(folder: MatchFolder) -> None:
    corrections: list[ledger.Correction] = [
        MergeTracks(4, 9),
        NamePlayer(9, HOSTILE[:60], 10),
        NameTeam(1, "Ñublense", "#aa0011"),
        SwapTeams(),
    ]
    for correction in corrections:
        ledger.append(folder, correction)
    entries = ledger.read_entries(folder)
    assert [entry.correction for entry in entries] == corrections
    assert [entry.number for entry in entries] == [1, 2, 3, 4]


def test_nothing_written_is_ever_changed(folder: MatchFolder) -> None:
    ledger.append(folder, SwapTeams())
    before = (folder.path / LEDGER_NAME).read_bytes()
    ledger.append(folder, Undo(1))
    assert (folder.path / LEDGER_NAME).read_bytes().startswith(before)


def test_an_undo_takes_an_entry_back_and_undoing_it_brings_it_again(folder: MatchFolder) -> None:
    ledger.append(folder, SwapTeams())
    ledger.append(folder, Note(3.0, "corner"))
    ledger.append(folder, Undo(1))
    assert [entry.number for entry in in_force(ledger.read_entries(folder))] == [2]
    ledger.append(folder, Undo(3))
    assert [entry.number for entry in in_force(ledger.read_entries(folder))] == [1, 2]


def test_a_line_that_was_cut_off_costs_only_itself(folder: MatchFolder) -> None:
    ledger.append(folder, SwapTeams())
    with (folder.path / LEDGER_NAME).open("ab") as file:
        file.write(b'{"number": 2, "at": 17')
    ledger.append(folder, RejectEvent(5))
    assert [entry.correction for entry in ledger.read_entries(folder)] == [SwapTeams(), RejectEvent(5)]


def test_several_processes_lose_nothing_and_share_no_number(folder: MatchFolder) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=reject_many, args=(folder, first)) for first in (0, 100)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    entries = ledger.read_entries(folder)
    assert [entry.number for entry in entries] == list(range(1, 51))
    events = {entry.correction.event_id for entry in entries if isinstance(entry.correction, RejectEvent)}
    assert events == {*range(25), *range(100, 125)}


@pytest.mark.parametrize(
    "correction",
    [
        NamePlayer(1, "x" * 61),
        NameTeam(0, "", "red; background:url(//evil.invalid)"),
        Note(0.0, ""),
        MergeTracks(-1, 2),
    ],
)
def test_values_out_of_range_are_refused(folder: MatchFolder, correction: ledger.Correction) -> None:
    with pytest.raises(CorrectionError):
        ledger.append(folder, correction)
    assert ledger.read_entries(folder) == []
