"""What comes is not what was asked for: other ranges, other bytes, other packing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import modelfetch as mf
from modelfetch.testing import (
    Chunked,
    Close,
    ExpireUrl,
    FlipBit,
    Gzip,
    GzipBomb,
    IgnoreRange,
    LieRange,
    OtherContent,
    OtherHeaders,
    RateLimited,
    Reset,
    ShiftRange,
    Stall,
    Status,
)

from ..download.kit import MIB, REPO
from .table import BIG, BRISK, FILES, FOREVER, SIZE, WITHOUT_SIBLINGS, Fails, Right, Row, Rows, network

if TYPE_CHECKING:
    from ..download.kit import World

WRONG_TWICE = ("wrong again and thrown away", "nothing was published")


def corrupt(path: str, served: float) -> Fails:
    """The error for bytes that were wrong again."""
    told = {
        "path": path,
        "expected": lambda digest: len(digest) in {40, 64},
        "actual": lambda digest: len(digest) in {40, 64},
    }
    return Fails(mf.IntegrityError, (*WRONG_TWICE, path), served, told)


def head(where: str, *headers: tuple[str, str], without: tuple[str, ...] = (), times: int | None = 1) -> OtherHeaders:
    """An answer about the big file with another head."""
    return OtherHeaders(headers, without, where=where, match=BIG, times=times)  # type: ignore[arg-type] # - a literal


RANGES: Rows = {
    "200 for a range": Row((IgnoreRange(match=BIG),), Right(2.0)),
    "200 for every range": Row((IgnoreRange(times=FOREVER),), Right(3.0)),
    "a range that is another": Row((ShiftRange(match=BIG),), Right(1.6)),
    "a range that is another, always": Row(
        (ShiftRange(match=BIG, times=FOREVER),), network("was asked for, Content-Range", "6 times in a row", served=8.0)
    ),
    "a range that lies": Row((LieRange(match=BIG),), Right(2.1)),
    "a range that lies, always": Row((LieRange(match=BIG, times=FOREVER),), corrupt(BIG, 2.1)),
    "206 of a file of another size": Row((head("cdn", ("Content-Range", f"bytes 0-9/{SIZE + 1}")),), Right(2.0)),
    "206 of a file of another size, always": Row(
        (head("cdn", ("Content-Range", f"bytes 0-9/{SIZE + 1}"), times=FOREVER),),
        network("Content-Range 'bytes 0-9/9000001' came", served=8.0),
    ),
    "206 that does not say of what": Row((head("cdn", without=("Content-Range",)),), Right(2.0)),
    "206 that never says of what": Row(
        (head("cdn", without=("Content-Range",), times=FOREVER),),
        network("a 206 answer came with Content-Range ''", served=8.0),
    ),
    "206 with a range that is none": Row((head("cdn", ("Content-Range", "bytes 9-0/x" + "9" * 5000)),), Right(2.0)),
}

BYTES: Rows = {
    "a flipped bit": Row((FlipBit(SIZE // 2, match=BIG),), Right(2.1)),
    "a flipped bit, always": Row((FlipBit(SIZE // 2, match=BIG, times=FOREVER),), corrupt(BIG, 2.1)),
    "a flipped bit in a small file": Row((FlipBit(3, match="config.json"),), Right(1.1)),
    "a flipped bit in a small file, always": Row(
        (FlipBit(3, match="config.json", times=FOREVER),), corrupt("config.json", 1.1)
    ),
    "other content": Row((OtherContent(match=BIG),), Right(2.1)),
    "other content from the second part on": Row((OtherContent(match=BIG, skip=1, times=FOREVER),), corrupt(BIG, 2.1)),
    "another ETag than was planned": Row(
        (head("resolve", ("X-Linked-Etag", f'"{"f" * 64}"'), times=FOREVER),),
        Fails(mf.PlanDriftError, ("content ffffffffffff...", "plan again"), 1.0, {"path": BIG, "repo_id": REPO}),
    ),
    "another size than was planned": Row(
        (head("resolve", ("X-Linked-Size", "5"), times=FOREVER),),
        Fails(mf.PlanDriftError, (f"5 bytes instead of {SIZE}",), 1.0, {"path": BIG}),
    ),
    "another ETag when the address is renewed": Row(
        (
            ExpireUrl(match=BIG),
            OtherHeaders((("X-Linked-Etag", "f" * 64),), where="resolve", match=BIG, skip=1, times=FOREVER),
        ),
        Fails(mf.PlanDriftError, ("is no longer what was planned",), 1.0, {"path": BIG}),
    ),
    "a size that is no number says nothing": Row((head("resolve", ("X-Linked-Size", "-1e9"), times=FOREVER),), Right()),
    "an ETag of another kind says nothing": Row(
        (head("resolve", ("X-Linked-Etag", 'W/"v1"'), times=FOREVER),), Right()
    ),
}

PACKING: Rows = {
    "gzip nobody asked for": Row((Gzip(),), Right(1.6)),
    "gzip nobody asked for, always": Row((Gzip(times=FOREVER),), Right(1.1)),
    "identity by name": Row((OtherHeaders((("Content-Encoding", "identity"),), times=FOREVER),), Right()),
    "a gzip listing": Row((Gzip(where="info", times=FOREVER),), Right()),
    "a gzip tree": Row((WITHOUT_SIBLINGS, Gzip(where="tree", times=FOREVER)), Right()),
    "a gzip bomb for the listing": Row(
        (GzipBomb(times=FOREVER),),
        network("more than 64 MiB", "not read further", "check the endpoint"),
        {"stall_timeout": 20.0},
    ),
    "a gzip bomb for a body": Row((GzipBomb(1 << 26, where="cdn", match=BIG),), Right(2.1)),
    "gzip by name alone": Row((head("cdn", ("Content-Encoding", "gzip")),), Right(2.0)),
    "gzip by name alone, always": Row(
        (head("cdn", ("Content-Encoding", "gzip"), times=FOREVER),), network("its packed body is damaged", served=8.0)
    ),
    "a coding that nobody knows, always": Row(
        (head("cdn", ("Content-Encoding", "br"), times=FOREVER),), network("br-encoded although identity", served=8.0)
    ),
    "chunked bodies": Row((Chunked(times=FOREVER),), Right()),
    "a chunked listing": Row((Chunked(where="info", times=FOREVER),), Right()),
}


def _forget_commit(world: World) -> None:
    repo = world.publish(FILES)
    repo.commit({"config.json": b"{}"})
    repo.delete_commit(next(iter(repo.commits)))


def _rename(world: World) -> None:
    world.hub.rename(REPO, "org/moved")


CHANGES: Rows = {
    "a commit deleted between plan and download": Row(
        (),
        Fails(mf.PlanDriftError, ("no longer offered at commit", "plan again"), heals=False),
        between=_forget_commit,
    ),
    "a repo renamed between plan and download": Row((), Right(), between=_rename),
}

ALL_AT_ONCE: Rows = {
    "a bad day": Row(
        (
            Status(503, where="info"),
            Reset(where="info"),
            RateLimited(1, where="resolve"),
            Stall(after=MIB, match=BIG),
            FlipBit(SIZE - 1, match=BIG),
            Close(after=MIB, match=BIG, times=3),
            ExpireUrl(match=BIG),
        ),
        Right(2.5),
        BRISK,
    ),
}
