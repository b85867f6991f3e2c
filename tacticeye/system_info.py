"""What the server is: versions, disk, devices, models. Light: nothing is loaded, devices are asked for by files."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from platform import python_version

import psutil

PACKAGES = ("torch", "ultralytics", "openvino", "opencv-python", "av", "duckdb", "streamlit", "numpy", "pandas")
WEIGHTS = Path(__file__).resolve().parents[1] / "weights"
_MB = 1 << 20


@dataclass(frozen=True)
class Disk:
    """Bytes of the file system that holds the data folder, and what the matches take of it."""

    free: int
    total: int
    matches: int


@dataclass(frozen=True)
class Machine:
    """cores, load: of the last minute; memory_free, memory_total: bytes; gpus: names of NVIDIA cards."""

    cores: int
    load: float
    memory_free: int
    memory_total: int
    gpus: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """A file of weights. size: bytes."""

    name: str
    size: int


def versions() -> dict[str, str]:
    """By package; those that aren't installed are left out. TacticEYE runs from a checkout, so Python comes first."""
    found = {"python": python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def disk(data_dir: Path) -> Disk:
    """The data folder, or where it will be."""
    place = next(folder for folder in (data_dir, *data_dir.parents) if folder.is_dir())
    usage = shutil.disk_usage(place)
    return Disk(usage.free, usage.total, _size(data_dir / "matches"))


def machine() -> Machine:
    """This machine now."""
    memory = psutil.virtual_memory()
    return Machine(psutil.cpu_count() or 1, os.getloadavg()[0], memory.available, memory.total, _gpus())


def models() -> list[Model]:
    """The weights that are here."""
    return [Model(path.name, path.stat().st_size) for path in sorted(WEIGHTS.glob("*.pt"))]


@cache
def model_notes() -> str:
    """What weights/README.md says of data, licence and scores; Markdown, empty where it is missing."""
    path = WEIGHTS / "README.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _size(folder: Path) -> int:
    total = 0
    for path, _, files in os.walk(folder):
        for name in files:
            try:
                total += (Path(path) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return total


@cache
def _gpus() -> tuple[str, ...]:
    """As the driver lists them on Linux."""
    names = []
    for path in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        lines = dict(line.split(":", 1) for line in path.read_text().splitlines() if ":" in line)
        names.append(lines.get("Model", "NVIDIA").strip())
    return tuple(names)
