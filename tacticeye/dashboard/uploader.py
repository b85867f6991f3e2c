"""Upload of a video of any size: the browser sends it in parts straight to the disk, not through the page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component

from tacticeye.config import Settings
from tacticeye.dashboard.language import say, texts
from tacticeye.uploads import new_pass

VIDEO_KINDS = ("mp4", "mov", "mkv", "avi", "webm", "ts", "m4v", "mts")
_HERE = Path(__file__).resolve().parent
_KEY, _DONE = "uploader", "uploaded_file"
_MB = 10**6
_HTML = """
<label class="zone"><span class="prompt"></span><input class="input" type="file">
  <div class="state" role="status"></div><div class="bar" hidden><span class="fill"></span></div></label>
"""
_component = component(
    "tacticeye_uploader",
    html=_HTML,
    css=(_HERE / "uploader.css").read_text(encoding="utf-8"),
    js=(_HERE / "uploader.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class UploadedFile:
    """A file that has arrived. name: as the user knows it."""

    file_id: str
    name: str


def show() -> UploadedFile | None:
    """The field to drop a file into; what has arrived and was not yet taken."""
    settings = Settings.from_environment()

    def arrived() -> None:
        done = st.session_state[_KEY]["done"]
        st.session_state[_DONE] = UploadedFile(str(done["file_id"]), str(done["name"]))

    uploaded: UploadedFile | None = st.session_state.get(_DONE)
    limit_mb = settings.upload_mb
    _component(
        key=_KEY,
        data={
            "address": "/api/upload",
            "pass": new_pass(settings.api_token) if settings.api_token else "",
            "language": texts().language,
            "accept": ",".join(f".{kind}" for kind in VIDEO_KINDS),
            "limit_bytes": limit_mb * _MB,
            "uploaded": uploaded.name if uploaded else "",
            "texts": {
                "prompt": say("upload.prompt"),
                "sending": say("upload.sending"),
                "again": say("upload.again"),
                "done": say("upload.done"),
                "broken": say("upload.broken"),
                "expired": say("upload.expired"),
                "empty": say("upload.empty"),
                "too_large": say("upload.too_large", gb=f"{limit_mb / 1000:g}"),
            },
        },
        on_done_change=arrived,
    )
    return uploaded


def forget() -> None:
    """What arrived was taken over by a match."""
    st.session_state.pop(_DONE, None)
