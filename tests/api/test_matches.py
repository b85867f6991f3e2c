"""The routes of matches against a real server and a real worker."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from tacticeye import ledger
from tacticeye.api import models
from tacticeye.config import Settings
from tacticeye.match_files import MatchFolder
from tacticeye.service import Service
from tacticeye.store.match_lock import hold_match_lock
from tests.api.server import Server


def get(client: httpx.Client, path: str, **parameters: Any) -> Any:
    answer = client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_finished_match_says_so(client: httpx.Client, finished: str) -> None:
    status = get(client, f"/api/match/{finished}/status")
    assert (status["status"], status["progress"], status["frame"], status["total_frames"]) == (
        "finished",
        1.0,
        199,
        200,
    )
    assert [match["match_id"] for match in get(client, "/api/matches")["matches"]].count(finished) == 1


def test_the_summary_is_that_of_the_state(client: httpx.Client, server: Server, finished: str) -> None:
    expected = Service(Settings(data_dir=server.data_dir)).summary(finished)
    got = get(client, f"/api/match/{finished}/summary")
    assert got["possession"]["seconds_by_team"] == {
        str(k): v for k, v in expected["possession"]["seconds_by_team"].items()
    }
    assert (got["match_id"], got["status"], got["passes"]["total"]) == (
        finished,
        "finished",
        expected["passes"]["total"],
    )


def test_events_have_the_documented_shape(client: httpx.Client, finished: str) -> None:
    listed = get(client, f"/api/match/{finished}/events")
    assert listed["total"] == len(listed["events"]) > 0
    for event in listed["events"]:
        assert {"type", "frame", "timestamp", "from_player", "to_player"} <= event.keys()
        assert abs(event["frame"] / 25 - event["timestamp"]) <= 0.021
        if event["type"] in ("interception", "recovery", "possession_change"):
            assert {event["from_team"], event["to_team"]} == {0, 1}
        else:
            assert event["team"] in (-1, 0, 1)


def test_changes_of_possession_alternate_between_the_teams(client: httpx.Client, finished: str) -> None:
    changes = get(client, f"/api/match/{finished}/events", kinds="possession_change")["events"]
    assert len(changes) >= 2
    for before, after in pairwise(changes):
        assert before["to_team"] == after["from_team"]


def test_batches_divide_the_events(client: httpx.Client, finished: str) -> None:
    path = f"/api/match/{finished}/events"
    whole = get(client, path)["events"]
    last = get(client, f"/api/match/{finished}/status")["batch_idx"]
    parts = [get(client, path, batch_from=batch, batch_to=batch)["events"] for batch in range(last + 1)]
    assert [event for part in parts for event in part] == whole


def test_pages_put_together_are_the_whole(client: httpx.Client, finished: str) -> None:
    path = f"/api/match/{finished}/positions"
    whole = get(client, path, limit=10000)
    pages = [get(client, path, limit=250, offset=offset)["positions"] for offset in range(0, whole["total"], 250)]
    assert [position for page in pages for position in page] == whole["positions"]
    assert len(whole["positions"]) == whole["total"] == 6 * 100


def test_positions_are_filtered_by_frame_player_and_team(client: httpx.Client, finished: str) -> None:
    path = f"/api/match/{finished}/positions"
    listed = get(client, path, frame_from=50, frame_to=60, team_id=1)["positions"]
    assert {position["team_id"] for position in listed} == {1}
    assert {position["frame"] for position in listed} == {50, 52, 54, 56, 58, 60}
    player = listed[0]["player_id"]
    own = get(client, path, player_id=player)["positions"]
    assert {position["player_id"] for position in own} == {player}
    x1, _, x2, y2 = own[0]["bbox"]
    assert own[0]["position"] == [(x1 + x2) / 2, y2]


def test_possession_adds_up(client: httpx.Client, finished: str) -> None:
    possession = get(client, f"/api/match/{finished}/possession")
    seconds = possession["seconds_by_state"]
    assert sum(seconds.values()) == pytest.approx(8.0, abs=0.05)
    both = seconds["team_0"] + seconds["team_1"]
    assert possession["percent_by_team"]["0"] == round(100 * seconds["team_0"] / both, 1)
    assert possession["curve"][-1]["percent_by_team"] == possession["percent_by_team"]


def test_passes_agree_with_their_counts(client: httpx.Client, finished: str) -> None:
    passes = get(client, f"/api/match/{finished}/passes")
    for team in (0, 1):
        of_team = [event for event in passes["passes"] if event["team"] == team]
        assert len(of_team) == passes["attempted_by_team"][str(team)]
        between = sum(pair["passes"] for pair in passes["pairs"] if pair["team"] == team)
        assert between == passes["complete_by_team"][str(team)]
    seconds = get(client, f"/api/match/{finished}/possession")["seconds_by_state"]["team_0"]
    assert passes["tempo_by_team"]["0"] == pytest.approx(60 * passes["attempted_by_team"]["0"] / seconds, abs=0.01)
    assert passes["strings_by_team"]["0"].keys() == {"3-5", "6-8", "9+"}


def test_periods_are_a_guess_until_users_tell_them_and_events_then_have_theirs(
    client: httpx.Client, server: Server, finished: str
) -> None:
    before = get(client, f"/api/match/{finished}/periods")
    assert before["periods"] == []
    assert [period["kick_off"] for period in before["guess"]] == [0.0]
    path = f"/api/match/{finished}/events"
    assert {event["period"] for event in get(client, path)["events"]} == {None}
    folder = MatchFolder(server.data_dir / "matches" / finished)
    ledger.append(folder, ledger.SetPeriods((ledger.Period(0.0, 3.0, 1), ledger.Period(5.0, 8.0, 0))))
    try:
        told = get(client, f"/api/match/{finished}/periods")["periods"]
        events = get(client, path, limit=999)["events"]
    finally:
        ledger.append(folder, ledger.SetPeriods())
    assert told[1] == {"number": 2, "kick_off": 5.0, "end": 8.0, "attacks_right": 0}
    assert {event["period"] for event in events if event["timestamp"] < 3} == {1}
    assert {event["period"] for event in events if 3 <= event["timestamp"] < 5} <= {None}


def test_a_heatmap_counts_every_second_of_every_player(client: httpx.Client, finished: str) -> None:
    teams = [get(client, f"/api/match/{finished}/heatmap", team_id=team)["seconds"] for team in (0, 1)]
    assert sum(sum(row) for grid in teams for row in grid) == pytest.approx(6 * 8.0, rel=0.05)


def test_the_preview_is_a_picture(client: httpx.Client, finished: str) -> None:
    answer = client.get(f"/api/match/{finished}/preview.jpg")
    assert (answer.headers["content-type"], answer.content[:2]) == ("image/jpeg", b"\xff\xd8")


def test_a_database_that_is_busy_asks_to_come_back(client: httpx.Client, server: Server, finished: str) -> None:
    folder = server.data_dir / "matches" / finished
    with hold_match_lock(folder, exclusive=True, timeout_s=5.0):  # as a writer on a slow disk does
        answer = client.get(f"/api/match/{finished}/positions")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "busy: try again" in answer.json()["detail"]


def test_what_does_not_exist_is_not_found(client: httpx.Client) -> None:
    for path in (
        "summary",
        "status",
        "events",
        "periods",
        "positions",
        "possession",
        "passes",
        "heatmap",
        "preview.jpg",
    ):
        answer = client.get(f"/api/match/absent/{path}")
        assert (answer.status_code, "no match 'absent'" in answer.json()["detail"]) == (404, True)
    for verb, path in (("POST", "/stop"), ("POST", "/resume"), ("DELETE", "")):
        assert client.request(verb, f"/api/match/absent{path}").status_code == 404


def test_a_finished_match_is_not_resumed(client: httpx.Client, finished: str) -> None:
    answer = client.post(f"/api/match/{finished}/resume")
    assert (answer.status_code, "finished already" in answer.json()["detail"]) == (409, True)


def test_an_id_that_is_taken_is_refused(client: httpx.Client, server: Server, finished: str) -> None:
    file_id = _upload(client, server.video)
    answer = client.post("/api/analyze", json={"match_id": finished, "file_id": file_id})
    assert (answer.status_code, "exists already" in answer.json()["detail"]) == (409, True)


def test_a_match_is_stopped_resumed_and_deleted(client: httpx.Client, server: Server) -> None:
    body = {"file_id": _upload(client, server.video), "model_path": "small.parquet", "batch_size_seconds": 0.2}
    match_id = client.post("/api/analyze", json=body).json()["match_id"]
    assert client.post(f"/api/match/{match_id}/stop").json()["status"] in ("stopping", "stopped")
    server.wait_for(match_id, "stopped", "finished")
    if client.post(f"/api/match/{match_id}/resume").status_code == 200:
        server.wait_for(match_id, "finished")
    assert client.delete(f"/api/match/{match_id}").status_code == 204
    assert client.get(f"/api/match/{match_id}/status").status_code == 404


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"match_id": "../../etc"}, "match id"),
        ({"model_path": "../../etc/passwd"}, "weights"),
        ({"model_path": "/etc/passwd"}, "weights"),
        ({"conf_threshold": 2}, "conf_threshold"),
        ({"batch_size_seconds": 0}, "batch_size_seconds"),
        ({"preset": "fast"}, "preset"),
        ({"max_batches": -1}, "max_batches"),
        ({"source_type": "floppy"}, "source_type"),
        ({"unheard_of": 1}, "unheard_of"),
        ({"file_id": "../../x"}, "upload"),
        ({"source_url": "https://example.org/a.mp4"}, "either"),
        ({"file_id": None, "source_url": "file:///etc/passwd"}, "begins with"),
        ({"file_id": None, "source_url": "/etc/passwd"}, "no link"),
        ({"file_id": None, "source_url": "http://127.0.0.1:8501/"}, "private"),
        ({"file_id": None, "source_url": "http://169.254.169.254/", "source_type": "hls"}, "private"),
        ({"file_id": None, "source_url": "/etc/passwd", "source_type": "uploaded_file"}, "no link"),
        ({"file_id": None, "source_url": "https://example.org/" + "a" * 5000}, "source_url"),
    ],
)
def test_a_request_that_cannot_work_is_refused_in_one_sentence(
    client: httpx.Client, server: Server, change: dict[str, object], word: str
) -> None:
    answer = client.post("/api/analyze", json={"file_id": _upload(client, server.video), **change})
    assert answer.status_code in (404, 422)
    detail = answer.json()["detail"]
    assert word in detail and detail.count("\n") == 0


@pytest.mark.parametrize(
    ("path", "headers", "body"),
    [
        ("/api/match/derby/sumary", {}, None),
        ("/api/analyze", {}, None),
        ("/api/analyze", {}, b"{"),
        ("/api/analyze", {}, b"{}"),
        ("/api/analyze", {}, b" " * 100_000),
        ("/api/analyze", {}, b'{"preset": "quick"}'),
        ("/api/matches", {"Origin": "http://elsewhere.example"}, None),
        ("/api/match/nowhere/preview.jpg", {}, None),
    ],
)
def test_refusals_are_told_in_the_language_of_the_caller(
    client: httpx.Client, path: str, headers: dict[str, str], body: bytes | None
) -> None:
    english, spanish = (
        client.request("GET" if body is None else "POST", path, content=body,
                       headers={**headers, "Content-Type": "application/json", "Accept-Language": language})
        for language in ("en", "es")
    )  # fmt: skip
    assert english.status_code == spanish.status_code >= 400
    assert english.json()["detail"].endswith((".", "?"))
    assert english.json()["detail"] != spanish.json()["detail"]


@pytest.mark.parametrize("body", [b"F\x81\xff", b"[" * 20_000], ids=["not_utf8", "nested"])
def test_a_body_that_cannot_be_read_is_refused_as_documented(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/api/analyze", content=body, headers={"Content-Type": "application/json"})
    documented = client.get("/api/openapi.json").json()["paths"]["/api/analyze"]["post"]["responses"]
    assert 400 <= answer.status_code < 500 and str(answer.status_code) in documented
    assert isinstance(answer.json()["detail"], str)


def test_gigantic_json_is_turned_away_before_it_is_read(client: httpx.Client) -> None:
    answer = client.post("/api/analyze", content=b'{"title": "' + b"x" * 10**6 + b'"}')
    assert (answer.status_code, "too large" in answer.json()["detail"]) == (413, True)


def test_the_description_has_examples_that_fit_and_needs_no_other_server(client: httpx.Client) -> None:
    page = client.get("/api/docs").text
    assert "http://" not in page and "https://" not in page
    description = get(client, "/api/openapi.json")
    assert description["components"]["schemas"]["AnalyzeRequest"]["examples"]
    for path, methods in description["paths"].items():
        for method, route in methods.items():
            answer = next(answer for status, answer in route["responses"].items() if status.startswith("2"))
            shape = answer.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
            if shape:
                name = shape.rpartition("/")[2]
                examples = description["components"]["schemas"][name].get("examples", [])
                assert examples, f"{method} {path} shows no answer"
                getattr(models, name).model_validate(examples[0])


def _upload(client: httpx.Client, video: Path) -> str:
    with video.open("rb") as file:
        return str(client.post("/api/upload", files={"file": file}).json()["file_id"])
