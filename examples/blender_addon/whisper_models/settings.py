"""What is kept in the scene and in the preferences.

Rule: how far a download is, is read from the scene and never written to it. A written property has Blender draw every
editor of every window again, 3D views included.
"""

from bpy.props import EnumProperty, FloatProperty, StringProperty
from bpy.types import AddonPreferences, PropertyGroup

from .models import FIRST_CHOICE, MODELS
from .runtime import menu_items, view_of


class WHISPER_MODELS_PG_settings(PropertyGroup):
    """The choice of a scene, and how far its download is."""

    model: EnumProperty(
        name="Model", description="The model to download", items=menu_items, default=list(MODELS).index(FIRST_CHOICE)
    )
    progress: FloatProperty(
        name="Progress",
        subtype="PERCENTAGE",
        min=0,
        max=100,
        precision=0,
        get=lambda settings: view_of(settings).percent,
    )
    status: StringProperty(name="Status", get=lambda settings: view_of(settings).status)


class WHISPER_MODELS_AP_preferences(AddonPreferences):
    """The token, for models that are not open to all."""

    bl_idname = __package__

    token: StringProperty(
        name="Token",
        description="A Hugging Face access token. Leave it empty: the models listed here need none",
        subtype="PASSWORD",
    )

    def draw(self, _context):
        """Called by Blender for the add-on's place in the preferences."""
        column = self.layout.column()
        column.prop(self, "token")
        column.label(text="Optional. Without one, the token of 'hf auth login' is used if there is any.", icon="INFO")
        column.label(text="Blender saves it as plain text in its preferences file.", icon="BLANK1")


def token_of(context):
    """The token in the preferences; None when the field is empty."""
    addon = context.preferences.addons.get(__package__)
    return (addon.preferences.token.strip() or None) if addon and addon.preferences else None
