"""How many matches this machine has room for at a time: what one takes, what is free. In a container, of its share."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

# A worker decodes, computes and stores in parallel: with one core it falls behind a live stream.
CORES_A_MATCH = 2
# Resident memory of a worker with the networks that ship, at their sizes: 1.3 GB, and what the system caches for it.
MEMORY_A_MATCH = 2 << 30
GPU_MEMORY_A_MATCH = 2 << 30
_CGROUP = Path("/sys/fs/cgroup")
_NVIDIA = Path("/proc/driver/nvidia/gpus")


class Limit(StrEnum):
    """What keeps more matches from being analysed at a time. SETTING: TACTICEYE_MAX_WORKERS."""

    SETTING = "setting"
    CORES = "cores"
    MEMORY = "memory"
    GPU = "gpu"


@dataclass(frozen=True)
class Resources:
    """memory_free: bytes that can be had. gpu_memory_free: bytes of the card in use, None where there is none."""

    cores: int
    memory_free: int
    gpu_memory_free: int | None


@dataclass(frozen=True)
class Room:
    """places: matches at a time, those included that run. limit: why not more."""

    places: int
    limit: Limit


def find_room(max_workers: int, busy: int, young: int, machine: Resources) -> Room:
    """busy: matches that are analysed. young: those of them that haven't taken all their memory yet.

    One match always has a place: a small machine is slow rather than useless.
    """
    places = {
        Limit.SETTING: max_workers,
        Limit.CORES: machine.cores // CORES_A_MATCH,
        Limit.MEMORY: busy + machine.memory_free // MEMORY_A_MATCH - young,
    }
    if machine.gpu_memory_free is not None:
        places[Limit.GPU] = busy + machine.gpu_memory_free // GPU_MEMORY_A_MATCH - young
    limit = min(places, key=lambda name: places[name])
    return Room(max(1, places[limit]), limit)


def resources() -> Resources:
    """What this process may use, now."""
    free = int(psutil.virtual_memory().available)
    return Resources(_cores(), min(free, container_memory_free(_CGROUP, free)), _gpu_memory_free())


def container_memory_free(cgroup: Path, otherwise: int) -> int:
    """Bytes left of a container's share, `otherwise` where it has no limit.

    Files that were read fill a container up to its limit and make way for what needs memory, so they count as free.
    """
    try:
        limit = int((cgroup / "memory.max").read_text())
        taken = int((cgroup / "memory.current").read_text())
        lines = (line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
        files = next(int(value) for name, value in lines if name == "inactive_file")
    except (OSError, ValueError, StopIteration):  # "max" where there is no limit
        return otherwise
    return max(0, limit - taken + files)


def visible_card(names: str | None) -> str | None:
    """The card that a worker takes, as nvidia-smi calls it. names: CUDA_VISIBLE_DEVICES, None unset."""
    first = "0" if names is None else names.split(",")[0].strip()
    return None if first in ("", "-1") else first


def read_memory_free(told: str) -> int | None:
    """Bytes from nvidia-smi's answer, MiB a line; None where it has no number, as for a share of a card."""
    first = told.strip().partition("\n")[0]
    return int(first) << 20 if first.isdecimal() else None


def _cores() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else psutil.cpu_count() or 1
    with suppress(OSError, ValueError):  # "max 100000" where there is no limit
        quota, period = (int(word) for word in (_CGROUP / "cpu.max").read_text().split())
        cores = min(cores, max(1, quota // period))
    return cores


def _gpu_memory_free() -> int | None:
    """Asked of the driver's own program: torch would need seconds to load, and memory of the card for its answer."""
    card = visible_card(os.environ.get("CUDA_VISIBLE_DEVICES"))
    if card is None or not _NVIDIA.is_dir():
        return None
    command = ["nvidia-smi", f"--id={card}", "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    try:
        return read_memory_free(subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout)
    except (OSError, subprocess.SubprocessError):
        return None
