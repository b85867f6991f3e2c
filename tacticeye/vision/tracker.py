"""People keep their identity from frame to frame: a Kalman filter per person and an assignment per frame.

Everything is measured in body heights and seconds of video, so that 25 frames a second and 5 give the same behaviour.
Tracks live in px of the last analysed frame; each step first moves them with the camera. Because the filter treats x
and y alike and the camera moves by a similarity, one 2 x 2 covariance serves both axes and warping it is exact.
Players, keepers and referees are associated together: a role that flickers breaks no track.
A picture that is not the match view leaves tracks frozen. After a cut, and after a longer gap, people are recognised by
place, shirt and who else is there (track_memory.py); where nothing tells team-mates apart they get new ids.
Letters: T tracks, N boxes, D feature dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from tacticeye.state_parts import TrackerState
from tacticeye.types import NO_TRACK, Boxes
from tacticeye.vision.box_overlap import intersections, overlaps
from tacticeye.vision.camera import FrameMotion
from tacticeye.vision.shirt_distance import shirt_distances
from tacticeye.vision.track_memory import TrackMemory
from tacticeye.vision.track_table import Floats, Mask, TrackTable, from_states, to_states, warp

Rows = NDArray[np.intp]

# Motion, in body heights (1.8 m) and seconds.
ACCELERATION_DENSITY = 4.0  # bh^2/s^3: a person changes speed by about 2 bh (3.6 m) a second, one sigma
BIRTH_SPEED = 3.0  # bh/s, sigma of the unknown velocity of a new track; also the most a lost one is believed to vary
TOP_SPEED = 6.7  # bh/s: 12 m/s, faster than anyone runs
REACH = 0.5  # bh that jitter of boxes and camera may add to any displacement
BOX_NOISE = 0.08  # bh, sigma of a good box's centre
WEAK_BOX_NOISE = 0.16  # bh, of a low-score box
HEIGHT_NOISE = 0.10  # relative sigma of a box's height
HEIGHT_DRIFT = 0.15  # relative per root second
COAST_S = 1.0  # time constant with which an unseen person's velocity is forgotten
# Association.
GATE = 4.0  # sigmas
HIGH_SCORE = 0.5  # first association
LOW_SCORE = 0.2  # below: noise, no association and no birth
ACTIVE_S = 0.5  # unseen for longer: lost, found again only if the shirt agrees
KEEP_S = 2.0  # unseen for longer: forgotten
LOST_APPEARANCE = 0.40  # largest shirt distance at which a lost person is found again
LOST_GATE = 2.0  # sigmas, where no shirt can be compared
WEIGHT_PLACE, WEIGHT_OVERLAP, WEIGHT_SHIRT, WEIGHT_HEIGHT = 0.35, 0.25, 0.50, 0.10
WEIGHT_DOUBT = 0.12
WEIGHT_SIDE = 1.0
UNKNOWN_SHIRT = 0.3  # distance assumed where a shirt can't be compared
FORBIDDEN = 1e3
# Births.
SURE_SCORE = 0.7  # confirmed at once
CONFIRM_S = 0.15  # a good box is confirmed when seen again after that time or longer
CONFIRM_WEAK_S = 0.5  # a box of low mean score needs that long
CLEAR_SIDE = 0.5  # of a shirt whose kit is told
WAIT_S = 0.3  # at most, for the shirt of somebody who may have come back
TENTATIVE_S = 0.45  # an unconfirmed one unseen for longer is dropped: one miss at 5 Hz is forgiven
DOUBLE_OVERLAP = 0.5  # intersection over union with somebody's box that makes another box a double of it
COVERED = 0.8  # share of a box inside another that makes it a double, not a birth
OTHER_SIDE = 1.2  # difference of sides (-1..1) of people who can't be the same
SIDE_TIME_S = 1.0  # time constant of a track's side
PATIENCE_S = 0.5  # a track that follows an opponent's shirt for longer has gone over to him; a shirt may err for less
SHIRT_TIME_S = 1.5  # time constant of the running shirt
SHIRT_FREE = 0.3  # share of a box that others may cover for its shirt to be believed


@dataclass(frozen=True, eq=False)
class _Sightings:
    """Boxes of one frame as the filter reads them.

    covered (N,): largest share of a box inside one other box. side (N,): -1 surely team 0 to 1 surely team 1, 0 unsure.
    """

    t_s: float
    box: Floats
    centre: Floats
    height: Floats
    aspect: Floats
    score: Floats
    shirt: Floats
    covered: Floats
    pitch: Floats
    side: Floats

    @classmethod
    def of(cls, people: Boxes, features: NDArray[np.float32], sides: Floats | None) -> _Sightings:
        box = people.xyxy.astype(np.float64)
        size = np.maximum(box[:, 2:] - box[:, :2], 1.0)
        share = intersections(box, box) / (size[:, 0] * size[:, 1])[:, None]
        np.fill_diagonal(share, 0.0)
        covered = share.max(axis=1)
        side = np.zeros(len(box)) if sides is None else np.where(covered <= SHIRT_FREE, sides, 0.0)
        return cls(
            t_s=float(people.t_s[0]),
            box=box,
            centre=people.centre_xy,
            height=size[:, 1],
            aspect=size[:, 0] / size[:, 1],
            score=people.score.astype(np.float64),
            shirt=np.asarray(features, np.float64).reshape(len(box), -1),
            covered=covered,
            pitch=people.pitch_xy.astype(np.float64),
            side=side,
        )


class Tracker:
    """Gives each box of a frame the id of its track. `active_tracks`: ids of confirmed people in view now."""

    def __init__(self, state: TrackerState) -> None:
        self._next_track = state.next_track
        self._t_s = state.t_s
        self._tracks = from_states(state.tracks)
        self._memory = TrackMemory(state.remembered)
        self._is_away = state.is_away

    def state(self) -> TrackerState:
        return TrackerState(
            next_track=self._next_track,
            t_s=self._t_s,
            tracks=to_states(self._tracks),
            remembered=self._memory.state(),
            is_away=self._is_away,
        )

    @property
    def total_ids(self) -> int:
        """Ids given so far in this match."""
        return self._next_track - 1

    @property
    def active_tracks(self) -> list[int]:
        tracks = self._tracks
        in_view = (tracks.track != NO_TRACK) & (self._t_s - tracks.last_s <= ACTIVE_S)
        return [int(track) for track in tracks.track[in_view]]

    def update(
        self, people: Boxes, features: NDArray[np.float32], motion: FrameMotion, sides: Floats | None = None
    ) -> Boxes:
        """`people`: boxes of one frame. features (N, D) float32, NaN rows unusable. The same rows with `track` set.

        sides (N,): whose kit each wears as far as kits are known, -1 surely team 0 to 1 surely team 1, 0 unsure.
        Rows of people who aren't confirmed yet, and all rows of a picture that isn't the match view, keep -1.
        """
        if motion.is_cut:
            self._memory.remember(self._tracks.select(self._tracks.track != NO_TRACK))
            self._tracks = self._tracks.select(np.zeros(len(self._tracks), np.bool_))
            self._is_away = True
        elif not self._is_away:
            warp(self._tracks, motion.previous_to_current)
            self._memory.move(motion.previous_to_current)
        if motion.is_live and self._is_away:
            self._return(motion)
        if not motion.is_live or not len(people):
            return people
        seen = _Sightings.of(people, features, sides)
        self._fit_shirt_width(seen.shirt.shape[1])
        self._predict(seen.t_s)
        owner = self._associate(seen)
        matched = owner >= 0
        self._correct(seen, np.flatnonzero(matched), owner[matched])
        owner[~matched] = self._give_birth(seen, ~matched)
        self._confirm(seen, owner)
        known = np.append(self._tracks.track, NO_TRACK)  # owner -1 takes the last
        return replace(people, track=known[owner].astype(np.int32))

    def _return(self, motion: FrameMotion) -> None:
        """The first live frame after a cut: where those known from before may be in it."""
        self._is_away = False
        if motion.bridge is not None:
            self._memory.move(motion.bridge)
        else:
            self._memory.lose_places()

    def _fit_shirt_width(self, width: int) -> None:
        if self._tracks.shirt.shape[1] != width:
            self._tracks.shirt = np.full((len(self._tracks), width), np.nan)

    def _predict(self, t_s: float) -> None:
        """Forgets those unseen for too long, moves the others to `t_s`."""
        unseen_s = t_s - self._tracks.last_s
        limit_s = np.where(self._tracks.track == NO_TRACK, TENTATIVE_S, KEEP_S)
        is_gone = unseen_s > limit_s + 1e-9
        if is_gone.any():
            self._memory.remember(self._tracks.select(is_gone & (self._tracks.track != NO_TRACK)))
            self._tracks = self._tracks.select(~is_gone)
        tracks = self._tracks
        dt = max(t_s - self._t_s, 0.0) if np.isfinite(self._t_s) else 0.0
        coasting = tracks.last_s < self._t_s
        self._t_s = t_s
        in_view = (tracks.track != NO_TRACK) & ~coasting
        if in_view.any():
            usual = [median(speeds) for speeds in tracks.velocity[in_view].T.tolist()]
            self._memory.drift(np.array(usual), dt, t_s)
        tracks.velocity = np.where(coasting[:, None], tracks.velocity * np.exp(-dt / COAST_S), tracks.velocity)
        tracks.place = tracks.place + tracks.velocity * dt
        noise = ACCELERATION_DENSITY * tracks.height**2
        position, cov, speed = tracks.spread.T
        position = position + 2 * dt * cov + dt**2 * speed + noise * dt**3 / 3
        cov = cov + dt * speed + noise * dt**2 / 2
        speed = np.minimum(speed + noise * dt, (BIRTH_SPEED * tracks.height) ** 2)
        cov = np.minimum(cov, 0.99 * np.sqrt(position * speed))  # stays a covariance where the speed was bounded
        tracks.spread = np.stack([position, cov, speed], axis=1)
        tracks.height_var = tracks.height_var + HEIGHT_DRIFT**2 * tracks.height**2 * dt

    def _associate(self, seen: _Sightings) -> Rows:
        """(N,) index of the track that owns each box, -1 none."""
        owner = np.full(len(seen.box), -1, np.intp)
        tracks = self._tracks
        if not len(tracks):
            return owner
        cost = _costs(tracks, seen)
        free = np.ones(len(tracks), np.bool_)
        confirmed = tracks.track != NO_TRACK
        active = confirmed & (seen.t_s - tracks.last_s <= ACTIVE_S)
        for candidates, boxes in (
            (confirmed, seen.score >= HIGH_SCORE),
            (active, (seen.score >= LOW_SCORE) & (seen.score < HIGH_SCORE)),
            (~confirmed, seen.score >= LOW_SCORE),
        ):
            rows = np.flatnonzero(candidates & free)
            columns = np.flatnonzero(boxes & (owner < 0))
            if not len(rows) or not len(columns):
                continue
            part = cost[np.ix_(rows, columns)]
            picked_rows, picked_columns = linear_sum_assignment(part)
            good = part[picked_rows, picked_columns] < FORBIDDEN
            owner[columns[picked_columns[good]]] = rows[picked_rows[good]]
            free[rows[picked_rows[good]]] = False
        return owner

    def _correct(self, seen: _Sightings, boxes: Rows, owners: Rows) -> None:
        """Feeds the boxes to their tracks' filters."""
        tracks = self._tracks
        height = tracks.height[owners]
        position, cov, speed = tracks.spread[owners].T
        total = position + _box_variance(seen.score[boxes], height)
        gain_place, gain_velocity = position / total, cov / total
        error = seen.centre[boxes] - tracks.place[owners]
        tracks.place[owners] += gain_place[:, None] * error
        tracks.velocity[owners] += gain_velocity[:, None] * error
        tracks.spread[owners] = np.stack(
            [position * (1 - gain_place), cov * (1 - gain_place), speed - gain_velocity * cov], axis=1
        )
        gain = tracks.height_var[owners] / (tracks.height_var[owners] + (HEIGHT_NOISE * height) ** 2)
        step = np.clip(seen.height[boxes] - height, -0.3 * height, 0.3 * height)  # a half hidden person isn't small
        tracks.height[owners] = height + gain * step
        tracks.height_var[owners] *= 1 - gain
        count = tracks.sightings[owners] + 1
        running = np.maximum(1 - np.exp(-(seen.t_s - tracks.last_s[owners]) / SHIRT_TIME_S), 1 / count)
        tracks.aspect[owners] += running * (seen.aspect[boxes] - tracks.aspect[owners])
        tracks.score[owners] += (seen.score[boxes] - tracks.score[owners]) / count
        tracks.sightings[owners] = count
        is_placed = np.isfinite(seen.pitch[boxes]).all(axis=1)
        tracks.pitch[owners[is_placed]] = seen.pitch[boxes[is_placed]]
        self._learn_sides(seen, boxes, owners)
        self._learn_shirts(seen, boxes, owners, running)
        tracks.last_s[owners] = seen.t_s

    def _learn_sides(self, seen: _Sightings, boxes: Rows, owners: Rows) -> None:
        """Opponents' shirts on a track teach nothing; their time is counted."""
        tracks, side = self._tracks, seen.side[boxes]
        old, step_s = tracks.side[owners], seen.t_s - tracks.last_s[owners]
        is_contrary = np.abs(old - side) >= OTHER_SIDE
        learns = (side != 0) & ~is_contrary
        tracks.side[owners] = np.where(learns, old + (1 - np.exp(-step_s / SIDE_TIME_S)) * (side - old), old)
        kept = np.where(is_contrary, tracks.contrary_s[owners] + step_s, tracks.contrary_s[owners])
        tracks.contrary_s[owners] = np.where(learns, 0.0, kept)

    def _learn_shirts(self, seen: _Sightings, boxes: Rows, owners: Rows, running: Floats) -> None:
        old, new = self._tracks.shirt[owners], seen.shirt[boxes]
        is_new = _is_unknown(old)
        blended = np.where(is_new[:, None], new, old + running[:, None] * (new - old))
        usable = (is_new | (seen.covered[boxes] <= SHIRT_FREE)) & ~_is_unknown(new)
        self._tracks.shirt[owners] = np.where(usable[:, None], blended, old)

    def _give_birth(self, seen: _Sightings, unmatched: Mask) -> Rows:
        """Starts a track for each unmatched box that isn't noise or a double; the index of its track, -1 none."""
        if not unmatched.any():
            return np.zeros(0, np.intp)
        is_new = (seen.covered < COVERED) | (seen.score >= SURE_SCORE)
        rival = ~unmatched[None] | (seen.score[None] > seen.score[:, None])
        is_new &= ~((overlaps(seen.box, seen.box) >= DOUBLE_OVERLAP) & rival).any(axis=1)
        born = np.flatnonzero(unmatched & is_new & (seen.score >= LOW_SCORE))
        n, height = len(born), seen.height[born]
        index = np.full(len(seen.box), -1, np.intp)
        index[born] = len(self._tracks) + np.arange(n)
        spread = np.stack([_box_variance(seen.score[born], height), np.zeros(n), (BIRTH_SPEED * height) ** 2], axis=1)
        self._tracks = self._tracks.append(
            TrackTable(
                track=np.full(n, NO_TRACK, np.int64),
                place=seen.centre[born],
                velocity=np.zeros((n, 2)),
                spread=spread,
                height=height,
                height_var=(HEIGHT_NOISE * height) ** 2,
                aspect=seen.aspect[born],
                first_s=np.full(n, seen.t_s),
                last_s=np.full(n, seen.t_s),
                sightings=np.ones(n, np.int64),
                score=seen.score[born],
                shirt=seen.shirt[born],
                pitch=seen.pitch[born],
                side=np.zeros(n),
                contrary_s=np.zeros(n),
            )
        )
        return index[unmatched]

    def _confirm(self, seen: _Sightings, owner: Rows) -> None:
        """Gives ids to those seen just now who have proved themselves: old ones to old acquaintances."""
        tracks, t_s = self._tracks, seen.t_s
        is_candidate = (tracks.track == NO_TRACK) & (tracks.last_s == t_s)
        if not is_candidate.any():
            return
        age_s = t_s - tracks.first_s + 1e-9
        proved = (
            (tracks.score >= SURE_SCORE)
            | ((tracks.score >= HIGH_SCORE) & (age_s >= CONFIRM_S))
            | ((tracks.sightings > 2) & (age_s >= CONFIRM_WEAK_S))
        )
        side_now = np.zeros(len(tracks))
        side_now[owner[owner >= 0]] = seen.side[owner >= 0]
        if np.abs(seen.side).max(initial=0.0) > CLEAR_SIDE and len(self._memory):
            # Kits are known and somebody may have come back: worth a moment until his shirt can be seen.
            proved &= (np.abs(side_now) > CLEAR_SIDE) | (age_s >= WAIT_S)
        fresh = np.flatnonzero(proved & is_candidate)
        is_fresh = np.zeros(len(tracks), np.bool_)
        is_fresh[fresh] = True
        newcomers = tracks.select(is_fresh)
        newcomers.side = np.where(side_now[fresh] == 0, newcomers.side, side_now[fresh])
        ids = self._memory.recognise(newcomers, tracks.select(tracks.track != NO_TRACK), t_s)
        is_new = ids == NO_TRACK
        ids[is_new] = self._next_track + np.arange(int(is_new.sum()))
        tracks.track[fresh] = ids
        self._next_track += int(is_new.sum())


def _is_unknown(shirts: Floats) -> Mask:
    """(N,): rows of features that can't be used."""
    return np.asarray(np.isnan(shirts).any(axis=1), np.bool_)


def _box_variance(score: Floats, height: Floats) -> Floats:
    """(N,) px^2: how far a box's centre may be off."""
    return np.asarray((np.where(score >= HIGH_SCORE, BOX_NOISE, WEAK_BOX_NOISE) * height) ** 2)


def _costs(tracks: TrackTable, seen: _Sightings) -> Floats:
    """(T, N) float64: how badly each box fits each track, FORBIDDEN where it can't be the same person."""
    distance2 = ((seen.centre[None] - tracks.place[:, None]) ** 2).sum(axis=2)
    variance = tracks.spread[:, :1] + _box_variance(seen.score[None], tracks.height[:, None])
    sigmas2 = distance2 / variance
    unseen_s = seen.t_s - tracks.last_s
    reach = ((REACH + TOP_SPEED * unseen_s) * tracks.height)[:, None]
    ratio = np.abs(np.log(seen.height[None] / tracks.height[:, None]))
    shirt = shirt_distances(tracks.shirt, seen.shirt)
    is_unknown = np.isnan(shirt)
    possible = (sigmas2 <= GATE**2) & (distance2 <= reach**2) & (ratio < np.log(2.0))
    is_lost = (unseen_s > ACTIVE_S)[:, None]
    # One look may err, so among those in view an opponent only comes last; after a gap, or when it goes on, he is none.
    aside = np.abs(tracks.side[:, None] - seen.side[None])
    possible &= (aside < OTHER_SIDE) | ~(is_lost | (tracks.contrary_s >= PATIENCE_S)[:, None])
    possible &= ~is_lost | np.where(is_unknown, sigmas2 <= LOST_GATE**2, shirt <= LOST_APPEARANCE)
    # Who was not seen for long may be anywhere: without its log-variance such a track would win every box near by.
    doubt = np.log(variance / _box_variance(seen.score[None], tracks.height[:, None]))
    cost = (
        WEIGHT_PLACE * np.sqrt(sigmas2) / GATE
        + WEIGHT_DOUBT * doubt
        + WEIGHT_OVERLAP * (1 - overlaps(tracks.boxes(), seen.box))
        + WEIGHT_SHIRT * np.where(is_unknown, UNKNOWN_SHIRT, shirt)
        + WEIGHT_HEIGHT * ratio
        + WEIGHT_SIDE * aside / 2
    )
    return np.where(possible, cost, FORBIDDEN)
