"""The dashboard as a visitor meets it: a real server, a real worker, headless Chromium."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tacticeye.config import Settings
from tacticeye.demo import demo_video
from tacticeye.lease import hold_lease
from tacticeye.ledger import TagEvent
from tacticeye.match_files import MatchFolder
from tacticeye.match_queue import MatchStatus
from tacticeye.service import Service
from tacticeye.store import MatchStore
from tacticeye.texts import get_texts
from tests.browser.match_folders import make_match, run_as, stand_as
from tests.live_streams import live_playlist, sending_hls
from tests.small_match import write_small_match
from tests.web_server import serving

pytestmark = pytest.mark.browser

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM_ARGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PAGES = ("live", "events", "passes", "heatmap", "players", "compare", "report", "data")
HOSTILE_TITLE = "Derby <img src=x onerror=\"document.body.dataset.hacked='1'\"> <b>bold</b> [link](http://evil.invalid)"
DRAWING = "svg.marks, canvas.marks"  # small figures come as one, large ones as the other
WAIT_MS = 30_000
expect.set_options(timeout=WAIT_MS)


@dataclass(frozen=True)
class Gallery:
    """A server with something to show."""

    address: str
    data_dir: Path
    server_pid: int


@contextmanager
def running_server(root: Path, data_dir: Path, port: int = 0, token: str = "") -> Iterator[tuple[str, int]]:
    """Address and process id of `streamlit run streamlit_app.py`, as README starts it. port: 0 takes a free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        port = probe.getsockname()[1]
    address = f"http://localhost:{port}"
    with (data_dir / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)],
            cwd=root,
            env={
                **os.environ,
                "TACTICEYE_DATA_DIR": str(data_dir),
                "TACTICEYE_API_TOKEN": token,
                "STREAMLIT_SERVER_HEADLESS": "true",
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_served(address, server)
        yield address, server.pid
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_until_served(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        assert server.poll() is None, "the server ended by itself"
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError("the server did not answer in time")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if chromium is None:
        pytest.skip("no Chromium is installed to drive the pages with")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGS))
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS)
    opened = context.new_page()
    yield opened
    context.close()


@pytest.fixture(scope="module")
def gallery(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    """A server whose library has a match in each state."""
    data_dir = tmp_path_factory.mktemp("gallery")
    for status in ("finished", "stopped", "crashed", "failed"):
        video = demo_video() if status == "finished" else None
        stand_as(make_match(data_dir, status, f"The {status} one", batches=4, source=video), status)
    stand_as(make_match(data_dir, "hostile", HOSTILE_TITLE, batches=2), "finished")
    running = make_match(data_dir, "running", "The running one", batches=4)
    run_as(running, os.getpid())
    make_match(data_dir, "waiting", "The waiting one", batches=0)
    with hold_lease(running):
        Service(Settings(data_dir=data_dir)).start("waiting")
        with running_server(root, data_dir) as (address, pid):
            yield Gallery(address, data_dir, pid)


def no_fault(page: Page) -> None:
    """Nothing of ours broke: no traceback, no error but those we tell in a sentence."""
    expect(page.get_by_test_id("stException")).to_have_count(0)


def through_pages(page: Page, gallery: Gallery, match_id: str, language: str = "en") -> Iterator[str]:
    """The Live page by its address, the others by the menu, which keeps the match."""
    page.goto(f"{gallery.address}/live?match={match_id}")
    for name in PAGES:
        if name != "live":
            page.get_by_test_id("stSidebarNavLink").filter(has_text=get_texts(language)(f"menu.{name}")).click()
        page.wait_for_url(f"**/{name}?match={match_id}")
        yield name


def test_a_first_visitor_is_offered_the_demo_match(root: Path, tmp_path: Path, page: Page) -> None:
    with running_server(root, tmp_path) as (address, _):
        page.goto(address)
        expect(page.get_by_role("button", name="Analyse the demo match")).to_be_visible()
        page.goto(f"{address}/live")
        expect(page.get_by_text("No match chosen")).to_be_visible()
        no_fault(page)


@pytest.mark.parametrize(
    ("match_id", "status"),
    [
        ("finished", "Finished"),
        ("stopped", "Stopped"),
        ("crashed", "Crashed"),
        ("failed", "Failed"),
        ("running", "Analysing"),
        ("waiting", "In the queue, place 1"),
    ],
)
def test_every_page_shows_every_state(gallery: Gallery, page: Page, match_id: str, status: str) -> None:
    for _ in through_pages(page, gallery, match_id):
        expect(page.locator(".te-chip").first).to_have_text(status)
        expect(page.locator(f".te-empty, .te-possession, .te-heading, {DRAWING}").first).to_be_visible()
        no_fault(page)


def test_pages_about_the_pitch_say_that_there_is_nothing_yet(gallery: Gallery, page: Page) -> None:
    for name in ("shape", "radar", "calibrate", "periods"):
        page.goto(f"{gallery.address}/{name}?match=waiting")
        expect(page.get_by_text("Waiting to begin")).to_be_visible()
        expect(page.locator(".te-problem, .te-hint")).to_have_count(0)
    page.goto(f"{gallery.address}/shape?match=finished")
    page.get_by_role("link", name="Calibrate by hand").click()
    page.wait_for_url("**/calibrate?match=finished")
    no_fault(page)


def test_the_library_shows_every_match_with_its_state(gallery: Gallery, page: Page) -> None:
    page.goto(gallery.address)
    expect(page.locator(".te-card-title")).to_have_count(7)
    shown = set(page.locator(".te-chip").all_inner_texts())
    assert {"Finished", "Stopped", "Crashed", "Failed", "Analysing", "In the queue, place 1"} <= shown
    no_fault(page)


def test_pages_speak_the_language_of_the_browser_until_another_is_chosen(gallery: Gallery, browser: Browser) -> None:
    context = browser.new_context(locale="es-AR")
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    for _ in through_pages(page, gallery, "finished", "es"):
        expect(page.locator(".te-chip").first).to_have_text("Terminado")
        expect(page.locator(f".te-possession, .te-heading, {DRAWING}").first).to_be_visible()
        no_fault(page)
    page.get_by_test_id("stSidebar").get_by_role("radio", name="English").click()
    expect(page.locator(".te-chip").first).to_have_text("Finished")
    context.close()


def test_titles_are_shown_and_never_executed(gallery: Gallery, page: Page) -> None:
    page.goto(gallery.address)
    expect(page.get_by_text(HOSTILE_TITLE, exact=True)).to_be_visible()
    for _ in through_pages(page, gallery, "hostile"):
        expect(page.get_by_text(HOSTILE_TITLE, exact=True)).to_be_visible()
        assert page.evaluate("document.body.dataset.hacked === undefined")


@pytest.mark.parametrize("match_id", ["../../etc/passwd", "unknown", "<script>alert(1)</script>"])
def test_an_address_without_a_match_is_answered_in_one_sentence(gallery: Gallery, page: Page, match_id: str) -> None:
    page.goto(f"{gallery.address}/live?match={quote(match_id, safe='')}")
    expect(page.get_by_role("alert").filter(has_text=match_id)).to_be_visible()
    expect(page.get_by_role("link", name="Go to the library")).to_be_visible()
    no_fault(page)


def test_no_page_is_wider_than_a_phone(gallery: Gallery, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("", *(f"{name}?match=finished" for name in PAGES)):
        page.goto(f"{gallery.address}/{path}")
        expect(page.locator(".te-chip").first).to_be_visible()
        page.wait_for_timeout(500)
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_pages_ask_nobody_but_their_own_server(gallery: Gallery, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for _ in through_pages(page, gallery, "finished"):
        expect(page.locator(".te-chip").first).to_be_visible()
        expect(page.locator(f".te-heading, {DRAWING}").first).to_be_visible()
    assert not [url for url in asked if not url.startswith((gallery.address, "data:", "blob:"))]
    assert not [url for url in asked if "/live/" in url]  # where Streamlit looks for its server if it isn't told


def test_filters_leave_only_the_events_asked_for(gallery: Gallery, page: Page) -> None:
    page.goto(f"{gallery.address}/events?match=finished")
    everything = page.get_by_text(re.compile(r"^\d+ events$"))
    expect(everything).to_be_visible()
    before = everything.inner_text()
    page.get_by_test_id("stButtonGroup").get_by_role("button", name="Pass", exact=True).click()
    expect(everything).not_to_have_text(before)
    no_fault(page)


def test_a_click_on_an_event_stands_the_video_a_second_before_it(gallery: Gallery, page: Page) -> None:
    if not demo_video().is_file():
        pytest.skip("the demo match is not part of this checkout")
    page.goto(f"{gallery.address}/events?match=finished")
    video = page.locator("video.video")
    expect(page.locator(".mark-rect.role-mark path").first).to_be_visible()
    video.evaluate("v => { window.stood = []; v.addEventListener('seeked', () => window.stood.push(v.currentTime)); }")
    with MatchStore(gallery.data_dir / "matches" / "finished").read() as snapshot:
        times = sorted(snapshot.events()["t_start_s"])
    page.keyboard.press("n")
    page.wait_for_function("window.stood.length > 0")
    assert abs(page.evaluate("window.stood[0]") - max(times[0] - 1, 0)) < 0.3
    stood = page.evaluate("window.stood.length")
    page.locator(".mark-rect.role-mark path").nth(3).click()
    page.wait_for_function(f"window.stood.length > {stood}")
    now = page.evaluate("window.stood.at(-1)")
    assert min(abs(now - (t_s - 1)) for t_s in times) < 0.3
    expect(video).to_have_js_property("paused", False)
    no_fault(page)


def test_a_tag_from_the_keyboard_stays(gallery: Gallery, page: Page) -> None:
    stand_as(make_match(gallery.data_dir, "tagged", "The tagged one", batches=4, source=demo_video()), "finished")
    page.goto(f"{gallery.address}/events?match=tagged")
    expect(page.get_by_role("button", name="Next ▶")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_text("This event")).to_be_visible()
    page.keyboard.press("3")
    expect(page.get_by_text("Corrections (1)")).to_be_visible()
    for key in ("Space", "Space", "n", "p"):
        page.keyboard.press(key)
        page.wait_for_timeout(400)
    page.get_by_role("radio", name="3", exact=True).click()
    expect(page.get_by_text("Corrections (2)")).to_be_visible()
    tags = [entry.correction for entry in Service(Settings(data_dir=gallery.data_dir)).corrections("tagged")]
    assert [tag.tag for tag in tags if isinstance(tag, TagEvent)] == [3, 0]


def test_an_event_that_did_not_happen_leaves_the_figures_until_that_is_undone(gallery: Gallery, page: Page) -> None:
    stand_as(make_match(gallery.data_dir, "wrong", "The wrong one", batches=4), "finished")
    page.goto(f"{gallery.address}/events?match=wrong")
    count = page.get_by_text(re.compile(r"^\d+ events$"))
    expect(count).to_have_text("8 events")
    expect(page.get_by_role("button", name="Next ▶")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_text("This event")).to_be_visible()
    page.keyboard.press("3")
    expect(page.get_by_text("Corrections (1)")).to_be_visible()
    page.get_by_role("button", name="Did not happen").click()
    expect(count).to_have_text("7 events")
    page.get_by_text("Corrections (2)").click()
    page.get_by_role("button", name="Undo").first.click()
    expect(count).to_have_text("8 events")
    no_fault(page)


def test_teams_are_swapped_by_one_press_and_named(gallery: Gallery, page: Page) -> None:
    stand_as(make_match(gallery.data_dir, "swap", "The swapped one", batches=4), "finished")
    service = Service(Settings(data_dir=gallery.data_dir))
    before = service.live_view("swap").totals.passes_attempted_by_team
    page.goto(f"{gallery.address}/players?match=swap")
    page.get_by_text("Teams", exact=True).click()
    page.get_by_role("button", name="Swap the teams").click()
    expect(page.get_by_text("Corrections (1)")).to_be_visible()
    page.get_by_label("Name of the team").first.fill(HOSTILE_TITLE[:60])
    page.get_by_role("button", name="Save team").first.click()
    expect(page.get_by_text("Corrections (2)")).to_be_visible()
    after = service.live_view("swap").totals.passes_attempted_by_team
    assert (after[0], after[1]) == (before[1], before[0])
    for name in PAGES:
        page.goto(f"{gallery.address}/{name}?match=swap")
        shown_in = page.frame_locator("iframe") if name == "report" else page
        expect(shown_in.get_by_text(HOSTILE_TITLE[:60]).first).to_be_visible()
        assert page.evaluate("document.body.dataset.hacked === undefined")
        no_fault(page)


def test_players_are_named_pinned_split_and_merged(gallery: Gallery, page: Page) -> None:
    stand_as(make_match(gallery.data_dir, "people", "The one with people", batches=4), "finished")
    service = Service(Settings(data_dir=gallery.data_dir))
    first = int(service.people_view("people").players["track"].iloc[0])
    page.goto(f"{gallery.address}/players?match=people")
    choose_row(page, 0)
    page.get_by_label("Name", exact=True).fill("Alba")
    page.get_by_label("Shirt number").fill("9")
    page.get_by_role("button", name="Save name").click()
    expect(page.get_by_text("Corrections (1)")).to_be_visible()
    page.get_by_role("button", name="Pin team and role").click()
    expect(page.get_by_text("Corrections (2)")).to_be_visible()
    page.get_by_role("button", name="Split").click()
    expect(page.get_by_text("23 players")).to_be_visible()
    page.reload()
    choose_row(page, 0)
    choose_row(page, 1)
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_text("22 players")).to_be_visible()
    ops = [entry.correction.op for entry in service.corrections("people")]
    assert ops == ["name_player", "pin_player", "split_track", "merge_tracks"]
    assert service.overrides("people").names == {first: "Alba"}
    no_fault(page)


def choose_row(page: Page, number: int) -> None:
    """Ticks a row of the table, which is drawn on a canvas: a head and rows of 33 px."""
    grid = page.get_by_test_id("stDataFrame").locator("canvas").first
    expect(grid).to_be_visible()
    page.wait_for_timeout(500)
    grid.click(position={"x": 17, "y": 33 * (number + 1) + 17}, force=True)


def test_a_question_in_sql_is_answered_and_drawn(gallery: Gallery, page: Page) -> None:
    page.goto(f"{gallery.address}/data?match=finished")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text(re.compile(r"^\d+ rows$"))).to_be_visible()
    page.get_by_text("Chart this").click()
    expect(page.locator(DRAWING).first).to_be_visible()
    page.get_by_label("Query", exact=True).fill(
        'SELECT \'<img src=x onerror="document.body.dataset.hacked=1">\' AS "**a**"'
    )
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("1 row", exact=True)).to_be_visible()
    assert page.evaluate("document.body.dataset.hacked === undefined")
    page.get_by_label("Query", exact=True).fill("DROP TABLE events")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert").filter(has_text="read-only")).to_be_visible()
    no_fault(page)


def test_a_match_is_downloaded_by_its_link(gallery: Gallery, page: Page) -> None:
    page.goto(f"{gallery.address}/data?match=finished")
    with page.expect_download() as download:
        page.get_by_role("link", name="Sportscode XML").click()
    assert "<ALL_INSTANCES>" in download.value.path().read_text()
    refused = page.request.get(f"{gallery.address}/download/finished/spadl?language=es")
    assert refused.status == 409
    assert refused.text().startswith("Este formato necesita posiciones en el campo")


def test_the_report_is_downloaded_and_printed(gallery: Gallery, browser: Browser, page: Page, tmp_path: Path) -> None:
    page.goto(f"{gallery.address}/report?match=hostile")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download to print").click()
    download.value.save_as(tmp_path / "report.html")
    page.goto(f"file://{tmp_path / 'report.html'}")
    expect(page.get_by_role("heading", name=HOSTILE_TITLE)).to_be_visible()
    assert page.evaluate("document.body.dataset.hacked === undefined")
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_two_stretches_are_set_side_by_side(gallery: Gallery, page: Page) -> None:
    page.goto(f"{gallery.address}/compare?match=finished")
    bars, stretches = page.locator(".te-compare"), page.get_by_role("combobox", name="Stretch")
    expect(bars).to_have_count(9)
    # The browser draws choices one by one, the bars sometimes before them: the first stretch may be the right side's.
    expect(stretches).to_have_count(2)
    before = bars.all_inner_texts()
    stretches.first.click()
    page.get_by_role("option", name="First half of the video").click()
    page.wait_for_function("n => document.querySelectorAll('.te-compare')[1].innerText !== n", arg=before[1])
    no_fault(page)


def test_the_system_page_tells_of_the_machine_in_any_language(gallery: Gallery, page: Page) -> None:
    page.goto(f"{gallery.address}/system?lang=es")
    expect(page.get_by_text("Esta máquina", exact=True)).to_be_visible()
    expect(page.get_by_text("The waiting one")).to_be_visible()
    no_fault(page)


def test_the_heatmap_of_one_player_is_chosen_from_those_seen(gallery: Gallery, page: Page) -> None:
    page.goto(f"{gallery.address}/heatmap?match=finished")
    expect(page.get_by_text("not where on the field")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    page.get_by_role("radio", name="One player").click()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(1)
    expect(page.get_by_role("combobox", name="Player")).to_have_value("#1 · Team A · goalkeeper · seen 00:00 to 00:12")
    no_fault(page)


def test_an_upload_that_is_no_video_fails_in_one_sentence(root: Path, tmp_path: Path, page: Page) -> None:
    upload = tmp_path / "notes.mp4"
    upload.write_text("kick-off at three")
    with running_server(root, tmp_path) as (address, _):
        page.goto(address)
        page.get_by_role("tab", name="Upload").click()
        page.locator("input[type=file]").set_input_files(upload)
        expect(page.get_by_text("notes.mp4 is here.")).to_be_visible()
        page.locator(".st-key-start_upload").get_by_role("button").click()
        expect(page.locator(".te-title")).to_have_text("notes")
        expect(page.locator(".te-chip")).to_have_text("Failed")
        expect(page.get_by_text("is not a video that can be read")).to_be_visible()
        no_fault(page)


def test_a_large_upload_costs_the_server_no_memory_outlives_a_broken_connection_and_needs_no_token_of_its_user(
    root: Path, tmp_path: Path, page: Page
) -> None:
    upload = tmp_path / "derby.mp4"
    with upload.open("wb") as file:
        file.truncate(120 << 20)
    broken: list[str] = []

    def break_once(route: Route) -> None:
        if "offset=" in route.request.url and not broken:
            broken.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    with running_server(root, tmp_path, token="sesame") as (address, pid):
        page.route("**/api/upload?*", break_once)
        page.goto(address)
        expect(page.get_by_text("Drop a video here")).to_be_visible()
        before = psutil.Process(pid).memory_info().rss
        page.locator("input[type=file]").set_input_files(upload)
        expect(page.get_by_text("derby.mp4 is here.")).to_be_visible(timeout=90_000)
        assert psutil.Process(pid).memory_info().rss - before < 50 << 20
    assert broken
    (content,) = (tmp_path / "uploads").glob("*/content")
    assert content.stat().st_size == 120 << 20


def test_deleting_asks_first_and_then_removes_the_match(gallery: Gallery, page: Page) -> None:
    address, data_dir = gallery.address, gallery.data_dir
    stand_as(make_match(data_dir, "doomed", "The doomed one", batches=1), "stopped")
    page.goto(address)
    row = page.locator(".st-key-match_doomed")
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert (data_dir / "matches" / "doomed").is_dir()
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    assert not (data_dir / "matches" / "doomed").exists()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [("missing.mp4", None, "there is no such file"), ("empty.mp4", b"", "the file is empty"), ("", None, "a folder")],
)
def test_a_path_that_is_no_video_is_refused_in_one_sentence(
    gallery: Gallery, page: Page, tmp_path: Path, name: str, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    page.goto(gallery.address)
    page.get_by_text("New analysis").click()
    page.get_by_role("tab", name="File on this computer").click()
    page.get_by_label("Path of the video").fill(str(tmp_path / name))
    page.locator(".st-key-start_path").get_by_role("button").click()
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    no_fault(page)


def test_the_server_of_the_pages_stays_light(gallery: Gallery, page: Page) -> None:
    maps = Path(f"/proc/{gallery.server_pid}/maps")
    if not maps.exists():
        pytest.skip("what a process has loaded is only told by Linux")
    for _ in through_pages(page, gallery, "finished"):
        expect(page.locator(f".te-heading, {DRAWING}").first).to_be_visible()
    assert not re.findall(r"libtorch|/cv2/|/av/|libavcodec|openvino", maps.read_text())


def test_a_match_grows_is_killed_resumed_and_becomes_the_final_view(root: Path, tmp_path: Path, page: Page) -> None:
    config = write_small_match(tmp_path, seconds=120, batch_size_seconds=1.0, analysis_hz=12.5)
    service = Service(Settings(data_dir=tmp_path))
    match_id = service.create_match(config, title="Story")
    with running_server(root, tmp_path) as (address, _):
        page.goto(f"{address}/live?match={match_id}")
        expect(page.locator(".te-title")).to_have_text("Story")
        service.start(match_id)
        page.reload()
        expect(page.locator(".te-title")).to_have_text("Story")
        expect(page.get_by_test_id("stSidebarNavLink").filter(has_text="Players")).to_be_visible()
        expect(page.locator(".te-possession")).to_be_visible()
        chart = page.get_by_test_id("stVegaLiteChart").locator(DRAWING).first
        expect(chart).to_be_visible()
        chart.evaluate("node => { node.dataset.mark = 'same node' }")
        facts = page.locator(".te-number").first
        before = facts.inner_text()
        expect(facts).not_to_have_text(before)
        assert chart.get_attribute("data-mark") == "same node"

        worker = MatchFolder.existing(tmp_path, match_id).read_worker()
        assert worker is not None
        os.kill(worker.pid, signal.SIGKILL)
        expect(page.locator(".te-chip")).to_have_text("Crashed")
        page.get_by_role("button", name="Resume").click()
        expect(page.locator(".te-chip")).to_have_text(re.compile("Analysing|Finished"))
        expect(page.locator(".te-chip")).to_have_text("Finished", timeout=90_000)
        expect(page.get_by_text("02:00 of video")).to_be_visible()
        no_fault(page)
    assert service.status(match_id).status is MatchStatus.FINISHED


def test_a_live_match_outlives_the_server_of_the_pages_and_the_page_recovers(
    root: Path, tmp_path: Path, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TACTICEYE_ALLOW_PRIVATE_SOURCES", "yes")
    boxes = write_small_match(tmp_path, 2.0).model_path
    service = Service(Settings(data_dir=tmp_path, allow_private_sources=True))
    (tmp_path / "www").mkdir()
    with serving(tmp_path / "www") as web, sending_hls(web.folder, 90) as sender:
        live_playlist(web.folder)
        with running_server(root, tmp_path) as (address, server_pid):
            match_id = service.add_link(f"{web.address}/live.m3u8", "live", model_path=boxes, batch_size_seconds=1.0)
            page.goto(f"{address}/live?match={match_id}")
            expect(page.locator(".te-possession")).to_be_visible()
            os.kill(server_pid, signal.SIGKILL)
            before = service.status(match_id).batch_idx
        with running_server(root, tmp_path, int(address.rsplit(":", 1)[1])):
            sender.send_signal(signal.SIGTERM)  # ffmpeg closes the list properly
            expect(page.locator(".te-chip")).to_have_text("Finished")
            no_fault(page)
    assert service.status(match_id).batch_idx > before


def test_one_press_analyses_the_demo_match(root: Path, tmp_path: Path, page: Page) -> None:
    if not demo_video().is_file() or not (root / "weights" / "best.pt").is_file():
        pytest.skip("the demo match or the weights are not part of this checkout")
    with running_server(root, tmp_path) as (address, _):
        page.goto(address)
        page.get_by_role("button", name="Analyse the demo match").click()
        expect(page.locator(".te-title")).to_have_text("Demo match")
        expect(page.locator(".te-share").first).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Stop").click()
        expect(page.locator(".te-chip")).to_have_text("Stopped", timeout=60_000)
        no_fault(page)
