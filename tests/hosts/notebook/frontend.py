"""What a front end knows of a widget: the messages that reach it, and what a person presses there."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

from comm.base_comm import BaseComm

from modelfetch.core.transfer.progress import DownloadProgress, DownloadStatus
from modelfetch.job import DownloadJob, DownloadResult, Run

MIB = 1 << 20


class FrontEnd:
    """Listens on every comm that is made while it is there."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.state: dict[str, Any] = {}
        self.changed = threading.Condition()
        self.is_gone = False
        self._comms: list[BaseComm] = []

    def comm(self, **options: Any) -> BaseComm:
        """What ipywidgets asks for."""
        listening = _Comm(self, **options)
        self._comms.append(listening)
        return listening

    def hear(self, message: dict[str, Any]) -> None:
        """Take up what a widget says."""
        if self.is_gone:
            text = "the socket is closed"
            raise OSError(text)
        with self.changed:
            self.messages.append(message)
            self.state |= message.get("state", {})
            self.changed.notify_all()

    def press(self, action: str, name: str, comm: int = -1) -> None:
        """A person presses a button of a card; returns when Python has dealt with it."""
        data = {"method": "custom", "content": {"action": action, "id": name}}
        self._comms[comm].handle_msg({"content": {"data": data}, "buffers": []})

    @property
    def updates(self) -> list[dict[str, Any]]:
        """The messages but for the first, which opens the widget."""
        return [message["state"] for message in self.messages if message.get("method") == "update"]

    @property
    def active(self) -> list[dict[str, Any]]:
        """The cards that are drawn above the others."""
        return self.state["active"]

    def card(self, name: str) -> dict[str, Any]:
        """A card as it is drawn among the others."""
        running = {card["id"]: card for card in self.active}
        return running.get(name) or next(card for card in self.state["cards"] if card["id"] == name)

    def wait(self, happened: Any, what: str) -> None:
        """Until ``happened()``."""
        with self.changed:
            assert self.changed.wait_for(happened, 30), what


class _Comm(BaseComm):
    def __init__(self, front_end: FrontEnd, **options: Any) -> None:
        self._front_end = front_end
        super().__init__(**options)

    def publish_msg(self, msg_type: str, data: Any = None, *_: object, **__: object) -> None:
        if msg_type != "comm_close":
            self._front_end.hear(data or {})


def fed(looks: int, name: str = "any") -> DownloadJob:
    """A job that shows so many looks one after the other, as fast as it can, and is complete."""
    return DownloadJob(partial(_feed, looks), name=name)


def looks(count: int, status: DownloadStatus = DownloadStatus.DOWNLOADING) -> list[DownloadProgress]:
    """So many looks at a download, a mebibyte further each time."""
    return [DownloadProgress(status, seq * MIB, count * MIB, files_total=1, seq=seq) for seq in range(1, count + 1)]


def _feed(count: int, run: Run) -> Any:
    first, *others = looks(count)
    run.begin(first)
    for progress in others:
        run.show(progress)
    complete = DownloadProgress(DownloadStatus.COMPLETE, count * MIB, count * MIB, files_total=1)
    return DownloadResult(None, "", (), count * MIB, 0, 0.0, complete)  # type: ignore[arg-type] # nobody looks at the path
