"""A match is started only where it has room."""

from __future__ import annotations

import pytest

from tacticeye.capacity import MEMORY_A_MATCH, Limit, Resources, Room, find_room, resources

PLENTY = 1 << 40


@pytest.mark.parametrize(
    ("machine", "busy", "young", "room"),
    [
        (Resources(64, PLENTY, None), 0, 0, Room(3, Limit.SETTING)),
        (Resources(4, PLENTY, None), 1, 0, Room(2, Limit.CORES)),
        (Resources(64, MEMORY_A_MATCH - 1, None), 1, 0, Room(1, Limit.MEMORY)),
        (Resources(64, 2 * MEMORY_A_MATCH, None), 1, 1, Room(2, Limit.MEMORY)),
        (Resources(64, PLENTY, 1 << 20), 2, 0, Room(2, Limit.GPU)),
        (Resources(1, 0, 0), 0, 0, Room(1, Limit.CORES)),
    ],
)  # fmt: skip
def test_what_is_scarcest_limits(machine: Resources, busy: int, young: int, room: Room) -> None:
    assert find_room(3, busy, young, machine) == room


def test_this_machine_has_something_to_work_with() -> None:
    now = resources()
    assert now.cores >= 1 and now.memory_free > 0
