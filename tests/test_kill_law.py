"""Second law: killing the worker does not change the result. Real processes, real SIGKILL."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tacticeye.config import AnalysisConfig, Settings
from tacticeye.match_queue import MatchStatus
from tacticeye.service import Service
from tacticeye.store import MatchStore
from tests.demo_landmarks import recorded_landmarks
from tests.kills import analyse_undisturbed, analyse_with_kills

KILLS = 20


@pytest.mark.timeout(600)
def test_a_match_whose_worker_is_killed_20_times_ends_with_the_same_tables(demo: Path, tmp_path: Path) -> None:
    config = AnalysisConfig(
        source_url=str(demo / "demo.mp4"),
        model_path=str(demo / "demo.boxes.parquet"),
        pitch_model_path=str(recorded_landmarks(demo, tmp_path / "landmarks.parquet")),
        analysis_hz=6.25,
        batch_size_seconds=0.6,
    )
    expected = analyse_undisturbed(tmp_path, "calm", config)
    n_batches = MatchStore(tmp_path / "matches" / "calm").last_batch() + 1
    disturbed = analyse_with_kills(tmp_path, "killed", config, KILLS, random.Random(20), n_batches)
    assert disturbed == expected
    with MatchStore(tmp_path / "matches" / "killed").read() as snapshot:
        batches = snapshot.batches()
        assert batches["batch_id"].tolist() == list(range(len(batches)))
        assert (batches["start_frame"].to_numpy()[1:] == batches["end_frame"].to_numpy()[:-1]).all()
    assert Service(Settings(data_dir=tmp_path)).status("killed").status is MatchStatus.FINISHED
