"""What happened: every request with what was sent for it, and ways to wait until something happens."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .message import Origin, Query, Where


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``path`` and ``query`` are the address as it was sent, ``file`` is the repo path it was about.

    ``body_bytes`` were given to the socket so far, and are bytes of ``file`` if ``is_content``. ``status`` is 0 as
    long as nothing was answered. ``started`` and ``ended`` (None: still running) are seconds of ``time.monotonic``.
    """

    origin: Origin
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    where: Where
    file: str
    connection: int
    started: float
    status: int = 0
    is_content: bool = False
    body_bytes: int = 0
    ended: float | None = None

    @property
    def range(self) -> str | None:
        """The ``Range`` header, if one was sent."""
        return self.headers.get("range")


class Log:
    """All requests since the last :meth:`clear`. Thread-safe; waiting never misses what came before."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._requests: dict[int, Request] = {}
        self._content: Counter[str] = Counter()
        self._running: set[int] = set()
        self._begun = 0
        self._changed_at = time.monotonic()

    def begin(self, query: Query, where: Where, file: str, connection: int) -> int:
        """A request arrived; returns the number it is known by here."""
        request = Request(
            query.origin,
            query.method,
            query.path,
            query.parameters,
            query.headers,
            where,
            file,
            connection,
            time.monotonic(),
        )
        with self._changed:
            self._begun += 1
            self._requests[self._begun] = request
            self._running.add(self._begun)
            self._notify()
            return self._begun

    def answer(self, number: int, status: int, *, is_content: bool) -> None:
        """The head is about to be sent."""
        with self._changed:
            self._change(number, status=status, is_content=is_content)

    def end(self, number: int) -> None:
        """Everything was sent, or nothing more will be."""
        with self._changed:
            self._running.discard(number)
            self._change(number, ended=time.monotonic())

    def sent(self, number: int, size: int) -> None:
        """``size`` more bytes of the body went out."""
        with self._changed:
            request = self._requests.get(number)
            if request is not None:
                self._content[request.file] += size if request.is_content else 0
                self._change(number, body_bytes=request.body_bytes + size)

    def _change(self, number: int, **changes: Any) -> None:
        if number in self._requests:  # else it was cleared
            self._requests[number] = replace(self._requests[number], **changes)
        self._notify()

    def _notify(self) -> None:
        self._changed_at = time.monotonic()
        self._changed.notify_all()

    def clear(self) -> None:
        """Forget all requests; what runs on is not counted any more."""
        with self._changed:
            self._requests.clear()
            self._content.clear()
            self._notify()

    def requests(self) -> tuple[Request, ...]:
        """All of them, in the order in which they came."""
        with self._changed:
            return tuple(self._requests.values())

    def body_bytes(self, pattern: str = "*") -> int:
        """Bytes of the files whose repo path matches that were given to sockets."""
        with self._changed:
            if pattern == "*":
                return self._content.total()
            return sum(size for file, size in self._content.items() if fnmatchcase(file, pattern))

    def wait(self, happened: Callable[[], bool], timeout: float, what: str) -> None:
        """Block until ``happened()``, asked again after each change. Raises ``TimeoutError``."""
        with self._changed:
            if not self._changed.wait_for(happened, timeout):
                message = f"{what}: not within {timeout} s; {len(self._requests)} requests so far"
                raise TimeoutError(message)

    def wait_until_quiet(self, timeout: float, settle: float) -> None:
        """Block until no request runs and nothing changed for ``settle`` seconds. Raises ``TimeoutError``."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while (left := self._unquiet_for(settle)) > 0:
                if time.monotonic() > deadline:
                    message = f"not quiet within {timeout} s; {len(self._running)} requests still run"
                    raise TimeoutError(message)
                self._changed.wait(left)

    def _unquiet_for(self, settle: float) -> float:
        if self._running:
            return settle
        return settle - (time.monotonic() - self._changed_at)
