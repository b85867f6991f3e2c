"""What README shows of the API works as it stands there; only the address and the model are those of the test."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.server import Server


def blocks(root: Path, heading: str, language: str) -> list[str]:
    """Code blocks of one section."""
    section = (root / "README.md").read_text().split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def test_the_examples_of_the_api_work(root: Path, server: Server) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not here")
    (commands,), (script,) = blocks(root, "API", "sh"), blocks(root, "API", "python")
    shutil.copyfile(server.video, server.folder / "game.mp4")
    commands = commands.replace("http://localhost:8501", server.address)
    commands = commands.replace('"preset": "vod"', '"preset": "vod", "model_path": "small.parquet"')
    ran = subprocess.run(["bash", "-euc", commands], cwd=server.folder, capture_output=True, text=True, check=True)
    assert '"events":[' in ran.stdout and '"positions":[' in ran.stdout and "detail" not in ran.stdout
    server.wait_for("derby", "running", "finished")
    script = script.replace("ws://localhost:8501", server.websocket)
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert told.splitlines()[-1].startswith("completed")


def test_the_example_in_python_works(root: Path, server: Server) -> None:
    (script, *_) = blocks(root, "In Python", "python")
    shutil.copyfile(server.video, server.folder / "game.mp4")
    script = script.replace('match_id="derby"', 'match_id="own", model_path="weights/small.parquet"')
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=server.folder,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("{0: ")
