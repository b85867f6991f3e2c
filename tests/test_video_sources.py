"""Real small videos, made here: every frame carries its number as bright and dark blocks."""

from __future__ import annotations

import os
import random
import shutil
import threading
import time
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from tacticeye.display_matrix import Display
from tacticeye.errors import SourceError
from tacticeye.frame_batches import READ_AHEAD_IMAGES
from tacticeye.local_files import find_video_file
from tacticeye.types import NO_PTS, Image, StreamPosition
from tacticeye.video_sources import (
    LocalFileSource,
    SourceBatch,
    SourceType,
    VideoFrame,
    calculate_batch_size,
    grab_frame,
    open_source,
    read_frame_batches,
)

WIDTH, HEIGHT, BITS = 160, 96, 8
OPEN_GOP = {"x264-params": "open-gop=1:bframes=3:b-pyramid=normal:keyint=12:scenecut=0"}
HEVC = {"x265-params": "log-level=none:open-gop=1:keyint=12:bframes=3"}


@dataclass(frozen=True)
class Recipe:
    """How a test video is made. times_ms: of every frame; otherwise `frames` frames at `rate`. first: number shown."""

    name: str
    codec: str = "libx264"
    options: tuple[tuple[str, str], ...] = ()
    frames: int = 40
    first: int = 0
    rate: int = 25
    times_ms: tuple[int, ...] = ()
    start: int = 0
    rotation: int = 0
    muxer: tuple[tuple[str, str], ...] = ()


VARIABLE_MS = tuple(np.cumsum([0, *([33, 40, 17, 83, 40, 20] * 7)]).tolist())
RECIPES = (
    Recipe("h264.mp4"),
    Recipe("open_gop.mp4", options=tuple(OPEN_GOP.items())),
    Recipe("hevc.mov", "libx265", tuple(HEVC.items())),
    Recipe("hevc.mkv", "libx265", tuple(HEVC.items())),
    Recipe("vp9.webm", "libvpx-vp9", (("auto-alt-ref", "1"), ("lag-in-frames", "12"), ("g", "12"))),
    Recipe("h264.ts", options=tuple(OPEN_GOP.items()), start=90_000),
    Recipe("h264.avi"),
    Recipe("mpeg4.avi", "mpeg4"),
    Recipe("variable.mp4", times_ms=VARIABLE_MS),
    Recipe("variable.mkv", times_ms=VARIABLE_MS),
    Recipe("fast.mp4", rate=50),
    Recipe("faster.mkv", rate=60),
)
NAMES = [recipe.name for recipe in RECIPES]
WITHOUT_TIMES = ("h264.avi", "mpeg4.avi")


def numbered_image(number: int) -> Image:
    noise = np.random.default_rng(number).integers(0, 60, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    image = noise.repeat(8, 0).repeat(8, 1)
    step = WIDTH // BITS
    for bit in range(BITS):
        image[:48, bit * step : (bit + 1) * step] = 230 if number >> bit & 1 else 20
    return image


def number_of(image: Image) -> int:
    blocks = image[8:40].reshape(32, BITS, WIDTH // BITS, 3).mean(axis=(0, 2, 3))
    return sum(int(block > 125) << bit for bit, block in enumerate(blocks))


def make_video(recipe: Recipe, folder: Path) -> Path:
    path = folder / recipe.name
    with av.open(str(path), "w", options=dict(recipe.muxer)) as container:
        stream = container.add_stream(recipe.codec, rate=recipe.rate)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = WIDTH, HEIGHT, "yuv420p", 12
        stream.options = dict(recipe.options)
        if recipe.rotation:
            stream.set_display_rotation(recipe.rotation)
        tick = Fraction(1, 1000) if recipe.times_ms else Fraction(1, recipe.rate)
        stream.time_base = stream.codec_context.time_base = tick
        for number, time_ in enumerate(recipe.times_ms or range(recipe.frames)):
            frame = av.VideoFrame.from_ndarray(numbered_image(recipe.first + number), format="bgr24")
            frame.pts, frame.time_base = time_ + recipe.start * (1000 if recipe.times_ms else 1), tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("videos")
    return {recipe.name: make_video(recipe, folder) for recipe in RECIPES}


@pytest.fixture(scope="session")
def plain(videos: dict[str, Path]) -> Path:
    return videos["h264.mp4"]


@pytest.fixture(scope="session")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long enough to have whole pictures on both sides of the packets that are overwritten."""
    path = make_video(Recipe("damaged.mkv", "libvpx-vp9", (("g", "10"), ("lag-in-frames", "0")), 80),
                      tmp_path_factory.mktemp("damaged"))  # fmt: skip
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    content = path.read_bytes()
    for number in (33, 34, 52):
        body = bytes(packets[number])
        assert content.count(body) == 1
        content = content.replace(body, b"\xff" * len(body))
    path.write_bytes(content)
    return path


@pytest.fixture(scope="session")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An mp4 whose index is in front and whose pictures end in the middle of a packet."""
    path = make_video(Recipe("cut_off.mp4", frames=80, muxer=(("movflags", "faststart"),)),
                      tmp_path_factory.mktemp("cut_off"))  # fmt: skip
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    return path


Signature = tuple[int, float, int, float, int, int, int]


def signature(frame: VideoFrame) -> Signature:
    return (frame.index, frame.t_s, frame.pts, frame.duration_s, frame.shift, frame.skipped_packets,
            zlib.crc32(frame.to_bgr().tobytes()))  # fmt: skip


def all_frames(path: Path) -> list[VideoFrame]:
    with LocalFileSource(path) as source:
        return list(source.get_frame_generator())


def expected_times(name: str) -> list[float]:
    recipe = next(recipe for recipe in RECIPES if recipe.name == name)
    return [ms / 1000 for ms in recipe.times_ms] or [number / recipe.rate for number in range(recipe.frames)]


# --- frames and times ---


@pytest.mark.parametrize("name", NAMES)
def test_every_frame_comes_once_and_in_order(videos: dict[str, Path], name: str) -> None:
    frames = all_frames(videos[name])
    assert [number_of(frame.to_bgr()) for frame in frames] == list(range(len(expected_times(name))))
    assert [frame.index for frame in frames] == list(range(len(frames)))


@pytest.mark.parametrize("name", NAMES)
def test_times_are_the_presentation_times_in_seconds(videos: dict[str, Path], name: str) -> None:
    times = [frame.t_s for frame in all_frames(videos[name])]
    # Matroska rounds to milliseconds.
    assert times == pytest.approx(expected_times(name), abs=6e-4 if name.endswith(("mkv", "webm")) else 1e-9)


def test_a_transport_stream_that_starts_late_begins_at_zero(videos: dict[str, Path]) -> None:
    frames = all_frames(videos["h264.ts"])
    assert frames[0].t_s == 0.0
    assert frames[0].pts >= 3600 * 90_000


@pytest.mark.parametrize(("name", "fps", "codec"), [("h264.mp4", 25, "h264"), ("fast.mp4", 50, "h264"),
                                                    ("faster.mkv", 60, "h264"), ("hevc.mov", 25, "hevc"),
                                                    ("vp9.webm", 25, "vp9"), ("mpeg4.avi", 25, "mpeg4")])  # fmt: skip
def test_metadata_describes_the_video(videos: dict[str, Path], name: str, fps: float, codec: str) -> None:
    with open_source(SourceType.UPLOADED_FILE, str(videos[name])) as source:
        metadata = source.get_metadata()
    assert (metadata.width, metadata.height, metadata.rotation) == (WIDTH, HEIGHT, 0)
    assert metadata.fps == pytest.approx(fps)
    assert metadata.codec == codec
    assert metadata.declared_frames == 40
    assert metadata.declared_duration_s == pytest.approx(40 / fps, abs=0.05)
    assert metadata.size_bytes == videos[name].stat().st_size
    assert not metadata.is_live


@pytest.mark.parametrize(
    ("counterclockwise", "clockwise", "quarter_turns"), [(90, 270, 1), (180, 180, 2), (270, 90, 3)]
)
def test_a_rotation_flag_turns_the_picture(
    tmp_path: Path, plain: Path, counterclockwise: int, clockwise: int, quarter_turns: int
) -> None:
    path = make_video(Recipe("turned.mp4", frames=3, rotation=counterclockwise), tmp_path)
    with LocalFileSource(path) as source:
        metadata = source.get_metadata()
        image = next(source.get_frame_generator()).to_bgr()
    upright = all_frames(make_video(Recipe("upright.mp4", frames=3), tmp_path))[0].to_bgr()
    assert metadata.rotation == clockwise
    assert image.shape == (metadata.height, metadata.width, 3)
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(image, np.rot90(upright, quarter_turns))


def test_a_mirrored_picture_is_mirrored_back() -> None:
    mirrored = Display.from_matrix(2, 1, np.array([-65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30], np.int32))
    image = np.array([[[1, 1, 1], [2, 2, 2]]], np.uint8)
    assert mirrored.apply(image)[0, :, 0].tolist() == [2, 1]
    assert mirrored.rotation == 0


# --- going on after a position ---


@pytest.mark.parametrize("name", NAMES)
def test_reading_on_gives_exactly_the_frames_of_an_uninterrupted_reading(videos: dict[str, Path], name: str) -> None:
    with LocalFileSource(videos[name]) as source:
        frames = list(source.get_frame_generator())
        whole = [signature(frame) for frame in frames]
        for frame in frames:
            after = frame.get_position()
            assert [signature(later) for later in source.get_frame_generator(after)] == whole[frame.index + 1 :]


@pytest.mark.parametrize("name", ["open_gop_long.mp4", "long.ts", "long.mkv", "long.avi"])
def test_reading_on_seeks_in_a_longer_video(tmp_path: Path, name: str) -> None:
    path = make_video(Recipe(name, options=tuple(OPEN_GOP.items()), frames=250), tmp_path)
    with LocalFileSource(path) as source:
        frames = list(source.get_frame_generator())
        whole = [signature(frame) for frame in frames]
        assert len(whole) == 250
        for number in (60, 118, 119, 120, 121, 200, 248, 249):
            got = [signature(frame) for frame in source.get_frame_generator(frames[number].get_position())]
            assert got == whole[number + 1 :]


def test_a_position_of_another_file_is_refused(videos: dict[str, Path]) -> None:
    with LocalFileSource(videos["variable.mp4"]) as other:
        after = list(other.get_frame_generator())[13].get_position()
    with LocalFileSource(videos["h264.mp4"]) as source, pytest.raises(SourceError, match="put the original file back"):
        next(source.get_frame_generator(after))


def test_a_position_without_checksum_will_do(plain: Path) -> None:
    with LocalFileSource(plain) as source:
        frames = list(source.get_frame_generator())
        after = replace(frames[20].get_position(), checksum=-1)
        assert [frame.index for frame in source.get_frame_generator(after)] == list(range(21, 40))


def test_a_file_without_timestamps_at_its_end_is_read_on_by_counting(videos: dict[str, Path]) -> None:
    frames = all_frames(videos["h264.avi"])
    assert frames[-1].pts == NO_PTS
    assert frames[-1].t_s == pytest.approx(39 / 25)


# --- damage ---


def test_damaged_packets_are_counted_and_later_frames_keep_their_times(damaged: Path) -> None:
    frames = all_frames(damaged)
    assert frames[-1].skipped_packets == 3
    assert frames[30].skipped_packets == 0
    assert frames[-1].t_s == pytest.approx(79 / 25)
    assert 60 <= len(frames) < 80
    for frame in [*frames[:33], *frames[-15:]]:
        assert round(frame.t_s * 25) == number_of(frame.to_bgr())


def test_reading_on_in_a_damaged_file_counts_the_same_packets(damaged: Path) -> None:
    with LocalFileSource(damaged) as source:
        frames = list(source.get_frame_generator())
        whole = [signature(frame) for frame in frames]
        for frame in frames[25:60]:
            after = frame.get_position()
            assert [signature(later) for later in source.get_frame_generator(after)] == whole[frame.index + 1 :]


def test_a_cut_off_file_is_read_up_to_the_cut(cut_off: Path) -> None:
    with LocalFileSource(cut_off) as source:
        frames = list(source.get_frame_generator())
        assert source.get_metadata().declared_frames == 80
    assert 30 < len(frames) < 60
    assert [number_of(frame.to_bgr()) for frame in frames[:-1]] == list(range(len(frames) - 1))


def test_reading_on_near_the_cut_gives_the_same_frames(cut_off: Path) -> None:
    with LocalFileSource(cut_off) as source:
        frames = list(source.get_frame_generator())
        whole = [signature(frame) for frame in frames]
        for frame in frames[-12:]:
            after = frame.get_position()
            assert [signature(later) for later in source.get_frame_generator(after)] == whole[frame.index + 1 :]


def test_a_joined_recording_whose_clock_starts_again_goes_on_in_time(tmp_path: Path) -> None:
    path = tmp_path / "joined.ts"
    first = make_video(Recipe("first.ts", frames=60), tmp_path)
    second = make_video(Recipe("second.ts", frames=60, first=60), tmp_path)
    path.write_bytes(first.read_bytes() + second.read_bytes())
    with LocalFileSource(path) as source:
        frames = list(source.get_frame_generator())
        whole = [signature(frame) for frame in frames]
        times = np.array([frame.t_s for frame in frames])
        assert [number_of(frame.to_bgr()) for frame in frames] == list(range(120))
        assert (np.diff(times) > 0).all()
        assert times[-1] == pytest.approx(119 / 25)
        for number in (50, 59, 60, 61, 90):
            after = frames[number].get_position()
            assert [signature(frame) for frame in source.get_frame_generator(after)] == whole[number + 1 :]


# --- batches ---


def batches_of(path: Path, size: int, hz: float = 6.25, after: StreamPosition | None = None) -> list[SourceBatch]:
    with LocalFileSource(path) as source:
        return list(read_frame_batches(source, size, hz, after=after))


def analysed(batches: Sequence[SourceBatch]) -> list[tuple[int, float, int]]:
    return [
        (int(frame), float(t_s), zlib.crc32(image.tobytes()))
        for each in batches
        for frame, t_s, image in zip(each.batch.frame, each.batch.t_s, each.batch.images, strict=True)
    ]


@pytest.mark.parametrize("name", ["h264.mp4", "variable.mp4", "faster.mkv", "h264.avi"])
@pytest.mark.parametrize("hz", [6.25, 10.0, 60.0])
def test_which_frames_are_analysed_does_not_depend_on_the_batch_size(
    videos: dict[str, Path], name: str, hz: float
) -> None:
    expected = analysed(batches_of(videos[name], 75, hz))
    assert expected[0][0] == 0
    for size in (1, 7):
        assert analysed(batches_of(videos[name], size, hz)) == expected


def test_sampling_at_a_quarter_of_the_rate_takes_every_fourth_frame(plain: Path) -> None:
    assert [frame for frame, _, _ in analysed(batches_of(plain, 7))] == list(range(0, 40, 4))


@pytest.mark.parametrize("name", ["h264.mp4", "variable.mkv", "h264.ts", "mpeg4.avi"])
def test_batches_after_a_position_are_those_of_an_uninterrupted_reading(videos: dict[str, Path], name: str) -> None:
    whole = batches_of(videos[name], 7)
    for number, each in enumerate(whole):
        rest = batches_of(videos[name], 7, after=each.position)
        assert analysed(rest) == analysed(whole[number + 1 :])
        assert [later.position for later in rest] == [later.position for later in whole[number + 1 :]]
        assert [(later.batch.start_s, later.batch.end_s, later.is_last) for later in rest] == [
            (later.batch.start_s, later.batch.end_s, later.is_last) for later in whole[number + 1 :]
        ]


@pytest.mark.parametrize("name", ["h264.mp4", "variable.mp4", "h264.ts", "h264.avi"])
@pytest.mark.parametrize("size", [1, 8, 40, 100])
def test_batches_cover_the_video_without_gap_or_overlap(videos: dict[str, Path], name: str, size: int) -> None:
    batches = [each.batch for each in batches_of(videos[name], size)]
    frames = all_frames(videos[name])
    assert [batch.index for batch in batches] == list(range(len(batches)))
    assert batches[0].start_frame == 0
    assert batches[-1].end_frame == len(frames)
    assert batches[0].start_s == frames[0].t_s
    assert batches[-1].end_s == pytest.approx(frames[-1].t_s + frames[-1].duration_s)
    for earlier, later in pairwise(batches):
        assert (earlier.end_frame, earlier.end_s) == (later.start_frame, later.start_s)


@pytest.mark.parametrize("size", [7, 8, 40])
def test_only_the_batch_that_ends_the_video_is_the_last(plain: Path, size: int) -> None:
    flags = [each.is_last for each in batches_of(plain, size)]
    assert flags == [False] * (len(flags) - 1) + [True]


def test_nothing_follows_the_last_batch(plain: Path) -> None:
    assert batches_of(plain, 8, after=batches_of(plain, 8)[-1].position) == []


def test_batches_are_numbered_from_the_first_index(plain: Path) -> None:
    with LocalFileSource(plain) as source:
        assert [each.batch.index for each in read_frame_batches(source, 20, 6.25, first_index=5)] == [5, 6]


@pytest.mark.parametrize(("fps", "seconds", "frames"), [(25, 3.0, 75), (29.97, 2.0, 60), (50, 0.2, 10), (1, 0.2, 1)])
def test_a_batch_has_the_frames_of_its_seconds(fps: float, seconds: float, frames: int) -> None:
    assert calculate_batch_size(fps, seconds) == frames


# --- the reading thread ---


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "video-reader"]


def test_a_closed_reading_leaves_no_thread(plain: Path) -> None:
    with LocalFileSource(plain) as source:
        batches = read_frame_batches(source, 2, 25.0, read_ahead_images=1)
        next(batches)
        assert len(readers()) == 1
        batches.close()
    assert readers() == []


def test_an_error_of_the_consumer_leaves_no_thread(plain: Path) -> None:
    def consume(batches: Iterator[SourceBatch]) -> None:
        for each in batches:
            raise ZeroDivisionError(each.batch.index)

    with (
        LocalFileSource(plain) as source,
        pytest.raises(ZeroDivisionError),
        closing(read_frame_batches(source, 2, 25.0, read_ahead_images=1)) as batches,
    ):
        consume(batches)
    assert readers() == []


def test_an_error_while_reading_reaches_the_consumer(videos: dict[str, Path]) -> None:
    stranger = StreamPosition(frame=3, t_s=0.12, pts=7)
    with LocalFileSource(videos["h264.mp4"]) as source, pytest.raises(SourceError, match="original file"):
        list(read_frame_batches(source, 5, 6.25, after=stranger))
    assert readers() == []


def test_a_source_closed_while_it_is_read_is_not_taken_for_its_end(plain: Path) -> None:
    with LocalFileSource(plain) as source:
        frames = source.get_frame_generator()
        next(frames)
        source.close()
        with pytest.raises(SourceError, match="closed"):
            list(frames)


def test_reading_that_is_told_to_stop_ends_even_while_it_looks_for_its_position(videos: dict[str, Path]) -> None:
    stop = threading.Event()
    with LocalFileSource(videos["h264.avi"]) as source:
        frames = source.get_frame_generator(stop=stop)
        next(frames)
        stop.set()
        assert len(list(frames)) <= 2
        with pytest.raises(SourceError):
            next(source.get_frame_generator(StreamPosition(30, 1.2, NO_PTS), stop))


class CountedSource(LocalFileSource):
    """Counts the frames that were asked for."""

    taken = 0

    def get_frame_generator(
        self, after: StreamPosition | None = None, stop: threading.Event | None = None
    ) -> Generator[VideoFrame, None, None]:
        for frame in super().get_frame_generator(after, stop):
            self.taken += 1
            yield frame


def test_reading_ahead_is_bounded(tmp_path: Path) -> None:
    path = make_video(Recipe("bounded.mp4", frames=120), tmp_path)
    with CountedSource(path) as source, closing(read_frame_batches(source, 2, 25.0, read_ahead_images=4)) as batches:
        next(batches)
        deadline = time.monotonic() + 5
        while source.taken < 8 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)
        # Two of the batch, four that wait, one in hand, one more to know whether that one is the last.
        assert source.taken <= 9
    assert READ_AHEAD_IMAGES < 50


# --- bad input ---


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def sound_only(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def undecodable(path: Path, plain: Path) -> Path:
    with av.open(str(plain)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    content = plain.read_bytes()
    for packet in packets:
        content = content.replace(packet, bytes(len(packet)))
    return write(path, content)


BAD_INPUT: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "missing": (lambda folder, _: folder / "nothing.mp4", "no such file"),
    "below a file": (lambda _, plain: plain / "x.mp4", "no such file"),
    "folder": (lambda folder, _: folder, "is a folder"),
    "empty": (lambda folder, _: write(folder / "empty.mp4", b""), "is empty"),
    "text": (lambda folder, _: write(folder / "text.mp4", b"Minutes of the meeting.\n" * 200), "not a video"),
    "noise": (lambda folder, _: write(folder / "noise.mp4", random.Random(1).randbytes(5000)), "not a video"),
    "sound": (lambda folder, _: sound_only(folder / "sound.mp4"), "sound but no picture"),
    "index cut off": (
        lambda folder, plain: write(folder / "cut.mp4", plain.read_bytes()[: plain.stat().st_size // 2]),
        "index is missing",
    ),
    "no decodable frame": (lambda folder, plain: undecodable(folder / "zero.mp4", plain), "not one frame"),
    "http": (lambda *_: "http://127.0.0.1:9/match.mp4", "only video files on this computer"),
    "https": (lambda *_: "https://example.org/match.mp4", "only video files on this computer"),
    "file url": (lambda _, plain: f"file://{plain}", "only video files on this computer"),
    "rtmp": (lambda *_: "rtmp://127.0.0.1/live", "only video files on this computer"),
    "concat": (lambda _, plain: f"concat:{plain}|{plain}", "only video files on this computer"),
    "nothing": (lambda *_: "", "is a folder"),
    "zero byte": (lambda *_: "a\0b.mp4", "check the path"),
    "too long": (lambda *_: "x" * 5000, "check the path"),
    "playlist": (
        lambda folder, plain: write(folder / "list.m3u8", f"#EXTM3U\n#EXTINF:2,\n{plain}\n#EXT-X-ENDLIST\n".encode()),
        "not a video",
    ),
    "script": (
        lambda folder, plain: write(folder / "list.mp4", f"ffconcat version 1.0\nfile '{plain}'\n".encode()),
        "not a video",
    ),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_refused_in_one_sentence(tmp_path: Path, plain: Path, case: str) -> None:
    make, reason = BAD_INPUT[case]
    source = make(tmp_path, plain)
    with pytest.raises(SourceError, match=reason) as caught:
        open_source(SourceType.UPLOADED_FILE, source)  # type: ignore[arg-type]
    assert str(caught.value).startswith(str(source))
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(SourceError, match="not a regular file"):
        find_video_file(tmp_path / "pipe.mp4")


def test_a_file_without_permission_is_refused(tmp_path: Path, plain: Path) -> None:
    locked = Path(shutil.copy(plain, tmp_path / "locked.mp4"))
    locked.chmod(0)
    is_root = os.geteuid() == 0  # root may read everything: be somebody else for a moment
    if is_root:
        os.seteuid(65534)
    try:
        with pytest.raises(SourceError, match="no permission"):
            find_video_file(locked)
    finally:
        if is_root:
            os.seteuid(0)


@pytest.mark.parametrize("name", ["a:b.mp4", "http:x.mp4", "100%25 späte Tore.mp4", "-i.mp4", "a|b.mp4"])
def test_odd_file_names_are_opened_as_files(
    tmp_path: Path, plain: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(plain, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    with open_source(SourceType.UPLOADED_FILE, name) as source:
        assert next(source.get_frame_generator()).index == 0


# --- thumbnails ---


@pytest.mark.parametrize("name", ["h264.mp4", "open_gop.mp4", "h264.ts", "h264.avi", "hevc.mkv"])
@pytest.mark.parametrize(("t_s", "number"), [(-1.0, 0), (0.0, 0), (0.05, 1), (0.8, 20), (1.21, 30), (99.0, 39)])
def test_the_picture_on_display_at_a_time_is_found(videos: dict[str, Path], name: str, t_s: float, number: int) -> None:
    assert number_of(grab_frame(videos[name], t_s)) == number


# --- real footage ---


@pytest.mark.shared
def test_a_real_clip_has_fewer_frames_than_it_declares(shared: Path) -> None:
    with LocalFileSource(shared / "clips" / "inter_napoli_720p25.mp4") as source:
        metadata = source.get_metadata()
        times = [frame.t_s for frame in source.get_frame_generator()]
    assert metadata.declared_frames == 825
    assert times == pytest.approx([number / 25 for number in range(817)])


@pytest.mark.shared
def test_a_real_clip_is_read_on_exactly(shared: Path) -> None:
    with LocalFileSource(shared / "clips" / "inter_napoli_720p25.mp4") as source:
        frames = list(islice(source.get_frame_generator(), 330))
        after = frames[300].get_position()
        rest = list(islice(source.get_frame_generator(after), 29))
        assert [signature(frame) for frame in rest] == [signature(frame) for frame in frames[301:]]
