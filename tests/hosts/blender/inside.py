"""Runs inside Blender and does what a test asks of it, one piece of Python at a time.

``blender --python inside.py -- SOCKET``: each line from the socket is ``{"code": ...}`` in JSON, run in Blender's main loop;
the answer is what it left in ``result``, or its traceback in ``error``.
"""

import importlib
import itertools
import json
import socket
import sys
import threading
import time
import traceback

import bpy

ADDON = "whisper_models"
POLL = 0.02
pending = bytearray()
link = socket.socket(socket.AF_UNIX)


def install(path):
    """Install and enable the zip, as Preferences > Add-ons > Install does."""
    bpy.ops.preferences.addon_install(filepath=path)
    bpy.ops.preferences.addon_enable(module=ADDON)


def part(name):
    """A module of the add-on."""
    return importlib.import_module(f"{ADDON}.{name}")


def look():
    """What its session knows."""
    return part("runtime").session().look()


def view():
    """What its panel shows."""
    return part("view").panel_view(look(), bpy.context.scene.whisper_models.model, is_online=True)


def status():
    """How its download is, in a word; nothing before there was one."""
    run = look().run
    return run.progress.status.value if run else ""


def in_window(call):
    """Call an operator, as a click in the 3D view would."""
    window = bpy.context.window_manager.windows[0]
    area, region = sidebar_region(window)
    with bpy.context.temp_override(window=window, area=area, region=region):
        return sorted(call())


def refusal(call):
    """Why Blender does not do it; None when it does."""
    try:
        call()
    except RuntimeError as error:
        return str(error)


def sidebar_region(window):
    """The 3D view and its sidebar."""
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    area.spaces.active.show_region_ui = True
    return area, next(region for region in area.regions if region.type == "UI")


def sidebar():
    """Left, bottom, width and height of it, and the height of the window."""
    window = bpy.context.window_manager.windows[0]
    _, region = sidebar_region(window)
    return region.x, region.y, region.width, region.height, window.height


def threads():
    """The names of modelfetch's threads."""
    return sorted(each.name for each in threading.enumerate() if each.name.startswith("modelfetch"))


def count_draws():
    """Count how often the panel is drawn, in ``draws``."""
    panel, drawn = part("panel"), part("drawing").draw

    def draw(*arguments):
        draws.append(None)
        drawn(*arguments)

    panel.draw = draw


def ticks_per_second():
    """How often the probe's timer came."""
    return (len(ticks) - 1) / (ticks[-1] - ticks[0])


def longest_gap():
    """Seconds in which it did not come."""
    return max(after - before for before, after in itertools.pairwise(ticks))


draws = []
ticks = []


class Probe(bpy.types.Operator):
    """Counts the ticks of a fast timer: what is left of the interface while something else is busy."""

    bl_idname = "wm.probe"
    bl_label = "Probe"

    def execute(self, context):
        context.window_manager.event_timer_add(0.02, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, _context, event):
        if event.type == "TIMER":
            ticks.append(time.monotonic())
        return {"PASS_THROUGH"}


names = {**globals()}


def obey():
    """Called by Blender's main loop, every 20 ms."""
    try:
        pending.extend(link.recv(1 << 16))
    except BlockingIOError:
        return POLL
    while b"\n" in pending:
        line, _, rest = bytes(pending).partition(b"\n")
        pending[:] = rest
        answer(json.loads(line)["code"])
    return POLL


def answer(code):
    """Run it, and say what came of it."""
    names["result"] = None
    try:
        exec(code, names)
        said = {"result": names["result"]}
    except Exception:  # noqa: BLE001 - the test is told
        said = {"error": traceback.format_exc()}
    link.sendall(json.dumps(said).encode() + b"\n")


bpy.utils.register_class(Probe)
bpy.context.preferences.view.show_splash = False
link.connect(sys.argv[sys.argv.index("--") + 1])
link.settimeout(0)
bpy.app.timers.register(obey, persistent=True)
