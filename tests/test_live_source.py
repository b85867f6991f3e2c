"""Live streams as they come: HLS over a real web server, RTMP pushed by ffmpeg, and what befalls them."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from tacticeye.config import Settings, SourceType
from tacticeye.errors import SourceError, SourceStoppedError
from tacticeye.frame_batches import VideoFrame
from tacticeye.gap import Gap, GapReason
from tacticeye.live_clock import LiveClock
from tacticeye.match_files import STREAM_NAME, MatchFolder
from tacticeye.match_listings import read_possession
from tacticeye.service import Service
from tacticeye.store import MatchStore
from tacticeye.types import NO_PTS, StreamPosition
from tacticeye.video_sources import LocalFileSource, open_source
from tests.live_streams import FPS, live_playlist, sending, sending_hls, times_of
from tests.lossy_link import losing
from tests.small_match import write_small_match
from tests.web_server import WebServer, serving


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    monkeypatch.setenv("TACTICEYE_ALLOW_PRIVATE_SOURCES", "yes")
    monkeypatch.setenv("TACTICEYE_LIVE_GIVE_UP_S", "6")
    folder = tmp_path / "www"
    folder.mkdir()
    with serving(folder) as server:
        yield server


def live_link(web: WebServer) -> str:
    return f"{web.address}/{live_playlist(web.folder).name}"


def gaps_of(frames: list[VideoFrame]) -> list[Gap]:
    return [frame.gap for frame in frames if frame.gap is not None]


def assert_times_are_honest(frames: list[VideoFrame]) -> None:
    """Numbers without holes; times that grow by a frame, or by a gap that is recorded."""
    assert [frame.index for frame in frames] == list(range(frames[0].index, frames[0].index + len(frames)))
    for before, after in pairwise(frames):
        start_s = after.gap.start_s if after.gap else after.t_s
        assert start_s - before.t_s == pytest.approx(1 / FPS, abs=0.011)


def test_a_live_stream_is_read_to_its_end(web: WebServer) -> None:
    with sending_hls(web.folder, 6), open_source(SourceType.HLS, live_link(web)) as source:
        assert source.get_metadata().is_live
        frames = list(source.get_frame_generator())
    assert (source.is_interrupted, source.failure) == (False, None)
    assert 4 * FPS <= len(frames) <= 6 * FPS
    assert_times_are_honest(frames)
    assert gaps_of(frames) == []


def test_a_sender_that_dies_and_comes_back_in_another_size_leaves_a_gap(web: WebServer, tmp_path: Path) -> None:
    told: list[str] = []
    frames: list[VideoFrame] = []
    with sending_hls(web.folder, 60) as first:
        source = open_source(SourceType.HLS, live_link(web), tmp_path, tell=told.append, keep_stream=True)
        reading = source.get_frame_generator()
        frames += [next(reading) for _ in range(5 * FPS)]
        first.kill()
        died_at = time.monotonic()
        time.sleep(3.0)
        with sending_hls(web.folder, 3, size="320x180"):
            frames += list(reading)
            shape = frames[-1].to_bgr().shape
    lasted_s = time.monotonic() - died_at
    (gap,) = gaps_of(frames)
    assert gap.reason is GapReason.LOST
    assert 1.5 < gap.end_s - gap.start_s < lasted_s + 2
    assert gap.frames == round((gap.end_s - gap.start_s) * FPS)
    assert shape == (90, 160, 3)
    assert_times_are_honest(frames)
    assert source.failure is None
    assert times_of(tmp_path / STREAM_NAME) == pytest.approx([frame.t_s for frame in frames], abs=0.001)


def test_a_sender_that_freezes_is_waited_for_and_told_of(web: WebServer) -> None:
    told: list[str] = []
    with sending_hls(web.folder, 5) as sender:
        source = open_source(SourceType.HLS, live_link(web), tell=told.append)
        sender.send_signal(signal.SIGSTOP)
        wake_up = threading.Timer(5.6, sender.send_signal, [signal.SIGCONT])
        wake_up.start()
        frames = list(source.get_frame_generator())
        wake_up.join()
    assert any("stands still" in sentence for sentence in told)
    assert told[-1] == ""
    assert len(frames) >= 4 * FPS
    assert_times_are_honest(frames)
    assert source.failure is None


def test_a_stream_that_stays_away_is_given_up_with_a_sentence(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TACTICEYE_LIVE_GIVE_UP_S", "3")
    with sending_hls(web.folder, 60) as sender:
        source = open_source(SourceType.HLS, live_link(web))
        sender.kill()
        frames = list(source.get_frame_generator())
    assert len(frames) >= FPS
    assert source.is_interrupted
    assert "nothing came from this stream for 3 s" in str(source.failure)


def test_damaged_and_missing_segments_cost_only_themselves(web: WebServer) -> None:
    with sending_hls(web.folder, 8):
        source = open_source(SourceType.HLS, live_link(web))
        reading = source.get_frame_generator()
        frames = [next(reading) for _ in range(FPS)]
        web.keep_shares["/live3.ts"] = 0.4
        web.redirects["/live4.ts"] = "/none.ts"
        frames += list(reading)
    assert source.failure is None
    (gap,) = gaps_of(frames)
    assert gap.reason is GapReason.LOST
    assert 1.2 < gap.end_s - gap.start_s < 1.9
    assert gap.end_s == pytest.approx(round(gap.end_s), abs=0.05)
    assert_times_are_honest(frames)


def test_a_server_that_is_gone_for_some_seconds_is_waited_for(web: WebServer) -> None:
    told: list[str] = []
    with sending_hls(web.folder, 6):
        source = open_source(SourceType.HLS, live_link(web), tell=told.append)
        reading = source.get_frame_generator()
        frames = [next(reading) for _ in range(FPS)]
        web.is_down = True
        back = threading.Timer(1.5, setattr, [web, "is_down", False])
        back.start()
        frames += list(reading)
        back.join()
    assert any("stands still" in sentence for sentence in told) and told[-1] == ""
    assert gaps_of(frames) == []  # what was sent meanwhile is still in the list
    assert_times_are_honest(frames)


def test_a_line_that_loses_a_tenth_of_its_packets_costs_no_picture(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TACTICEYE_LIVE_GIVE_UP_S", "20")
    port = int(web.address.rpartition(":")[2])
    with sending_hls(web.folder, 7, size="640x360"), losing(port, 0.1) as lossy_port:
        link = f"http://127.0.0.1:{lossy_port}/{live_playlist(web.folder).name}"
        with open_source(SourceType.HLS, link) as source:
            frames = list(source.get_frame_generator())
    assert (source.is_interrupted, source.failure) == (False, None)
    assert len(frames) >= 5 * FPS
    assert_times_are_honest(frames)
    assert gaps_of(frames) == []


def test_a_slow_analysis_gets_fewer_frames_then_loses_some_but_stays_near_and_keeps_all(
    web: WebServer, tmp_path: Path
) -> None:
    with (
        sending_hls(web.folder, 10),
        open_source(SourceType.HLS, live_link(web), tmp_path, keep_stream=True) as source,
    ):
        frames, lags, shares = [], [], []
        for frame in source.get_frame_generator():
            frames.append(frame)
            lags.append(source.received_s - frame.t_s)
            shares.append(frame.rate_share)
            time.sleep(0.14)  # some four times too slow
    assert max(lags) < 10
    assert shares[0] == 1.0 and {0.5, 0.25} <= set(shares)
    first_gap = next(number for number, frame in enumerate(frames) if frame.gap)
    assert shares.index(0.5) < shares.index(0.25) < first_gap
    assert {gap.reason for gap in gaps_of(frames)} == {GapReason.TOO_SLOW}
    assert_times_are_honest(frames)
    kept = times_of(tmp_path / STREAM_NAME)
    assert np.diff(kept) == pytest.approx(1 / FPS, abs=0.001)
    assert {round(frame.t_s, 2) for frame in frames} <= {round(t_s, 2) for t_s in kept}


def test_a_stop_ends_the_wait_for_a_stream(web: WebServer) -> None:
    since = time.monotonic()
    (web.folder / "live.m3u8").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n")
    with pytest.raises(SourceStoppedError):
        open_source(SourceType.HLS, f"{web.address}/live.m3u8", should_stop=lambda: time.monotonic() - since > 1)
    assert time.monotonic() - since < 3


def test_a_match_of_a_live_stream_is_stopped_resumed_and_finished(web: WebServer, tmp_path: Path) -> None:
    service = Service(Settings(data_dir=tmp_path / "data", allow_private_sources=True))
    boxes = write_small_match(tmp_path, 2.0).model_path
    with sending_hls(web.folder, 40) as sender:
        match_id = service.add_link(live_link(web), "live", model_path=boxes, batch_size_seconds=1.0, keep_stream=True)
        _wait(service, match_id, lambda: service.status(match_id).batch_idx >= 1)
        assert service.status(match_id).message.startswith("Live: ")
        service.stop(match_id)
        _wait(service, match_id, lambda: not service.status(match_id).status.is_active)
        stopped = service.status(match_id)
        assert (stopped.status.value, stopped.share) == ("stopped", None), stopped.message
        service.resume(match_id)
        _wait(service, match_id, lambda: service.status(match_id).batch_idx > stopped.batch_idx)
        sender.send_signal(signal.SIGTERM)  # ffmpeg closes the list properly
        _wait(service, match_id, lambda: not service.status(match_id).status.is_active)
    assert service.status(match_id).status.value == "finished"
    gaps = read_possession(MatchFolder.of(service.data_dir, match_id)).gaps
    assert list(gaps["reason"])[:1] == ["stopped"]
    with MatchStore(service.data_dir / "matches" / match_id).read() as snapshot:
        batches = snapshot.batches()
    assert (batches["end_s"].diff().dropna() > 0).all()
    video = service.video_path(match_id)
    assert video is not None and service.has_video(match_id)
    stopped_s = float(gaps["end_s"].iloc[0])
    with LocalFileSource(video) as recording:
        assert next(recording.read_between(stopped_s - 0.01, stopped_s + 1.0)).t_s == pytest.approx(stopped_s, abs=0.01)


def test_a_stream_that_is_sent_to_us_is_read_until_its_sender_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TACTICEYE_LIVE_GIVE_UP_S", "2")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        link = f"rtmp://127.0.0.1:{probe.getsockname()[1]}/live/key"
    senders: list[subprocess.Popen[bytes]] = []

    def send_again() -> bool:
        """Tries until somebody listens."""
        if not senders or senders[-1].poll() not in (None, 0):
            senders.append(stack_sender())
        return False

    def stack_sender() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["ffmpeg", "-v", "quiet", "-re", "-f", "lavfi", "-i", f"testsrc=size=160x90:rate={FPS}", "-t", "8",
             "-c:v", "libx264", "-preset", "ultrafast", "-g", str(FPS), "-f", "flv", link],
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    try:
        source = open_source(SourceType.RTMP_LISTEN, link, tmp_path, should_stop=send_again, keep_stream=True)
        senders[-1].kill()
        frames = list(source.get_frame_generator())
    finally:
        for sender in senders:
            sender.kill()
            sender.wait()
    assert "nothing came" in str(source.failure)
    assert len(frames) > 3 * FPS
    assert_times_are_honest(frames)
    assert times_of(tmp_path / STREAM_NAME) == pytest.approx([frame.t_s for frame in frames], abs=0.001)


@pytest.fixture
def rtmp_server(tmp_path: Path) -> Iterator[str]:
    """nginx with its RTMP module, as Debian packs it."""
    module = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
    if shutil.which("nginx") is None or not module.exists():
        pytest.skip("nginx with libnginx-mod-rtmp is not here")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "nginx.conf").write_text(
        f"load_module {module};\ndaemon off;\nmaster_process off;\npid {tmp_path}/nginx.pid;\n"
        f"error_log {tmp_path}/error.log;\nevents {{}}\n"
        f"rtmp {{ server {{ listen 127.0.0.1:{port}; application live {{ live on; }} }} }}\n"
    )
    server = subprocess.Popen(["nginx", "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)])
    try:
        yield f"rtmp://127.0.0.1:{port}/live/key"
    finally:
        server.terminate()
        server.wait()


def test_a_stream_of_an_rtmp_server_is_read(rtmp_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TACTICEYE_LIVE_GIVE_UP_S", "2")
    with pytest.raises(SourceError, match="private address"):
        open_source(SourceType.RTMP, rtmp_server)
    monkeypatch.setenv("TACTICEYE_ALLOW_PRIVATE_SOURCES", "yes")
    with sending(rtmp_server, 8, "-f", "flv"):
        time.sleep(1.0)
        with open_source(SourceType.RTMP, rtmp_server) as source:
            frames = list(source.get_frame_generator())
    assert len(frames) > 3 * FPS
    assert_times_are_honest(frames)


def test_rtmp_over_a_line_that_loses_a_tenth_of_its_packets_costs_no_picture(
    rtmp_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TACTICEYE_ALLOW_PRIVATE_SOURCES", "yes")
    port = urlsplit(rtmp_server).port
    assert port is not None
    with sending(rtmp_server, 20, "-f", "flv", size="640x360"), losing(port, 0.1) as lossy_port:
        time.sleep(1.0)
        with open_source(SourceType.RTMP, rtmp_server.replace(str(port), str(lossy_port))) as source:
            frames = list(islice(source.get_frame_generator(), 4 * FPS))
    assert len(frames) == 4 * FPS
    assert_times_are_honest(frames)
    assert gaps_of(frames) == []


class TestClock:
    """LiveClock alone: which time is believed."""

    def test_frames_follow_the_clock_of_the_stream(self) -> None:
        clock = LiveClock(0.04, None)
        assert [clock.read(9000 + n / 25, 100.0).t_s for n in range(3)] == pytest.approx([0.0, 0.04, 0.08])

    def test_a_clock_that_begins_anew_goes_on_with_the_time_that_passed_here(self) -> None:
        clock = LiveClock(0.04, None)
        clock.read(9000.0, 100.0)
        tick = clock.read(0.0, 107.0)
        assert (tick.t_s, tick.missing_since_s) == (7.0, 0.04)

    def test_a_clock_that_leaps_for_no_reason_is_not_believed(self) -> None:
        clock = LiveClock(0.04, None)
        clock.read(0.0, 100.0)
        assert clock.read(86_400.0, 100.5).t_s == 0.5

    def test_after_a_stop_the_time_that_passed_is_missing(self) -> None:
        clock = LiveClock(0.04, StreamPosition(99, 4.0, NO_PTS, wall_at=1000.0))
        tick = clock.read(55.0, 1060.0)
        assert (tick.t_s, tick.missing_since_s) == (64.0, 4.04)


def _wait(service: Service, match_id: str, is_reached: object) -> None:
    assert callable(is_reached)
    deadline = time.monotonic() + 90
    while not is_reached():
        assert time.monotonic() < deadline, service.status(match_id)
        service.tend()
        time.sleep(0.1)
