"""The house rules that a machine can check: style, types, layers, and that nothing heavy or remote sneaks in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        [str(BIN / "ruff"), "check", "."],
        [str(BIN / "ruff"), "format", "--check", "."],
        [str(BIN / "mypy")],
        [str(BIN / "lint-imports")],
    ],
    ids=["ruff", "format", "mypy", "layers"],
)
def test_the_code_passes_its_checks(command: list[str], root: Path) -> None:
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_pages_open_without_the_heavy_half(root: Path) -> None:
    heavy = "torch,ultralytics,cv2,av"
    code = (
        "import sys, tacticeye.service, tacticeye.charts, tacticeye.export\n"
        f"loaded = [m for m in {heavy!r}.split(',') if m in sys.modules]\n"
        "sys.exit(f'loaded: {loaded}' if loaded else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_no_file_of_the_repository_is_larger_than_25_megabytes(root: Path) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout.split()
    large = [name for name in listed if (root / name).is_file() and (root / name).stat().st_size > 25 * 2**20]
    assert not large
