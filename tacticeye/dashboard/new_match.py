"""The form that starts an analysis: a path on the server, a link, an upload, or the demo match."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from tacticeye.config import PRESETS, Settings, SourceType
from tacticeye.dashboard import navigation, panels, polls
from tacticeye.dashboard.language import say
from tacticeye.errors import TacticEyeError

# The one to take where in doubt comes first.
_PRESET_ORDER = sorted(PRESETS, key=lambda name: name != "vod")
_VIDEO_KINDS = ("mp4", "mov", "mkv", "avi", "webm", "ts", "m4v", "mts")


def demo_button(key: str) -> None:
    """The quickest way to see something."""
    if st.button(say("new.demo_button"), key=key, type="primary", icon=":material/play_circle:"):
        begin(lambda: polls.service().add_demo())


def form(sources: list[str]) -> None:
    """Choose a source and a preset, start, and go to the Live page. sources: of path, link, upload, demo."""
    parts = {
        "path": (say("new.tab_path"), _by_path),
        "link": (say("new.tab_link"), _by_link),
        "upload": (say("new.tab_upload"), _by_upload),
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
        preset = _preset("path")
        is_sent = st.form_submit_button(say("new.analyse"), key="start_path", type="primary")
    path = typed.strip().strip("'\"")
    if is_sent and path:
        begin(lambda: polls.service().add_file(Path(path), preset))
    elif is_sent:
        st.html(panels.hint(say("new.path_first")))


def _by_link() -> None:
    with st.form("new_by_link", border=False):
        st.caption(say("new.link_sentence"))
        typed = st.text_input(say("new.link"), key="new_link", placeholder=say("new.link_example"))
        chosen = st.selectbox(
            say("new.link_kind"),
            [None, *(kind for kind in SourceType if kind is not SourceType.UPLOADED_FILE)],
            format_func=lambda kind: say("new.link_guess") if kind is None else say(f"source.{kind.value}"),
            key="new_link_kind",
        )
        preset = _preset("link")
        is_sent = st.form_submit_button(say("new.analyse"), key="start_link", type="primary")
    if is_sent and typed.strip():
        begin(lambda: polls.service().add_link(typed.strip(), preset, chosen))
    elif is_sent:
        st.html(panels.hint(say("new.link_first")))


def _by_upload() -> None:
    limit_mb = Settings.from_environment().upload_mb
    with st.form("new_by_upload", border=False):
        st.caption(say("new.upload_sentence", mb=limit_mb))
        upload = st.file_uploader(
            say("new.upload"),
            type=_VIDEO_KINDS,
            max_upload_size=limit_mb,
            key="new_upload",
            label_visibility="collapsed",
        )
        preset = _preset("upload")
        is_sent = st.form_submit_button(say("new.analyse"), key="start_upload", type="primary")
    if is_sent and upload is not None:
        begin(lambda: polls.service().add_upload(upload.name, upload, preset))
    elif is_sent:
        st.html(panels.hint(say("new.upload_first")))


def _demo() -> None:
    st.caption(say("new.demo_sentence"))
    demo_button("demo_in_form")


def begin(add: Callable[[], str]) -> None:
    """Starts an analysis and shows it; where it can't be done, says why."""
    try:
        match_id = add()
    except TacticEyeError as error:
        st.html(panels.problem(error))
        return
    polls.forget()
    navigation.show(navigation.LIVE, match_id)


def _preset(place: str) -> str:
    return str(
        st.radio(
            say("new.preset"),
            _PRESET_ORDER,
            format_func=lambda name: say(f"preset.{name}"),
            captions=[say(f"preset.{name}_sentence") for name in _PRESET_ORDER],
            key=f"preset_{place}",
        )
    )
