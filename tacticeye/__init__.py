"""TacticEYE: football match analysis from video. Importing it does nothing and reaches no network."""

import sys

if sys.platform == "win32":
    # Files are guarded by locks that Windows doesn't have.
    raise SystemExit("TacticEYE runs on Linux and macOS; on Windows start it in WSL 2 or with Docker.")

__version__ = "0.1.0"
