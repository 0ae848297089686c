"""The Hub that all peers download from, in a process of its own so that it costs none of them anything but cores."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "bench/model"

SMALL = 100_000
"""Bytes up to which a file is kept in git rather than in LFS."""


def serve(settings: dict[str, float | None], sizes: list[int]) -> None:
    """Serve one repo with files of ``sizes`` bytes until standard input closes; prints where."""
    from modelfetch.testing import LocalHub, Synthetic

    with LocalHub(**settings) as hub:
        files = {
            f"part-{number:05}.{'bin' if size > SMALL else 'json'}": Synthetic(size, number)
            for number, size in enumerate(sizes)
        }
        hub.add_repo(MODEL, files)
        print(json.dumps({"endpoint": hub.endpoint}), flush=True)
        for line in sys.stdin:
            if line.strip() == "bytes":
                print(hub.body_bytes(), flush=True)


@contextmanager
def running(sizes: list[int], **settings: float | None) -> Iterator[str]:
    """The endpoint of such a Hub; it has answered once, so that every digest is computed."""
    arguments = [sys.executable, __file__, json.dumps(settings), json.dumps(sizes)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield json.loads(process.stdout.readline())["endpoint"]
        process.stdin.close()


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]), json.loads(sys.argv[2]))
