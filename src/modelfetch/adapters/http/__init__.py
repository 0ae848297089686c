"""HTTP/1.1 over plain sockets: connections that are kept alive, and that another thread can end at any moment.

Rule: every socket is in somebody's :class:`HttpLine` before it connects, so that name look-up aside there is no
state in which a cancel has to wait. Ending is ``shutdown`` of the socket: ``close`` would leave a reader blocked.

A ``line`` is one exchange's hold on its socket, ``dial`` connects it, a ``channel`` reads heads and bytes from it,
a ``reply`` is an answer with its body, and ``wire`` keeps the connections. What an answer may look like is decided in
``core.wire.head``. The standard library's ``http.client`` would do for honest peers; it takes a head that broke off for a
complete one, an early hint for the answer, and loses what it has read of a chunked body that fails.
"""

from __future__ import annotations

from .line import HttpLine, LineShutError
from .reply import HttpReply
from .wire import HttpWire

__all__ = ["HttpLine", "HttpReply", "HttpWire", "LineShutError"]
