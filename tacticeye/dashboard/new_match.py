"""The form that starts an analysis: a path on the server, an upload, a link, or the demo match."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import streamlit as st

from tacticeye.config import PRESETS, SourceType
from tacticeye.dashboard import navigation, panels, polls, uploader
from tacticeye.dashboard.language import say, texts
from tacticeye.errors import TacticEyeError
from tacticeye.ledger import Correction, FirstEnds, NameTeam

# Shirt colours to choose from.
_SHIRTS = {
    "red": "#c8202f", "white": "#f2f2f2", "blue": "#1f4fb4", "sky": "#7ab8e0", "navy": "#1b2a52", "black": "#1c1c1e",
    "grey": "#8c8f94", "yellow": "#f2cf1f", "orange": "#ee7f1a", "green": "#1f8a48", "purple": "#6d3b9c",
    "pink": "#ee86ae", "maroon": "#6f1d2e",
}  # fmt: skip
# The one to take where in doubt comes first.
_PRESET_ORDER = sorted(PRESETS, key=lambda name: name != "vod")


@dataclass(frozen=True)
class Wanted:
    """What the form says besides the source. title, teams, colours ("#rrggbb"): empty for the usual ones.

    first_to_right: the team that attacks to the right first, None where it isn't known.
    """

    preset: str
    title: str = ""
    teams: tuple[str, str] = ("", "")
    colours: tuple[str, str] = ("", "")
    first_to_right: Literal[0, 1] | None = None


_SIDES: tuple[Literal[0, 1], ...] = (0, 1)

# Files of the machine come in otherwise than by a link.
_NO_LINKS = (SourceType.UPLOADED_FILE, SourceType.TRACKING_DATA)


def demo_button(key: str) -> None:
    """The quickest way to see something."""
    if st.button(say("new.demo_button"), key=key, type="primary", icon=":material/play_circle:"):
        begin(polls.service().add_demo)


def form(sources: list[str]) -> None:
    """Choose a source and a preset, start, and go to the Live page. sources: of path, upload, link, demo."""
    parts = {
        "path": (say("new.tab_path"), _by_path),
        "upload": (say("new.tab_upload"), _by_upload),
        "link": (say("new.tab_link"), _by_link),
        "demo": (say("new.tab_demo"), _demo),
    }
    for tab, source in zip(st.tabs([parts[source][0] for source in sources]), sources, strict=True):
        with tab:
            parts[source][1]()


def _by_path() -> None:
    # A form sends what was typed together with the press; outside one, leaving the field and pressing race each other.
    with st.form("new_by_path", border=False):
        st.caption(say("new.path_sentence"))
        typed = st.text_input(say("new.path"), key="new_path", placeholder="/videos/derby.mp4")
        wanted = _choices("path")
        is_sent = st.form_submit_button(say("new.analyse"), key="start_path", type="primary")
    path = typed.strip().strip("'\"")
    if is_sent and path:
        begin(lambda: polls.service().add_file(Path(path), wanted.preset, wanted.title), wanted)
    elif is_sent:
        st.html(panels.hint(say("new.path_first")))


def _by_upload() -> None:
    upload = uploader.show()
    with st.form("new_by_upload", border=False):
        wanted = _choices("upload")
        is_sent = st.form_submit_button(say("new.analyse"), key="start_upload", type="primary")
    if is_sent and upload is not None:
        uploader.forget()
        title = wanted.title or Path(upload.name).stem
        begin(lambda: polls.service().add_finished_upload(upload.file_id, wanted.preset, title=title), wanted)
    elif is_sent:
        st.html(panels.hint(say("new.upload_first")))


def _by_link() -> None:
    with st.form("new_by_link", border=False):
        st.caption(say("new.link_sentence"))
        typed = st.text_input(say("new.link"), key="new_link", placeholder=say("new.link_example"))
        chosen = st.selectbox(
            say("new.link_kind"),
            [None, *(kind for kind in SourceType if kind not in _NO_LINKS)],
            format_func=lambda kind: say("new.link_guess") if kind is None else say(f"source.{kind.value}"),
            key="new_link_kind",
        )
        is_kept = polls.service().can_keep_streams and st.checkbox(
            say("new.keep_stream"), key="keep_stream", help=say("new.keep_stream_help")
        )
        wanted = _choices("link")
        is_sent = st.form_submit_button(say("new.analyse"), key="start_link", type="primary")
    if is_sent and typed.strip():
        link, title = typed.strip(), wanted.title
        begin(lambda: polls.service().add_link(link, wanted.preset, chosen, title=title, keep_stream=is_kept), wanted)
    elif is_sent:
        st.html(panels.hint(say("new.link_first")))


def _demo() -> None:
    st.caption(say("new.demo_sentence"))
    demo_button("demo_in_form")


def begin(add: Callable[[], str], wanted: Wanted | None = None) -> None:
    """Starts an analysis and shows it; where it can't be done, says why."""
    try:
        match_id = add()
        for said in _said(wanted) if wanted else ():
            polls.service().correct(match_id, said)
    except TacticEyeError as error:
        st.html(panels.problem(error, texts()))
        return
    polls.forget()
    navigation.show(navigation.LIVE, match_id)


def _said(wanted: Wanted) -> list[Correction]:
    """What the ledger of the new match begins with."""
    named = [
        NameTeam(team, wanted.teams[team], wanted.colours[team])
        for team in _SIDES
        if wanted.teams[team] or wanted.colours[team]
    ]
    return [*named, *([FirstEnds(wanted.first_to_right)] if wanted.first_to_right is not None else [])]


def _choices(place: str) -> Wanted:
    """Title, teams and thoroughness."""
    speeds = polls.service().measured_speeds()
    title = st.text_input(say("new.title"), key=f"title_{place}", max_chars=120)
    columns = st.columns([3, 2, 3, 2])
    teams, colours = [], []
    for team in (0, 1):
        name = columns[2 * team].text_input(
            say(f"new.team_{team}"), key=f"team_{team}_{place}", max_chars=60, help=say("new.team_help")
        )
        shirt = columns[2 * team + 1].selectbox(
            say("new.kit"),
            ["", *_SHIRTS],
            format_func=lambda shirt: say(f"shirt.{shirt}") if shirt else say("new.kit_as_seen"),
            key=f"kit_{team}_{place}",
            help=say("new.kit_help"),
        )
        teams.append(name.strip())
        colours.append(_SHIRTS.get(shirt, ""))
    first_to_right = st.selectbox(
        say("new.first_ends"),
        [None, *_SIDES],
        format_func=lambda team: say("periods.not_known") if team is None else say(f"new.team_{team}"),
        key=f"first_ends_{place}",
        help=say("new.first_ends_help"),
    )
    preset = st.radio(
        say("new.preset"),
        _PRESET_ORDER,
        format_func=lambda name: say(f"preset.{name}"),
        captions=[_sentence(name, speeds) for name in _PRESET_ORDER],
        key=f"preset_{place}",
    )
    return Wanted(str(preset), title.strip(), (teams[0], teams[1]), (colours[0], colours[1]), first_to_right)


def _sentence(preset: str, speeds: Mapping[str, float]) -> str:
    """What the preset does, and how fast it was here before."""
    sentence = say(f"preset.{preset}_sentence")
    return f"{sentence} {say('new.speed', speed=f'{speeds[preset]:.1f}')}" if preset in speeds else sentence
