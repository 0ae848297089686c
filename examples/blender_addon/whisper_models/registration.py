"""What Blender knows of this add-on, from ``register`` to ``unregister``."""

import bpy
from bpy.props import PointerProperty

from .operators import OPERATORS, leave_alone
from .panel import WHISPER_MODELS_PT_panel
from .runtime import closed
from .settings import WHISPER_MODELS_AP_preferences, WHISPER_MODELS_PG_settings

CLASSES = (WHISPER_MODELS_PG_settings, WHISPER_MODELS_AP_preferences, *OPERATORS, WHISPER_MODELS_PT_panel)


def register():
    """Make the panel, its operators and its settings known."""
    for each in CLASSES:
        bpy.utils.register_class(each)
    bpy.types.Scene.whisper_models = PointerProperty(type=WHISPER_MODELS_PG_settings)


def unregister():
    """End what runs, then forget everything. Blender calls this when the add-on is disabled, reloaded, and at its exit."""
    leave_alone()
    closed()
    del bpy.types.Scene.whisper_models
    for each in reversed(CLASSES):
        bpy.utils.unregister_class(each)
