"""Video files by the path a user gives: refused in one sentence before any decoder is asked.

Light: pages may use it too.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path

from tacticeye.errors import SourceError

_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.,-]+:")  # two letters at least: "C:" is a drive


def find_video_file(source: str | Path) -> Path:
    """The absolute path of an existing, readable, regular file that isn't empty. Raises SourceError otherwise."""
    text = str(source)
    path = Path(source)
    try:
        if text.startswith("~"):
            path = path.expanduser()
        status = path.stat()
        path = path.resolve()
        if stat.S_ISREG(status.st_mode):
            path.open("rb").close()
    except (FileNotFoundError, NotADirectoryError) as error:
        if _URL.match(text):
            raise SourceError(text, "only video files on this computer can be opened: download it first.") from error
        raise SourceError(text, "there is no such file: check the path.") from error
    except PermissionError as error:
        raise SourceError(text, "there is no permission to read it: change its access rights.") from error
    except (OSError, ValueError, RuntimeError) as error:
        raise SourceError(text, f"can't be opened as a file ({error}): check the path.") from error
    if stat.S_ISDIR(status.st_mode):
        raise SourceError(text, "is a folder: choose a video file in it.")
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(text, "is not a regular file: copy the video into one.")
    if status.st_size == 0:
        raise SourceError(text, "is empty: copy or download it again.")
    return path


def explain_unreadable(path: Path) -> str:
    """Why a file can't be opened, as far as its first bytes tell."""
    with path.open("rb") as file:
        start = file.read(12)
    if start[4:8] in (b"ftyp", b"mdat", b"wide", b"free", b"moov"):
        return "is cut off or damaged (its index is missing): copy or download it again."
    return "is not a video that can be read: use mp4, mov, mkv, avi, webm or ts."
