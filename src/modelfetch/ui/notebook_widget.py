"""Where a notebook shows cards: one widget while something runs, and a still picture of it for good.

Rule: drawing never hurts who is drawn. A front end that is gone, or a kernel that refuses, is noted for debugging and
nothing else; one thread at a time updates a widget, because traitlets has no lock. When all is over, a picture that needs no kernel
takes the widget's place, and that is what the notebook file keeps.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.shown.card import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

INTERVAL = 0.1
"""Seconds between two updates: a server takes 1,000 messages a second from all widgets, then drops them for ever."""

_EARLY = 0.05
"""Seconds that an update may come early, so that who keeps the interval himself is never held back."""

_HERE = Path(__file__)

View = dict[str, object]
"""What is drawn of one card: ``Card.to_dict()``."""


class Pace:
    """At most one update each :data:`INTERVAL`, on the average. ``clock``: seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next = float("-inf")

    def wait(self) -> float:
        """Seconds until the next update is due; 0.0 when it is."""
        return max(0.0, self._next - self._clock())

    def took(self) -> None:
        """There was one just now."""
        self._next = max(self._next, self._clock() - _EARLY) + INTERVAL


def harmless(draw: Callable[..., None]) -> Callable[..., None]:
    """``draw``, but whatever goes wrong in it is logged and over."""

    @wraps(draw)
    def tried(*given: Any, **named: Any) -> None:
        try:
            draw(*given, **named)
        except Exception:
            logging.getLogger(__package__).debug("a card could not be drawn", exc_info=True)

    return tried


class Surface:
    """One widget, and all places where a notebook shows it. Every method may be called from any thread."""

    def __init__(self, pressed: Callable[[Action, str], None] | None = None) -> None:
        """``pressed(action, id)`` is called on the thread of the widget's messages. Raises ImportError without anywidget."""
        self.widget = widget_class()()
        self._lock = threading.Lock()
        self._handles: list[Any] = []
        self._picture: dict[str, str] | None = None
        if pressed is not None:
            self.widget.on_msg(lambda _, message, __: _heard(message, pressed))

    @harmless
    def draw(self, *, active: Sequence[View] = (), cards: Sequence[View] = (), notice: str = "") -> None:
        """Show this; what did not change is not sent."""
        with self._lock, self.widget.hold_sync():
            self.widget.active = list(active)
            self.widget.cards = list(cards)
            self.widget.notice = notice

    @harmless
    def display(self, text: str) -> None:
        """Put it below the cell that runs; ``text`` is for where there are no widgets."""
        from IPython import get_ipython  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - comes with anywidget
        from IPython.display import display  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - as above

        with self._lock:
            if self._picture is not None:
                display(self._picture, raw=True)
                return
            data, metadata = self.bundle(text)
            handle = display(data, raw=True, metadata=metadata, display_id=True)
            if getattr(get_ipython(), "kernel", None) is not None:  # a terminal would print the end between other lines
                self._handles.append(handle)

    @harmless
    def settle(self, html: str, text: str) -> None:
        """All is over: put a still picture in place of the widget, wherever it is shown."""
        with self._lock:
            self._picture = {"text/html": html, "text/plain": text}
            handles, self._handles = self._handles, []
            for handle in handles:
                handle.update(self._picture, raw=True)

    def bundle(self, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The widget as MIME types and their metadata, with ``text`` for where there are no widgets."""
        bundle = self.widget._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "text/plain": text}, metadata


def _heard(message: Mapping[str, Any], pressed: Callable[[Action, str], None]) -> None:
    """Hand over what was pressed; a message that is none of ours is left alone."""
    if message.get("action") in {action.value for action in Action}:
        pressed(Action(message["action"]), str(message.get("id", "")))


@cache
def stylesheet() -> str:
    """The style of cards, for a widget and for a picture alike."""
    return _HERE.with_name("notebook.css").read_text(encoding="utf-8")


@cache
def widget_class() -> Any:
    """The widget's class, made when it is first needed. Raises ImportError where anywidget is missing."""
    try:
        import anywidget  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - optional, heavy
        import traitlets  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - comes with it
    except ImportError as error:
        message = (
            "Cards in a notebook need anywidget, which is not installed. Nothing was shown; "
            "pip install 'modelfetch[notebook]'."
        )
        raise ImportError(message, name=error.name) from error

    class Cards(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]  # untyped where it is not installed
        """``active`` cards above all ``cards``, and a ``notice`` between them."""

        _esm = _HERE.with_name("notebook.js").read_text(encoding="utf-8")
        _css = stylesheet()
        active = traitlets.List().tag(sync=True)
        cards = traitlets.List().tag(sync=True)
        notice = traitlets.Unicode().tag(sync=True)

    return Cards
