"""What outlives every operator, panel and scene: one session, and one pulse that follows it.

Rule: Blender keeps a disabled add-on's modules and uses them again, so nothing here is made only once in the life of a
process: ``opened`` and ``closed`` may take turns as often as somebody enables and disables the add-on.
"""

import time

import bpy

from .session import Session
from .view import menu, panel_view

TICK = 0.1
"""Seconds between two looks at a download."""

FRAME = 0.5
"""Seconds from one drawing of the sidebar to the next, at least: without a graphics card each takes Blender 80 ms."""


class Pulse:
    """The window's event timer and the progress at the mouse pointer, while an operator follows a download."""

    def __init__(self):
        self._timer = None
        self._shown = None
        self._drawn_at = 0.0

    @property
    def is_running(self):
        """Whether an operator is being woken."""
        return self._timer is not None

    def start(self, context):
        """Wake the window's modal operators from now on."""
        self._timer = context.window_manager.event_timer_add(TICK, window=context.window)
        context.window_manager.progress_begin(0, 100)

    def show(self, view):
        """Bring what is on the screen up to date: the number at the pointer, and now and then the sidebars."""
        bpy.context.window_manager.progress_update(view.percent)
        now = time.monotonic()
        if view != self._shown and (now - self._drawn_at >= FRAME or not view.is_running):
            self._shown, self._drawn_at = view, now
            redraw()

    def stop(self):
        """Remove the timer and end the progress. Does nothing the second time."""
        timer, self._timer = self._timer, None
        if timer is not None:
            bpy.context.window_manager.event_timer_remove(timer)
            bpy.context.window_manager.progress_end()


class _Held:
    """The session, made when it is first asked for, and texts that Blender's menus point into."""

    def __init__(self):
        self.session = None
        self.items = ()


_held = _Held()
pulse = Pulse()


def session():
    """The one session; makes it when there is none."""
    if _held.session is None:
        _held.session = Session()
    return _held.session


def closed():
    """End everything: the pulse, then the download. Takes two seconds at most."""
    pulse.stop()
    held, _held.session = _held.session, None
    if held is not None:
        held.close()


def menu_items(_settings, _context):
    """The models, for an EnumProperty. Blender keeps no reference to the texts, so they are held here."""
    _held.items = menu(session().look())
    return _held.items


def view_of(settings):
    """What the panel shows now, for the settings of one scene."""
    return panel_view(session().look(), settings.model, is_online=is_online())


def is_online():
    """Whether the user lets Blender use the network; before 4.2 nobody was asked."""
    return getattr(bpy.app, "online_access", True)


def redraw():
    """Draw the sidebars of all 3D views again: the regions alone, because an area would render its scene too."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()
