"""A download with a progress bar and a Cancel button, in Tk: ``python examples/tk.py MODEL``.

A Tk window may be touched on its own thread alone, so it looks how far the download is, ten times a second.
"""

from __future__ import annotations

import sys
import tkinter as tk
from tkinter import ttk

import modelfetch as mf


class ModelFrame(ttk.Frame):
    """One model, with one button: Download, then Cancel, then Retry or nothing."""

    def __init__(self, window: tk.Tk, model: str) -> None:
        super().__init__(window, padding=16)
        self.model, self.job = model, None
        self.title, self.status, self.reason = (ttk.Label(self, wraplength=520) for _ in range(3))
        self.title.configure(text=model, font=("TkDefaultFont", 14, "bold"))
        self.bar = ttk.Progressbar(self, maximum=1.0, length=520)
        self.button = ttk.Button(self, text="Download", command=self.press)
        for widget in (self.title, self.bar, self.status, self.reason):
            widget.pack(anchor="w", fill="x", pady=4)
        self.button.pack(anchor="e")

    def press(self) -> None:
        """Cancel what runs; start what does not."""
        if self.job is not None and not self.job.done():
            self.job.cancel()
        else:
            self.job = mf.start_download(self.model)
            self.look()

    def look(self) -> None:
        """Draw how far it is, and look again soon."""
        progress = self.job.snapshot()
        self.draw(mf.progress_card(progress, self.model))
        if not progress.status.is_final:
            self.after(100, self.look)

    def draw(self, card: mf.Card) -> None:
        """Show what the card says, and nothing else."""
        self.bar["value"] = card.fraction or 0.0
        self.status["text"] = " · ".join(filter(None, (card.status_text, card.detail_text)))
        self.reason["text"] = card.reason
        if card.actions:
            self.button["text"] = card.actions[0].value.title()
        else:
            self.button.pack_forget()


def main(model: str) -> None:
    """A window with the model in it, until it is closed."""
    window = tk.Tk()
    window.title("Model")
    ModelFrame(window, model).pack(fill="both", expand=True)
    window.mainloop()


if __name__ == "__main__":
    main(sys.argv[1])
