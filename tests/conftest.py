"""No test sees the machine it runs on: no token, cache, endpoint or proxy of the user's, and no file kept between runs."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

settings.register_profile("dev", database=None, deadline=None)
settings.register_profile("ci", database=None, deadline=None, derandomize=True, print_blob=True)
settings.register_profile("nightly", database=None, deadline=None, max_examples=10_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))

FOREIGN = (
    "HF_",
    "HUGGING",
    "TRANSFORMERS_",
    "SSL_CERT_",
    "REQUESTS_CA_",
    "CURL_CA_",
    "DO_NOT_TRACK",
    "DISABLE_TELEMETRY",
)
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
HOMES = Path(tempfile.mkdtemp(prefix="modelfetch-tests-"))
_NUMBERS = itertools.count()


def _isolate(home: Path) -> dict[str, str]:
    """The environment of a user who has just been born; nothing is created."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(FOREIGN) and name.lower() not in PROXIES and name != "XDG_CACHE_HOME"
    }
    return kept | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "HF_HOME": str(home / "huggingface"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }


def _become(environment: dict[str, str]) -> None:
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)


_become(_isolate(HOMES / "import"))  # huggingface_hub reads its variables when it is imported


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seeds", type=int, default=300, help="simulated runs, each from its own seed")


def pytest_unconfigure() -> None:
    shutil.rmtree(HOMES, ignore_errors=True)


@pytest.fixture(autouse=True)
def fresh_home() -> Iterator[Path]:
    """A home folder of the test's own; what the test changes in the environment is undone."""
    before = dict(os.environ)
    home = HOMES / str(next(_NUMBERS))
    _become(_isolate(home))
    yield home
    _become(before)
