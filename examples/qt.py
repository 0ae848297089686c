"""A model in a Qt window, with a progress bar and buttons: ``python examples/qt.py MODEL``.

The card says what to show and which buttons there are; Qt draws it. A change is told on a thread of the download's, and
a signal brings it to the window's own.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

import modelfetch as mf

WORDS = {mf.Action.SELECT: "Use", mf.Action.DELETE: "Remove"}
"""What is on a button, where it is not the action's own name."""


class ModelWindow(QWidget):
    """One model: what it is, how far it is, and what can be done with it."""

    changed = Signal()

    def __init__(self, model: str) -> None:
        super().__init__()
        self.setMinimumWidth(560)
        self.setWindowTitle("Model")
        self._model, self._selected, self.manager = model, False, mf.DownloadManager()
        self.title, self.facts, self.status, self.reason = (QLabel(wordWrap=True) for _ in range(4))
        self.bar = QProgressBar()
        self.buttons = {action: QPushButton(WORDS.get(action, action.value.title())) for action in mf.Action}
        self._lay_out()
        self.changed.connect(self.draw)
        self.manager.subscribe(lambda name, state: self.changed.emit())  # noqa: ARG005 - the card knows both
        self.draw()

    def _lay_out(self) -> None:
        rows, buttons = QVBoxLayout(self), QHBoxLayout()
        for widget in (self.title, self.facts, self.bar, self.status, self.reason):
            rows.addWidget(widget)
        rows.addLayout(buttons)
        buttons.addStretch()
        for action, button in self.buttons.items():  # made once, then shown or hidden: a press takes longer than a tick
            button.clicked.connect(lambda _, action=action: self.press(action))
            buttons.addWidget(button)
        self.title.setStyleSheet("font-weight: bold; font-size: 15pt")

    def draw(self) -> None:
        """Show the model's card."""
        card = self.manager.card(self._model, selected=self._selected)
        self.title.setText(card.title)
        self.facts.setText(" · ".join(filter(None, (card.subtitle, *card.badges, card.size_text, card.ram_text))))
        self.bar.setVisible(card.percent is not None)
        self.bar.setValue(card.percent or 0)
        self.status.setText(" · ".join(filter(None, (card.status_text, card.detail_text))))
        self.reason.setText(card.reason)
        for action, button in self.buttons.items():
            button.setVisible(action in card.actions)
        self.setAccessibleName(card.label)

    def press(self, action: mf.Action) -> None:
        """Do what a button says; what goes wrong is on the card."""
        if action is mf.Action.CANCEL:
            self.manager.cancel(self._model)
        elif action is mf.Action.DELETE:
            self.manager.remove(self._model)
        elif action in {mf.Action.DOWNLOAD, mf.Action.RETRY}:
            self.manager.start(self._model)
        self._selected = action is mf.Action.SELECT
        self.draw()


if __name__ == "__main__":
    application = QApplication(sys.argv)
    window = ModelWindow(sys.argv[1])
    application.aboutToQuit.connect(window.manager.shutdown)
    window.show()
    sys.exit(application.exec())
