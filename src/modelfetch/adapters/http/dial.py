"""From a host's name to a connected socket: its addresses race, each a quarter of a second behind the one before.

Rule: a dead address must not cost more than its head start, or a host with a broken IPv6 route is slow with every
connection, and unreachable where stalls are not waited for that long (RFC 8305, "Happy Eyeballs").
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections import deque
from contextlib import suppress
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any, NoReturn

from .line import LineShutError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .line import HttpLine

CONNECT_TIMEOUT = 10.0
"""Seconds until some address of a host has to be connected; huggingface_hub's default for a connection."""

HEAD_START = 0.25
"""Seconds that an address has for itself before the next one is tried (RFC 8305 section 5)."""

_CONNECTING = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK})
_LOOK_EVERY = 0.05

Address = tuple[int, int, int, Any]
"""Family, kind, protocol and the address itself, as ``socket`` takes them."""


def dial(line: HttpLine, host: str, port: int) -> socket.socket:
    """A connected socket in ``line``'s hold, with CONNECT_TIMEOUT set. Raises OSError."""
    race = _Race(line, _addresses(host, port))
    sock = race.run()
    sock.settimeout(CONNECT_TIMEOUT)
    with suppress(OSError):  # it is faster with it, and right without
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _addresses(host: str, port: int) -> Iterable[Address]:
    """The host's addresses in the system's order, but the families in turn."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a name that DNS cannot hold, such as one with an empty label
        message = f"{host:.80} is no name of a host"
        raise OSError(message) from error
    first = found[0][0] if found else 0
    own = [(family, kind, proto, address) for family, kind, proto, _, address in found if family == first]
    other = [(family, kind, proto, address) for family, kind, proto, _, address in found if family != first]
    return filter(None, chain.from_iterable(zip_longest(own, other)))


class _Race:
    """The attempts at one connection; all but the winner are closed."""

    def __init__(self, line: HttpLine, addresses: Iterable[Address]) -> None:
        self._line = line
        self._waiting = deque(addresses)
        self._failure: OSError = OSError("the host has no address")

    def run(self) -> socket.socket:
        """The first socket that is connected. Raises OSError."""
        until = time.monotonic() + CONNECT_TIMEOUT
        next_at = 0.0
        with selectors.DefaultSelector() as selector:
            try:
                while True:
                    if self._waiting and time.monotonic() >= next_at:
                        next_at = time.monotonic() + HEAD_START if self._begin(selector) else 0.0
                    elif not selector.get_map():
                        raise self._failure
                    elif (winner := self._look(selector)) is not None:
                        return winner
                    elif not selector.get_map():
                        next_at = 0.0
                    if time.monotonic() > until:
                        message = f"no connection within {CONNECT_TIMEOUT:.0f} seconds"
                        raise TimeoutError(message)
            finally:
                for key in list(selector.get_map().values()):
                    selector.unregister(key.fileobj)
                    key.data.close()

    def _begin(self, selector: selectors.BaseSelector) -> bool:
        """Set out for the next address; whether that is under way."""
        try:
            sock = self._set_out(*self._waiting.popleft())
        except LineShutError:
            raise
        except OSError as error:
            self._failure = error
            return False
        selector.register(sock, selectors.EVENT_WRITE, sock)
        return True

    def _set_out(self, family: int, kind: int, protocol: int, address: Any) -> socket.socket:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(0)
            self._line.hold(sock)
            code = sock.connect_ex(address)
            if code not in _CONNECTING:
                _fail(code)
        except OSError:
            sock.close()
            raise
        return sock

    def _look(self, selector: selectors.BaseSelector) -> socket.socket | None:
        """Wait a moment for a winner, looking at the line: a socket shut just before it connects is not woken."""
        ready = selector.select(_LOOK_EVERY)
        if self._line.is_shut:
            raise LineShutError
        for key, _ in ready:
            sock: socket.socket = key.data
            selector.unregister(sock)
            if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                sock.close()
                self._failure = OSError(code, os.strerror(code))
                continue
            try:
                self._line.hold(sock)
            except LineShutError:
                sock.close()
                raise
            return sock
        return None


def _fail(code: int) -> NoReturn:
    raise OSError(code, os.strerror(code))
