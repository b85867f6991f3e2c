"""The store: nothing acknowledged is lost, nothing torn is seen, and every question gets its answer."""

from __future__ import annotations

import multiprocessing
import os
import random
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import numpy as np
import pytest

from tacticeye.errors import DatabaseDamagedError, MatchExistsError, StorageBusyError, StorageError
from tacticeye.store import BatchOrderError, MatchStore, dump_tables, schema, table_digests
from tacticeye.store.attachment import attached
from tacticeye.store.picture_heat import read_heat
from tacticeye.types import (
    BallPosition,
    BallSource,
    Boxes,
    ChunkOutput,
    ControlSpan,
    ControlState,
    Event,
    EventKind,
    EventResult,
    Role,
    TeamKit,
    TrackSummary,
)
from tests import store_processes
from tests.benchmarks import full_match

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.store_processes"])

Started = tuple[ForkServerProcess, Connection]


@pytest.fixture
def store(tmp_path: Path) -> MatchStore:
    """A match without batches."""
    store = MatchStore(tmp_path)
    store.create(full_match.record())
    return store


def started(target: Callable[..., None], *arguments: object) -> Started:
    """The function in a process of its own, and our end of the pipe that it got as its last argument."""
    ours, theirs = processes.Pipe()
    process = processes.Process(target=target, args=(*arguments, theirs))
    process.start()
    theirs.close()
    return process, ours


def received(connection: Connection) -> list[int]:
    """All that is in the pipe of a process that has ended."""
    found = []
    try:
        while connection.poll():
            found.append(connection.recv())
    except (EOFError, ConnectionResetError):
        pass
    return found


def append(store: MatchStore, count: int) -> None:
    """The first count batches of the made-up match."""
    for output in full_match.batches(count):
        store.commit(output, full_match.state_json(output.batch_idx), is_last=output.batch_idx == count - 1)


def digests(store: MatchStore) -> dict[str, str]:
    with store.read() as snapshot:
        return table_digests(snapshot)


def small_batch(index: int = 0, start_s: float = 0.0, boxes: Boxes | None = None) -> ChunkOutput:
    """A batch of 3 s without content but the boxes given."""
    return ChunkOutput(
        batch_idx=index,
        start_frame=75 * index,
        end_frame=75 * index + 75,
        start_s=start_s,
        end_s=start_s + 3.0,
        boxes=Boxes.empty() if boxes is None else boxes,
        ball=[],
        spans=[],
        events=[],
        tracks=[],
        kits=[],
    )


def a_pass(t_s: float, team: int = 0, result: EventResult = EventResult.COMPLETE) -> Event:
    return Event(EventKind.PASS, result, t_s, t_s + 1, team, 3, 4, (1.0, 2.0), (np.nan, np.nan), 0.9)


# Making and reopening


def test_a_new_match_knows_its_record_and_has_no_batch(store: MatchStore) -> None:
    assert store.load_state() is None
    assert store.last_batch() == -1
    with store.read() as snapshot:
        assert snapshot.match() == full_match.record()
        assert snapshot.progress().batches == 0
        assert not snapshot.progress().is_complete
        assert snapshot.possession_curve().empty
        assert read_heat(snapshot).sum() == 0
        assert np.isnan(snapshot.ball_coverage().detected)


def test_a_match_is_made_once(store: MatchStore) -> None:
    with pytest.raises(MatchExistsError):
        store.create(full_match.record())


def test_what_a_killed_creation_left_behind_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "match.duckdb.draft").write_bytes(b"half a header")
    (tmp_path / "match.duckdb.draft.wal").write_bytes(b"half a log")

    MatchStore(tmp_path).create(full_match.record())

    assert MatchStore(tmp_path).last_batch() == -1
    assert not list(tmp_path.glob("*.draft*"))


def test_before_a_match_is_made_there_is_no_state_and_nothing_to_read(tmp_path: Path) -> None:
    store = MatchStore(tmp_path)

    assert store.load_state() is None
    with pytest.raises(StorageError, match="no results of this match yet"), store.read():
        pass
    assert list(tmp_path.iterdir()) == []


# Commits


def test_the_state_loaded_is_that_of_the_newest_batch(store: MatchStore) -> None:
    store.commit(small_batch(0), '{"next": 1}')
    store.commit(small_batch(1), '{"next": 2}')

    assert MatchStore(store.folder).load_state() == '{"next": 2}'
    assert store.last_batch() == 1


@pytest.mark.parametrize("index", [0, 2])
def test_a_batch_that_does_not_follow_the_last_is_refused_and_changes_nothing(store: MatchStore, index: int) -> None:
    store.commit(full_match.batch(0), "{}")
    before = digests(store)

    with pytest.raises(BatchOrderError):
        store.commit(full_match.batch(index), "{}")

    assert digests(store) == before


def test_positions_come_back_as_they_went_in(store: MatchStore) -> None:
    boxes = full_match.batch(0).boxes
    store.commit(full_match.batch(0), "{}")

    with store.read() as snapshot:
        rows = snapshot.positions()
        part = snapshot.positions(1.0, 2.0)

    np.testing.assert_array_equal(rows[["x1", "y1", "x2", "y2"]].to_numpy(), boxes.xyxy)
    for name in ("frame", "t_s", "score", "role", "track", "team"):
        np.testing.assert_array_equal(rows[name].to_numpy(), getattr(boxes, name))
        assert rows[name].dtype == getattr(boxes, name).dtype
    np.testing.assert_array_equal(rows[["pitch_x", "pitch_y"]].to_numpy(), boxes.pitch_xy)
    assert part["t_s"].between(1.0, 2.0, inclusive="left").all()
    assert len(part) == ((boxes.t_s >= 1.0) & (boxes.t_s < 2.0)).sum()


def test_the_newest_belief_of_a_track_or_kit_replaces_the_older(store: MatchStore) -> None:
    old, new = TrackSummary(7, Role.PLAYER, -1, 0.1, 0.0, 3.0, 20), TrackSummary(7, Role.PLAYER, 1, 0.8, 0.0, 6.0, 40)
    other = TrackSummary(5, Role.REFEREE, -1, 1.0, 0.0, 3.0, 30)
    store.commit(
        replace(small_batch(0), tracks=[old, other], kits=[TeamKit(0, (1, 2, 3)), TeamKit(1, (4, 5, 6))]), "{}"
    )
    store.commit(replace(small_batch(1), tracks=[new], kits=[TeamKit(1, (7, 8, 9))]), "{}")

    with store.read() as snapshot:
        tracks = snapshot.tracks()
        assert snapshot.kits() == [TeamKit(0, (1, 2, 3)), TeamKit(1, (7, 8, 9))]

    assert tracks["track"].tolist() == [5, 7]
    assert tracks["team"].tolist() == [-1, 1]
    assert tracks["n_boxes"].tolist() == [30, 40]


def test_tables_but_batches_do_not_depend_on_how_frames_are_grouped(tmp_path: Path) -> None:
    boxes = full_match.batch(0).boxes
    found = []
    for frames_per_batch in (1, 7, 75):
        folder = tmp_path / str(frames_per_batch)
        folder.mkdir()
        store = MatchStore(folder)
        store.create(full_match.record())
        starts = range(0, 75, frames_per_batch)
        for index, start in enumerate(starts):
            rows = (boxes.frame >= start) & (boxes.frame < start + frames_per_batch)
            events = [a_pass(float(t)) for t in range(start, min(start + frames_per_batch, 75))]
            store.commit(replace(small_batch(index, boxes=boxes.select(rows)), events=events), "{}")
        found.append({name: digest for name, digest in digests(store).items() if name != "batches"})

    assert found[0] == found[1] == found[2]


def test_wall_clock_changes_no_digest_and_content_does(tmp_path: Path) -> None:
    found = []
    for name, output in (
        ("plain", full_match.batch(0)),
        ("slow", replace(full_match.batch(0), processing_time_ms=9e9, stage_ms={"detect": 1.0})),
        ("other", full_match.batch(0, seed=2)),
    ):
        (tmp_path / name).mkdir()
        store = MatchStore(tmp_path / name)
        store.create(replace(full_match.record(), created_at=name))
        store.commit(output, "{}")
        found.append(digests(store))

    assert found[0] == found[1]
    assert all(found[0][name] != found[2][name] for name in ("positions", "ball", "control_spans", "heat"))


# Questions


def test_the_curve_of_possession_splits_control_where_minutes_meet(store: MatchStore) -> None:
    spans = [
        ControlSpan(ControlState.TEAM_0, 3, 0.0, 50.0),
        ControlSpan(ControlState.UNSEEN, -1, 50.0, 60.0),
        ControlSpan(ControlState.TEAM_1, 4, 60.0, 150.0),
    ]
    store.commit(replace(small_batch(), spans=spans), "{}")

    with store.read() as snapshot:
        curve = snapshot.possession_curve()
        seconds = snapshot.control_seconds()
        late = snapshot.control_spans(since_s=60.0)

    assert curve["t_s"].tolist() == [60.0, 120.0, 150.0]
    assert curve["share_0"].tolist() == pytest.approx([1.0, 50 / 110, 50 / 140])
    assert seconds[ControlState.UNSEEN] == 10.0
    assert seconds[ControlState.DEAD] == 0.0
    assert late["start_s"].tolist() == [60.0]


def test_possession_has_no_share_before_a_team_had_the_ball(store: MatchStore) -> None:
    store.commit(replace(small_batch(), spans=[ControlSpan(ControlState.UNSEEN, -1, 0.0, 3.0)]), "{}")

    with store.read() as snapshot:
        curve = snapshot.possession_curve()

    assert curve["t_s"].tolist() == [3.0]
    assert curve["share_0"].isna().all()


def test_events_are_numbered_over_batches_and_come_newest_first(store: MatchStore) -> None:
    shot = replace(a_pass(5.0, team=1), kind=EventKind.SHOT, result=EventResult.NONE)
    store.commit(replace(small_batch(0), events=[a_pass(1.0), a_pass(2.0, 1, EventResult.INCOMPLETE)]), "{}")
    store.commit(replace(small_batch(1), events=[shot, a_pass(4.0, -1)]), "{}")

    with store.read() as snapshot:
        assert snapshot.events()["event_id"].tolist() == [2, 3, 1, 0]
        assert snapshot.events(limit=1)["kind"].tolist() == ["SHOT"]
        assert snapshot.events([EventKind.PASS], team=1)["event_id"].tolist() == [1]
        assert snapshot.events([])["event_id"].tolist() == []
        assert snapshot.events(team=-1)["event_id"].tolist() == [3]
        assert snapshot.events(t0_s=2.0, t1_s=5.0)["event_id"].tolist() == [3, 1]
        assert snapshot.events([EventKind.PASS])["event_id"].tolist() == [3, 1, 0]


def test_the_ball_is_found_by_time_and_its_coverage_adds_up(store: MatchStore) -> None:
    ball = [
        BallPosition(0, 0.0, 10.0, 20.0, BallSource.DETECTED, 0.9),
        BallPosition(2, 0.08, 11.0, 20.0, BallSource.INTERPOLATED, 0.4, in_air=True),
        BallPosition(3, 0.12, 12.0, 20.0, BallSource.DETECTED, 0.4, in_air=False),
    ]
    stats = {"ball_detected": 1.0, "ball_interpolated": 1.0, "ball_unseen": 2.0}
    store.commit(replace(small_batch(0), ball=ball, chunk_stats=stats), "{}")
    store.commit(replace(small_batch(1), chunk_stats=stats), "{}")

    with store.read() as snapshot:
        path, first = snapshot.ball_path(0.05, 1.0), snapshot.ball_path(0.0, 0.05)
        coverage = snapshot.ball_coverage()

    assert path["source"].tolist() == ["interpolated", "detected"]
    assert path["in_air"].tolist() == [True, False] and first["in_air"].isna().all()
    assert (coverage.frames_decided, coverage.detected, coverage.unseen) == (8, 0.25, 0.5)


def test_heat_counts_seconds_by_cell(store: MatchStore) -> None:
    """Two players at 5 Hz over two minutes' edge; a referee never counts."""
    t_s = np.arange(59.0, 61.0, 0.2)
    feet = {1: (45.0, 45.0), 2: (1919.0, 1079.0), 3: (960.0, 540.0)}
    boxes = Boxes.build(
        frame=np.repeat(np.arange(len(t_s)), 3),
        t_s=np.repeat(t_s, 3),
        xyxy=[(x - 10, y - 50, x + 10, y) for _ in t_s for x, y in feet.values()],
        role=np.tile([Role.PLAYER, Role.GOALKEEPER, Role.REFEREE], len(t_s)),
        track=np.tile([1, 2, 3], len(t_s)),
    )
    roles = {1: Role.PLAYER, 2: Role.GOALKEEPER, 3: Role.REFEREE}
    beliefs = [TrackSummary(track, role, 1, 1.0, 59.0, 61.0, 10) for track, role in roles.items()]
    store.commit(replace(small_batch(0, boxes=boxes), tracks=beliefs), "{}")

    with store.read() as snapshot:
        everybody, player, referee = (read_heat(snapshot, tracks=tracks) for tracks in (None, [1], [3]))
        first_minute = read_heat(snapshot, minutes=(0, 1), tracks=[1])

    assert everybody.shape == (36, 64)
    assert everybody[35, 63] == pytest.approx(2.0)
    assert everybody.sum() == pytest.approx(4.0)
    assert player[1, 1] == pytest.approx(2.0)
    assert player.sum() == pytest.approx(2.0)
    assert referee.sum() == 0.0
    assert first_minute.sum() == pytest.approx(1.0)


def test_the_time_between_frames_is_known_from_batches_of_one_frame(store: MatchStore) -> None:
    for index in range(4):
        boxes = Boxes.build(frame=index, t_s=index * 0.16, xyxy=[(0, 0, 10, 20)], track=1)
        store.commit(small_batch(index, boxes=boxes), "{}")

    with store.read() as snapshot:
        assert snapshot.box_interval_s() == pytest.approx(0.16)


# Many at once


def test_readers_in_other_processes_see_whole_batches_and_nobody_is_locked_out(store: MatchStore) -> None:
    readers = [started(store_processes.poll_until_complete, store.folder) for _ in range(3)]
    writer, acknowledged = started(store_processes.append_batches, store.folder, 100)

    reports = [report.recv() for _, report in readers]
    for process, _ in [*readers, (writer, acknowledged)]:
        process.join()
        assert process.exitcode == 0

    assert received(acknowledged) == list(range(100))
    for polls, faults in reports:
        assert faults == []
        assert polls >= 10


def test_threads_of_one_process_share_the_file(store: MatchStore) -> None:
    seen: list[tuple[int, int]] = []

    def read() -> None:
        while True:
            with store.read(timeout_s=20) as snapshot:
                progress = snapshot.progress()
                seen.append((progress.positions, len(snapshot.positions())))
            if progress.is_complete:
                return

    threads = [threading.Thread(target=read) for _ in range(5)]
    for thread in threads:
        thread.start()
    append(store, 15)
    for thread in threads:
        thread.join()

    assert len(seen) >= 5
    assert all(counted == found for counted, found in seen)


def test_kills_at_any_instant_lose_nothing_acknowledged_and_repeat_nothing(tmp_path: Path) -> None:
    count, kills = 60, 15
    folders = [tmp_path / "killed", tmp_path / "whole"]
    stores = []
    for folder in folders:
        folder.mkdir()
        stores.append(MatchStore(folder))
        stores[-1].create(full_match.record())
    killed, whole = stores
    instants = random.Random(3)

    for _ in range(kills):
        process, acknowledged = started(store_processes.append_batches, killed.folder, count)
        first = acknowledged.recv() if acknowledged.poll(timeout=60) else -1
        time.sleep(instants.uniform(0.0, 0.08))
        process.kill()
        process.join()
        last_acknowledged = max([first, *received(acknowledged)])
        with killed.read() as snapshot:
            progress = snapshot.progress()
            assert progress.last_batch in (last_acknowledged, last_acknowledged + 1)
            assert progress.batches == progress.last_batch + 1
            assert snapshot.state_json() == full_match.state_json(progress.last_batch)
            assert len(snapshot.positions()) == progress.positions

    process, _ = started(store_processes.append_batches, killed.folder, count)
    append(whole, count)
    process.join()
    assert digests(killed) == digests(whole)


def test_a_reader_and_a_writer_give_up_when_their_time_is_over(store: MatchStore) -> None:
    process, hold = started(store_processes.hold_database, store.folder)
    assert hold.recv() == -1
    start = time.monotonic()

    with pytest.raises(StorageBusyError):
        store.commit(full_match.batch(0), "{}", timeout_s=0.2)
    waited_s = time.monotonic() - start
    with store.read(timeout_s=0.2) as snapshot:
        assert snapshot.progress().batches == 0
    hold.send("leave")
    store.commit(full_match.batch(0), "{}", timeout_s=10)
    process.join()

    assert 0.2 <= waited_s < 2.0


def test_a_reader_gives_up_while_a_thread_of_its_process_is_inside(store: MatchStore) -> None:
    with (
        store.read(),
        pytest.raises(StorageBusyError),
        store.read(timeout_s=0.05),
    ):
        pass


def test_an_error_in_the_readers_block_lets_go_of_the_file(store: MatchStore) -> None:
    with pytest.raises(KeyError), store.read():
        raise KeyError("of the page")

    store.commit(full_match.batch(0), "{}", timeout_s=0.5)


# Bad disks and files


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Callable[[str], None]]:
    """A disk of that size mounted at the folder, and a function that changes its size."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk takes root")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False)
    if mounted.returncode:
        pytest.skip("a small disk can't be mounted here")

    def resize(larger: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={larger}", folder], check=True)

    try:
        yield resize
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_keeps_what_was_stored_and_goes_on_once_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path, "3m") as resize:
        store = MatchStore(tmp_path)
        store.create(full_match.record())

        message, stored = store_processes.commit_until_refused(store)
        assert "disk is full" in message
        assert store.last_batch() == stored
        assert store.load_state() == full_match.state_json(stored)

        resize("12m")
        store.commit(full_match.batch(stored + 1), "{}")
        with store.read() as snapshot:
            assert snapshot.progress().last_batch == stored + 1
            assert len(snapshot.positions()) == snapshot.progress().positions


def test_a_disk_that_is_full_from_the_start_makes_no_match(tmp_path: Path) -> None:
    with small_disk(tmp_path, "64k") as resize:
        store = MatchStore(tmp_path)
        with pytest.raises(StorageError, match="space"):
            store.create(full_match.record())
        assert not store.exists

        resize("8m")
        store.create(full_match.record())


def test_a_file_that_may_not_grow_keeps_what_was_stored(store: MatchStore) -> None:
    process, report = started(store_processes.commit_with_small_files, store.folder, 1_500_000)
    message, stored = report.recv()
    process.join()

    assert "disk is full" in message
    assert stored > 0
    assert store.last_batch() == stored
    store.commit(full_match.batch(stored + 1), "{}")


def test_without_rights_a_match_can_be_read_and_a_commit_says_why_not() -> None:
    if os.geteuid() != 0:
        pytest.skip("giving up rights takes root")
    with tempfile.TemporaryDirectory() as temporary:
        Path(temporary).chmod(0o755)
        store = MatchStore(Path(temporary) / "match")
        store.folder.mkdir()
        store.create(full_match.record())
        store.commit(full_match.batch(0), "{}")

        process, report = started(store_processes.use_as_nobody, store.folder)
        found, errors = report.recv()
        process.join()

        assert found == digests(store)
        assert len(errors) == 2
        assert "rights" in errors[0]
        assert "can't be used (Permission denied)" in errors[1]


@pytest.mark.parametrize("content", [b"", b"This is no database. " * 1000], ids=["empty", "text"])
def test_a_file_that_is_no_database_is_called_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "match.duckdb").write_bytes(content)
    store = MatchStore(tmp_path)

    with pytest.raises(DatabaseDamagedError, match="delete the match"):
        store.load_state()
    with pytest.raises(DatabaseDamagedError):
        store.commit(small_batch(), "{}")
    assert store.database.read_bytes() == content


@pytest.mark.parametrize("share", [0.01, 0.2, 0.6])
def test_a_truncated_database_is_called_damaged(store: MatchStore, share: float) -> None:
    append(store, 5)
    content = store.database.read_bytes()
    store.database.write_bytes(content[: int(len(content) * share)])

    with pytest.raises(DatabaseDamagedError):
        digests(store)


def test_a_database_of_another_program_is_called_damaged(tmp_path: Path) -> None:
    store = MatchStore(tmp_path)
    with attached(store.database, writable=True, timeout_s=1) as connection:
        connection.execute("CREATE TABLE holidays (place VARCHAR)")

    with pytest.raises(DatabaseDamagedError):
        store.load_state()


# Versions of the schema


def test_a_match_of_a_newer_version_asks_for_an_update(store: MatchStore) -> None:
    with attached(store.database, writable=True, timeout_s=1) as connection:
        connection.execute("UPDATE schema_version SET version = 99")

    with pytest.raises(StorageError, match="newer TacticEYE"), store.read():
        pass
    with pytest.raises(StorageError, match="newer TacticEYE"):
        store.commit(small_batch(), "{}")


def test_an_older_match_is_brought_up_to_date_when_read(store: MatchStore, monkeypatch: pytest.MonkeyPatch) -> None:
    append(store, 2)
    before = digests(store)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "CREATE TABLE notes (text VARCHAR)"))
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)

    assert digests(store) == before
    with attached(store.database, writable=False, timeout_s=1) as connection:
        assert connection.execute("SELECT COUNT(*) FROM notes").fetchone() == (0,)
        assert schema.stored_version(connection) == schema.VERSION


def test_a_dump_holds_every_table_that_two_runs_must_agree_on(store: MatchStore) -> None:
    append(store, 2)

    with store.read() as snapshot:
        tables = dump_tables(snapshot)

    assert set(tables) == {
        "batches", "positions", "calibration", "ball", "control_spans", "events", "tracks", "kits", "heat",
        "pitch_heat", "pitch_view", "gaps", "hand_calibration", "metrics",
    }  # fmt: skip
    assert tables["heat"]["n"].sum() == (tables["positions"]["role"] != Role.REFEREE).sum()
    assert "processing_time_ms" not in tables["batches"]
