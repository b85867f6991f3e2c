"""The demo match against its truth."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tacticeye.self_check import check


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    path = tmp_path / "truth.json"
    control = [
        {"t_start": 0, "t_end": 10, "state": "A"},
        {"t_start": 10, "t_end": 15, "state": "dead"},
        {"t_start": 15, "t_end": 20, "state": "B"},
    ]
    passes = [{"team": "A", "t_release": 2.0}, {"team": "A", "t_release": 5.0}]
    path.write_text(json.dumps({"duration_s": 20, "control": control, "passes": passes}))
    return path


def spans(*rows: tuple[str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["state", "start_s", "end_s"])


def passes(*rows: tuple[int, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["team", "t_start_s"]).assign(kind="PASS")


def test_a_perfect_analysis_is_all_right_whichever_team_is_called_first(truth: Path) -> None:
    for a, b in ((0, 1), (1, 0)):
        found = check(truth, spans((f"team_{a}", 0, 12), (f"team_{b}", 14, 20)), passes((a, 2.3), (a, 4.8)))
        assert (found.control, found.passes_found, found.passes_right) == (1.0, 1.0, 1.0)


def test_missed_and_invented_passes_are_told_apart(truth: Path) -> None:
    found = check(truth, spans(("team_0", 0, 20)), passes((0, 2.0), (0, 2.1), (1, 5.0)))
    assert found.passes_found == pytest.approx(0.5)
    assert found.passes_right == pytest.approx(1 / 3)
    assert found.control == pytest.approx(10 / 15)
