"""Links: what they are taken for, and which are refused before anything is opened."""

from __future__ import annotations

import pytest

from tacticeye.config import SourceType
from tacticeye.errors import SourceError
from tacticeye.network_guard import is_private
from tacticeye.source_links import check_link, guess_source_type, is_link, title_of, without_secrets


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        ("https://www.youtube.com/watch?v=abc", SourceType.YOUTUBE_VOD),
        ("https://youtu.be/abc", SourceType.YOUTUBE_VOD),
        ("https://www.youtube.com/@club/live", SourceType.YOUTUBE_LIVE),
        ("https://cdn.example/match/index.m3u8?token=1", SourceType.HLS),
        ("rtmp://stream.example/live/key", SourceType.RTMP),
        ("https://files.example/Derby.MP4", SourceType.HTTP_FILE),
        ("https://app.veo.co/matches/20250101-derby/", SourceType.VEO),
        ("https://vimeo.example/12345", SourceType.WEB_PAGE),
        ("https://evil.example/youtube.com", SourceType.WEB_PAGE),
        ("/videos/derby.mp4", SourceType.UPLOADED_FILE),
        ("C:\\videos\\derby.mp4", SourceType.UPLOADED_FILE),
    ],
)
def test_the_kind_of_a_link_is_guessed(link: str, kind: SourceType) -> None:
    assert guess_source_type(link) is kind
    assert is_link(link) is (kind is not SourceType.UPLOADED_FILE)


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("file:///etc/passwd", "begins with http"),
        ("ftp://example.org/a.mp4", "begins with http"),
        ("concat:/etc/passwd|/etc/shadow", "begins with http"),
        ("http://localhost/a.mp4", "private"),
        ("http://127.0.0.1:8501/a.mp4", "private"),
        ("http://[::1]/a.mp4", "private"),
        ("http://[::ffff:10.0.0.1]/a.mp4", "private"),
        ("http://192.168.1.1/a.mp4", "private"),
        ("http://169.254.169.254/latest/meta-data", "private"),
        ("http://2130706433/a.mp4", "private"),
        ("http://0x7f000001/a.mp4", "private"),
        ("http:///a.mp4", "no server"),
        ("https://example.org/a b.mp4; rm -rf /", "spaces"),
        ("https://example.org/\r\nHost: evil", "spaces"),
        ("https://example.org:99999/a.mp4", "can't be read as a link"),
        ("https://example.org/" + "a" * 5000, "too long"),
    ],
)
def test_a_link_that_may_not_be_opened_is_refused_in_one_sentence(link: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason) as refused:
        check_link(link, guess_source_type(link), allow_private=False)
    assert "\n" not in str(refused.value)


def test_private_addresses_are_allowed_by_the_setting_alone() -> None:
    link = "http://127.0.0.1/a.mp4"
    assert check_link(link, SourceType.HTTP_FILE, allow_private=True) == link


def test_shell_characters_are_just_characters() -> None:
    link = "https://example.org/$(reboot)&`id`;'x'.mp4"
    assert check_link(link, guess_source_type(link), allow_private=False) == link


@pytest.mark.parametrize("link", ["rtmp://0.0.0.0/live", "rtmp://0.0.0.0:80/live"])
def test_listening_wants_a_port_of_its_own(link: str) -> None:
    with pytest.raises(SourceError, match="name the port"):
        check_link(link, SourceType.RTMP_LISTEN, allow_private=False)


def test_a_title_is_taken_from_the_link_and_secrets_are_not_shown() -> None:
    assert title_of("https://files.example/a/Derby%20day.mp4?x=1") == "Derby day"
    assert title_of("https://www.youtube.com/watch?v=abc") == "www.youtube.com"
    assert without_secrets("https://me:secret@example.org:8443/a.m3u8?token=1") == "https://example.org:8443/a.m3u8"


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "100.64.0.1", "0.0.0.0", "fe80::1%eth0", "224.0.0.1", "::ffff:127.0.0.1"]
)
def test_addresses_of_no_public_host_are_private(address: str) -> None:
    assert is_private(address)
    assert not is_private("93.184.216.34") and not is_private("a name")
