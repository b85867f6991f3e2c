"""Matches analysed by another host: a real Redis server, real Celery workers, data folders that nobody shares."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from tacticeye.config import AnalysisConfig, Settings
from tacticeye.match_analyzer import run_match_analysis
from tacticeye.match_files import MatchFolder
from tacticeye.relay import pack, unpack
from tacticeye.service import Service
from tacticeye.store import MatchStore, table_digests
from tacticeye.types import Boxes
from tests.api.server import running_api
from tests.small_match import write_small_match

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 6.0


@contextmanager
def redis_server(folder: Path, port: int) -> Iterator[None]:
    """A server that remembers nothing of an earlier one."""
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def port() -> int:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not here")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def first_server(tmp_path: Path, port: int) -> Iterator[ExitStack]:
    """Running until the stack is closed."""
    with ExitStack() as stack:
        stack.enter_context(redis_server(tmp_path, port))
        yield stack


@pytest.fixture
def broker(first_server: ExitStack, port: int) -> str:
    return f"redis://127.0.0.1:{port}/0"


@pytest.fixture
def config(tmp_path: Path) -> AnalysisConfig:
    return write_small_match(tmp_path, SECONDS)


@pytest.fixture
def service(tmp_path: Path, broker: str, monkeypatch: pytest.MonkeyPatch) -> Service:
    """The host that has the matches."""
    monkeypatch.setenv("TACTICEYE_BROKER_URL", broker)
    return Service(Settings(data_dir=tmp_path / "web", broker_url=broker))


@contextmanager
def working(folder: Path, broker: str) -> Iterator[subprocess.Popen[bytes]]:
    """`tacticeye worker --celery` as on a host of its own; killed with its children at the end."""
    folder.mkdir()
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tacticeye", "worker", "--celery"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TACTICEYE_DATA_DIR": str(folder / "data"),
                 "TACTICEYE_BROKER_URL": broker},
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield process
    finally:
        kill_with_children(process)


def kill_with_children(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
    process.wait()


def wait_until(is_reached: Callable[[], bool], service: Service) -> None:
    deadline = time.monotonic() + 120
    while not is_reached():
        assert time.monotonic() < deadline, service.list_matches()
        time.sleep(0.05)


def test_a_killed_worker_and_a_redis_server_that_restarts_empty_cost_no_batch(
    service: Service, config: AnalysisConfig, broker: str, first_server: ExitStack, port: int, tmp_path: Path
) -> None:
    config = replace(config, batch_size_seconds=0.2)
    run_match_analysis("alone", config, data_dir=tmp_path / "alone")
    match_id = service.create_match(config, "derby")
    with ExitStack() as stack:
        first = stack.enter_context(working(tmp_path / "first", broker))
        service.start(match_id)
        wait_until(lambda: service.status(match_id).batch_idx >= 3, service)
        kill_with_children(first)
        done, killed_at = service.status(match_id).batch_idx, time.monotonic()
        stack.enter_context(working(tmp_path / "second", broker))
        wait_until(lambda: service.status(match_id).batch_idx > done + MAX_ON_THE_WAY, service)
        assert time.monotonic() - killed_at < 30
        first_server.close()
        assert service.status(match_id).status.is_active
        stack.enter_context(redis_server(tmp_path, port))
        wait_until(lambda: not service.status(match_id).status.is_active, service)
    assert service.status(match_id).status.value == "finished", service.status(match_id)
    assert digests(service.data_dir, match_id) == digests(tmp_path / "alone", "alone")
    assert not (tmp_path / "second" / "data" / "matches").exists()


MAX_ON_THE_WAY = 2  # batches that the dead worker may have sent before


def test_a_match_on_another_host_is_stopped_and_resumed(
    service: Service, config: AnalysisConfig, broker: str, tmp_path: Path
) -> None:
    match_id = service.create_match(replace(config, batch_size_seconds=0.2), "derby")
    service.start(match_id)
    wait_until(lambda: "Waiting for a worker" in service.status(match_id).message, service)
    with working(tmp_path / "worker", broker):
        wait_until(lambda: service.status(match_id).batch_idx >= 1, service)
        service.stop(match_id)
        wait_until(lambda: not service.status(match_id).status.is_active, service)
        assert service.status(match_id).status.value == "stopped"
        service.resume(match_id)
        wait_until(lambda: not service.status(match_id).status.is_active, service)
    assert service.status(match_id).status.value == "finished"


def test_a_failure_on_another_host_is_told_as_here(
    service: Service, config: AnalysisConfig, broker: str, tmp_path: Path
) -> None:
    match_id = service.create_match(replace(config, model_path="/nowhere/best.parquet"), "derby")
    with working(tmp_path / "worker", broker):
        service.start(match_id)
        wait_until(lambda: not service.status(match_id).status.is_active, service)
    card = service.status(match_id)
    assert (card.status.value, "can't be used" in card.message) == ("failed", True)


def test_a_worker_fetches_a_video_that_it_has_not_from_the_server_with_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tacticeye.downloads import Errand
    from tacticeye.errors import SourceError
    from tacticeye.remote_work import _with_video
    from tacticeye.web_fetch import WebPlace

    with running_api(tmp_path, 1.0, {"TACTICEYE_API_TOKEN": "sesame"}) as server:
        service = Service(Settings(data_dir=server.data_dir))
        service.create_match(server.config, "derby")
        elsewhere = replace(server.config, source_url="/nowhere/small.mp4")
        settings = Settings(web_url=server.address, api_token="sesame")
        folder = tmp_path / "remote" / "derby"
        folder.mkdir(parents=True)
        with pytest.raises(SourceError, match="login"):
            _with_video(elsewhere, settings, Errand(WebPlace("derby", True, "wrong"), folder))
        fetched = _with_video(elsewhere, settings, Errand(WebPlace("derby", True, "sesame"), folder))
    assert Path(fetched.source_url).read_bytes() == server.video.read_bytes()


def test_only_data_comes_out_of_a_message() -> None:
    boxes = Boxes.build(frame=1, t_s=0.1, xyxy=[[1, 2, 3, 4]])
    assert np.array_equal(unpack(pack(boxes)).xyxy, boxes.xyxy)
    for hostile in (os.system, signal.raise_signal, subprocess.Popen, MatchFolder.existing):
        with pytest.raises(pickle.UnpicklingError):
            unpack(pickle.dumps(hostile))


def digests(data_dir: Path, match_id: str) -> dict[str, str]:
    with MatchStore(data_dir / "matches" / match_id).read() as snapshot:
        return table_digests(snapshot)
