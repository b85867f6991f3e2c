"""A match is started only where it has room."""

from __future__ import annotations

from pathlib import Path

import pytest

from tacticeye.capacity import (
    GPU_MEMORY_A_MATCH,
    MEMORY_A_MATCH,
    Limit,
    Resources,
    Room,
    container_memory_free,
    find_room,
    read_memory_free,
    resources,
    visible_card,
)

PLENTY = 1 << 40


@pytest.mark.parametrize(
    ("machine", "busy", "young", "room"),
    [
        (Resources(64, PLENTY, None), 0, 0, Room(3, Limit.SETTING)),
        (Resources(4, PLENTY, None), 1, 0, Room(2, Limit.CORES)),
        (Resources(64, MEMORY_A_MATCH - 1, None), 1, 0, Room(1, Limit.MEMORY)),
        (Resources(64, 2 * MEMORY_A_MATCH, None), 1, 1, Room(2, Limit.MEMORY)),
        (Resources(64, PLENTY, 1 << 20), 2, 0, Room(2, Limit.GPU)),
        (Resources(64, PLENTY, 2 * GPU_MEMORY_A_MATCH), 1, 1, Room(2, Limit.GPU)),
        (Resources(1, 0, 0), 0, 0, Room(1, Limit.CORES)),
    ],
)  # fmt: skip
def test_what_is_scarcest_limits(machine: Resources, busy: int, young: int, room: Room) -> None:
    assert find_room(3, busy, young, machine) == room


def test_this_machine_has_something_to_work_with() -> None:
    now = resources()
    assert now.cores >= 1 and now.memory_free > 0


def test_files_that_were_read_take_no_memory_of_a_container(tmp_path: Path) -> None:
    for name, content in (("max", "8000"), ("current", "7900"), ("stat", "anon 900\ninactive_file 6000\n")):
        (tmp_path / f"memory.{name}").write_text(content)
    assert container_memory_free(tmp_path, 12_000) == 6100
    (tmp_path / "memory.max").write_text("max\n")
    assert container_memory_free(tmp_path, 12_000) == 12_000


@pytest.mark.parametrize(
    ("names", "card"),
    [(None, "0"), ("1,0", "1"), ("GPU-4f0c", "GPU-4f0c"), ("", None), ("-1", None)],
)
def test_the_card_asked_for_its_memory_is_the_one_a_worker_takes(names: str | None, card: str | None) -> None:
    assert visible_card(names) == card


@pytest.mark.parametrize(
    ("told", "free"), [("81038\n", 81038 << 20), ("5\n7\n", 5 << 20), ("[N/A]\n", None), ("", None)]
)
def test_a_card_that_tells_no_number_limits_nothing(told: str, free: int | None) -> None:
    assert read_memory_free(told) == free
