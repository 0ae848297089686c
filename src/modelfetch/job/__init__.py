"""One running download, seen from outside.

Rule: pull first, push is a convenience over it. A look takes no lock; the latest value wins and nothing queues up. A
download settles exactly once, a cancel settles it within 100 ms whatever its threads are stuck in, and the terminal
snapshot reaches every subscriber that is not stuck before ``result`` returns.

A ``run`` is the download at work on its thread, its ``snapshots`` are what is seen of it, its ``ending`` is how it ended,
with a ``result`` if it did well. A ``handle`` is what a host holds of a run (``DownloadJob``), and gives it a
``subscription`` or has it ``awaited``; ``blocking`` is how a host waits without a handle. A ``latch`` is what happens once
and can be waited for, as both a run and a subscription end. Whatever is called in a host goes through ``deliver``, and
``at_exit`` ends what still runs with the interpreter.
"""

from __future__ import annotations

from .blocking import follow
from .deliver import deliver
from .handle import DownloadJob
from .result import DownloadResult
from .run import Run

__all__ = ["DownloadJob", "DownloadResult", "Run", "deliver", "follow"]
