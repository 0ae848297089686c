"""A plain HTTP client, so that what is tested is what went over the wire."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import pytest

from modelfetch.testing import LocalHub, Repo, Synthetic
from modelfetch.testing.fixture import isolated_cache as isolated_cache
from modelfetch.testing.fixture import local_hub as local_hub

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelfetch.testing.localhub.repo import Given

SIZE = 300_000


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Asks one hub; every request has a connection of its own unless one is passed."""

    def __init__(self, hub: LocalHub) -> None:
        self.hub = hub
        self.size = SIZE
        self._opened: list[http.client.HTTPConnection | http.client.HTTPResponse] = []

    def connect(self, url: str) -> http.client.HTTPConnection:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        connection = http.client.HTTPConnection(host, port, timeout=10)
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=self.hub.ca_file)
            context.verify_flags |= ssl.VERIFY_X509_STRICT
            connection = http.client.HTTPSConnection(host, port, timeout=10, context=context)
        self._opened.append(connection)
        return connection

    def leave(self) -> None:
        """Close whatever is open, as a client does that was cancelled."""
        while self._opened:
            self._opened.pop().close()

    def open(self, address: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        url = urljoin(self.hub.endpoint, address)
        parts = urlsplit(url)
        connection = self.connect(url)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), headers=named)
        response = connection.getresponse()
        self._opened.append(response)
        return response

    def ask(self, address: str, method: str = "GET", **headers: str) -> Reply:
        """One request on a connection of its own, which is closed afterwards."""
        before = len(self._opened)
        try:
            response = self.open(address, method, **headers)
            reply = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, reply, response.read())
        finally:
            while len(self._opened) > before:
                self._opened.pop().close()

    def signed(self, path: str = "model.bin") -> str:
        return self.ask(f"/org/model/resolve/main/{path}").headers["location"]

    def fetch(self, path: str = "model.bin", **headers: str) -> Reply:
        return self.ask(self.signed(path), **headers)


@pytest.fixture
def repo(local_hub: LocalHub) -> Repo:
    files: dict[str, Given] = {
        "config.json": b'{"a": 1}',
        "sub folder/notes.txt": b"notes",
        "model.bin": Synthetic(SIZE, 1),
    }
    return local_hub.add_repo("org/model", files)


@pytest.fixture
def client(local_hub: LocalHub) -> Iterator[Client]:
    client = Client(local_hub)
    yield client
    client.leave()


@pytest.fixture
def content(repo: Repo) -> bytes:
    return bytes(repo.files["model.bin"].content.read(0, SIZE))
