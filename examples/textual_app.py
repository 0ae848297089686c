"""A list of models in a terminal, with Textual: ``python examples/textual_app.py MODEL ...``; one waits for another."""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Footer, Label, ProgressBar

import modelfetch as mf

BUTTONS = {action.value: action for action in (mf.Action.DOWNLOAD, mf.Action.CANCEL, mf.Action.RETRY)}


class ModelRow(Horizontal):
    """One model: its name and status, a bar, and its buttons."""

    DEFAULT_CSS = "ModelRow { height: auto; padding: 1 } Label { width: 1fr } ProgressBar { width: 30 }"

    def __init__(self, model: str) -> None:
        super().__init__()
        self.model = model

    def compose(self) -> ComposeResult:
        """A text, a bar and the buttons, made once."""
        yield Label(markup=False)
        yield ProgressBar(total=1.0, show_eta=False)
        yield from (Button(name.title(), classes=name, name=name) for name in BUTTONS)

    def draw(self, card: mf.Card) -> None:
        """Show what the card says, and nothing else."""
        status = " · ".join(filter(None, (card.status_text, card.detail_text or card.size_text)))
        self.query_one(Label).update("\n".join(filter(None, (card.title, status, card.reason))))
        bar = self.query_one(ProgressBar)
        bar.display = card.percent is not None
        bar.update(progress=(card.percent or 0) / 100)  # of the fraction it would round up, to 100 before the end
        for button in self.query(Button):
            button.display = BUTTONS[button.name] in card.actions


class Models(App[None]):
    """The models that were named, or the whole catalog."""

    BINDINGS = (("q", "quit", "Quit"),)

    def __init__(self, models: list[str]) -> None:
        super().__init__()
        self.models = models or list(mf.DEFAULT_CATALOG)
        self.manager = mf.DownloadManager(queue=True)
        self.changed = set(self.models)

    def compose(self) -> ComposeResult:
        """A row for each model."""
        yield VerticalScroll(*(ModelRow(model) for model in self.models))
        yield Footer()

    def on_mount(self) -> None:
        """Begin to look."""
        self.manager.subscribe(lambda name, _: self.changed.add(name))
        self.set_interval(0.1, self.look)

    def look(self) -> None:
        """Draw the models that changed since the last look."""
        for row in self.query(ModelRow):
            if row.model in self.changed:
                self.changed.discard(row.model)
                row.draw(self.manager.card(row.model))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Cancel what runs or waits; start what does not."""
        model = event.button.parent.model
        self.manager.cancel(model) if event.button.name == "cancel" else self.manager.start(model)


if __name__ == "__main__":
    Models(sys.argv[1:]).run()
