"""A Hugging Face Hub on loopback that can misbehave, for the tests of apps that download models.

Is the cancel button quick, and does the next start go on where it stopped? With
``pytest_plugins = ["modelfetch.testing.fixture"]`` in ``conftest.py``::

    from modelfetch.testing import LocalHub, Stall, Synthetic

    def test_the_cancel_button_works_while_the_network_hangs(app, local_hub, isolated_cache):
        local_hub.add_repo("org/model", {"model.bin": Synthetic(50_000_000)})
        local_hub.inject(Stall(after=20_000_000))
        app.click("Download")
        local_hub.wait_for_bytes(20_000_000)
        app.click("Cancel")
        assert app.status == "Cancelled"
        local_hub.clear()
        app.click("Download")
        assert local_hub.body_bytes() < 35_000_000

Nothing but the standard library is imported; pytest by the fixtures, and trustme by ``LocalHub(tls=True)``, alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .localhub.content import Content, Synthetic
    from .localhub.faults import (
        BadListing,
        CaptivePortal,
        Chunked,
        Close,
        Delay,
        ExpireUrl,
        Fault,
        FlipBit,
        Forbidden,
        Garbage,
        Gzip,
        GzipBomb,
        HangUp,
        HeaderTrickle,
        HugeJson,
        IgnoreRange,
        Interim,
        LieRange,
        NoAnswer,
        OtherContent,
        OtherHeaders,
        RangeNotSatisfiable,
        RateLimited,
        Redirect,
        Reset,
        ShiftRange,
        ShortBody,
        Stall,
        Status,
        Surplus,
        Trickle,
        Verbatim,
    )
    from .localhub.hub import LocalHub
    from .localhub.log import Request
    from .localhub.repo import Commit, File, Repo
    from .localhub.script import Injected

__all__ = [
    "BadListing",
    "CaptivePortal",
    "Chunked",
    "Close",
    "Commit",
    "Content",
    "Delay",
    "ExpireUrl",
    "Fault",
    "File",
    "FlipBit",
    "Forbidden",
    "Garbage",
    "Gzip",
    "GzipBomb",
    "HangUp",
    "HeaderTrickle",
    "HugeJson",
    "IgnoreRange",
    "Injected",
    "Interim",
    "LieRange",
    "LocalHub",
    "NoAnswer",
    "OtherContent",
    "OtherHeaders",
    "RangeNotSatisfiable",
    "RateLimited",
    "Redirect",
    "Repo",
    "Request",
    "Reset",
    "ShiftRange",
    "ShortBody",
    "Stall",
    "Status",
    "Surplus",
    "Synthetic",
    "Trickle",
    "Verbatim",
]

_HOMES = {
    "Commit": "repo",
    "Content": "content",
    "File": "repo",
    "Injected": "script",
    "LocalHub": "hub",
    "Repo": "repo",
    "Request": "log",
    "Synthetic": "content",
}


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first asked for (PEP 562); what has no home of its own is a fault."""
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f".localhub.{_HOMES.get(name, 'faults')}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
