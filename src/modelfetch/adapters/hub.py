"""The Hub's few endpoints: requests out, answers in.

Rule: no policy. What an answer means, whether it is asked again and where a token may go is decided in the
core; this module puts it on the wire. Endpoints: https://huggingface.co/docs/hub/api.
"""

from __future__ import annotations

import random
import ssl
import time
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..core.planning.asking import LARGEST_JSON, Get, Heard, Silence, Talk
from ..core.ranges import ByteRange
from ..core.wire.answer import answered, asked_wait, judge_body, packing
from ..core.wire.ends import Answered, Broken, Delivered, End, Refused, Unranged
from ..core.wire.head import GarbledAnswerError
from ..core.wire.inflate import PACKINGS, Inflater
from ..core.wire.located import Elsewhere, Located, Location, header_size, judge_head
from ..core.wire.url import MOST_REDIRECTS, REDIRECTS, may_carry_token, redirected, shown
from ..errors import ModelFetchError, NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..core.planning.listing import Listing
    from ..core.transfer.ports import Line, Reply

HAND_ON = 0.1
"""Seconds after which a slow connection hands on what it has."""

_OK = 200
_BLOCK = 256 * 1024
_ERROR_TEXT = 2_000
_DRAIN = 64 * 1024
_LONGEST_REASON = 200


class Hub:
    """One endpoint of a Hub, spoken to with one token. Every method blocks; any number of threads may call."""

    def __init__(self, endpoint: str, token: str | None, agent: str) -> None:
        self.endpoint = endpoint
        self._token = token
        self._agent = agent

    def talk(self, talk: Talk, line: Callable[[], Line], sleep: Callable[[float], None]) -> Listing:
        """Hold a conversation to its end. ``line`` makes the line for one request; raises typed errors."""
        get = next(talk)
        while True:
            sleep(get.after)
            try:
                get = talk.send(self._hear(get, line()))
            except StopIteration as end:
                listing: Listing = end.value
                return listing

    def _hear(self, get: Get, line: Line) -> Heard | Silence:
        try:
            with closing(self.follow(line, get.url, {"Accept": "application/json"})) as reply:
                body = _read_all(reply) if reply.status == _OK else _error_text(reply)
        except ModelFetchError as error:
            return Silence(str(error), error=error)
        except ssl.SSLCertVerificationError as error:
            return Silence(str(error), error=_untrusted(get.url, error))
        except OSError as error:
            return Silence(_reason(error), random.random())
        wait = asked_wait(reply.headers, time.time())
        return Heard(reply.status, reply.headers, body, wait, random.random())

    def ask(self, line: Line, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        """One request; the token goes along where it may."""
        own = {"User-Agent": self._agent, "Accept-Encoding": "identity"}
        if self._token is not None and may_carry_token(url, self.endpoint):
            own["Authorization"] = f"Bearer {self._token}"
        return line.send(method, url, {**own, **headers})

    def follow(self, line: Line, url: str, headers: Mapping[str, str]) -> Reply:
        """The first answer that is no redirect. Raises NetworkError for a redirect that must not be followed."""
        for _ in range(MOST_REDIRECTS + 1):
            reply = self.ask(line, "GET", url, headers)
            if reply.status not in REDIRECTS:
                return reply
            with closing(reply):
                url = redirected(url, reply.headers.get("location"))
                _drain(reply, line)
        raise _too_many_redirects(url)


class HubFiles:
    """The files of one repo at one commit, on one Hub: a ``Source``."""

    def __init__(self, hub: Hub, repo_id: str, commit: str) -> None:
        self._hub = hub
        self._resolve = f"{hub.endpoint}/{repo_id}/resolve/{quote(commit, safe='')}"

    def locate(self, path: str, line: Line, found: Callable[[Location, str | None, int | None], None]) -> End:
        """Ask where ``path`` is."""
        url = f"{self._resolve}/{quote(path)}"
        return _ending(url, lambda: self._locate(url, line, found))

    def _locate(self, url: str, line: Line, found: Callable[[Location, str | None, int | None], None]) -> End:
        for _ in range(MOST_REDIRECTS + 1):
            with closing(self._hub.ask(line, "HEAD", url, {})) as reply:
                told = judge_head(reply.status, reply.headers, url, self._hub.endpoint)
            match told:
                case Elsewhere(target):
                    url = target
                case Located(location, entity, size):
                    found(location, entity, size)
                    return Delivered()
                case Refused():
                    return told
                case None:
                    return _answered(reply)
        raise _too_many_redirects(url)

    def fetch(  # noqa: PLR0913 - one fetch is that many facts
        self,
        location: Location,
        asked: ByteRange,
        size: int,
        line: Line,
        receive: Callable[[int, memoryview], None],
        *,
        block: int | None = None,
        whole: bool = False,
    ) -> End:
        """Bring ``asked``; with ``whole`` the source knows no ranges, so all of the file is asked for."""
        wanted = ByteRange(0, size) if whole else asked
        buffer = memoryview(bytearray(min(block or _BLOCK, asked.size)))

        def exchange() -> End:
            with closing(self._hub.follow(line, location.url, {"Range": wanted.http()})) as reply:
                brings = judge_body(reply.status, reply.headers, wanted, size)
                match brings:
                    case ByteRange():
                        return _stream(_plain(reply), brings, asked, buffer, receive)
                    case Unranged() | Broken():
                        return brings
                    case None:
                        return _answered(reply)

        return _ending(location.url, exchange)


def _ending(url: str, exchange: Callable[[], End]) -> End:
    """How ``exchange`` ended, whatever it raised."""
    try:
        return exchange()
    except ModelFetchError as error:
        return Refused(error)
    except ssl.SSLCertVerificationError as error:
        return Refused(_untrusted(url, error))
    except OSError as error:
        return Broken(_reason(error))


def _stream(
    reply: Reply, brings: ByteRange, asked: ByteRange, buffer: memoryview, receive: Callable[[int, memoryview], None]
) -> End:
    """Hand the body on in blocks, none of which holds bytes from both before and within what was asked for."""
    at, stop = brings.start, min(asked.stop, brings.stop)
    while at < stop:
        until = asked.start if at < asked.start else stop
        count = _fill(reply, buffer[: until - at])
        if count == 0:
            return _short(at, brings)
        receive(at, buffer[:count])
        at += count
    return Delivered() if stop < brings.stop or _is_over(reply, buffer) else Broken("the body is longer than it said")


def _is_over(reply: Reply, buffer: memoryview) -> bool:
    """Whether nothing comes after the last byte; a body that only the connection's end would end is not waited for."""
    if not reply.headers.keys() & {"content-length", "transfer-encoding"}:
        return True
    return reply.read_some(buffer) == 0


def _fill(reply: Reply, into: memoryview) -> int:
    """Read until ``into`` is full, the body ends, or it is time to hand on."""
    filled, until = 0, time.monotonic() + HAND_ON
    while filled < len(into):
        try:
            count = reply.read_some(into[filled:], HAND_ON if filled else None)
        except OSError:
            if filled:
                break  # the bytes before it are good, and on disk when nothing follows; the next read meets it again
            raise
        filled += count
        if count == 0 or time.monotonic() >= until:
            break
    return filled


def _short(at: int, brings: ByteRange) -> Broken:
    return Broken(f"the body ended {brings.stop - at} bytes early")


class _Unpacked:
    """A reply whose body came packed, read as it was before."""

    def __init__(self, reply: Reply) -> None:
        self.status, self.headers = reply.status, reply.headers
        self._reply = reply
        self._inflater = Inflater()
        self._buffer = memoryview(bytearray(_DRAIN))

    def read_some(self, into: memoryview, within: float | None = None) -> int:
        """At least one byte; 0 at the end. Raises OSError."""
        while not (out := self._inflater.take(len(into))):
            count = self._reply.read_some(self._buffer, within)
            if count == 0:
                if not self._inflater.is_whole:
                    message = "its packed body broke off"
                    raise GarbledAnswerError(message)
                return 0
            self._inflater.put(bytes(self._buffer[:count]))
        into[: len(out)] = out
        return len(out)

    def close(self) -> None:
        """Give the connection back."""
        self._reply.close()


def _plain(reply: Reply) -> Reply:
    return _Unpacked(reply) if packing(reply.headers) in PACKINGS else reply


def _read_all(reply: Reply) -> bytes:
    """A listing. Raises OSError for one that breaks off, NetworkError for one that is too large."""
    declared = None if "transfer-encoding" in reply.headers else header_size(reply.headers.get("content-length"))
    if declared is not None and declared > LARGEST_JSON:
        raise _too_large()
    body = bytearray()
    buffer = memoryview(bytearray(_DRAIN))
    plain = _plain(reply)
    while count := plain.read_some(buffer):
        body += buffer[:count]
        if len(body) > LARGEST_JSON:
            raise _too_large()
    if declared is not None and plain is reply and declared != len(body):
        message = f"the answer ended {declared - len(body)} bytes early"
        raise OSError(message)
    return bytes(body)


def _drain(reply: Reply, line: Line) -> None:
    """Read a short body, so that its connection can be used again; one that fails is of no interest."""
    buffer = memoryview(bytearray(4096))
    left = header_size(reply.headers.get("content-length")) or 0
    if "transfer-encoding" in reply.headers or left > _DRAIN:
        return
    try:
        while left > 0 and (count := reply.read_some(buffer, HAND_ON)):
            left -= count
    except OSError:
        if line.is_shut:
            raise


def _answered(reply: Reply) -> Answered:
    def body() -> str:
        return _error_text(reply).decode("utf-8", "replace")

    return answered(reply.status, reply.headers, body, asked_wait(reply.headers, time.time()))


def _error_text(reply: Reply) -> bytes:
    """The beginning of what an error answer says; that it breaks off does not change what the status means."""
    buffer = memoryview(bytearray(_ERROR_TEXT))
    try:
        return bytes(buffer[: _fill(reply, buffer)])
    except OSError:
        return b""


def _reason(error: OSError) -> str:
    return f"{error.strerror or error}"[:_LONGEST_REASON] or type(error).__name__


def _untrusted(url: str, error: ssl.SSLCertVerificationError) -> NetworkError:
    return NetworkError(
        f"The certificate of {shown(url)} does not check out: {error.verify_message.rstrip('.')}. A certificate for this name, "
        "signed by a trusted authority, was expected. Nothing was sent; check the endpoint's name, and if the network inspects "
        "TLS, name its CA file in SSL_CERT_FILE."
    )


def _too_large() -> NetworkError:
    return NetworkError(
        f"An answer of more than {LARGEST_JSON >> 20} MiB came where a listing was asked for. A Hub's JSON was expected. It "
        "was not read further and nothing was fetched; check the endpoint."
    )


def _too_many_redirects(url: str) -> NetworkError:
    return NetworkError(
        f"More than {MOST_REDIRECTS} redirects in a row, the last to {shown(url)}. An answer was expected. They were not "
        "followed further; check the endpoint."
    )
