"""The real worker on a disk that is slow: until it has written for good, time passes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tacticeye.config import AnalysisConfig, Settings, SourceType
from tacticeye.match_files import STREAM_NAME, MatchFolder
from tacticeye.match_queue import ask_to_run
from tacticeye.service import Service
from tacticeye.store import MatchStore, table_digests
from tacticeye.worker import work
from tests.live_streams import FPS, live_playlist, sending_hls, times_of
from tests.small_match import write_small_match
from tests.web_server import serving


@contextmanager
def working_slowly(service: Service, match_id: str, delay_s: float) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of the match whose disk answers late, as a worn-out memory card or a busy network drive does."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace, which makes a disk slow, is not here")
    if subprocess.run([strace, "-qq", "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not be used here")
    ask_to_run(service.data_dir, MatchFolder.of(service.data_dir, match_id))
    process = subprocess.Popen(
        [strace, "-f", "-qq", "-o", "/dev/null", "--seccomp-bpf", "-e", "trace=fsync,fdatasync",
         "-e", f"inject=fsync,fdatasync:delay_exit={delay_s * 1e6:.0f}",
         sys.executable, "-m", "tacticeye", "--data-dir", str(service.data_dir), "worker", match_id],
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def digests(service: Service, match_id: str) -> dict[str, str]:
    with MatchStore(service.data_dir / "matches" / match_id).read() as snapshot:
        return table_digests(snapshot)


def gap_reasons(service: Service, match_id: str) -> set[str]:
    store = MatchStore(service.data_dir / "matches" / match_id)
    if not store.exists:
        return set()
    with store.read(timeout_s=30) as snapshot:
        return set(snapshot.query("SELECT reason FROM gaps")["reason"])


def test_a_slow_disk_changes_no_result(tmp_path: Path) -> None:
    service = Service(Settings(data_dir=tmp_path / "data"))
    config = write_small_match(tmp_path, 4.0, batch_size_seconds=1.0)
    for match_id in ("quick", "slow"):
        service.create_match(config, match_id)
    with working_slowly(service, "slow", 0.1) as worker:
        work(service.data_dir, "quick")
        assert worker.wait(60) == 0
    assert service.status("slow").status.value == "finished"
    assert digests(service, "slow") == digests(service, "quick")


def test_a_disk_too_slow_for_a_live_stream_costs_frames_that_are_told_of_and_none_of_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TACTICEYE_ALLOW_PRIVATE_SOURCES", "yes")
    service = Service(Settings(data_dir=tmp_path / "data", allow_private_sources=True))
    boxes = write_small_match(tmp_path, 2.0).model_path
    (tmp_path / "www").mkdir()
    with serving(tmp_path / "www") as web, sending_hls(web.folder, 120):
        link = f"{web.address}/{live_playlist(web.folder).name}"
        config = AnalysisConfig.preset("live", source_type=SourceType.HLS, source_url=link, model_path=boxes,
                                       batch_size_seconds=1.0, keep_stream=True)  # fmt: skip
        match_id = service.create_match(config)
        lags_s = [0.0]
        with working_slowly(service, match_id, 0.25) as worker:
            while not gap_reasons(service, match_id):
                assert worker.poll() is None
                lags_s.append(service.status(match_id).lag_s)
                time.sleep(0.2)
            service.stop(match_id)
            assert worker.wait(60) == 0
    assert gap_reasons(service, match_id) == {"too_slow"}
    assert np.nanmax(lags_s) < 10
    assert service.status(match_id).status.value == "stopped"
    kept = times_of(service.data_dir / "matches" / match_id / STREAM_NAME)
    assert np.diff(kept) == pytest.approx(1 / FPS, abs=0.001)
