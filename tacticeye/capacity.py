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
    """memory_free: bytes that can be had. gpu_memory_free: bytes of the first card, None where there is no card."""

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
    return Resources(_cores(), _memory_free(), _gpu_memory_free())


def _cores() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else psutil.cpu_count() or 1
    with suppress(OSError, ValueError):  # "max 100000" where there is no limit
        quota, period = (int(word) for word in (_CGROUP / "cpu.max").read_text().split())
        cores = min(cores, max(1, quota // period))
    return cores


def _memory_free() -> int:
    free = int(psutil.virtual_memory().available)
    with suppress(OSError, ValueError):
        limit = int((_CGROUP / "memory.max").read_text())
        free = min(free, limit - int((_CGROUP / "memory.current").read_text()))
    return max(0, free)


def _gpu_memory_free() -> int | None:
    if not _NVIDIA.is_dir():
        return None
    command = ["nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout
        return int(told.split()[0]) << 20
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
