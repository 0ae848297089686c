"""Whisper Models: speech models for subtitles, downloaded from a panel in the 3D view's sidebar.

Rule: importing this package does not import bpy, so that its pure part can be tested without Blender; ``register`` does.
"""

import sys

bl_info = {  # read by Blender 3.x to 4.1; later ones read blender_manifest.toml
    "name": "Whisper Models",
    "description": "Download Whisper speech models for subtitles",
    "author": "modelfetch contributors",
    "version": (1, 0, 0),
    "blender": (3, 4, 0),
    "location": "3D View > Sidebar > Whisper",
    "category": "Sequencer",
}

NEEDED = (3, 11)


def register():
    """Called by Blender when the add-on is enabled, on the main thread."""
    if sys.version_info < NEEDED:
        message = (
            "Whisper Models needs a Blender with Python {}.{}; this one has {}.{}. The add-on was not enabled; "
            "Blender 4.1 and later will do.".format(*NEEDED, *sys.version_info)
        )
        raise RuntimeError(message)
    from . import registration  # noqa: PLC0415 - it imports bpy

    registration.register()


def unregister():
    """Called by Blender when the add-on is disabled and at its exit, on the main thread: what runs is cancelled."""
    from . import registration  # noqa: PLC0415 - as above

    registration.unregister()
