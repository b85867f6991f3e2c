"""The dashboard's shell: title, style and menu around the page that the address names."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from tacticeye.dashboard import language
from tacticeye.dashboard.navigation import all_pages

HERE = Path(__file__).resolve().parent

# The icon of the tab is a file of ours: Streamlit would fetch one of its named icons from the network.
st.set_page_config(page_title="TacticEYE", page_icon=str(HERE / "mark.svg"), layout="wide")
st.logo(str(HERE / "logo.svg"), icon_image=str(HERE / "mark.svg"), size="large")
st.html(HERE / "style.css")
page = st.navigation(all_pages(), expanded=True)
language.switch()
page.run()
