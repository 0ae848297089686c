"""Facts of this machine: how much memory a process here may use, ever and now.

Rule: facts only, from the standard library; whether a model fits is decided in the core. A limit that a
container sets counts, because the kernel enforces it.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 60
"""Bytes; cgroup v1 writes "no limit" as a number near 2^63."""


def total_memory() -> int | None:
    """Bytes of memory that this process could ever use, None where the system does not say."""
    total = _physical_memory()
    limits = [limit for limit, _ in _cgroups()]
    return min([total, *limits]) if total is not None else None


def available_memory() -> int | None:
    """Bytes that it could use now without anything being swapped out, None where the system does not say."""
    available = _available_memory()
    left = [max(0, limit - used) for limit, used in _cgroups()]
    return min([available, *left]) if available is not None else None


def _physical_memory() -> int | None:
    if sys.platform == "win32":
        return _windows_memory("total")
    with suppress(ValueError, OSError, AttributeError):  # a system without these names
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None


def _available_memory() -> int | None:
    if sys.platform == "win32":
        return _windows_memory("available")
    if sys.platform == "darwin":
        return _mac_memory()
    with suppress(OSError):
        found = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
        return int(found[1]) * 1024 if found else None
    return None


# ------------------------------------------------------------------ control groups (Linux)


def _cgroups() -> list[tuple[int, int]]:
    """Limit and use of every group above this process that has a limit: v2's files of each ancestor, v1's likewise."""
    found: list[tuple[int, int]] = []
    for limit, used in _cgroup_files():
        with suppress(OSError, ValueError):  # "max", or no such file
            pair = int(limit.read_text()), int(used.read_text())
            found += [pair] if pair[0] < _UNLIMITED else []
    return found


def _cgroup_files() -> list[tuple[Path, Path]]:
    try:
        groups = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    files: list[tuple[Path, Path]] = []
    for line in groups:
        _, controllers, path = line.split(":", 2)
        here = Path(path.lstrip("/"))
        if controllers == "":
            folders = [_CGROUPS / folder for folder in (here, *here.parents)]
            files += [(folder / "memory.max", folder / "memory.current") for folder in folders]
        elif "memory" in controllers.split(","):
            folders = [_CGROUPS / "memory" / folder for folder in (here, *here.parents)]
            files += [(folder / "memory.limit_in_bytes", folder / "memory.usage_in_bytes") for folder in folders]
    return files


# ------------------------------------------------------------------ macOS and Windows


def _mac_memory() -> int | None:
    """Free and inactive pages, as ``vm_stat`` counts them: there is no call of the standard library for it."""
    with suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(["/usr/bin/vm_stat"], capture_output=True, text=True, timeout=5, check=True).stdout
        return mac_available(told)
    return None


def mac_available(told: str) -> int | None:
    """Bytes that ``told``, what ``vm_stat`` printed, calls free or inactive."""
    page = re.search(r"page size of (\d+) bytes", told)
    counts = re.findall(r"^Pages (?:free|inactive):\s+(\d+)", told, re.MULTILINE)
    return int(page[1]) * sum(map(int, counts)) if page and counts else None


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


def _windows_memory(which: str) -> int | None:
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - the name exists on Windows alone
    return int(getattr(status, which)) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None
