"""Entry of the dashboard: `streamlit run streamlit_app.py` serves pages, API and WebSocket on one port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st

from tacticeye.api import mounts
from tacticeye.dashboard import garbage, sockets
from tacticeye.dashboard.first_page import page_routes
from tacticeye.download_route import download_route
from tacticeye.video_route import video_route

ROOT = Path(__file__).resolve().parent


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Before the first page is looked at."""
    garbage.set_aside()
    sockets.send_at_once()
    yield {}


# The main script lies away from `pages/`: beside it, Streamlit would take a deep link on a fresh server for its older
# kind of multipage app and show the wrong sidebar.
app = st.App(
    ROOT / "tacticeye" / "dashboard" / "main.py",
    lifespan=lifespan,
    routes=[*mounts(), video_route(), download_route(), *page_routes()],
)
