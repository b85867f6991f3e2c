"""run_match_analysis: what a caller hears, where it stops, and that it goes on from there. And what export writes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tacticeye.config import Settings
from tacticeye.errors import ConfigurationError, SourceError, StorageError, TacticEyeError
from tacticeye.export import export_json
from tacticeye.match_analyzer import analyze_local_file, run_match_analysis
from tacticeye.match_files import MatchFolder
from tacticeye.match_state import MatchState
from tacticeye.service import Service, create_match
from tacticeye.store import MatchStore, table_digests
from tacticeye.types import AnalysisProgress, ChunkOutput, ControlState, Role
from tests.small_match import HEIGHT, WIDTH, write_small_match

SECONDS = 6.0


def digests(data_dir: Path, match_id: str) -> dict[str, str]:
    with MatchStore(data_dir / "matches" / match_id).read() as snapshot:
        return table_digests(snapshot)


def test_a_caller_hears_of_every_batch_in_order_and_how_far_it_is(tmp_path: Path) -> None:
    config = write_small_match(tmp_path, SECONDS, batch_size_seconds=1.0)
    create_match(tmp_path, config, "derby")
    outputs: list[ChunkOutput] = []
    steps: list[AnalysisProgress] = []
    listening = replace(
        config,
        on_batch_complete=lambda match_id, output: outputs.append(output),
        on_progress=lambda match_id, progress: steps.append(progress),
    )
    state = run_match_analysis("derby", listening, data_dir=tmp_path)
    assert state.progress.is_finished
    assert [output.batch_idx for output in outputs] == list(range(6))
    assert [step.t_s for step in steps] == [output.end_s for output in outputs]
    assert steps[-1].share == pytest.approx(1.0)


def test_a_match_that_does_not_exist_yet_is_made(tmp_path: Path) -> None:
    config = write_small_match(tmp_path, 1.0, on_progress=lambda match_id, progress: None)
    assert run_match_analysis("new", config, data_dir=tmp_path).progress.is_finished
    assert MatchFolder.existing(tmp_path, "new").read_config() == replace(config, on_progress=None)


def test_a_stop_ends_it_after_the_batch_in_hand_and_a_second_call_goes_on_to_the_same_result(tmp_path: Path) -> None:
    config = write_small_match(tmp_path, SECONDS)
    for match_id in ("whole", "stopped"):
        create_match(tmp_path, config, match_id)
    run_match_analysis("whole", config, data_dir=tmp_path)
    first = run_match_analysis("stopped", config, data_dir=tmp_path, should_stop=lambda: True)
    assert first.progress.next_batch == 1
    assert not first.progress.is_finished
    run_match_analysis("stopped", config, data_dir=tmp_path)
    assert digests(tmp_path, "stopped") == digests(tmp_path, "whole")


def test_a_finished_match_is_left_as_it_is(tmp_path: Path) -> None:
    config = write_small_match(tmp_path, 1.0)
    create_match(tmp_path, config, "derby")
    state = run_match_analysis("derby", config, data_dir=tmp_path)
    before = digests(tmp_path, "derby")
    assert repr(run_match_analysis("derby", config, data_dir=tmp_path)) == repr(state)
    assert digests(tmp_path, "derby") == before


def test_max_batches_ends_the_match_there_with_everything_decided(tmp_path: Path) -> None:
    config = write_small_match(tmp_path, SECONDS, batch_size_seconds=1.0, max_batches=3)
    state = analyze_local_file(
        config.source_url, match_id="short", data_dir=tmp_path, model_path=config.model_path, batch_size_seconds=1.0,
        max_batches=3,
    )  # fmt: skip
    assert state.progress.is_finished
    assert state.progress.end_s == pytest.approx(3.0)
    spans = export_json(tmp_path / "matches" / "short")["control"]
    assert spans[0]["start_s"] == 0.0
    assert spans[-1]["end_s"] == pytest.approx(3.0)


def test_the_mirror_on_disk_is_the_state_in_the_database(tmp_path: Path) -> None:
    config = write_small_match(tmp_path, 1.0)
    create_match(tmp_path, config, "derby")
    run_match_analysis("derby", config, data_dir=tmp_path)
    folder = tmp_path / "matches" / "derby"
    assert MatchState.load_from_file(folder / "state.json").to_json() == MatchStore(folder).load_state()


def test_a_lost_mirror_is_made_anew_from_the_database(tmp_path: Path) -> None:
    config = write_small_match(tmp_path, 1.0)
    create_match(tmp_path, config, "derby")
    run_match_analysis("derby", config, data_dir=tmp_path)
    mirror = tmp_path / "matches" / "derby" / "state.json"
    mirror.write_text("torn")
    run_match_analysis("derby", config, data_dir=tmp_path)
    assert MatchState.load_from_file(mirror).progress.is_finished


def test_pages_see_a_run_of_a_program_and_can_stop_it(tmp_path: Path) -> None:
    service, config = Service(Settings(data_dir=tmp_path)), write_small_match(tmp_path, SECONDS)
    seen: list[tuple[str, int]] = []

    def look(match_id: str, progress: AnalysisProgress) -> None:
        card = service.status(match_id)
        seen.append((card.status.value, card.batch_idx))
        if progress.batch_idx == 1:
            service.stop(match_id)

    run_match_analysis("derby", replace(config, on_progress=look), data_dir=tmp_path)
    assert seen == [("running", 0), ("running", 1)]
    assert service.status("derby").status.value == "stopped"
    run_match_analysis("derby", config, data_dir=tmp_path)
    card = service.status("derby")
    assert card.status.value == "finished"
    assert card.t_s == pytest.approx(SECONDS)


def test_an_error_is_told_before_it_is_raised_and_finished_batches_are_kept(tmp_path: Path) -> None:
    config = write_small_match(tmp_path, SECONDS)
    create_match(tmp_path, config, "derby")
    run_match_analysis("derby", config, data_dir=tmp_path, should_stop=lambda: True)
    before = digests(tmp_path, "derby")
    told: list[TacticEyeError] = []
    gone = replace(config, source_url=str(tmp_path / "gone.mp4"), on_error=lambda match_id, error: told.append(error))
    with pytest.raises(SourceError, match="no such file"):
        run_match_analysis("derby", gone, data_dir=tmp_path)
    assert [type(error) for error in told] == [SourceError]
    assert "no such file" in Service(Settings(data_dir=tmp_path)).status("derby").message
    assert digests(tmp_path, "derby") == before


@pytest.fixture(scope="module")
def match_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An analysed match."""
    folder = tmp_path_factory.mktemp("export")
    config = write_small_match(folder, SECONDS)
    create_match(folder, config, "derby")
    run_match_analysis("derby", config, data_dir=folder)
    return folder / "matches" / "derby"


def test_an_export_holds_control_from_beginning_to_end_without_gaps(match_folder: Path) -> None:
    control = export_json(match_folder)["control"]
    assert control[0]["start_s"] == 0.0
    assert control[-1]["end_s"] == pytest.approx(SECONDS)
    assert [span["end_s"] for span in control[:-1]] == [span["start_s"] for span in control[1:]]
    assert {span["state"] for span in control} <= {state.value for state in ControlState}


def test_exported_boxes_carry_the_belief_of_their_track(match_folder: Path) -> None:
    boxes = [box for box in export_json(match_folder, {"boxes"})["boxes"] if box["role"] != "ball"]
    teams: dict[int, set[int]] = {}
    for box in boxes:
        if box["track"] >= 0:
            teams.setdefault(box["track"], set()).add(box["team"])
    assert len(teams) >= 6
    assert all(len(team) == 1 for team in teams.values()), "one belief a track, from its first box on"
    assert {team for team_of_track in teams.values() for team in team_of_track} >= {0, 1}


def test_an_exported_ball_lies_in_the_picture_and_says_where_it_is_from(match_folder: Path) -> None:
    exported = export_json(match_folder, {"ball", "boxes"})
    assert {row["source"] for row in exported["ball"]} <= {"detected", "interpolated"}
    assert all(0 <= row["x"] <= WIDTH and 0 <= row["y"] <= HEIGHT for row in exported["ball"])
    assert {box["role"] for box in exported["boxes"]} <= {role.name.lower() for role in Role}


def test_an_export_is_plain_json_without_nan(match_folder: Path) -> None:
    json.dumps(export_json(match_folder, {"ball", "boxes"}), allow_nan=False)


def test_an_export_of_something_unknown_or_of_nothing_is_refused(match_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="boxes, ball"):
        export_json(match_folder, {"wishes"})
    with pytest.raises(StorageError, match="no results"):
        export_json(tmp_path)
