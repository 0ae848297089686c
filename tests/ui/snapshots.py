"""Three looks at one download: as it starts, in its middle, and at its end."""

from __future__ import annotations

from dataclasses import replace

import modelfetch as mf

START = mf.DownloadProgress(
    mf.DownloadStatus.CHECKING, bytes_downloaded=400, bytes_total=1000, bytes_reused=400, files_total=2, seq=1
)
RUNNING = replace(START, status=mf.DownloadStatus.DOWNLOADING, bytes_downloaded=600, speed=50.0, eta=8.0)
COMPLETE = replace(RUNNING, status=mf.DownloadStatus.COMPLETE, bytes_downloaded=1000, files_done=2, speed=0.0, eta=None)
