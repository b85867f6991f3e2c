"""Recorded videos from the web, by a real web server on loopback: files, HLS, pages, and what goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tacticeye.config import SourceType
from tacticeye.errors import SourceError, SourceStoppedError
from tacticeye.match_analyzer import analyze_hls_stream, analyze_local_file
from tacticeye.match_files import MatchFolder
from tacticeye.store import MatchStore, table_digests
from tacticeye.types import StreamPosition
from tacticeye.video_sources import open_source
from tacticeye.web_pages import explain
from tests.small_match import write_small_match
from tests.web_server import WebServer, serving

FRAMES = 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """small.mp4, the same as HLS in two forms with a master playlist, and a page that shows it."""
    folder = tmp_path_factory.mktemp("web")
    write_small_match(folder, FRAMES / 25)
    for name, kind in (("ts", "mpegts"), ("frag", "fmp4")):
        subprocess.run(
            ["ffmpeg", "-v", "error", "-i", "small.mp4", "-c:v", "libx264", "-g", "25", "-f", "hls", "-hls_time", "1",
             "-hls_list_size", "0", "-hls_segment_type", kind, "-hls_fmp4_init_filename", "init.mp4", f"{name}.m3u8"],
            cwd=folder, check=True,
        )  # fmt: skip
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-t", str(FRAMES / 25),
         "-c:v", "mpeg4", "-q:v", "2", "-movflags", "+faststart", "fast.mp4"],
        cwd=folder, check=True,
    )  # fmt: skip
    (folder / "master.m3u8").write_text(
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000000,RESOLUTION=3840x2160\nnone.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=320x180\nts.m3u8\n"
    )
    (folder / "page.html").write_text("<html><head><title>Derby</title></head><video src='small.mp4'></video></html>")
    return folder


@pytest.fixture
def web(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    monkeypatch.setenv("TACTICEYE_ALLOW_PRIVATE_SOURCES", "yes")
    with serving(folder) as server:
        yield server


def frames(kind: SourceType, link: str, folder: Path) -> int:
    with open_source(kind, link, folder) as source:
        return sum(1 for _ in source.get_frame_generator())


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (SourceType.HTTP_FILE, "small.mp4"),
        (SourceType.HLS, "ts.m3u8"),
        (SourceType.HLS, "frag.m3u8"),
        (SourceType.HLS, "master.m3u8"),
        (SourceType.WEB_PAGE, "page.html"),
    ],
)
def test_a_recording_is_downloaded_and_read_to_its_last_frame(
    web: WebServer, tmp_path: Path, kind: SourceType, name: str
) -> None:
    assert frames(kind, f"{web.address}/{name}", tmp_path) == FRAMES
    web.is_down = True
    assert frames(kind, f"{web.address}/{name}", tmp_path) == FRAMES  # what is here isn't fetched again


@pytest.mark.parametrize(
    ("kind", "name", "held"),
    [(SourceType.HTTP_FILE, "fast.mp4", ("/fast.mp4", 500_000)), (SourceType.HLS, "ts.m3u8", ("/ts2.ts", 0))],
)
def test_a_recording_is_read_while_it_arrives_and_gone_on_with_after_a_stop(
    web: WebServer, tmp_path: Path, kind: SourceType, name: str, held: tuple[str, int]
) -> None:
    web.held = dict([held])
    link = f"{web.address}/{name}"
    with open_source(kind, link, tmp_path) as source:
        with closing(source.get_frame_generator()) as reading:
            position = [next(reading) for _ in range(10)][-1].get_position()
        assert (tmp_path / "source.part").exists()
        web.go_on.set()
    late, whole = (positions(kind, link, tmp_path, after) for after in (position, None))
    assert late == whole[10:]
    assert len(whole) == FRAMES


def test_a_match_of_a_recording_on_the_web_has_the_tables_of_its_file(
    web: WebServer, folder: Path, tmp_path: Path
) -> None:
    boxes = str(folder / "small.parquet")
    analyze_hls_stream(f"{web.address}/ts.m3u8", match_id="web", data_dir=tmp_path, model_path=boxes)
    video = MatchFolder.of(tmp_path, "web").find_video()
    assert video is not None
    analyze_local_file(video, match_id="file", preset="live", data_dir=tmp_path, model_path=boxes)
    digests = []
    for match_id in ("web", "file"):
        with MatchStore(tmp_path / "matches" / match_id).read() as snapshot:
            digests.append(table_digests(snapshot))
    assert digests[0] == digests[1]


def positions(kind: SourceType, link: str, folder: Path, after: StreamPosition | None) -> list[StreamPosition]:
    with open_source(kind, link, folder) as source:
        return [frame.get_position() for frame in source.get_frame_generator(after)]


def test_a_file_that_changes_on_the_server_while_it_is_read_is_not_mixed(web: WebServer, tmp_path: Path) -> None:
    (tmp_path / "source.part").write_bytes(b"begun")
    (tmp_path / "source.json").write_text('{"version": "another"}')
    with pytest.raises(SourceError, match="has changed meanwhile"):
        frames(SourceType.HTTP_FILE, f"{web.address}/fast.mp4", tmp_path)


def test_a_download_that_breaks_off_goes_on_where_it_was(web: WebServer, folder: Path, tmp_path: Path) -> None:
    size = (folder / "small.mp4").stat().st_size
    web.break_after[:] = [size // 3, size // 3]
    assert frames(SourceType.HTTP_FILE, f"{web.address}/small.mp4", tmp_path) == FRAMES
    assert web.ranges == [f"bytes={size // 3}-", f"bytes={size // 3 * 2}-"]
    assert (tmp_path / "source.mp4").read_bytes() == (folder / "small.mp4").read_bytes()


def test_a_download_that_is_stopped_goes_on_later(web: WebServer, folder: Path, tmp_path: Path) -> None:
    size = (folder / "small.mp4").stat().st_size
    web.bytes_per_s = size // 2
    asked_since = time.monotonic()
    with pytest.raises(SourceStoppedError):
        open_source(
            SourceType.HTTP_FILE,
            f"{web.address}/small.mp4",
            tmp_path,
            should_stop=lambda: time.monotonic() - asked_since > 0.8,
        )
    assert 0 < (tmp_path / "source.part").stat().st_size < size
    web.bytes_per_s = 0
    assert frames(SourceType.HTTP_FILE, f"{web.address}/small.mp4", tmp_path) == FRAMES
    assert len(web.ranges) == 1


def test_a_segment_that_is_refused_for_a_moment_is_asked_for_again(web: WebServer, tmp_path: Path) -> None:
    web.break_after[:] = [100_000, 10]  # the playlist comes through, the first segment doesn't
    assert frames(SourceType.HLS, f"{web.address}/ts.m3u8", tmp_path) == FRAMES


@pytest.mark.parametrize(
    ("kind", "name", "reason"),
    [
        (SourceType.HTTP_FILE, "none.mp4", "nothing at this link"),
        (SourceType.HTTP_FILE, "page.html", "not a video file"),
        (SourceType.HLS, "page.html", "no HLS playlist"),
        (SourceType.WEB_PAGE, "none.html", "isn't there any more"),
        (SourceType.WEB_PAGE, "empty.html", "no video is found"),
    ],
)
def test_what_cannot_be_had_is_told_in_one_sentence(
    web: WebServer, folder: Path, tmp_path: Path, kind: SourceType, name: str, reason: str
) -> None:
    (folder / "empty.html").write_text("<html><body>nothing</body></html>")
    with pytest.raises(SourceError, match=reason):
        open_source(kind, f"{web.address}/{name}", tmp_path)


@pytest.mark.parametrize("kind", [SourceType.HTTP_FILE, SourceType.HLS, SourceType.WEB_PAGE])
def test_no_way_leads_to_a_private_address(folder: Path, tmp_path: Path, kind: SourceType) -> None:
    with serving(folder) as web:
        port = web.address.rsplit(":", 1)[1]
        with pytest.raises(SourceError, match="private address"):
            open_source(kind, f"{web.address}/small.mp4", tmp_path)
        # A name may lead there all the same; this one, of Debian's hosts file, isn't on any list of ours.
        with pytest.raises(SourceError, match=r"private address|can't be reached"):
            open_source(kind, f"http://ip6-loopback:{port}/small.mp4", tmp_path)
    assert not (tmp_path / "source.part").exists()


def test_a_redirect_or_a_playlist_may_not_lead_out_of_the_web(web: WebServer, folder: Path, tmp_path: Path) -> None:
    web.redirects["/evil.mp4"] = "file:///etc/passwd"
    (folder / "evil.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")
    with pytest.raises(SourceError):
        open_source(SourceType.HTTP_FILE, f"{web.address}/evil.mp4", tmp_path)
    with pytest.raises(SourceError, match="away from the web"):
        open_source(SourceType.HLS, f"{web.address}/evil.m3u8", tmp_path)


def test_a_site_that_an_extractor_knows_is_read(web: WebServer, tmp_path: Path, root: Path) -> None:
    plugin = tmp_path / "yt_dlp_plugins" / "extractor"
    plugin.mkdir(parents=True)
    (plugin / "club.py").write_text(
        "from yt_dlp.extractor.common import InfoExtractor\n"
        "class ClubIE(InfoExtractor):\n"
        "    _VALID_URL = r'https?://club\\.example/match/(?P<id>\\d+)'\n"
        "    def _real_extract(self, url):\n"
        f"        return {{'id': self._match_id(url), 'title': 'Derby', 'url': '{web.address}/small.mp4'}}\n"
    )
    code = (
        "from pathlib import Path; from tacticeye.video_sources import SourceType, open_source\n"
        "with open_source(SourceType.WEB_PAGE, 'https://club.example/match/7', Path('.')) as source:\n"
        "    print(sum(1 for _ in source.get_frame_generator()))"
    )
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{tmp_path}"}
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == [str(FRAMES)]


@pytest.mark.parametrize(
    ("message", "action"),
    [
        ("ERROR: [youtube] abc: Private video. Sign in if you've been granted access", "TACTICEYE_COOKIES_FILE"),
        ("ERROR: [youtube] abc: Sign in to confirm your age. This video may be inappropriate", "proof of age"),
        ("ERROR: [youtube] abc: Sign in to confirm you're not a bot. Use --cookies", "robot"),
        ("ERROR: The uploader has not made this video available in your country", "upload the file"),
        ("ERROR: [youtube] abc: This live event will begin in 3 hours.", "hasn't begun"),
        ("ERROR: [youtube] abc: Video unavailable", "check the link"),
        (
            "ERROR: [youtube] abc: Unable to extract initial player response; please report this issue on",
            "pip install -U",
        ),
        ("ERROR: Unable to download webpage: <urlopen error [Errno -2] Name or service not known>", "connection"),
        ("ERROR: something never heard of; see https://example.org", "something never heard of"),
    ],
)
def test_a_failure_of_the_page_reader_becomes_an_action(message: str, action: str) -> None:
    sentence = explain(message)
    assert action in sentence
    assert "ERROR" not in sentence and "\n" not in sentence
