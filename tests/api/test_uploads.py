"""Uploads against a real server: whole, in parts, broken, too large, badly named."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tacticeye.uploads import is_pass_right, new_pass
from tests.api.server import Server, running_api

CONTENT = bytes(range(256)) * 20_000  # 5 MB, more than one piece on the way to the disk


def test_an_upload_in_one_request_is_the_file_byte_for_byte(client: httpx.Client, server: Server) -> None:
    answer = client.post("/api/upload", files={"file": ("derby.mp4", CONTENT)})
    assert answer.status_code == 201
    upload = answer.json()
    assert (upload["filename"], upload["size"], upload["is_complete"]) == ("derby.mp4", len(CONTENT), True)
    assert _stored(server, upload["file_id"]).read_bytes() == CONTENT


def test_an_upload_in_parts_is_the_file_byte_for_byte(client: httpx.Client, server: Server) -> None:
    size = len(CONTENT)
    first = client.post("/api/upload", params={"total_size": size}, files={"file": ("a.mp4", CONTENT[:999])}).json()
    assert (first["size"], first["is_complete"]) == (999, False)
    rest = {"file_id": first["file_id"], "offset": 999}
    assert client.post("/api/upload", params=rest, files={"file": ("a.mp4", CONTENT[999:])}).json()["is_complete"]
    assert _stored(server, first["file_id"]).read_bytes() == CONTENT


def test_a_part_cut_off_on_the_way_is_gone_on_with(client: httpx.Client, server: Server) -> None:
    params = {"total_size": len(CONTENT)}
    file_id = client.post("/api/upload", params=params, files={"file": ("a.mp4", CONTENT[:10])}).json()["file_id"]
    _send_half_of_a_part(server, file_id, CONTENT[10:])
    for _ in range(50):
        size = client.get(f"/api/upload/{file_id}").json()["size"]
        rest = client.post(
            "/api/upload", params={"file_id": file_id, "offset": size}, files={"file": ("a", CONTENT[size:])}
        )
        if rest.status_code == 201:  # 409 while the server has not yet noticed that the connection is gone
            break
    assert size > 10
    assert _stored(server, file_id).read_bytes() == CONTENT


def test_a_part_at_the_wrong_place_is_refused_with_the_right_one(client: httpx.Client) -> None:
    params = {"total_size": len(CONTENT)}
    file_id = client.post("/api/upload", params=params, files={"file": ("a.mp4", CONTENT[:10])}).json()["file_id"]
    answer = client.post("/api/upload", params={"file_id": file_id, "offset": 5}, files={"file": ("a", b"x")})
    assert (answer.status_code, answer.json()["size"]) == (409, 10)


def test_more_than_was_announced_is_refused(client: httpx.Client) -> None:
    answer = client.post("/api/upload", params={"total_size": 10}, files={"file": ("a.mp4", b"x" * 11)})
    assert (answer.status_code, "10 bytes were announced" in answer.json()["detail"]) == (413, True)


def test_an_unfinished_upload_is_not_analysed(client: httpx.Client) -> None:
    file_id = client.post("/api/upload", params={"total_size": 9}, files={"file": ("a.mp4", b"x")}).json()["file_id"]
    answer = client.post("/api/analyze", json={"file_id": file_id})
    assert (answer.status_code, "send the rest" in answer.json()["detail"]) == (409, True)


def test_a_discarded_upload_is_gone(client: httpx.Client) -> None:
    file_id = client.post("/api/upload", files={"file": ("a.mp4", b"x")}).json()["file_id"]
    assert client.delete(f"/api/upload/{file_id}").status_code == 204
    assert client.get(f"/api/upload/{file_id}").status_code == 404


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "a\x00b.mp4", "x" * 999 + ".mp4"]
)
def test_no_name_leads_out_of_the_folder(client: httpx.Client, server: Server, name: str) -> None:
    upload = client.post("/api/upload", files={"file": (name, b"x")}).json()
    assert not set("/\\\x00") & set(upload["filename"])
    assert len(upload["filename"]) < 250
    assert _stored(server, upload["file_id"]).read_bytes() == b"x"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b"nonsense"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\n1\r\n--x--\r\n',
        ),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nno end'),
    ],
)
def test_a_body_that_is_no_file_is_refused_and_leaves_nothing(
    client: httpx.Client, server: Server, content_type: str, body: bytes
) -> None:
    before = set((server.data_dir / "uploads").glob("*"))
    answer = client.post("/api/upload", content=body, headers={"content-type": content_type})
    assert (answer.status_code, "can't be read" in answer.json()["detail"]) == (422, True)
    assert set((server.data_dir / "uploads").glob("*")) == before


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environment = {
        "TACTICEYE_API_TOKEN": "open sesame",
        "TACTICEYE_UPLOAD_MB": "1",
        "TACTICEYE_CORS_ORIGINS": "https://club.example",
    }
    with running_api(tmp_path_factory.mktemp("strict"), 1.0, environment) as running:
        yield running


OPEN = {"Authorization": "Bearer open sesame"}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic b3Blbg=="}])
def test_without_the_right_token_nothing_is_told(strict: Server, headers: dict[str, str]) -> None:
    with strict.client() as client:
        answer = client.get("/api/matches", headers=headers)
        assert (answer.status_code, "token" in answer.json()["detail"]) == (401, True)
        assert client.get("/api/matches", headers=OPEN).status_code == 200


def test_a_pass_of_our_own_page_opens_uploads_and_nothing_else(strict: Server) -> None:
    shown = new_pass("open sesame")
    until = shown.partition(".")[0]
    with strict.client() as client:

        def status(text: str) -> int:
            headers = {"Authorization": f"Bearer {text}"}
            return client.post("/api/upload", files={"file": ("a.mp4", b"x")}, headers=headers).status_code

        headers = {"Authorization": f"Bearer {shown}"}
        sent = client.post("/api/upload", files={"file": ("a.mp4", b"x")}, headers=headers)
        assert sent.status_code == 201
        assert client.delete(f"/api/upload/{sent.json()['file_id']}", headers=headers).status_code == 204
        assert client.get("/api/matches", headers=headers).status_code == 401
        assert [status(text) for text in (new_pass("guessed"), f"9{shown}", until, f"{until}.")] == [401] * 4
    assert is_pass_right("open sesame", shown)
    assert not is_pass_right("open sesame", shown, now=int(until))


def test_an_upload_over_the_limit_is_refused_and_removed(strict: Server) -> None:
    with strict.client() as client:
        announced = client.post("/api/upload", params={"total_size": 2 * 10**6}, files={"file": b"x"}, headers=OPEN)
        sent = client.post("/api/upload", files={"file": ("a.mp4", CONTENT)}, headers=OPEN)
    for answer in (announced, sent):
        assert (answer.status_code, "takes 1 MB" in answer.json()["detail"]) == (413, True)
    assert list((strict.data_dir / "uploads").iterdir()) == []


def test_pages_of_other_sites_may_not_call(strict: Server, client: httpx.Client) -> None:
    evil = {"Origin": "https://evil.example"}
    assert client.post("/api/upload", files={"file": b"x"}, headers=evil).status_code == 403
    assert "access-control-allow-origin" not in client.get("/api/matches").headers
    own = {"Origin": str(client.base_url).rstrip("/")}
    assert client.get("/api/matches", headers=own).status_code == 200
    with strict.client() as other:
        allowed = other.get("/api/matches", headers={**OPEN, "Origin": "https://club.example"})
    assert allowed.headers["access-control-allow-origin"] == "https://club.example"


def _stored(server: Server, file_id: str) -> Path:
    return server.data_dir / "uploads" / file_id / "content"


def _send_half_of_a_part(server: Server, file_id: str, content: bytes) -> None:
    """Announces the whole part, sends half of it, and hangs up."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
    host, port = server.address.removeprefix("http://").split(":")
    request = (
        f"POST /api/upload?file_id={file_id}&offset=10 HTTP/1.1\r\nHost: {host}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(head) + len(content) + 9}\r\n\r\n"
    ).encode()
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(request + head + content[: len(content) // 2])
