"""From a view to Blender's layout calls.

Rule: no bpy here: a layout is whatever has Blender's methods, so tests hand in one that writes down what was asked of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .view import folded

if TYPE_CHECKING:
    from .view import View

LETTER = 6.5
"""Pixels that a letter of Blender's font takes on average, at a resolution scale of 1."""

MARGIN = 60
"""Pixels of the sidebar that no text can have: tabs, the panel's and the box's margins."""


def columns_of(width: int, scale: float) -> int:
    """How many letters fit on a line of a region that is ``width`` pixels wide; ``scale``: the interface's."""
    return int((width / scale - MARGIN) / LETTER)


def draw(layout: Any, settings: Any, view: View, columns: int) -> None:
    """Draw the whole panel. ``settings``: the scene's, with the choice and the progress."""
    choice = layout.row(align=True)
    choice.enabled = not view.is_running
    choice.prop(settings, "model", text="")
    choice.operator("whisper_models.refresh", text="", icon="FILE_REFRESH")
    _card(layout.box().column(align=True), view, columns)
    if view.bar is not None:
        _bar(layout, settings, view)
    _lines(layout.column(align=True), view.detail, columns)
    for line in view.lines:
        _lines(layout.column(align=True), line, columns, icon="ERROR")
    _buttons(layout.column(), view, columns)


def _card(column: Any, view: View, columns: int) -> None:
    column.label(text=view.title, icon=view.icon)
    _lines(column, view.subtitle, columns)
    _lines(column, view.facts, columns)
    column.separator()
    column.label(text=view.status)


def _lines(column: Any, text: str, columns: int, icon: str = "NONE") -> None:
    column.scale_y = 0.8
    for line in folded(text, columns - 3 * (icon != "NONE")):
        column.label(text=line, icon=icon)
        icon = "BLANK1" if icon != "NONE" else icon


def _bar(layout: Any, settings: Any, view: View) -> None:
    """A progress bar where Blender has one (4.0 and later), else a slider that nobody can move."""
    if hasattr(layout, "progress"):
        layout.progress(factor=view.bar, type="BAR", text=f"{view.percent}%")
        return
    row = layout.row()
    row.enabled = False
    row.prop(settings, "progress", text="", slider=True)


def _buttons(column: Any, view: View, columns: int) -> None:
    if view.is_running:
        button = column.row()
        button.alert = True
        button.operator("whisper_models.cancel", icon="X")
    elif view.is_downloaded:
        row = column.row(align=True)
        row.operator("whisper_models.load", icon="PLAY").model = view.model
        row.operator("whisper_models.remove", text="", icon="TRASH").model = view.model
    elif view.download:
        row = column.row()
        row.enabled = not view.refusal
        row.operator("whisper_models.download", text=view.download, icon="IMPORT").model = view.model
        if view.refusal and view.refusal not in view.lines:
            _lines(column.column(align=True), view.refusal, columns, icon="INTERNET")
