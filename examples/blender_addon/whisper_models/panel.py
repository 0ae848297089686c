"""The panel: in the 3D view, on the sidebar's tab "Whisper"."""

from bpy.types import Panel

from .drawing import columns_of, draw
from .runtime import view_of


class WHISPER_MODELS_PT_panel(Panel):
    """The model to choose, and its download."""

    bl_label = "Whisper Models"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Whisper"

    def draw(self, context):
        """Called by Blender whenever the sidebar is drawn: reads one immutable look and asks nobody."""
        settings = context.scene.whisper_models
        columns = columns_of(context.region.width, context.preferences.system.ui_scale)
        draw(self.layout, settings, view_of(settings), columns)
