"""Written video read back with PyAV."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tacticeye.errors import StorageError
from tacticeye.video_writer import VideoWriter


def _frames(n: int) -> list[np.ndarray]:
    ramp = np.linspace(0, 200, 64, dtype=np.uint8)
    return [np.repeat(np.tile(ramp + 5 * k % 50, (48, 1))[..., None], 3, axis=2) for k in range(n)]


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30000, 1001)])
def test_frames_come_back_with_exact_times(tmp_path: Path, fps: Fraction) -> None:
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, (64, 48), fps) as writer:
        for frame in _frames(12):
            writer.write(frame)
    with av.open(str(path)) as container:
        times = [(frame.pts or 0) * (frame.time_base or 0) for frame in container.decode(video=0)]
    assert times == [k / fps for k in range(12)]


def test_pictures_survive_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    frames = _frames(5)
    with VideoWriter(path, (64, 48), Fraction(25), crf=12) as writer:
        for frame in frames:
            writer.write(frame)
    with av.open(str(path)) as container:
        decoded = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    assert np.abs(decoded[3].astype(int) - frames[3].astype(int)).mean() < 4


def test_an_interrupted_writing_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), VideoWriter(tmp_path / "clip.mp4", (64, 48), Fraction(25)) as writer:
        writer.write(_frames(1)[0])
        raise RuntimeError("stop")
    assert list(tmp_path.iterdir()) == []


def test_a_frame_of_another_size_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="expected a frame"),
        VideoWriter(tmp_path / "c.mp4", (64, 48), Fraction(25)) as w,
    ):
        w.write(np.zeros((40, 64, 3), np.uint8))


def test_a_folder_that_is_a_file_gives_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    with pytest.raises(StorageError, match="can't be written"):
        VideoWriter(tmp_path / "taken" / "clip.mp4", (64, 48), Fraction(25))
