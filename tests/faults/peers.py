"""Peers that LocalHub cannot be: an address where nobody answers, and names that lead there."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

Found = list[tuple[int, int, int, str, Any]]


@contextlib.contextmanager
def nobody_answers(host: str = "127.0.0.3") -> Iterator[int]:
    """A port of ``host`` where a connection is never made, nor refused: the queue of its listener is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((host, 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def resolve_to(monkeypatch: pytest.MonkeyPatch, host: str, *addresses: tuple[str, int]) -> None:
    """Let ``host`` have these addresses, in this order."""
    ask = socket.getaddrinfo

    def answer(name: str, port: int, *args: Any, **options: Any) -> Found:
        if name != host:
            return ask(name, port, *args, **options)
        return [found for address in addresses for found in ask(*address, *args, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
