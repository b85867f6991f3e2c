"""Streamlit collects garbage after every look at a page, and going through all that the imports left would take longer
than drawing the page: what stays for good is set aside."""

from __future__ import annotations

import gc
import sys

_known_modules = 0


def set_aside() -> None:
    """Spares what is in memory the next collections, where modules were loaded since the last time: each stays for
    good. Without new ones does nothing, so that what comes and goes is still collected."""
    global _known_modules
    if len(sys.modules) == _known_modules:
        return
    gc.collect()
    gc.freeze()
    _known_modules = len(sys.modules)
