"""The annotated video: drawn from the database in a process of its own, with the sound of the source."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tacticeye.annotated_video import render_match
from tacticeye.config import Settings
from tacticeye.errors import StorageError
from tacticeye.lease import this_process
from tacticeye.ledger import NameTeam
from tacticeye.match_analyzer import run_match_analysis
from tacticeye.match_files import MatchFolder, RenderRun, write_record
from tacticeye.render_job import CRASHED, RenderState
from tacticeye.service import Service
from tests.small_match import HEIGHT, WIDTH, people_xy, write_small_match

SECONDS = 4.0
RATE = 8000


def add_sound(video: Path, to: Path) -> None:
    """A copy of the video with a tone of the same length."""
    with av.open(str(video)) as source, av.open(str(to), "w") as target:
        pictures = target.add_stream_from_template(source.streams.video[0])
        sound = target.add_stream("aac", rate=RATE, layout="mono")
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = pictures
                target.mux(packet)
        tone = (8000 * np.sin(np.arange(int(SECONDS * RATE)) * 2 * np.pi * 440 / RATE)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(tone[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        for resampled in av.AudioResampler(format="fltp", layout="mono", rate=RATE).resample(frame):
            target.mux(sound.encode(resampled))
        target.mux(sound.encode(None))


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the finished match `small`, whose video has sound."""
    folder = tmp_path_factory.mktemp("rendering")
    config = write_small_match(folder, SECONDS)
    add_sound(folder / "small.mp4", folder / "loud.mp4")
    run_match_analysis("small", replace(config, source_url=str(folder / "loud.mp4")), data_dir=folder)
    return folder


def pictures(path: Path) -> tuple[list[float], list[NDArray[np.uint8]]]:
    with av.open(str(path)) as container:
        frames = [
            (float(f.time or 0), f.to_ndarray(format="bgr24").astype(np.uint8)) for f in container.decode(video=0)
        ]
    return [t for t, _ in frames], [image for _, image in frames]


def test_every_frame_is_drawn_at_its_time_and_the_sound_is_kept(analysed: Path) -> None:
    out = render_match(MatchFolder.existing(analysed, "small"), analysed / "out.mp4")
    times, images = pictures(out)
    before = pictures(analysed / "loud.mp4")[0]
    assert times == pytest.approx(before, abs=1e-4)
    assert images[0].shape == (HEIGHT, WIDTH, 3)
    with av.open(str(out)) as container:
        sound = [frame for frame in container.decode(audio=0)]
    assert sum(frame.samples for frame in sound) == pytest.approx(SECONDS * RATE, rel=0.1)
    assert max(np.abs(frame.to_ndarray()).max() for frame in sound) > 0.1


def test_rings_follow_the_people_between_analysed_frames(analysed: Path) -> None:
    out = render_match(MatchFolder.existing(analysed, "small"), analysed / "rings.mp4")
    _, drawn = pictures(out)
    _, plain = pictures(analysed / "loud.mp4")
    for number in (51, 52):  # one of the two was not analysed
        changed = np.abs(drawn[number].astype(int) - plain[number].astype(int)).sum(axis=2) > 120
        for x, y in people_xy(number).round().astype(int).tolist():
            assert changed[y - 6 : y + 7, x - 12 : x + 13].any()


def test_corrections_are_drawn_without_a_new_analysis(analysed: Path) -> None:
    folder, service = MatchFolder.existing(analysed, "small"), Service(Settings(data_dir=analysed))
    _, before = pictures(render_match(folder, analysed / "before.mp4"))
    service.correct("small", NameTeam(0, "Greens", "#00ff00"))
    service.correct("small", NameTeam(1, "Greens too", "#00ff00"))
    _, after = pictures(render_match(folder, analysed / "after.mp4"))
    assert np.abs(before[60].astype(int) - after[60].astype(int)).max() > 60


def test_the_service_draws_in_the_background_and_tells_how_far_it_is(analysed: Path) -> None:
    service = Service(Settings(data_dir=analysed))
    assert service.render_status("small").state is RenderState.NONE
    assert service.start_render("small").state is RenderState.RUNNING
    deadline = time.monotonic() + 120
    while (status := service.render_status("small")).state is RenderState.RUNNING and time.monotonic() < deadline:
        time.sleep(0.2)
    assert status.state is RenderState.DONE, status.message
    assert status.path is not None
    assert len(pictures(status.path)[0]) == SECONDS * 25


def test_a_render_that_was_killed_is_shown_as_failed(analysed: Path) -> None:
    folder = MatchFolder.existing(analysed, "small")
    ended = replace(this_process(), pid=os.getpid(), create_time=1.0)
    write_record(folder.render, RenderRun(ended, str(folder.annotated), time.time(), 1.0, 4.0))
    status = Service(Settings(data_dir=analysed)).render_status("small")
    assert (status.state, status.message, status.share) == (RenderState.FAILED, CRASHED, 0.25)


def test_a_match_without_results_says_so(tmp_path: Path) -> None:
    config = write_small_match(tmp_path, 1.0)
    run_match_analysis("short", replace(config, max_batches=1), data_dir=tmp_path)
    folder = MatchFolder.existing(tmp_path, "short")
    folder.database.unlink()
    with pytest.raises(StorageError, match="start its analysis"):
        render_match(folder, tmp_path / "out.mp4")
