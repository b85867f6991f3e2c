"""The dashboard under a whole match: how soon a page shows figures, what a look costs the server, whether memory grows.

`python -m tests.benchmarks.dashboard_load`: a made-up match of 90 minutes to which a batch is added every 3 s, the
server as README starts it, and four tabs of one browser. Prints how long each view takes to read without a browser;
for each page alone, the server's processor time a look; the time from asking for a page until its figures stand (a new
tab, the server warm), and what of it is the server's processor time, other tabs' looks included; of the pages about
the pitch, with nobody else looking, also the time until anything is seen and from a choice until other figures stand,
in a browser that was here before and in one that has nothing of us yet; then, with four tabs open, the server's share
of the machine, which is what the analysis loses by being watched, how long a commit takes, and the sizes of the tabs'
JavaScript heaps at the beginning and at the end.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tacticeye.config import Settings
from tacticeye.lease import hold_lease
from tacticeye.match_files import MatchFolder, Progress, write_record
from tacticeye.match_state import MatchState
from tacticeye.service import Service
from tacticeye.state_parts import Totals
from tacticeye.store import MatchStore
from tacticeye.types import ControlState
from tests.benchmarks.full_match import BATCHES, batch, record
from tests.browser.match_folders import make_match, run_as
from tests.browser.test_dashboard import CHROMIUM_ARGS, CHROMIUM_NAMES, running_server

TABS = ("live", "events", "players", "passes")
# What stands on a page once its figures do.
SHOWN = {
    "live": ".te-possession",
    "events": "svg.marks, canvas.marks",
    "players": "[data-testid=stDataFrame]",
    "passes": "svg.marks, canvas.marks",
    "heatmap": "canvas.heat[style]",  # it has a height once it is drawn
    "shape": "svg.marks, canvas.marks",
    "radar": "canvas.pitch[style]",
}
# Whether it does, shadow roots included. The page itself asks, at each of its pictures: Playwright's waiting for a
# selector soon looks twice a second only.
STANDS = """selector => {
  const within = (root) => root.querySelector(selector) !== null
    || [...root.querySelectorAll("*")].some((one) => one.shadowRoot && within(one.shadowRoot));
  return within(document);
}"""
FIRST_PAINT_MS = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
LOOK_S = {"live": 2.0, "events": 5.0, "players": 5.0, "passes": 5.0}
BATCH_EVERY_S = 3.0
ALONE_S = 100.0  # once in a minute of a whole match people are read anew, which counts too
PITCH_PAGES = ("heatmap", "shape", "radar")
# What all figures of a page look like.
PICTURES = "figures => figures.map(f => f.tagName === 'CANVAS' ? f.toDataURL() : f.innerHTML)"
LOOK_EVERY_MS = 10
TIMES = 5


class Growing:
    """The match, batch by batch. commits_s: how long each commit took."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = MatchFolder(data_dir / "matches" / "full")
        self.commits_s: list[float] = []
        self._seconds: dict[ControlState, float] = {}

    def create(self, data_dir: Path, count: int) -> None:
        make_match(data_dir, "full", "Ninety minutes", batches=0)
        MatchStore(self.folder.path).create(record())
        for index in range(count):
            self.add(index)

    def add(self, index: int) -> None:
        output = batch(index, is_on_pitch=True)
        for span in output.spans:
            self._seconds[span.state] = self._seconds.get(span.state, 0.0) + span.end_s - span.start_s
        totals, end_s = Totals(seconds_by_state=self._seconds), output.end_s
        state = MatchState("full", totals=totals).to_json()
        begun = time.monotonic()
        MatchStore(self.folder.path).commit(output, state, is_last=False)
        self.commits_s.append(time.monotonic() - begun)
        frame = int(end_s * 25)
        write_record(self.folder.progress, Progress(time.time(), frame, end_s, frame, end_s, index, 1.8))

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """A batch every BATCH_EVERY_S, meanwhile."""
        is_over = threading.Event()

        def grow() -> None:
            index = MatchStore(self.folder.path).last_batch()
            while not is_over.wait(BATCH_EVERY_S):
                index += 1
                self.add(index)

        worker = threading.Thread(target=grow)
        worker.start()
        try:
            yield
        finally:
            is_over.set()
            worker.join()


def open_page(
    browser: Browser, address: str, page_name: str, context: BrowserContext | None = None
) -> tuple[Page, float]:
    """A tab, and how long it took until figures stood in it, s. context: of a browser that was here before; None: one
    that has nothing of us yet."""
    tab = (context or browser.new_context(viewport={"width": 1280, "height": 900})).new_page()
    begun = time.monotonic()
    tab.goto(f"{address}/{page_name}?match=full")
    tab.wait_for_function(STANDS, arg=SHOWN[page_name], timeout=60_000)
    return tab, time.monotonic() - begun


def heap_mb(tab: Page) -> float:
    """After a collection."""
    session = tab.context.new_cdp_session(tab)
    session.send("HeapProfiler.collectGarbage")
    used = float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6
    session.detach()
    return used


def choose(tab: Page, page_name: str) -> float:
    """Asks for another phase of play or another minute; how long it took until other figures stood, s."""
    figures = tab.locator("svg.marks, canvas.marks, canvas.heat, canvas.pitch")
    before = figures.evaluate_all(PICTURES)
    begun = time.monotonic()
    if page_name == "radar":
        tab.get_by_role("slider").first.press("ArrowLeft")  # it stands at the newest minute
    else:
        tab.get_by_role("radio", name="With the ball").click()
    while not all(a != b for a, b in zip(before, figures.evaluate_all(PICTURES), strict=True)):
        tab.wait_for_timeout(LOOK_EVERY_MS)
    return time.monotonic() - begun


def measure_pitch_pages(browser: Browser, address: str, server: psutil.Process) -> None:
    """Medians of several tabs one after the other."""

    def spent_ms() -> float:
        return 1000 * float(sum(server.cpu_times()[:2]))

    def visit(name: str, context: BrowserContext) -> tuple[float, ...]:
        before_ms = spent_ms()
        tab, shown_s = open_page(browser, address, name, context)
        opened_ms = spent_ms()
        tab.wait_for_timeout(2000)  # until figures have their final size
        settled_ms = spent_ms()
        changed_s = choose(tab, name)
        spent = opened_ms - before_ms, spent_ms() - settled_ms
        seen_s = tab.evaluate(FIRST_PAINT_MS) / 1000
        tab.close()
        return seen_s, shown_s, spent[0], changed_s, spent[1]

    def new_context() -> BrowserContext:
        return browser.new_context(viewport={"width": 1280, "height": 900})

    for name in PITCH_PAGES:
        known = new_context()
        visit(name, known)
        for who in ("a known browser", "a new browser"):
            rows = []
            for _ in range(TIMES):
                context = known if who == "a known browser" else new_context()
                rows.append(visit(name, context))
                if context is not known:
                    context.close()
            seen_s, shown_s, shown_ms, changed_s, changed_ms = np.median(rows, axis=0)
            print(
                f"page {name}, {who}: something after {seen_s:.2f} s, figures after {shown_s:.2f} s ({shown_ms:.0f} ms "
                f"of the server's processor time), others after {changed_s:.2f} s ({changed_ms:.0f} ms)"
            )
        known.close()


def measure_views(service: Service) -> None:
    for name, read in (
        ("live", service.live_view), ("events", service.events_view), ("people", service.people_view),
    ):  # fmt: skip
        took = []
        for _ in range(5):
            begun = time.perf_counter()
            read("full")
            took.append(time.perf_counter() - begun)
        print(f"view of {name}: {1000 * min(took):.0f} ms at best, {1000 * max(took):.0f} ms at worst")


def measure_pages(data_dir: Path, root: Path, minutes: float, match: Growing) -> None:
    chromium = next(filter(None, map(shutil.which, CHROMIUM_NAMES)))
    with running_server(root, data_dir) as (address, pid), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGS))
        tabs = []
        server = psutil.Process(pid)

        def spent_s() -> float:
            return float(sum(server.cpu_times()[:2]))

        for name in TABS:
            tab, _ = open_page(browser, address, name)
            tab.wait_for_timeout(5_000)
            before_s = spent_s()
            tab.wait_for_timeout(1_000 * ALONE_S)
            print(f"page {name} alone: {1000 * (spent_s() - before_s) * LOOK_S[name] / ALONE_S:.0f} ms a look")
            tab.context.close()
        measure_pitch_pages(browser, address, server)
        if minutes <= 0:
            return
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        for name in TABS:
            before_s = spent_s()
            tab, took_s = open_page(browser, address, name, context)
            tabs.append(tab)
            spent_ms = 1000 * (spent_s() - before_s)
            seen_s = tab.evaluate(FIRST_PAINT_MS) / 1000
            print(
                f"page {name}: something after {seen_s:.2f} s, figures after {took_s:.2f} s, {spent_ms:.0f} ms of the "
                "server's processor time"
            )
        tabs[0].wait_for_timeout(10_000)
        before_heap = [heap_mb(tab) for tab in tabs]
        match.commits_s.clear()
        before_s, begun = spent_s(), time.monotonic()
        tabs[0].wait_for_timeout(60_000 * minutes)
        share = (spent_s() - before_s) / (time.monotonic() - begun)
        print(f"server: {share:.1%} of a core, {share / (os.cpu_count() or 1):.1%} of the machine")
        print(f"server: {server.memory_info().rss / 1e6:.0f} MB")
        print(f"commit of a batch: {1000 * statistics.median(match.commits_s):.0f} ms (median)")
        for name, tab, heap in zip(TABS, tabs, before_heap, strict=True):
            print(f"tab {name}: heap {heap:.1f} MB, {minutes:g} minutes later {heap_mb(tab):.1f} MB")
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=BATCHES, help="of 3 s (default: 90 minutes)")
    parser.add_argument("--data-dir", type=Path, help="keeps the match, for the next time")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the tabs stay open; 0: none")
    arguments = parser.parse_args()
    root = Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as name:
        data_dir = arguments.data_dir or Path(name)
        match = Growing(data_dir)
        if not match.folder.database.is_file():
            match.create(data_dir, arguments.batches)
        measure_views(Service(Settings(data_dir=data_dir)))
        run_as(match.folder, os.getpid())
        with hold_lease(match.folder), match.going_on():
            measure_pages(data_dir, root, arguments.minutes, match)


if __name__ == "__main__":
    main()
