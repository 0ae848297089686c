"""Listings that lie, answers that are not the Hub's, and redirects that lead astray."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import modelfetch as mf
from modelfetch.testing import BadListing, CaptivePortal, Garbage, HugeJson, OtherHeaders, Redirect, Verbatim

from .table import ASTRAY, BIG, FOREVER, SIZE, WITHOUT_SIBLINGS, Fails, Right, Row, Rows, network, reaching, untrusted

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelfetch.testing.localhub.faults import FaultWhere, ListingFlaw

PAGE = ("login page",)
TO_SPOIL: tuple[FaultWhere, ...] = ("info", "tree", "resolve", "cdn")
EVERYTHING: tuple[FaultWhere, ...] = (*TO_SPOIL, "*")

FLAWS: dict[ListingFlaw, str] = {
    "duplicate": "twice",
    "negative-size": "size",
    "string-size": "size",
    "absurd-size": "size",
    "climbing-name": "'../../climbed.bin' cannot be used",
    "absolute-name": "cannot be used",
    "backslash-name": "cannot be used",
    "drive-name": "cannot be used",
    "nul-name": "cannot be used",
    "reserved-name": "cannot be used",
    "missing-name": "cannot be used",
}


def entry(where: FaultWhere, **changes: object) -> BadListing:
    """A listing whose first file says something else."""

    def change(told: Any) -> Any:
        entries = told["siblings"] if isinstance(told, dict) else told
        entries[0] |= changes
        return told

    return BadListing(change, where=where, times=FOREVER)


def whole(where: FaultWhere, change: Callable[[Any], Any]) -> BadListing:
    """A listing that is another."""
    return BadListing(change, where=where, times=FOREVER)


DEEP: Any = []
for _ in range(300):
    DEEP = [DEEP]

LIES: Rows = {
    **{
        f"{flaw} in the listing": Row((BadListing(flaw, where="info"),), untrusted(word))
        for flaw, word in FLAWS.items()
    },
    **{
        f"{flaw} in the tree": Row((WITHOUT_SIBLINGS, BadListing(flaw, where="tree")), untrusted(word))
        for flaw, word in (*FLAWS.items(), ("missing-hash", "does not say what the content"))
    },
    **{
        f"a size of {size!r:.20}, {where}": Row(
            (WITHOUT_SIBLINGS, entry(where, size=size)) if where == "tree" else (entry(where, size=size),),
            untrusted("size"),
        )
        for size in (True, 1.5, 1e300, float("nan"), float("inf"), 10**300, "9", [], {}, DEEP, -(2**63))
        for where in ("info", "tree")
    },
    **{
        f"a name of {name!r:.20}": Row((entry("info", rfilename=name),), untrusted("cannot be used"))
        for name in (7, None, True, ["a"], {"a": 1}, "", ".", "..", "a/../b", "a//b", "\ud800", DEEP)
    },
    **{
        f"a hash of {oid!r:.20}": Row((entry("info", blobId=oid),), untrusted("content"))
        for oid in (7, None, True, ["a"], "xyz", "f" * 39, "F" * 40, "../../x")
    },
    "a sha256 that is none": Row(
        (
            whole(
                "info",
                lambda told: (
                    told
                    | {"siblings": [each | {"lfs": {"sha256": "x", "size": 5}, "size": 5} for each in told["siblings"]]}
                ),
            ),
        ),
        untrusted("sha256"),
    ),
    "a listing without a commit": Row((BadListing("missing-commit", where="info"),), untrusted("its commit is None")),
    "a commit that is none": Row(
        (whole("info", lambda told: told | {"sha": "../../etc"}),), untrusted("its commit is")
    ),
    "a listing without digests sends us to the tree": Row((BadListing("missing-hash", where="info"),), Right()),
    "siblings that are no list send us to the tree": Row(
        (whole("info", lambda told: told | {"siblings": "no"}),), Right()
    ),
    "a tree that is no list": Row((WITHOUT_SIBLINGS, whole("tree", lambda _: {"a": 1})), untrusted("not a list")),
    "a tree of other things": Row(
        (WITHOUT_SIBLINGS, whole("tree", lambda _: [1, None])), untrusted("neither a file nor a directory")
    ),
    "a tree whose next page is itself": Row(
        (WITHOUT_SIBLINGS, OtherHeaders((("Link", '<?again=1>; rel="next"'),), where="tree", times=FOREVER)),
        network("a page whose next page was read before"),
    ),
    "a tree whose next page is elsewhere": Row(
        (WITHOUT_SIBLINGS, OtherHeaders((("Link", '<http://127.0.0.9/>; rel="next"'),), where="tree")),
        network("a next page on another host"),
    ),
}

NOT_THE_HUB: Rows = {
    **{
        f"a login page, {where}": Row((*reaching(where), CaptivePortal(where=where, times=FOREVER)), network(*PAGE))
        for where in EVERYTHING
    },
    "a login page for a body, once": Row((CaptivePortal(where="cdn", match=BIG),), Right(1.1)),
    "a chunked login page for bodies": Row(
        (Verbatim(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>log in</html>", times=FOREVER),),
        network(*PAGE),
    ),
    **{
        f"a redirect to a login page, {where}": Row(
            (
                *reaching(where),
                Redirect("{cdn}/login", where=where, times=FOREVER),
                CaptivePortal(where="other", times=FOREVER),
            ),
            network(*PAGE),
        )
        for where in TO_SPOIL
    },
    "garbage for the listing": Row((Garbage(where="info"),), network("that is no JSON")),
    "garbage for the tree": Row((WITHOUT_SIBLINGS, Garbage(where="tree")), network("that is no JSON")),
    "JSON of another kind": Row((Garbage(b'"text"', where="info"),), network("a JSON value that is no object")),
    "JSON of 65 MiB": Row((HugeJson(times=FOREVER),), network("more than 64 MiB")),
    "JSON of 65 MiB in chunks": Row(
        (Verbatim(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 500_000, where="info"),),
        network("more than 64 MiB"),
        {"stall_timeout": 20.0},
    ),
    "JSON that nests 500,000 deep": Row((Garbage(b"[" * 500_000, where="info"),), network("that is no JSON")),
    "JSON that nests 500,000 deep and comes back": Row(
        (Garbage(b"[" * 500_000 + b"]" * 500_000, where="info"),), network("JSON")
    ),
    "JSON that nests inside a file": Row(
        (
            Garbage(
                b'{"sha":"'
                + b"a" * 40
                + b'","siblings":[{"rfilename":'
                + b"[" * 900
                + b"]" * 900
                + b',"size":1,"blobId":"x"}]}',
                where="info",
            ),
        ),
        untrusted("cannot be used"),
    ),
    "a number of 5,000 digits": Row((Garbage(b'{"sha": ' + b"9" * 5_000 + b"}", where="info"),), network("JSON")),
}

REDIRECTS: Rows = {
    "a long way round": Row((Redirect("{self}", times=5),), Right()),
    **{
        f"a loop, {where}": Row(
            (*reaching(where), Redirect("{self}", times=FOREVER, where=where)),
            network("More than 10 redirects in a row"),
        )
        for where in TO_SPOIL
    },
    **{
        f"a redirect to {to[:24] or 'nowhere'}, {where}": Row(
            (Redirect(to, where=where, times=FOREVER),), network("redirect", "was refused", "not followed")
        )
        for to in ASTRAY
        for where in ("info", "resolve", "cdn")
    },
    "a redirect without a location": Row(
        (Verbatim(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", where="info"),), network("it says not where to")
    ),
    **{
        f"a redirect to a host that cannot be, {to[7:20]}": Row(
            (Redirect(to, where="info", times=FOREVER),), network("is no name of a host")
        )
        for to in ("http://.a..b/x", "http://" + "a" * 64 + ".com/x")
    },
    "a redirect to where nobody listens": Row(
        (Redirect("http://127.0.0.1:1/x", where="cdn", times=FOREVER),), network("refused", "6 times in a row")
    ),
    "an address of 60 kB": Row((Redirect("ftp://" + "a" * 60_000, where="info"),), network("was refused")),
    "a size that the redirect lies about": Row(
        (OtherHeaders((("X-Linked-Size", str(SIZE - 1)),), where="resolve", match=BIG),),
        Fails(mf.PlanDriftError, ("bytes instead of",), 1.0),
    ),
}
