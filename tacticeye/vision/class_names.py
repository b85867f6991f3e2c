"""The names that data sets and models give to what we look for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tacticeye.types import Role

# Class names in use, lower case; anything else that a model or a data set knows is dropped.
ROLE_OF_CLASS: Mapping[str, Role] = {
    "player": Role.PLAYER,
    "players": Role.PLAYER,
    "person": Role.PLAYER,
    "goalkeeper": Role.GOALKEEPER,
    "goalkeepers": Role.GOALKEEPER,
    "keeper": Role.GOALKEEPER,
    "gk": Role.GOALKEEPER,
    "referee": Role.REFEREE,
    "referees": Role.REFEREE,
    "ref": Role.REFEREE,
    "ball": Role.BALL,
    "football": Role.BALL,
    "sports ball": Role.BALL,
}
UNKNOWN_CLASS = -1


def roles_of_classes(names: Mapping[int, str]) -> NDArray[np.int8]:
    """(classes,) int8 of Role by class number, -1 for classes that are dropped."""
    roles = np.full(max(names, default=-1) + 1, UNKNOWN_CLASS, np.int8)
    for number, name in names.items():
        roles[number] = ROLE_OF_CLASS.get(str(name).strip().lower(), UNKNOWN_CLASS)
    return roles
