"""The platform that this process runs on."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Platform:
    """``system`` as ``sys.platform`` has it (``linux``, ``darwin``, ``win32``), ``machine`` in lower case (``arm64``)."""

    system: str
    machine: str


def this_platform() -> Platform:
    """Where we are. An x86 Python on Apple silicon is an Intel Mac: its wheels are."""
    return Platform(sys.platform, platform.machine().lower())
