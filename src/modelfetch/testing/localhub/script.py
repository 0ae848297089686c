"""Which of the injected faults spoils which request."""

from __future__ import annotations

import threading
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from .bend import bend
from .faults import Delay, HeaderTrickle, Trickle

if TYPE_CHECKING:
    from .delivery import Delivery
    from .faults import Fault
    from .scene import Scene


class Injected:
    """A fault in force. ``hits`` counts the requests it spoiled."""

    def __init__(self, script: Script, fault: Fault) -> None:
        self.fault = fault
        self.hits = 0
        self.passed = 0
        self._script = script

    @property
    def is_spent(self) -> bool:
        """Whether it has spoiled as many requests as it was to."""
        return self.fault.times is not None and self.hits >= self.fault.times

    def remove(self) -> None:
        """Spoil nothing any more. Idempotent."""
        self._script.remove(self)


class Script:
    """The faults in force, oldest first. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._injected: list[Injected] = []

    def add(self, fault: Fault) -> Injected:
        """Put a fault in force, behind those that are."""
        injected = Injected(self, fault)
        with self._lock:
            self._injected.append(injected)
        return injected

    def remove(self, injected: Injected) -> None:
        """Take one out of force, if it still is."""
        with self._lock:
            if injected in self._injected:
                self._injected.remove(injected)

    def clear(self) -> None:
        """Take all out of force."""
        with self._lock:
            self._injected.clear()

    def play(self, delivery: Delivery, scene: Scene) -> tuple[Delivery, tuple[Fault, ...]]:
        """The delivery as the faults that are due leave it, and which they were."""
        played: list[Fault] = []
        with self._lock:
            for injected in self._injected:
                fault = injected.fault
                taken = not _is_about_time(fault) and not all(map(_is_about_time, played))
                if taken or injected.is_spent or not _concerns(fault, scene):
                    continue
                bent = bend(fault, delivery, scene)
                if bent is None or not _is_due(injected):
                    continue
                delivery = bent
                played.append(fault)
        return delivery, tuple(played)


def _concerns(fault: Fault, scene: Scene) -> bool:
    return fault.where in {"*", scene.where} and fnmatchcase(scene.file, fault.match)


def _is_about_time(fault: Fault) -> bool:
    return isinstance(fault, Delay | Trickle | HeaderTrickle)


def _is_due(injected: Injected) -> bool:
    if injected.passed < injected.fault.skip:
        injected.passed += 1
        return False
    injected.hits += 1
    return True
