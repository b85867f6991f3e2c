"""Live streams for tests, made by ffmpeg at the pace of a camera."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tacticeye.file_source import LocalFileSource

FPS = 25


@contextmanager
def sending(target: str, seconds: float, *options: str, size: str = "160x90") -> Iterator[subprocess.Popen[bytes]]:
    """A sender of a test picture; killed at the end of the block where it still runs."""
    process = subprocess.Popen(
        ["ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", f"testsrc=size={size}:rate={FPS}", "-t", str(seconds),
         "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", str(FPS), *options, target],
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def sending_hls(folder: Path, seconds: float, size: str = "160x90") -> AbstractContextManager[subprocess.Popen[bytes]]:
    """live.m3u8 in the folder: segments of a second, six in the list; its end is marked when all was sent."""
    return sending(str(folder / "live.m3u8"), seconds, "-f", "hls", "-hls_time", "1", "-hls_list_size", "6", size=size)


def live_playlist(folder: Path) -> Path:
    """live.m3u8, once it names two segments."""
    playlist = folder / "live.m3u8"
    deadline = time.monotonic() + 20
    while not (playlist.exists() and playlist.read_text().count("#EXTINF") >= 2):
        assert time.monotonic() < deadline, "ffmpeg sent nothing"
        time.sleep(0.05)
    return playlist


def times_of(path: Path) -> list[float]:
    """s: of every picture of a file."""
    with LocalFileSource(path) as source:
        return [frame.t_s for frame in source.get_frame_generator()]
