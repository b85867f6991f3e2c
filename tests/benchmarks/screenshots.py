"""Pictures of every page in every state, light and dark, on a desktop and on a phone, to be looked at by people.

`python -m tests.benchmarks.screenshots OUT`: made-up matches, one in each state, and an empty library. Writes one sheet
for each page, theme and width, with its states side by side: OUT/live-dark-phone.png.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Error, Page, sync_playwright

from tacticeye.config import Settings
from tacticeye.demo import demo_video
from tacticeye.lease import hold_lease
from tacticeye.service import Service
from tests.browser.match_folders import make_match, run_as, stand_as
from tests.browser.test_dashboard import CHROMIUM_ARGS, CHROMIUM_NAMES, running_server

PAGES = (
    "", "live", "events", "passes", "heatmap", "shape", "radar", "calibrate", "periods", "players", "compare", "report",
    "data", "system",
)  # fmt: skip
STATES = ("none", "waiting", "running", "finished", "stopped", "crashed", "failed")
THEMES = ("light", "dark")
WIDTHS = {"desktop": 1280, "phone": 390}
# Pages without a match of their own look the same in all states but the first.
_ONE_STATE = ("", "system")
_SHEET_WIDTH = 640
_SETTLED_MS = 1_500
_MOST_PX = 3_000


@contextmanager
def matches(data_dir: Path) -> Iterator[None]:
    """A match in each state, as long as it lasts."""
    for status in ("finished", "stopped", "crashed", "failed"):
        stand_as(make_match(data_dir, status, "Los Cóndores - Unión", 40, total_s=300.0, source=demo_video()), status)
    running = make_match(data_dir, "running", "Los Cóndores - Unión", batches=40, total_s=300.0)
    run_as(running, os.getpid())
    make_match(data_dir, "waiting", "Unión - Los Cóndores", batches=0)
    with hold_lease(running):
        Service(Settings(data_dir=data_dir)).start("waiting")
        yield


def picture(page: Page, address: str) -> Image.Image:
    """The whole page, once nothing more is drawn."""
    page.goto(address)
    page.wait_for_selector("[data-testid=stMain] [data-testid=stElementContainer]", timeout=60_000)
    page.wait_for_timeout(_SETTLED_MS)
    try:
        page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')", timeout=20_000)
    except Error:
        print(f"still drawing: {address}")
    page.wait_for_timeout(_SETTLED_MS)
    # The page scrolls inside of itself: the window has to be as high as what is in it.
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": min(int(height) + 20, _MOST_PX)})  # type: ignore[index]
    page.wait_for_timeout(_SETTLED_MS)
    return Image.open(io.BytesIO(page.screenshot()))


def sheet(pictures: Sequence[tuple[str, Image.Image]]) -> Image.Image:
    """Side by side, each with its name above it."""
    shrunk = [
        (name, image.resize((width := min(_SHEET_WIDTH, image.width), round(image.height * width / image.width))))
        for name, image in pictures
    ]
    size = (sum(image.width + 10 for _, image in shrunk), 24 + max(image.height for _, image in shrunk))
    made, left = Image.new("RGB", size, "#888888"), 0
    for name, image in shrunk:
        ImageDraw.Draw(made).text((left + 4, 6), name, "black")
        made.paste(image, (left, 24))
        left += image.width + 10
    return made


def take(browser: Browser, addresses: tuple[str, str], wanted: argparse.Namespace) -> None:
    """addresses: of the server without matches, and of the one with them."""
    for theme in wanted.themes:
        for width in wanted.widths:
            for name in wanted.pages:
                pictures = []
                for state in [s for s in wanted.states if name not in _ONE_STATE or s in ("none", "running")]:
                    context = browser.new_context(
                        viewport={"width": WIDTHS[width], "height": 900},
                        color_scheme=theme,
                        locale=wanted.language,
                        reduced_motion="reduce",
                    )
                    match = "" if state == "none" else f"?match={state}"
                    address = f"{addresses[state != 'none']}/{name}{match}"
                    pictures.append((f"{name or 'matches'} · {state}", picture(context.new_page(), address)))
                    context.close()
                sheet(pictures).save(wanted.out / f"{name or 'matches'}-{theme}-{width}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pages", nargs="+", default=PAGES, choices=PAGES)
    parser.add_argument("--states", nargs="+", default=STATES, choices=STATES)
    parser.add_argument("--themes", nargs="+", default=THEMES, choices=THEMES)
    parser.add_argument("--widths", nargs="+", default=list(WIDTHS), choices=WIDTHS)
    parser.add_argument("--language", default="en")
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    root = Path(__file__).resolve().parents[2]
    chromium = next(filter(None, map(shutil.which, CHROMIUM_NAMES)))
    with (
        tempfile.TemporaryDirectory() as empty,
        tempfile.TemporaryDirectory() as full,
        matches(Path(full)),
        running_server(root, Path(empty)) as (empty_address, _),
        running_server(root, Path(full)) as (full_address, _),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGS))
        take(browser, (empty_address, full_address), wanted)
        browser.close()


if __name__ == "__main__":
    main()
