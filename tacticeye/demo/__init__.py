"""The synthetic match: a seeded play in metres, drawn like a broadcast, with its exact truth.

This door stays light (no OpenCV, no PyAV): pages ask it where the shipped rendering is.
"""

from __future__ import annotations

from pathlib import Path

DEMO_NAME = "demo"
_REPOSITORY = Path(__file__).resolve().parents[2]


def demo_folder() -> Path:
    """Folder of the rendering that ships with the repository."""
    return _REPOSITORY / "data" / "demo"


def demo_video() -> Path:
    """The shipped rendering; its truth lies beside it (`demo.truth.json`, `demo.tracks.parquet`, `demo.boxes.parquet`).

    The file is absent where only the package is installed, or where someone deleted it: `render_demo` makes it anew.
    """
    return demo_folder() / f"{DEMO_NAME}.mp4"
