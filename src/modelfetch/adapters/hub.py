"""The Hub's few endpoints: requests out, answers in.

Rule: no policy. What an answer means, whether it is asked again and where a token may go is decided in the
core; this module puts it on the wire. Endpoints: https://huggingface.co/docs/hub/api.
"""

from __future__ import annotations

import http.client
import random
import ssl
import time
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..core.asking import LARGEST_JSON, Get, Heard, Silence, Talk
from ..core.events import Answered, Broken, Delivered, End, Location, Refused, Unranged
from ..core.http import (
    MOST_REDIRECTS,
    REDIRECTS,
    asked_wait,
    entity,
    is_login_page,
    judge_body,
    may_carry_token,
    redirected,
    shown,
)
from ..core.ranges import ByteRange
from ..errors import ModelFetchError, NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..core.listing import Listing
    from ..core.ports import Line, Reply

HAND_ON = 0.1
"""Seconds after which a slow connection hands on what it has."""

_BLOCK = 256 * 1024
_ERROR_TEXT = 2_000
_DRAIN = 64 * 1024
_LONGEST_NUMBER = 20


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
                body = _read_all(reply)
        except ModelFetchError as error:
            return Silence(str(error), error=error)
        except ssl.SSLCertVerificationError as error:
            return Silence(str(error), error=_untrusted(get.url, error))
        except (OSError, http.client.HTTPException) as error:
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
                _drain(reply)
        raise _too_many_redirects(url)


class HubFiles:
    """The files of one repo at one commit, on one Hub: a ``Source``."""

    def __init__(self, hub: Hub, repo_id: str, commit: str) -> None:
        self._hub = hub
        self._resolve = f"{hub.endpoint}/{repo_id}/resolve/{quote(commit, safe='')}"

    def locate(self, path: str, line: Line, found: Callable[[Location, str | None, int | None], None]) -> End:
        """Ask where ``path`` is. Redirects within the endpoint that name no content (a renamed repo) are followed."""
        url = f"{self._resolve}/{quote(path)}"
        return _ending(url, lambda: self._locate(url, line, found))

    def _locate(self, url: str, line: Line, found: Callable[[Location, str | None, int | None], None]) -> End:
        for _ in range(MOST_REDIRECTS + 1):
            with closing(self._hub.ask(line, "HEAD", url, {})) as reply:
                head = reply.headers
            named = head.get("x-linked-etag") or head.get("etag")
            target = url
            if reply.status in REDIRECTS:
                target = redirected(url, head.get("location"))
                if named is None and may_carry_token(target, self._hub.endpoint):
                    url = target
                    continue
            elif reply.status != http.client.OK:
                return _answered(reply)
            elif is_login_page(head):
                return Refused(_not_the_hub(url))
            found(Location(target), entity(named), _size(head.get("x-linked-size")))
            return Delivered()
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
                        return _stream(reply, brings, asked, buffer, receive)
                    case Answered():
                        return _answered(reply)
                    case Unranged() | Broken():
                        return brings

        return _ending(location.url, exchange)


def _ending(url: str, exchange: Callable[[], End]) -> End:
    """How ``exchange`` ended, whatever it raised."""
    try:
        return exchange()
    except ModelFetchError as error:
        return Refused(error)
    except ssl.SSLCertVerificationError as error:
        return Refused(_untrusted(url, error))
    except (OSError, http.client.HTTPException) as error:
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
    if stop == brings.stop and reply.read_some(buffer) > 0:
        return Broken("the body is longer than the range that was asked for")
    return Delivered()


def _fill(reply: Reply, into: memoryview) -> int:
    """Read until ``into`` is full, the body ends, or it is time to hand on."""
    filled, until = 0, time.monotonic() + HAND_ON
    while filled < len(into):
        try:
            count = reply.read_some(into[filled:])
        except OSError:
            if filled:
                break  # the bytes before the failure are good; the next read meets it again
            raise
        filled += count
        if count == 0 or time.monotonic() >= until:
            break
    return filled


def _short(at: int, brings: ByteRange) -> Broken:
    return Broken(f"the body ended {brings.stop - at} bytes early")


def _read_all(reply: Reply) -> bytes:
    body = bytearray()
    buffer = memoryview(bytearray(_DRAIN))
    while count := reply.read_some(buffer):
        body += buffer[:count]
        if len(body) > LARGEST_JSON:
            message = (
                f"An answer of more than {LARGEST_JSON >> 20} MiB came where a listing was asked for. It was not read "
                "further; check the endpoint."
            )
            raise NetworkError(message)
    declared = _size(reply.headers.get("content-length"))
    if declared is not None and declared != len(body):
        message = f"the answer ended {declared - len(body)} bytes early"
        raise OSError(message)
    return bytes(body)


def _drain(reply: Reply) -> None:
    """Read a short body, so that its connection can be used again."""
    buffer = memoryview(bytearray(4096))
    left = _DRAIN
    while left > 0 and (count := reply.read_some(buffer)):
        left -= count


def _answered(reply: Reply) -> Answered:
    head = reply.headers
    said = head.get("x-error-message", "")
    if not said:
        buffer = memoryview(bytearray(_ERROR_TEXT))
        said = (
            bytes(buffer[: _fill(reply, buffer)]).decode("utf-8", "replace") if reply.status != http.client.OK else ""
        )
    return Answered(reply.status, head.get("x-error-code", ""), said, asked_wait(head, time.time()))


def _size(text: str | None) -> int | None:
    """A size in a header; what no file can have is no size."""
    return int(text) if text and text.isascii() and text.strip().isdecimal() and len(text) < _LONGEST_NUMBER else None


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _untrusted(url: str, error: ssl.SSLCertVerificationError) -> NetworkError:
    return NetworkError(
        f"The certificate of {shown(url)} does not check out: {error.verify_message}. A certificate signed by a trusted "
        "authority was expected. Nothing was sent; if the network inspects TLS, name its CA file in SSL_CERT_FILE."
    )


def _not_the_hub(url: str) -> NetworkError:
    return NetworkError(
        f"{shown(url)} was answered with a web page. A Hub's answer was expected. Nothing was fetched; check the endpoint, or "
        "whether a login page of the network is in between."
    )


def _too_many_redirects(url: str) -> NetworkError:
    return NetworkError(
        f"More than {MOST_REDIRECTS} redirects in a row, the last to {shown(url)}. An answer was expected. They were not "
        "followed further; check the endpoint."
    )
