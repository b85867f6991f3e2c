"""A live HLS stream at the pace of a camera: how far the analysis is behind, what is missing, what memory it takes.

`python -m tests.benchmarks.live_lag [--minutes 10] [--keep-stream]`: the demo match over and over, sent by ffmpeg to a
web server on loopback, analysed by a real worker with the real networks at the live preset. A line a minute, then the
gaps as the match has them. What else the machine does shows in its load.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tacticeye.config import Settings
from tacticeye.demo import demo_video
from tacticeye.match_files import MatchFolder
from tacticeye.match_listings import read_possession
from tacticeye.service import Service
from tests.live_streams import live_playlist
from tests.web_server import serving

TICK_S = 1.0


@contextmanager
def sending_demo(folder: Path, seconds: float) -> Iterator[None]:
    """Encoded once, with a key frame every two seconds, so that sending costs next to nothing."""
    video = folder.with_name("sent.mp4")
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(demo_video()), "-an", "-c:v", "libx264", "-preset", "ultrafast",
         "-crf", "20", "-g", "50", "-sc_threshold", "0", str(video)],
        stdin=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    process = subprocess.Popen(
        ["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", str(video), "-t", str(seconds), "-c", "copy",
         "-f", "hls", "-hls_time", "2", "-hls_list_size", "10", str(folder / "live.m3u8")],
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.kill()
        process.wait()


def follow(service: Service, match_id: str) -> float:
    """Prints a line a minute until the match is over; its largest lag, s."""
    lags: list[float] = []
    worst, minute, memory = 0.0, 0, 0.0
    print("  min   lag s, median and largest   resident MB   load   status")
    while (card := service.status(match_id)).status.is_active:
        time.sleep(TICK_S)
        if card.lag_s == card.lag_s:  # NaN before the first batch
            lags.append(card.lag_s)
        worker = MatchFolder.of(service.data_dir, match_id).read_worker()
        if worker and psutil.pid_exists(worker.pid):
            memory = max(memory, psutil.Process(worker.pid).memory_info().rss / 2**20)
        if len(lags) >= 60 / TICK_S:
            worst, minute = max(worst, *lags), minute + 1
            middle = sorted(lags)[len(lags) // 2]
            print(f"{minute:5d} {middle:14.1f} {max(lags):12.1f} {memory:13.0f} {os.getloadavg()[0]:6.1f}   "
                  f"{card.speed:.2f} x, at {card.t_s:.0f} s", flush=True)  # fmt: skip
            lags, memory = [], 0.0
    return max([worst, *lags])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=10.0)
    arguments.add_argument("--keep-stream", action="store_true")
    options = arguments.parse_args()
    os.environ["TACTICEYE_ALLOW_PRIVATE_SOURCES"] = "yes"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "www").mkdir()
        service = Service(Settings(data_dir=folder / "data", allow_private_sources=True))
        with serving(folder / "www") as web, sending_demo(web.folder, 60 * options.minutes):
            playlist = live_playlist(web.folder)
            link = f"{web.address}/{playlist.name}"
            match_id = service.add_link(link, "live", keep_stream=options.keep_stream)
            worst = follow(service, match_id)
        card = service.status(match_id)
        gaps = read_possession(MatchFolder.of(service.data_dir, match_id)).gaps
        print(f"{card.status.value} after {card.t_s:.0f} s of video; largest lag {worst:.1f} s {card.message}")
        missing_s = (gaps["end_s"] - gaps["start_s"]).groupby(gaps["reason"]).sum().round(1)
        print(f"gaps: {len(gaps)}, s by reason: {missing_s.to_dict()}")
        video = service.video_path(match_id)
        if video is not None:
            print(f"kept: {video.stat().st_blocks * 512 / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
