"""People out of view keep their identity: where they may be by now, and who of them has come back.

A person who leaves the picture, or whom nobody saw for long, moves with the others as far as anyone knows, and is less
and less sure to be at that place: displacement follows an Ornstein-Uhlenbeck process about the common movement. When
somebody new is seen, the one of them is taken whose place and shirt fit best, all newcomers at once (Hungarian method),
so that a group comes back in its order. Px of the last analysed frame, body heights (bh), seconds of video.
Letters: M remembered, N newcomers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from tacticeye.state_parts import TrackState
from tacticeye.vision.shirt_distance import shirt_distances
from tacticeye.vision.track_table import Floats, TrackTable, from_states, to_states, warp

MOST_REMEMBERED = 60  # the newest; a match has 22 players, some officials and what a detector took for people
MEMORY_S = 180.0  # unseen for longer: forgotten
LEAST_LIFE_S = 0.4  # who was followed for less is not worth remembering
# How somebody out of view moves about the common movement of those in view.
WANDER = 1.3  # bh/s, one sigma
WANDER_S = 1.5  # how long a speed lasts
PLACE_NOISE = 0.6  # bh that place and camera may be off at once
FORESHORTENING = 0.5  # what a metre of depth measures in the picture against one of width, seen from a stand
WITH_THE_OTHERS = 0.8  # share of the others' movement that one out of view takes part in
# Who may have come back.
GATE = 3.0  # sigmas
BLIND_GATE = 1.5  # where no shirt can be compared
FULL_GATE = 6.0  # where that shirt is known as often as a team has players: nobody new can be expected
FULL_TEAM = 10
SAME_SHIRT = 0.35  # shirt distance up to which two may wear the same kit
TYPICAL_SHIRT = 0.15  # one sigma of the distance between two looks at one shirt
TALLEST_CHANGE = 1.6  # ratio of heights of one person before and after
OTHER_SIDE = 1.2  # difference of sides (-1..1) of people who can't be the same
OWN_SHIRT = 0.25  # shirt distance up to which somebody whose shirt nobody else wears is known by it alone
BODY_HEIGHT_M = 1.8
FORBIDDEN = 1e6


class TrackMemory:
    """Those who are out of view, with the last that was known of them."""

    def __init__(self, states: list[TrackState]) -> None:
        self._people = from_states(states)

    def state(self) -> list[TrackState]:
        return to_states(self._people)

    def __len__(self) -> int:
        return len(self._people)

    def remember(self, lost: TrackTable) -> None:
        """Takes in people who had an id and aren't seen any more."""
        worth = (lost.last_s - lost.first_s) >= LEAST_LIFE_S
        lost = lost.select(worth)
        if not len(lost):
            return
        if self._people.shirt.shape[1] != lost.shirt.shape[1]:
            self._people.shirt = np.full((len(self._people), lost.shirt.shape[1]), np.nan)
        people = self._people.append(lost)
        newest = np.sort(np.argsort(-people.last_s, kind="stable")[:MOST_REMEMBERED])
        self._people = people.select(newest)

    def move(self, previous_to_current: Floats) -> None:
        """Goes along with the camera."""
        warp(self._people, previous_to_current)

    def drift(self, velocity: Floats, seconds: float, t_s: float) -> None:
        """Goes along with the play: `velocity` (2,) px/s is that of the people in view."""
        self._people = self._people.select(t_s - self._people.last_s <= MEMORY_S)
        self._people.place = self._people.place + WITH_THE_OTHERS * seconds * velocity

    def lose_places(self) -> None:
        """After a cut that can't be bridged nobody's place is known."""
        self._people.place = np.full((len(self._people), 2), np.nan)

    def recognise(self, newcomers: TrackTable, in_view: TrackTable, t_s: float) -> NDArray[np.int64]:
        """(N,) the old ids of those `newcomers` who have been here before, -1 for the others; they leave the memory.

        in_view: all others with an id, who can't be the newcomers.
        """
        ids = np.full(len(newcomers), -1, np.int64)
        if not len(self._people) or not len(newcomers):
            return ids
        cost = self._costs(newcomers, in_view, t_s)
        rows, columns = linear_sum_assignment(cost)
        good = cost[rows, columns] < FORBIDDEN
        ids[columns[good]] = self._people.track[rows[good]]
        stays = np.ones(len(self._people), np.bool_)
        stays[rows[good]] = False
        self._people = self._people.select(stays)
        return ids

    def _costs(self, newcomers: TrackTable, in_view: TrackTable, t_s: float) -> Floats:
        """(M, N): minus the log-likelihood that each of the remembered is each newcomer."""
        people = self._people
        unseen_s = np.maximum(t_s - people.last_s, 0.0)
        stray = wander(unseen_s)[:, None]
        away = (newcomers.place[None] - people.place[:, None]) / (stray * people.height[:, None])[..., None]
        on_pitch = (newcomers.pitch[None] - people.pitch[:, None]) / (stray * BODY_HEIGHT_M)[..., None]
        sigmas2 = away[..., 0] ** 2 + (away[..., 1] / FORESHORTENING) ** 2
        sigmas2 = np.where(np.isnan(on_pitch[..., 0]), sigmas2, (on_pitch**2).sum(axis=2))
        shirt = shirt_distances(people.shirt, newcomers.shirt)
        ratio = np.abs(np.log(newcomers.height[None] / people.height[:, None]))
        known = self._times_known(newcomers, in_view)
        is_seen = ~np.isnan(newcomers.shirt).any(axis=1) if newcomers.shirt.shape[1] else np.zeros(len(newcomers), bool)
        gate = np.where(is_seen, np.where(known >= FULL_TEAM, FULL_GATE, GATE), BLIND_GATE)[None]
        possible = (sigmas2 <= gate**2) & (ratio <= np.log(TALLEST_CHANGE))
        possible &= np.isnan(shirt) | (shirt <= SAME_SHIRT)
        possible |= np.isnan(sigmas2) & (shirt <= OWN_SHIRT) & (known <= 1)[None]
        sigmas2 = np.where(np.isnan(sigmas2), GATE**2, sigmas2)
        possible &= np.abs(people.side[:, None] - newcomers.side[None]) < OTHER_SIDE
        look = np.where(np.isnan(shirt), 1.0, (shirt / TYPICAL_SHIRT) ** 2)
        cost = sigmas2 / 2 + 2 * np.log(stray) + look / 2
        return np.where(possible, cost, FORBIDDEN)

    def _times_known(self, newcomers: TrackTable, in_view: TrackTable) -> NDArray[np.intp]:
        """(N,): how many people are known, here or in view, whose shirt is like the newcomer's."""
        shirts = shirt_distances(np.concatenate([self._people.shirt, in_view.shirt]), newcomers.shirt)
        return np.asarray((shirts <= SAME_SHIRT).sum(axis=0), np.intp)


def wander(unseen_s: Floats) -> Floats:
    """(M,) bh: one sigma of how far people may have strayed from the common movement in that time."""
    strayed = 2 * WANDER**2 * WANDER_S * (unseen_s - WANDER_S * (1 - np.exp(-unseen_s / WANDER_S)))
    return np.asarray(np.sqrt(PLACE_NOISE**2 + strayed))
