"""``demo``: the main job from start to end, offline, on a real model made here and a Hub on this machine.

Rule: what it says is measured, and what it claims is checked; a claim that is not true makes the exit code 1. The
Hub counts the bytes, so the download cannot praise itself. It leaves nothing behind and touches no cache but its own.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING

from ..api import download, plan_download
from ..cancel import CancelToken
from ..core.text import bytes_text, counted
from ..errors import DownloadCancelled
from .arguments import DEMO, FAST_DEMO, UsageError
from .output import say, surface

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from ..core.planning.plan import DownloadPlan, PlannedFile
    from ..core.transfer.progress import DownloadProgress
    from ..job import DownloadResult
    from ..testing import LocalHub

_REPO = "demo/whisper"
_PAUSE = 0.7
"""Seconds between two parts, where somebody watches."""

_SMALLEST = "25MB"
"""What ``write_big_whisper`` can make at least."""

_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


def run(asked: Namespace) -> int:
    """Play it; 0 when everything it said was true."""
    size, speed = FAST_DEMO if asked.fast else DEMO
    size, speed = asked.size or size, asked.speed or speed
    out = sys.stdout
    with TemporaryDirectory(prefix="modelfetch-demo-", ignore_cleanup_errors=True) as folder, _only_loopback():
        return _Demo(out, Path(folder), _PAUSE if out.isatty() and not asked.fast else 0.0).play(size, speed)


@contextmanager
def _only_loopback() -> Iterator[None]:
    """The Hub of the demo is not behind a proxy, and it is there even for who works offline."""
    changed = {"NO_PROXY": "*", "no_proxy": "*", **dict.fromkeys(_OFFLINE, "0")}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@dataclass(slots=True)
class _Demo:
    """The play: where it is shown, where its files are, how long it rests between parts, and whether it lied."""

    out: IO[str]
    folder: Path
    pause: float
    untrue: bool = False

    def play(self, size: int, speed: int) -> int:
        """All parts in order."""
        from ..testing import LocalHub  # noqa: PLC0415 - a Hub is for who wants one

        self._say(
            f"modelfetch demo: a model of {bytes_text(size)} over a link of {bytes_text(speed)}/s, all on this machine."
        )
        self._part("1. Make a real model, and a Hub that serves it")
        files = self._model(size)
        with LocalHub(bandwidth=speed) as hub:
            hub.add_repo(_REPO, files)
            self._say(f"{_REPO}: a Whisper model of {len(files)} files, at {hub.endpoint}")
            planned = self._plan(hub)
            self._cancelled(hub, planned)
            first = self._served(hub)
            kept = self._look_again(hub)
            result = self._resumed(hub, kept)
            second = self._served(hub)
        self._verify(planned, result)
        self._sum_up(planned, kept, first, second)
        return 1 if self.untrue else 0

    def _model(self, size: int) -> dict[str, Path]:
        from ..testing.models import write_big_whisper  # noqa: PLC0415 - as above

        try:
            made = write_big_whisper(self.folder / "model", size)
        except ValueError as error:
            message = f"no real model is as small as {bytes_text(size)}; choose a --size of {_SMALLEST} or more"
            raise UsageError(message) from error
        except OSError as error:
            message = f"the model cannot be written to {self.folder} ({error.strerror}); choose a smaller --size or another TMPDIR"
            raise UsageError(message) from error
        return {path.name: path for path in sorted(made.iterdir())}

    def _plan(self, hub: LocalHub) -> DownloadPlan:
        self._part("2. Plan: what a download would bring, to the byte")
        planned = self._planned(hub)
        self._say(str(planned))
        nothing = hub.body_bytes() == 0 and not self._cache.exists()
        self._claim(
            nothing, f"It took {counted(len(hub.requests), 'request')}; no file was fetched and nothing was written."
        )
        return planned

    def _cancelled(self, hub: LocalHub, planned: DownloadPlan) -> None:
        self._part("3. Download, and cancel half way")
        hub.clear()
        cancel, shown = CancelToken(), surface(_REPO, self.out)
        pressed: list[float] = []

        def show(progress: DownloadProgress) -> None:
            shown.show(progress)
            if not pressed and progress.fraction >= 1 / 2:
                pressed.append(time.monotonic())
                cancel.cancel()

        try:
            download(planned, progress=show, cancel=cancel, cache_dir=self._cache, token=False)
        except DownloadCancelled:
            took = time.monotonic() - pressed[0]
            self._say(f"Cancelled: the call had ended {took * 1000:.0f} ms after the cancel.")
        else:
            over_too_soon = "The cancel came in time (a larger --size or a lower --speed makes sure that it does)."
            self._claim(False, over_too_soon)  # noqa: FBT003 - it did not

    def _look_again(self, hub: LocalHub) -> DownloadPlan:
        kept = self._planned(hub)
        here = kept.total_bytes - kept.remaining_bytes
        self._say(f"Kept on disk: {here:,} bytes. Still to fetch: {kept.remaining_bytes:,} bytes.")
        return kept

    def _resumed(self, hub: LocalHub, kept: DownloadPlan) -> DownloadResult:
        self._part("4. Download again: it goes on where it was")
        hub.clear()
        shown = surface(_REPO, self.out)
        return download(kept, progress=shown.show, cache_dir=self._cache, token=False)

    def _verify(self, planned: DownloadPlan, result: DownloadResult) -> None:
        self._part("5. Verify: read every file back from disk and hash it")
        all_right = all(_digest(result.path / file.path, file) == file.blob_id for file in planned.files)
        self._claim(all_right, f"All {counted(len(planned.files), 'file')} are what the Hub lists, byte for byte.")
        if (found := self._found_by_huggingface_hub()) is not None:
            self._claim(
                found == result.path, "huggingface_hub, asked for the model without network, gives the same folder."
            )

    def _found_by_huggingface_hub(self) -> Path | None:
        """The folder that it knows, None where it is not installed."""
        try:
            from huggingface_hub import snapshot_download  # noqa: PLC0415 - it may not be there
        except ImportError:
            return None
        return Path(snapshot_download(_REPO, cache_dir=self._cache, local_files_only=True))

    def _sum_up(self, planned: DownloadPlan, kept: DownloadPlan, first: int, second: int) -> None:
        self._part("What was kept, and what was fetched again (in bytes, as the Hub counted them)")
        here = kept.total_bytes - kept.remaining_bytes
        twice = first + second - planned.total_bytes
        for text, count in (
            ("the model", planned.total_bytes),
            ("sent before the cancel", first),
            ("sent after it", second),
            ("so sent twice", twice),
        ):
            self._say(f"  {text:<24}{count:>15,}")
        self._say(
            f"Those {twice:,} had left the Hub, but were not on disk yet, when the cancel came ({twice / planned.total_bytes:.2%})."
        )
        self._claim(second == kept.remaining_bytes, f"Of the {here:,} bytes that were on disk, none was sent again.")

    @property
    def _cache(self) -> Path:
        return self.folder / "cache"

    def _planned(self, hub: LocalHub) -> DownloadPlan:
        return plan_download(_REPO, backend="ctranslate2", cache_dir=self._cache, endpoint=hub.endpoint, token=False)

    def _served(self, hub: LocalHub) -> int:
        hub.wait_until_quiet()
        return hub.body_bytes()

    def _claim(self, holds: bool, claim: str) -> None:  # noqa: FBT001 - whether it holds is what it is about
        if not holds:
            self.untrue = True
        self._say(claim if holds else f"NOT TRUE: {claim}")

    def _part(self, title: str) -> None:
        time.sleep(self.pause)
        self._say(f"\n{title}")

    def _say(self, text: str) -> None:
        say(self.out, text)


def _digest(path: Path, file: PlannedFile) -> str:
    """The sha256 of an LFS file; of another its git blob id, the sha1 of a header and the content."""
    if file.sha256 is not None:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
