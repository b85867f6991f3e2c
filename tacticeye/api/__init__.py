"""The HTTP API and the WebSocket: `app`, an ASGI application of its own and part of the dashboard's server.

`uvicorn tacticeye.api:app` serves it alone; streamlit_app.py mounts it beside the pages. Thin over service.
"""

from tacticeye.api.application import app, create_app, mounts

__all__ = ["app", "create_app", "mounts"]
