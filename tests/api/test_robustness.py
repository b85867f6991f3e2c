"""The API as described, asked what nobody thought of: no answer may be a fault of ours (5xx) or undocumented."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.api.server import Server

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
MAX_TIME_S = 15


def test_no_request_brings_out_a_fault(server: Server, finished: str, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", f"{server.address}/api/openapi.json",
               "--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-time", str(MAX_TIME_S),
               "--max-examples", "20", "--seed", "7", "--warnings", "off", "--suppress-health-check", "all",
               "--generation-database", "none"]  # fmt: skip
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert "No issues found" in ran.stdout
