"""Facts of this machine: how much memory a process here may use.

Rule: facts only, from the standard library; whether a model fits is decided in the core. A limit that a
container sets counts, because the kernel enforces it.
"""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 60
"""Bytes; cgroup v1 writes "no limit" as a number near 2^63."""


def total_memory() -> int | None:
    """Bytes of memory that this process could ever use, None where the system does not say."""
    total = _physical_memory()
    limits = [limit for limit in _cgroup_limits() if limit < _UNLIMITED]
    return min([total, *limits]) if total is not None else None


def _physical_memory() -> int | None:
    if sys.platform == "win32":
        return _windows_memory()
    with suppress(ValueError, OSError, AttributeError):  # a system without these names
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None


def _cgroup_limits() -> list[int]:
    """Every limit above this process: ``memory.max`` (v2) of each ancestor, and v1's one file."""
    limits: list[int] = []
    for file in _limit_files():
        with suppress(OSError, ValueError):
            limits.append(int(file.read_text().strip()))
    return limits


def _limit_files() -> list[Path]:
    try:
        groups = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    files: list[Path] = []
    for line in groups:
        _, controllers, path = line.split(":", 2)
        here = Path(path.lstrip("/"))
        if controllers == "":
            files += [_CGROUPS / folder / "memory.max" for folder in (here, *here.parents)]
        elif "memory" in controllers.split(","):
            root = _CGROUPS / "memory"
            files += [root / folder / "memory.limit_in_bytes" for folder in (here, *here.parents)]
    return files


class _MemoryStatus(ctypes.Structure):
    """``MEMORYSTATUSEX`` of the Windows API."""

    _fields_ = (
        ("length", ctypes.c_ulong),
        ("load", ctypes.c_ulong),
        ("total", ctypes.c_ulonglong),
        ("available", ctypes.c_ulonglong),
        ("total_page_file", ctypes.c_ulonglong),
        ("available_page_file", ctypes.c_ulonglong),
        ("total_virtual", ctypes.c_ulonglong),
        ("available_virtual", ctypes.c_ulonglong),
        ("available_extended_virtual", ctypes.c_ulonglong),
    )


def _windows_memory() -> int | None:
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - the name exists on Windows alone
    return int(status.total) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None
