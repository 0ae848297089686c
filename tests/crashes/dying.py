"""A process whose children download, and meet with something at a chosen change of the cache folder.

It reads orders from standard input, a JSON object a line: the ``model`` and the ``options`` of a download, its
``environment`` and ``limits`` (of resources, by name), and what happens ``at`` which change: nothing, or the name of a
change and how many of that name are let through before it. ``act`` says what: ``kill`` (SIGKILL), ``tear`` (half of what
was to be written is written, then SIGKILL), ``fill`` (the file ``ballast`` takes all the room there is) or ``fail`` (this
one call ends with the error ``errno``).

Each order is carried out in a fork of this process; the answer is a line again: ``ended`` (the exit status, negative for a
signal), ``changes`` (their names, in order), ``written``, the bytes of part files that had been written when the process
ended, and ``error``, the download's own: type, message and attributes.

A change is named after the function and what it is done to, without what differs from run to run.
"""

# ruff: noqa: PTH115, PTH118, PTH119, PTH120, PTH123, T201 - it stands between the product and plain strings, and prints answers

from __future__ import annotations

import json
import os
import re
import resource
import signal
import sys
import threading
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import filelock as filelock  # everything is loaded before the first fork

import modelfetch as mf
from modelfetch.core.wire import retry
from modelfetch.wiring import transferring as transferring

if TYPE_CHECKING:
    from collections.abc import Callable

RANDOM = re.compile(r"(?<=[.-])[0-9a-f]{8}(?=\.)")
BY_PATH = ("mkdir", "rmdir", "unlink", "replace", "rename", "symlink", "link", "truncate", "chmod")
BY_DESCRIPTOR = ("write", "pwrite", "ftruncate", "fchmod", "fdatasync", "fsync", "sendfile")
CREATING = os.O_CREAT | os.O_TRUNC
TARGET_SECOND = {"replace", "rename", "symlink", "link"}


class Watch:
    """Stands before every function that changes the disk."""

    def __init__(self, order: dict[str, Any], told: int) -> None:
        self._root = os.path.join(os.path.realpath(order["options"]["cache_dir"]), "")
        self._order, self._told = order, told
        self._at = order["at"] and tuple(order["at"])
        self._met: Counter[str] = Counter()
        self._mutex = threading.RLock()
        self._write = os.write

    def install(self) -> None:
        for name in BY_PATH:
            setattr(os, name, self._by_path(name, getattr(os, name)))
        for name in BY_DESCRIPTOR:
            setattr(os, name, self._by_descriptor(name, getattr(os, name)))
        sys.addaudithook(self._on_open)

    def _by_path(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            if self._before(name, args[1] if name in TARGET_SECOND else args[0]):
                self._act()
            return real(*args, **options)

        return call

    def _by_descriptor(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(fd: int, *args: Any) -> Any:
            if self._before(name, os.readlink(f"/proc/self/fd/{fd}")):
                if self._order["act"] == "tear" and name in {"write", "pwrite"}:
                    data, *rest = args
                    real(fd, memoryview(data)[: len(data) // 2], *rest)
                self._act()
            done = real(fd, *args)
            if name == "pwrite":
                self._tell(str(done))
            return done

        return call

    def _on_open(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[0], str) and args[2] & CREATING and self._before("open", args[0]):
            self._act()

    def _before(self, function: str, path: str) -> bool:
        """Whether this is the change at which something happens."""
        path = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        if not path.startswith(self._root):
            return False
        name = f"{function} {RANDOM.sub('*', path.removeprefix(self._root))}"
        with self._mutex:
            is_the_one = self._at == (name, self._met[name])
            self._met[name] += 1
            if not is_the_one or self._order["act"] == "fill":
                self._tell(name)
        return is_the_one

    def _act(self) -> None:
        match self._order["act"]:
            case "fill":
                fill(self._order["ballast"], self._write)
            case "fail":
                raise OSError(self._order["errno"], os.strerror(self._order["errno"]))
            case _:
                os.kill(os.getpid(), signal.SIGKILL)

    def _tell(self, line: str) -> None:
        self._write(self._told, line.encode() + b"\n")


def fill(ballast: str, write: Callable[[int, bytes], int]) -> None:
    """Let ``ballast`` take all the room there is, to the last byte."""
    fd = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for size in (1 << 20, 1 << 12, 1 << 9, 1):
        with suppress(OSError):
            while write(fd, bytes(size)):
                pass
    os.close(fd)


def child(order: dict[str, Any], told: int) -> int:
    os.environ.update(order["environment"])
    retry.WAITS = tuple(wait / 50 for wait in retry.WAITS)
    for name, limit in order["limits"].items():
        resource.setrlimit(getattr(resource, name), (limit, limit))
    watch = Watch(order, told)
    watch.install()
    try:
        mf.download(order["model"], **order["options"])
    except mf.ModelFetchError as error:
        said = {"type": type(error).__name__, "message": str(error), **vars(error)}
        watch._tell("! " + json.dumps(said, default=str))
        return 1
    return 0


def carry_out(order: dict[str, Any]) -> dict[str, Any]:
    ours, its = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(ours)
        os._exit(child(order, its))
    os.close(its)
    with open(ours, encoding="utf-8") as lines:
        told = lines.read().splitlines()
    _, status = os.waitpid(pid, 0)
    errors = [json.loads(line[2:]) for line in told if line.startswith("! ")]
    return {
        "ended": os.waitstatus_to_exitcode(status),
        "changes": [line for line in told if line.partition(" ")[0] in {"open", *BY_PATH, *BY_DESCRIPTOR}],
        "written": sum(int(line) for line in told if line.isdecimal()),
        "error": errors[0] if errors else None,
    }


if __name__ == "__main__":
    for text in sys.stdin:
        print(json.dumps(carry_out(json.loads(text))), flush=True)
