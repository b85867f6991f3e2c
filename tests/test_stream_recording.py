"""A live stream kept as a video file: pieces with B-frames go in, what players and analysis read comes out."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest

from tacticeye import stream_recording
from tacticeye.file_source import LocalFileSource
from tacticeye.growing_mp4 import HEADER_BYTES
from tacticeye.hls_stream import SegmentPictures
from tacticeye.live_buffer import Piece
from tacticeye.stream_recording import StreamRecording

FPS = 25


def make_piece(grey: int, width: int = 64) -> Piece:
    """A second of MPEG-TS in one grey, whose clock begins where its sender liked."""
    file = io.BytesIO()
    with av.open(file, "w", format="mpegts") as writer:
        stream = writer.add_stream("libx264", rate=FPS, options={"bf": "2", "g": "25", "tune": "fastdecode"})
        stream.width, stream.height, stream.pix_fmt = width, 48, "yuv420p"
        for _ in range(FPS):
            image = np.full((48, width, 3), grey, np.uint8)
            writer.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        writer.mux(stream.encode(None))
    pictures = SegmentPictures("test", file.getvalue())
    return Piece(pictures, 1.0, len(file.getvalue()), 0.0, pictures.open_packets)


def add(recording: StreamRecording, piece: Piece, t_s: float) -> None:
    """Has the piece begin at t_s of the match."""
    begun_s = next(stream_s for stream_s, _ in piece.decode())
    assert begun_s is not None
    recording.add([piece], t_s - begun_s)


def times_of(path: Path) -> list[float]:
    with LocalFileSource(path) as source:
        return [frame.t_s for frame in source.get_frame_generator()]


def seconds(*starts: float) -> list[float]:
    return [start + n / FPS for start in starts for n in range(FPS)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stream.mp4"


def record(path: Path, *starts: float, limit_bytes: int = 10**9) -> list[str]:
    told: list[str] = []
    recording = StreamRecording(path, limit_bytes, told.append)
    for number, start in enumerate(starts):
        add(recording, make_piece(60 + 40 * number), start)
    recording.close()
    return told


def test_time_without_pictures_is_time_of_the_video_too(path: Path) -> None:
    assert record(path, 0.0, 1.0, 31.5) == []
    assert times_of(path) == pytest.approx(seconds(0.0, 1.0, 31.5), abs=1e-4)
    with LocalFileSource(path) as source:
        assert [int(source.find_image(t_s)[24, 32, 0]) for t_s in (0.5, 20.0, 31.6)] == pytest.approx(
            [60, 100, 140], abs=4
        )


def test_another_run_goes_on_behind_what_is_there_in_whatever_size(path: Path) -> None:
    record(path, 0.0)
    recording = StreamRecording(path, 10**9, print)
    add(recording, make_piece(100), 0.5)  # it can't begin before the end of what is there
    add(recording, make_piece(140, width=128), 9.0)
    recording.close()
    assert times_of(path) == pytest.approx(seconds(0.0, 9.0), abs=1e-4)


def test_what_was_indexed_can_be_played_after_a_kill_and_gone_on_with(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_recording, "INDEX_EVERY_S", 0.0)
    recording = StreamRecording(path, 10**9, print)
    add(recording, make_piece(60), 0.0)
    left = tmp_path / "left.mp4"
    left.write_bytes(path.read_bytes() + b"torn")  # a piece that was cut short by the end of its process
    recording.close()
    assert times_of(left) == pytest.approx(seconds(0.0), abs=1e-4)
    record(left, 4.0)
    assert times_of(left) == pytest.approx(seconds(0.0, 4.0), abs=1e-4)


def test_a_recording_that_begins_late_shows_its_first_picture_until_then(path: Path) -> None:
    record(path, 7.0)
    assert times_of(path) == pytest.approx([0.0, *seconds(7.0)], abs=1e-4)


def test_the_limit_ends_the_recording_with_a_sentence_and_keeps_what_is_there(path: Path) -> None:
    size = make_piece(60).size_bytes
    (sentence,) = record(path, 0.0, 1.0, 2.0, limit_bytes=size + 100)
    assert "its limit of 0 MB" in sentence and "the analysis goes on" in sentence
    assert times_of(path) == pytest.approx(seconds(0.0), abs=1e-4)
    assert path.stat().st_size < HEADER_BYTES + 2 * size
    assert path.stat().st_blocks * 512 < 2 * size + 65_536  # the index takes what it needs
