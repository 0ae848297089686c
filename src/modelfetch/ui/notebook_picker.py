"""A picker of models in a notebook: cards of all that a manager has, the running downloads above them.

Rule: it decides nothing that the manager decides. What a person presses is handed to it, what it refuses is shown, and
while something moves no more is sent than a server takes.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Protocol, assert_never

from ..core.shown.card import Action, Card, progress_card
from ..core.shown.states import Downloading, Queued
from ..errors import ModelFetchError
from .notebook_widget import INTERVAL, Pace, Surface

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.shown.states import ModelState


class Manager(Protocol):
    """What a picker shows: a ``DownloadManager``."""

    def cards(self, selected: str | None = None) -> tuple[Card, ...]:
        """A card for every model of the catalog."""

    def card(self, model: str, *, selected: bool = False) -> Card:
        """The card of one of them."""

    def state(self, model: str) -> ModelState:
        """Its state."""

    def start(self, model: str) -> object:
        """Download it."""

    def cancel(self, model: str) -> None:
        """End that."""

    def remove(self, model: str) -> int:
        """Remove it from the cache."""

    def subscribe(self, fn: Callable[[str, ModelState], object], *, interval: float = INTERVAL) -> Callable[[], None]:
        """Tell ``fn`` of every change."""


class Picker:
    """Cards of a manager's models, the running downloads above them. Made by :func:`picker`.

    ``selected``: the name of the model that a person chose, None before that. ``widget``: for hosts that want the
    widget itself.
    """

    def __init__(self, manager: Manager, selected: str | None, on_select: Callable[[str], object] | None) -> None:
        self._manager, self._on_select = manager, on_select
        self.selected = selected
        self._notice = ""
        self._lock = threading.Lock()
        self._pace = Pace()
        self._late: threading.Timer | None = None
        self._cards: dict[str, Card] = {}
        self._active: dict[str, Card] = {}
        self._surface = Surface(self._pressed)
        manager.subscribe(self._changed, interval=INTERVAL)
        self._look_at_all()

    @property
    def widget(self) -> Any:
        """The anywidget."""
        return self._surface.widget

    def _look_at_all(self) -> None:
        with self._lock:
            self._cards = {card.id: card for card in self._manager.cards(self.selected)}
            for name, card in self._cards.items():
                if Action.CANCEL in card.actions:
                    self._look(name)
            self._draw()

    # ------------------------------------------------------------------ what a person does

    def _pressed(self, action: Action, name: str) -> None:
        notice = self._refusal(action, name)
        with self._lock:
            self._look(name)
            self._notice = "" if notice == self._reason(name) else notice
            self._draw()

    def _refusal(self, action: Action, name: str) -> str:
        """Do it; why it could not be done, for a person to read."""
        try:
            self._act(action, name)
        except ModelFetchError as error:
            return str(error)
        except Exception as error:  # a host's on_select may raise anything
            logging.getLogger(__package__).exception("what a person pressed could not be done")
            return f"{type(error).__name__}: {error}"
        return ""

    def _act(self, action: Action, name: str) -> None:
        match action:
            case Action.DOWNLOAD | Action.RETRY:
                self._manager.start(name)
            case Action.CANCEL:
                self._manager.cancel(name)
            case Action.DELETE:
                self._manager.remove(name)
                self.selected = None if self.selected == name else self.selected
            case Action.SELECT:
                self._select(name)
            case _:
                assert_never(action)

    def _select(self, name: str) -> None:
        before, self.selected = self.selected, name
        if before is not None:
            with self._lock:
                self._look(before)
        if self._on_select is not None:
            self._on_select(name)

    # ------------------------------------------------------------------ what a person sees

    def _changed(self, name: str, state: ModelState) -> None:
        with self._lock:
            self._look(name, state)
            if isinstance(state, Downloading | Queued):
                self._draw_soon()
            else:
                self._draw()

    def _look(self, name: str, state: ModelState | None = None) -> None:
        """Take up what is to be seen of one model; of one that is not in the catalog, its download alone.

        While it runs it is above the others, and its card below rests: so what is sent ten times a second is one card.
        """
        self._active.pop(name, None)
        if name in self._cards:
            card = self._manager.card(name, selected=name == self.selected)
            if Action.CANCEL in card.actions and isinstance(self._manager.state(name), Downloading):
                self._active[name] = card
            else:
                self._cards[name] = card
        elif isinstance(state, Downloading):
            self._active[name] = progress_card(state.progress, name)

    def _reason(self, name: str) -> str:
        return self._cards[name].reason if name in self._cards else ""

    def _draw(self) -> None:
        """Draw at once. Call it with the lock held."""
        self._pace.took()
        self._surface.draw(
            active=[card.to_dict() for card in self._active.values()],
            cards=[card.to_dict() for card in self._cards.values()],
            notice=self._notice,
        )

    def _draw_soon(self) -> None:
        """Draw, but not more often than a server stands. Call it with the lock held."""
        wait = self._pace.wait()
        if not wait:
            self._draw()
        elif self._late is None:
            self._late = threading.Timer(wait, self._draw_late)
            self._late.daemon = True
            self._late.start()

    def _draw_late(self) -> None:
        with self._lock:
            self._late = None
            self._draw()

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        with self._lock:
            cards = (self._cards | self._active).values()
            lines = [f"{card.title}: {card.status_text} {card.detail_text}".rstrip() for card in cards]
        return self._surface.bundle("\n".join(lines))


def picker(
    manager: Manager, *, selected: str | None = None, on_select: Callable[[str], object] | None = None
) -> Picker:
    """Cards of all models of the manager's catalog: download, cancel, select, delete, with what does not fit dimmed.

    ``selected``: a model's name, as it was remembered. ``on_select(name)`` is called on the thread that runs the widget's
    messages; what it raises is shown. Raises ImportError without anywidget.
    """
    return Picker(manager, selected, on_select)
