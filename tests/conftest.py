"""Fixtures that several test modules share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run: a failure must be seen again.
settings.register_profile("seeded", derandomize=True)
settings.load_profile("seeded")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real footage and labels beside the repository; tests that need it skip where it is absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("real footage and labels (../shared) are not here")
    return folder


@pytest.fixture(scope="session")
def demo(root: Path) -> Path:
    """Folder of the demo match that ships: demo.mp4, its truth and its recorded boxes."""
    return root / "data" / "demo"
