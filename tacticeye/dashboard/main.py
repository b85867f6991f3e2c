"""The dashboard's shell: title, style and menu around the page that the address names."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from tacticeye.dashboard.navigation import all_pages

STYLE = Path(__file__).resolve().parent / "style.css"

st.set_page_config(page_title="TacticEYE", page_icon=":material/sports_soccer:", layout="wide")
st.html(STYLE)
st.navigation(all_pages()).run()
