"""The HTML that every page begins with: Streamlit's own, which also says where its server is.

Left alone, Streamlit's script looks for its server below the page's address, then beside it, and opens its WebSocket
only after both answers. Told beforehand, it connects at once and asks meanwhile.
"""

from __future__ import annotations

from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

PAGES = Path(__file__).resolve().parents[2] / "pages"
_STREAMLIT = Path(streamlit.__file__).resolve().parent / "static" / "index.html"
# Pages lie side by side, so the folder of any page's address is the server's; a proxy may put it below another path.
_SERVER = """<script>
      window.__streamlit = {
        BACKEND_BASE_URL: new URL(".", location.href).href,
        HOST_CONFIG: { allowedOrigins: [location.origin], useExternalAuthToken: false },
      };
    </script>
    """


def page_routes() -> list[Route]:
    """The routes of all pages for an ASGI application."""
    html = _STREAMLIT.read_text(encoding="utf-8").replace("<script", _SERVER + "<script", 1)

    async def answer(request: Request) -> HTMLResponse:
        return HTMLResponse(html, headers={"Cache-Control": "no-cache"})

    return [Route(path, answer) for path in ("/", *(f"/{page.stem}" for page in sorted(PAGES.glob("*.py"))))]
