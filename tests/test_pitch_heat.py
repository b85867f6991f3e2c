"""Heat on the pitch: counted once, by phase of play, against what was in view, however the batches fall."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tacticeye.dashboard.pitch_heat import seconds_per_minute
from tacticeye.pitch_grid import cells_in_view, exposure_corrected, pack, unpack
from tacticeye.store import MatchStore, table_digests
from tacticeye.store.pitch_presence import PitchPresence, Stretch, read_visits
from tacticeye.types import Boxes, Calibration, ChunkOutput, ControlSpan, ControlState, Role, TrackSummary
from tacticeye.vision.calibration.camera_model import to_projection
from tests.benchmarks import full_match
from tests.vision.calibration.scenes import PICTURE, camera

SECONDS, HZ = 12, 5
PROJECTION = to_projection(camera(), PICTURE, 0.1)
# Who had the ball: the first team, nobody, the second.
SPANS = [
    ControlSpan(ControlState.TEAM_0, 1, 0.0, 4.0),
    ControlSpan(ControlState.UNSEEN, -1, 4.0, 8.0),
    ControlSpan(ControlState.TEAM_1, 2, 8.0, 12.0),
]
TRACKS = [TrackSummary(track, Role.PLAYER, track - 1, 1.0, 0.0, 12.0, 60) for track in (1, 2)]


def batch(first: int, last: int, index: int, spans: list[ControlSpan]) -> ChunkOutput:
    """Frames first..last-1 at HZ: player 1 stands at (50.5, 30.5), player 2 at (60.5, 30.5), then moves to y = 40.5."""
    frames = np.arange(first, last)
    t_s = frames / HZ
    boxes = Boxes.build(
        frame=np.repeat(frames, 2), t_s=np.repeat(t_s, 2), xyxy=np.tile([10, 10, 20, 40], (2 * len(frames), 1)),
        track=np.tile([1, 2], len(frames)),
    )  # fmt: skip
    places = np.empty((2 * len(frames), 2), np.float32)
    places[0::2] = 50.5, 30.5
    places[1::2, 0] = 60.5
    places[1::2, 1] = np.where(t_s < 8, 30.5, 40.5)
    table = Calibration.empty(len(frames))
    table.frame[:], table.t_s[:] = frames, t_s
    table.image_to_pitch[:], table.k1[:], table.centre[:] = PROJECTION.image_to_pitch, 0.0, PROJECTION.centre
    table.scale[:], table.error_m[:] = PROJECTION.scale, 0.1
    return ChunkOutput(
        batch_idx=index, start_frame=first, end_frame=last, start_s=first / HZ, end_s=last / HZ,
        boxes=replace(boxes, pitch_xy=places), ball=[], spans=spans, events=[], tracks=TRACKS, kits=[],
        chunk_stats={"frames_calibrated": len(frames), "frames_live": len(frames)}, calibration=table,
    )  # fmt: skip


def stored(folder: Path, cuts: list[int]) -> MatchStore:
    """The match in batches that begin at `cuts`; each span comes with the batch after its end, the rest with the
    last.
    """
    folder.mkdir()
    store = MatchStore(folder)
    store.create(replace(full_match.record(), width=1280, height=720))
    waiting = list(SPANS)
    for index, (first, last) in enumerate(zip(cuts, [*cuts[1:], SECONDS * HZ], strict=True)):
        is_last = last == SECONDS * HZ
        ready = [s for s in waiting if is_last or s.end_s < first / HZ]
        waiting = [s for s in waiting if s not in ready]
        store.commit(batch(first, last, index, ready), json.dumps({}), is_last=is_last)
    return store


@pytest.fixture
def store(tmp_path: Path) -> MatchStore:
    return stored(tmp_path / "match", [0, 20, 45])


def test_each_look_is_counted_once_in_its_cell(store: MatchStore) -> None:
    with store.read() as snapshot:
        heat = PitchPresence(snapshot).heat()
    assert heat.counts[30, 50] == SECONDS * HZ
    assert heat.counts[30, 60] == 8 * HZ
    assert heat.counts[40, 60] == 4 * HZ
    assert heat.counts.sum() == 2 * SECONDS * HZ


def test_a_phase_counts_only_the_time_in_which_that_team_has_the_ball(store: MatchStore) -> None:
    with store.read() as snapshot:
        with_ball = PitchPresence(snapshot).heat([2], control=1)
        without = PitchPresence(snapshot).heat([2], control=0)
        everybody = PitchPresence(snapshot).heat(control=1)
    assert with_ball.counts[40, 60] == with_ball.counts.sum() == 4 * HZ
    assert without.counts[30, 60] == without.counts.sum() == 4 * HZ
    assert everybody.counts.sum() == 2 * 4 * HZ
    assert with_ball.in_view.max() == 4 * HZ


def test_only_cells_that_the_picture_shows_were_in_view(store: MatchStore) -> None:
    with store.read() as snapshot:
        heat = PitchPresence(snapshot).heat()
    shown = cells_in_view(PROJECTION, (1280, 720), (105.0, 68.0))
    assert 0.1 < shown.mean() < 0.9
    assert np.array_equal(heat.in_view, shown * float(SECONDS * HZ))


def test_a_stretch_counts_its_own_time_alone(store: MatchStore) -> None:
    with store.read() as snapshot:
        early = PitchPresence(snapshot).heat([2], [Stretch(2.0, 8.0)])
        with_ball = PitchPresence(snapshot).heat([2], [Stretch(2.0, 10.0)], control=1)
    assert early.counts[30, 60] == early.counts.sum() == early.in_view.max() == 6 * HZ
    assert with_ball.counts[40, 60] == with_ball.counts.sum() == with_ball.in_view.max() == 2 * HZ


def test_a_long_stretch_is_whole_minutes_and_what_is_before_and_after(tmp_path: Path) -> None:
    store = MatchStore(tmp_path)
    store.create(replace(full_match.record(), width=1280, height=720))
    store.commit(batch(0, 150 * HZ, 0, SPANS), json.dumps({}), is_last=True)
    with store.read() as snapshot:
        heat = PitchPresence(snapshot).heat([1], [Stretch(30.0, 135.0)])
    assert heat.counts[30, 50] == heat.counts.sum() == 105 * HZ
    assert heat.in_view.max() == pytest.approx(105 * HZ)


def test_turned_stretches_tell_places_as_from_the_other_end(store: MatchStore) -> None:
    halves = [Stretch(0.0, 8.0), Stretch(8.0, 12.0, is_turned=True)]
    with store.read() as snapshot:
        heat = PitchPresence(snapshot).heat([2], halves)
        stays = read_visits(snapshot, (44, 27), 2.0, [2], halves)
    assert heat.counts[30, 60] == 8 * HZ
    assert heat.counts[27, 44] == 4 * HZ  # (60.5, 40.5) m from the other corner
    assert stays["start_s"].tolist() == pytest.approx([8.0])


def test_the_tables_do_not_depend_on_where_batches_begin(tmp_path: Path) -> None:
    results = []
    for number, cuts in enumerate(([0], [0, 7, 14, 33], list(range(0, 60, 5)))):
        with stored(tmp_path / str(number), cuts).read() as snapshot:
            digests = table_digests(snapshot)
        results.append([digests[name] for name in ("pitch_heat", "pitch_view", "calibration")])
    assert results[0] == results[1] == results[2]


def test_a_click_on_a_place_tells_who_was_there_and_when(store: MatchStore) -> None:
    with store.read() as snapshot:
        stays = read_visits(snapshot, (60, 40), 2.0)
    assert stays["track"].tolist() == [2]
    assert stays["start_s"].iloc[0] == pytest.approx(8.0)
    assert stays["end_s"].iloc[0] == pytest.approx(11.8)


def test_exposure_makes_a_place_seldom_in_view_as_warm_as_one_often_in_view() -> None:
    counts, in_view = np.zeros((68, 105)), np.full((68, 105), 1000.0)
    in_view[:, 52:] = 100.0
    counts[30, 20], counts[30, 80] = 100.0, 10.0
    rate = exposure_corrected(counts, in_view, 50.0, 1.6)
    assert rate[30, 20] == pytest.approx(rate[30, 80], rel=1e-6)


def test_cells_hardly_in_view_are_unknown_and_drawn_hatched() -> None:
    in_view = np.full((68, 105), 1000.0)
    in_view[:, :30] = 3.0
    rate = exposure_corrected(np.ones((68, 105)), in_view, 50.0, 1.6)
    assert np.isnan(rate[:, :30]).all()
    assert np.isfinite(rate[:, 30:]).all()


def test_the_page_is_told_the_warmest_cell_and_which_were_never_in_view(store: MatchStore) -> None:
    with store.read() as snapshot:
        heat = PitchPresence(snapshot).heat([1])
    cells = {(x, y): value for y, row in enumerate(seconds_per_minute(heat)) for x, value in enumerate(row)}
    known = {cell: value for cell, value in cells.items() if value is not None}
    assert max(known, key=lambda cell: known[cell]) == (50, 30)
    assert 0 < len(known) < len(cells) == 68 * 105


def test_grids_survive_packing() -> None:
    grid = np.random.default_rng(5).integers(0, 60000, (68, 105))
    assert np.array_equal(unpack(pack(grid), (68, 105)), grid)
    assert pack(grid) == pack(grid.copy())
