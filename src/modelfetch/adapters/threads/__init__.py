"""Threads: a crew of workers, the driver that runs a machine with them, and calls that can be left at any moment."""

from __future__ import annotations

from .call import Scope, in_background
from .crew import Crew
from .driver import ThreadDriver

__all__ = ["Crew", "Scope", "ThreadDriver", "in_background"]
