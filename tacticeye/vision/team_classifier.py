"""Which team and role each track has: kits found without help, then votes per track that keep their margin.

Shirts of isolated players are collected until two kits show; fits are repeated, the one that tells the kits apart best
is used, and once that is good it is frozen but for a slow drift with the light. Team 0 is the team with the darker
shirt at the first fit, and stays so.
Players vote by shirt, goalkeepers by place (keeper_side.py). Votes fade with time, and
whoever is not clearly of a team is -1. Each shirt is looked at a few times a second at most, whatever the rate of
analysis. Letters: N boxes of the frame, D feature dimensions.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
from numpy.typing import NDArray

from tacticeye.pitch import LENGTH_M
from tacticeye.state_parts import ShirtSample, TeamClassifierState, TrackVotes
from tacticeye.types import NO_TEAM, NO_TRACK, Boxes, Role, TeamKit, TrackSummary
from tacticeye.vision.box_overlap import intersections
from tacticeye.vision.keeper_side import Ends, side_in_picture
from tacticeye.vision.kit_model import KitModel, fit_kits, in_order_of, lab_of, to_looks

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SAMPLE_EVERY_S = 0.15  # one look at a shirt in that time
ISOLATED = 0.1  # share of a box that others may cover for its shirt to teach the kits
CROWDED_WEIGHT = 0.5  # vote of a shirt that others cover in part
MOST_COVERED = 0.5  # beyond: no vote
# When kits are fitted. A wide view gives the first row within a second; a narrow one must wait for the second.
FIT_SAMPLES, FIT_TRACKS = 60, 8
NARROW_SAMPLES, NARROW_TRACKS, NARROW_S = 30, 4, 3.0
REFIT_S = 1.0
REFIT_SHARE = 0.1  # of the time since the first sample: refits grow rarer
MOST_OF_TRACK, MOST_SAMPLES = 8, 320
QUALITY_FADE_S = 60.0  # time constant with which a fit loses its lead over later ones
FREEZE_QUALITY, FREEZE_S = 3.2, 3.0
DRIFT = 1 / 3000  # per sure shirt: about a minute of a wide view
SURE_SHARE = 0.95
# Votes.
TEAM_FADE_S, ROLE_FADE_S, SIDE_FADE_S = 30.0, 15.0, 120.0  # time constants
DOUBT = 1.0  # votes of doubt on either side's account: one look is not enough
LEAST_MARGIN = 0.4
SIDE_DOUBT_S, LEAST_SIDE_MARGIN = 1.0, 0.35
LONGEST_STEP_S = 0.25
FORGET_S = 60.0
ROLES = 3


@dataclass(frozen=True, eq=False)
class _Frame:
    """One frame's people. looks (N, D); covered (N,): largest share of a box inside one other; usable: shirt seen."""

    t_s: float
    people: Boxes
    looks: Floats
    covered: Floats
    usable: Mask

    @classmethod
    def of(cls, t_s: float, people: Boxes, features: NDArray[np.float32]) -> _Frame:
        looks = np.round(to_looks(np.asarray(features).reshape(len(people), -1)), 2)  # rounded: short in the state
        box = people.xyxy.astype(np.float64)
        area = np.maximum((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]), 1.0)
        share = intersections(box, box) / area[:, None]
        np.fill_diagonal(share, 0.0)
        return cls(t_s, people, looks, share.max(axis=1), np.asarray(~np.isnan(looks).any(axis=1)))


class TeamClassifier:
    """Learns kits, keeps votes, answers who belongs where."""

    def __init__(self, state: TeamClassifierState, length_m: float = LENGTH_M) -> None:
        """length_m: of the pitch that people's places are on."""
        self._model: KitModel | None = None
        if state.centres:
            self._model = KitModel(np.array(state.centres), np.array(state.spread), state.separation)
        self._quality = state.quality
        self._is_frozen = state.is_frozen
        self._first_sample_s = state.first_sample_s
        self._fitted_s = state.fitted_s
        self._samples = list(state.samples)
        self._votes = dict(state.votes)
        self._changed = set(state.changed)
        self._departed = list(state.departed)
        self._ends = Ends(state.ends, length_m)

    def state(self) -> TeamClassifierState:
        model = self._model
        return TeamClassifierState(
            centres=model.centres.tolist() if model else [],
            spread=model.spread.tolist() if model else [],
            separation=model.separation if model else 0.0,
            quality=self._quality,
            is_frozen=self._is_frozen,
            first_sample_s=self._first_sample_s,
            fitted_s=self._fitted_s,
            samples=list(self._samples),
            votes=dict(self._votes),
            changed=sorted(self._changed),
            departed=list(self._departed),
            ends=self._ends.state(),
        )

    def update(self, t_s: float, people: Boxes, features: NDArray[np.float32]) -> NDArray[np.int8]:
        """`people` of one frame with their tracks, `features` (N, D) of their shirts, NaN unusable. (N,) team.

        -1 is unsure. People without a track get the team of a shirt that is clear by itself.
        """
        self._forget(t_s)
        if not len(people):
            return np.zeros(0, np.int8)
        frame = _Frame.of(t_s, people, features)
        due = self._count(frame)
        self._collect(frame, due)
        has_voted = self._fit(t_s)
        shares = self._shares(frame)
        if self._model is not None and not has_voted:
            self._vote(frame, due, shares, self._model)
        self._vote_keepers(frame)
        tracks = people.track.tolist()
        self._changed.update(track for track in tracks if track != NO_TRACK)
        clear = (people.role == Role.PLAYER) & (frame.covered <= ISOLATED) & (shares.max(axis=1) >= SURE_SHARE)
        alone = np.where(clear, shares.argmax(axis=1), NO_TEAM).tolist()
        teams = [self.team_of(track) if track != NO_TRACK else team for track, team in zip(tracks, alone, strict=True)]
        return np.array(teams, np.int8)

    def sides(self, features: NDArray[np.float32]) -> Floats:
        """(N,) whose kit each shirt (N, D) is by what is known: -1 surely team 0 to 1 surely team 1, 0 unsure."""
        if not len(features):
            return np.zeros(0)
        looks = to_looks(np.asarray(features).reshape(len(features), -1))
        side = np.zeros(len(looks))
        usable = ~np.isnan(looks).any(axis=1)
        if self._model is not None and usable.any():
            shares = self._model.shares(looks[usable])
            side[usable] = shares[:, 1] - shares[:, 0]
        return side

    def team_of(self, track: int) -> int:
        """0, 1, or -1 where unsure, unknown, or a referee."""
        return self._judge(self._votes[track])[1] if track in self._votes else NO_TEAM

    def role_of(self, track: int) -> Role:
        """The role with most votes; PLAYER for a track unknown here."""
        return _role(self._votes[track]) if track in self._votes else Role.PLAYER

    def summaries(self) -> list[TrackSummary]:
        """What is believed now of each track that changed since the last call; those forgotten meanwhile come first."""
        known = [self._summary(track) for track in sorted(self._changed)]
        departed, self._departed = self._departed, []
        self._changed.clear()
        return departed + known

    def kits(self) -> list[TeamKit]:
        """Shirt colours of team 0 and team 1; empty until they are known."""
        if self._model is None:
            return []
        return [TeamKit(team, rgb_of_lab(*lab_of(self._model.centres[team]))) for team in (0, 1)]

    def _count(self, frame: _Frame) -> list[int]:
        """Notes presence and role of each track; the rows whose shirts are due for a look."""
        due = []
        people = frame.people
        for row, (track, role, score) in enumerate(
            zip(people.track.tolist(), people.role.tolist(), people.score.tolist(), strict=True)
        ):
            if track == NO_TRACK:
                continue
            old = self._votes.get(track)
            if old is None:
                old = TrackVotes(frame.t_s, frame.t_s, -np.inf, 0, [0.0] * ROLES, [0.0] * 3, [0.0] * 2)
            unseen_s = frame.t_s - old.last_s
            role_votes = _faded(old.role_votes, unseen_s, ROLE_FADE_S)
            role_votes[role] += score
            is_due = bool(frame.usable[row]) and frame.t_s - old.sampled_s >= SAMPLE_EVERY_S - 1e-9
            self._votes[track] = TrackVotes(
                first_s=old.first_s,
                last_s=frame.t_s,
                sampled_s=frame.t_s if is_due else old.sampled_s,
                n_boxes=old.n_boxes + 1,
                role_votes=role_votes,
                team_votes=_faded(old.team_votes, unseen_s, TEAM_FADE_S),
                side_votes=_faded(old.side_votes, unseen_s, SIDE_FADE_S),
            )
            if is_due:
                due.append(row)
        return due

    def _collect(self, frame: _Frame, due: list[int]) -> None:
        """Keeps the shirts of isolated players for the fit, the newest few of each track."""
        if self._is_frozen:
            return
        people = frame.people
        fresh = [
            ShirtSample(int(people.track[row]), frame.looks[row].tolist())
            for row in due
            if frame.covered[row] <= ISOLATED
            and people.role[row] == Role.PLAYER
            and self.role_of(int(people.track[row])) == Role.PLAYER
        ]
        if not fresh:
            return
        if np.isnan(self._first_sample_s):
            self._first_sample_s = frame.t_s
        samples = self._samples + fresh
        surplus = Counter(s.track for s in samples)
        kept = []
        for sample in samples:  # oldest first
            if surplus[sample.track] > MOST_OF_TRACK:
                surplus[sample.track] -= 1
            else:
                kept.append(sample)
        self._samples = kept[-MOST_SAMPLES:]

    def _fit(self, t_s: float) -> bool:
        """Finds the kits, or finds them again, when that is due and there is enough to go by; then all have voted."""
        if self._is_frozen or not self._samples:
            return False
        age_s = t_s - self._first_sample_s
        if self._model is not None and t_s - self._fitted_s < max(REFIT_S, REFIT_SHARE * age_s) - 1e-9:
            return False
        counts = Counter(s.track for s in self._samples)
        tracks = {track for track, n in counts.items() if n >= 2}
        samples = [s for s in self._samples if s.track in tracks]
        is_wide = len(samples) >= FIT_SAMPLES and len(tracks) >= FIT_TRACKS
        is_narrow = len(samples) >= NARROW_SAMPLES and len(tracks) >= NARROW_TRACKS and age_s >= NARROW_S
        if not is_wide and not is_narrow:
            return False
        found = fit_kits(np.array([s.feature for s in samples]), np.array([s.track for s in samples], np.int64))
        since_s = 0.0 if np.isnan(self._fitted_s) else t_s - self._fitted_s
        self._fitted_s, self._quality = t_s, self._quality * float(np.exp(-since_s / QUALITY_FADE_S))
        if found is None:
            return False
        quality = found.separation * float(np.sqrt((len(tracks) - 2) / (len(tracks) + 6)))  # few tracks flatter
        is_better = quality >= self._quality
        if is_better:
            self._model = in_order_of(found, self._model.centres) if self._model is not None else found
            self._quality = quality
            self._vote_again(self._model)
        if age_s >= FREEZE_S and self._quality >= FREEZE_QUALITY:
            self._is_frozen, self._samples = True, []
        return is_better

    def _vote_again(self, model: KitModel) -> None:
        """New kits make old votes stale: each track votes anew with the shirts kept of it."""
        shares = _with_neither(model.shares(np.array([s.feature for s in self._samples])))
        votes: dict[int, Floats] = {}
        for sample, share in zip(self._samples, shares, strict=True):
            votes[sample.track] = votes.get(sample.track, np.zeros(3)) + share
        for track, total in votes.items():
            if track in self._votes:
                self._votes[track] = replace(self._votes[track], team_votes=total.tolist())
                self._changed.add(track)

    def _shares(self, frame: _Frame) -> Floats:
        """(N, 2) belief per team from the shirts of this frame alone; 0 where there is nothing to go by."""
        shares = np.zeros((len(frame.people), 2))
        if self._model is not None and frame.usable.any():
            shares[frame.usable] = self._model.shares(frame.looks[frame.usable])
        return shares

    def _vote(self, frame: _Frame, due: list[int], shares: Floats, model: KitModel) -> None:
        """Adds the votes of the shirts due; once frozen, sure shirts draw the kits along with the light."""
        centres, ballots = model.centres.copy(), _with_neither(shares)
        for row in due:
            if frame.covered[row] > MOST_COVERED:
                continue
            track = int(frame.people.track[row])
            isolated = frame.covered[row] <= ISOLATED
            weight = 1.0 if isolated else CROWDED_WEIGHT
            votes = (np.array(self._votes[track].team_votes) + weight * ballots[row]).tolist()
            self._votes[track] = replace(self._votes[track], team_votes=votes)
            team = int(shares[row].argmax())
            if self._is_frozen and isolated and shares[row, team] >= SURE_SHARE and self.team_of(track) == team:
                centres[team] += DRIFT * (frame.looks[row] - centres[team])
        self._model = replace(model, centres=centres)

    def _vote_keepers(self, frame: _Frame) -> None:
        """Keepers vote by the goal that they guard where they and the pitch are placed, else by the picture."""
        tracks = frame.people.track.tolist()
        judged = [self._judge(self._votes[t]) if t != NO_TRACK else (Role.REFEREE, NO_TEAM, 0.0) for t in tracks]
        is_player = np.array([role == Role.PLAYER for role, _, _ in judged])
        team = np.array([team for _, team, _ in judged])
        sides = (is_player & (team == 0), is_player & (team == 1))
        x_m = frame.people.pitch_xy[:, 0].astype(np.float64)
        self._ends.see(frame.t_s, x_m, sides)
        feet, height = frame.people.feet_xy, median(frame.people.height.tolist())
        for row, (role, _, _) in enumerate(judged):
            if role != Role.GOALKEEPER:
                continue
            if np.isfinite(x_m[row]):
                guarded = self._ends.team_of(float(x_m[row]))
                shares = (float(guarded == 0), float(guarded == 1))
            else:
                shares = side_in_picture(row, feet, height, sides, is_player)
            votes = self._votes[tracks[row]]
            step_s = self._step_s(votes)
            added = [vote + step_s * share for vote, share in zip(votes.side_votes, shares, strict=True)]
            self._votes[tracks[row]] = replace(votes, side_votes=added)

    @staticmethod
    def _step_s(votes: TrackVotes) -> float:
        """Seconds that one box of a track stands for."""
        return min((votes.last_s - votes.first_s) / max(votes.n_boxes - 1, 1), LONGEST_STEP_S)

    def _judge(self, votes: TrackVotes) -> tuple[Role, int, float]:
        """Role, team and margin of the team vote."""
        role = _role(votes)
        if role == Role.REFEREE:
            return role, NO_TEAM, 0.0
        is_keeper = role == Role.GOALKEEPER
        first, second = (votes.side_votes if is_keeper else votes.team_votes)[:2]
        doubt = SIDE_DOUBT_S if is_keeper else DOUBT + votes.team_votes[2]
        margin = abs(first - second) / (first + second + doubt)
        is_sure = margin >= (LEAST_SIDE_MARGIN if is_keeper else LEAST_MARGIN)
        return role, (int(second > first) if is_sure else NO_TEAM), margin

    def _summary(self, track: int) -> TrackSummary:
        votes = self._votes[track]
        role, team, margin = self._judge(votes)
        return TrackSummary(track, role, team, margin, votes.first_s, votes.last_s, votes.n_boxes)

    def _forget(self, t_s: float) -> None:
        """Drops tracks long unseen, keeping the last summary of those whose change has not been told yet."""
        gone = [track for track, votes in self._votes.items() if t_s - votes.last_s > FORGET_S]
        for track in gone:
            if track in self._changed:
                self._departed.append(self._summary(track))
                self._changed.discard(track)
            del self._votes[track]


def _role(votes: TrackVotes) -> Role:
    return Role(votes.role_votes.index(max(votes.role_votes)))


def _with_neither(shares: Floats) -> Floats:
    """(N, 3) from (N, 2): what belongs to neither team is a vote too."""
    return np.column_stack([shares, 1 - shares.sum(axis=1)])


def _faded(votes: list[float], seconds: float, time_constant_s: float) -> list[float]:
    factor = math.exp(-seconds / time_constant_s)
    return [vote * factor for vote in votes]


def rgb_of_lab(lightness: float, a: float, b: float) -> tuple[int, int, int]:
    """sRGB 0..255 of CIE Lab (lightness 0..100, D65)."""
    y = (lightness + 16) / 116
    linear = [_uncurved(y + a / 500) * 0.95047, _uncurved(y), _uncurved(y - b / 200) * 1.08883]
    to_rgb = ((3.2406, -1.5372, -0.4986), (-0.9689, 1.8758, 0.0415), (0.0557, -0.2040, 1.0570))
    red, green, blue = (_channel(sum(k * v for k, v in zip(row, linear, strict=True))) for row in to_rgb)
    return red, green, blue


def _uncurved(value: float) -> float:
    return value**3 if value > 6 / 29 else 3 * (6 / 29) ** 2 * (value - 4 / 29)


def _channel(linear: float) -> int:
    curved = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(255 * min(max(curved, 0.0), 1.0))
