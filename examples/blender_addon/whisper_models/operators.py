"""What the buttons do.

Rule: an operator starts a download or looks at it and owns nothing of it. When it goes, because its window was closed or
another file was opened, the download goes on, and another operator follows it.
"""

import bpy
from bpy.props import StringProperty
from bpy.types import Operator

from ._vendor.modelfetch import ModelFetchError
from .runtime import is_online, pulse, redraw, session, view_of
from .settings import token_of
from .view import OFFLINE, ending

AGAIN_AFTER = 0.2
"""Seconds until another operator takes over from one that was taken away."""


class Following:
    """A modal operator that shows a download until its end."""

    def follow(self, context):
        """Be woken by a timer from now on."""
        if context.window is None:  # called by a script outside of every window
            follow_soon()
            return {"FINISHED"}
        pulse.start(context)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        """Called by Blender for every event of the window."""
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        if not pulse.is_running:  # the add-on was disabled and enabled again meanwhile
            return {"CANCELLED"}
        if not is_online():
            session().cancel()
        look = session().look()
        pulse.show(view_of(context.scene.whisper_models))
        if look.is_running:
            return {"PASS_THROUGH"}
        pulse.stop()
        self.say(ending(look.run))
        return {"FINISHED"}

    def cancel(self, _context):
        """Called by Blender when it takes the operator away: a file is loaded, the window closes, Blender quits."""
        pulse.stop()
        follow_soon()

    def say(self, report):
        """A line in Blender's status bar, or a box for an error."""
        self.report({report.level}, report.text)


class WHISPER_MODELS_OT_download(Following, Operator):
    """Download the model, going on from what an earlier try has kept."""

    bl_idname = "whisper_models.download"
    bl_label = "Download"
    bl_description = "Download the model, going on from what an earlier try has kept"

    model: StringProperty(name="Model", description="Empty: the scene's choice", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, _context):
        """Whether it may start."""
        if not is_online():
            cls.poll_message_set(OFFLINE)
        return is_online() and not session().look().is_running

    def execute(self, context):
        """Start the download; with a window return at once, without one wait for its end."""
        try:
            session().start(self.model or context.scene.whisper_models.model, token_of(context))
        except ModelFetchError as error:
            self.report({"ERROR"}, str(error))
            session().refresh()
            return {"CANCELLED"}
        return self.wait() if bpy.app.background else self.follow(context)

    def wait(self):
        """Without a window no modal operator is ever called, so this one blocks, and prints how far it is."""
        held = session()
        try:
            while not held.wait(1.0):
                print(held.look().run.progress.percent, "%", flush=True)
        except BaseException:
            held.cancel()
            raise
        self.say(ending(held.look().run))
        return {"FINISHED"}


class WHISPER_MODELS_OT_follow(Following, Operator):
    """Show a download that lost the operator that showed it."""

    bl_idname = "whisper_models.follow"
    bl_label = "Show Download"
    bl_description = "Show a download that lost the operator that showed it"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context):
        """Whether there is one, and nobody who shows it."""
        return session().look().is_running and not pulse.is_running

    def execute(self, context):
        """Show it."""
        return self.follow(context)


class WHISPER_MODELS_OT_cancel(Operator):
    """Stop the download; what has arrived is kept, and the next download goes on from there."""

    bl_idname = "whisper_models.cancel"
    bl_label = "Cancel"
    bl_description = "Stop the download; what has arrived is kept, and the next download goes on from there"

    @classmethod
    def poll(cls, _context):
        """Whether there is anything to cancel."""
        return session().look().is_running

    def execute(self, _context):
        """Return at once; the operator that follows the download reports its end."""
        session().cancel()
        return {"FINISHED"}


class WHISPER_MODELS_OT_refresh(Operator):
    """Look again which models are on disk."""

    bl_idname = "whisper_models.refresh"
    bl_label = "Refresh"
    bl_description = "Look again which models are on disk"
    bl_options = {"INTERNAL"}

    def execute(self, _context):
        """Read the cache."""
        session().refresh()
        redraw()
        return {"FINISHED"}


class WHISPER_MODELS_OT_load(Operator):
    """Load the model with faster-whisper, to see that it works here."""

    bl_idname = "whisper_models.load"
    bl_label = "Load"
    bl_description = "Load the model with faster-whisper, to see that it works here"

    model: StringProperty(options={"SKIP_SAVE"})

    def execute(self, context):
        """Load on this thread: some seconds for a large model."""
        model = self.model or context.scene.whisper_models.model
        return attempt(self, lambda: session().load(model), f"{model} is loaded and ready to transcribe.")


class WHISPER_MODELS_OT_remove(Operator):
    """Remove the model from the Hugging Face cache, for all programs that use it."""

    bl_idname = "whisper_models.remove"
    bl_label = "Remove Model"
    bl_description = "Remove the model from the Hugging Face cache, for all programs that use it"

    model: StringProperty(options={"SKIP_SAVE"})

    def invoke(self, context, event):
        """Ask first."""
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context):
        """Remove it."""
        model = self.model or context.scene.whisper_models.model
        return attempt(self, lambda: session().remove(model), f"{model} is removed from the disk.")


def attempt(operator, do, success):
    """Do it and report how that went, with the text ``success`` when it went well."""
    try:
        do()
    except ModelFetchError as error:
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    operator.report({"INFO"}, success)
    redraw()
    return {"FINISHED"}


def follow_soon():
    """Have a download that goes on without an operator followed again, once Blender is back in its main loop."""
    if not bpy.app.background and not bpy.app.timers.is_registered(follow_again):
        bpy.app.timers.register(follow_again, first_interval=AGAIN_AFTER, persistent=True)


def follow_again():
    """Called by Blender's main loop, outside of every window."""
    windows = bpy.context.window_manager.windows
    if windows:
        with bpy.context.temp_override(window=windows[0]):
            if bpy.ops.whisper_models.follow.poll():
                bpy.ops.whisper_models.follow()


def leave_alone():
    """No operator of a disabled add-on may come back."""
    if bpy.app.timers.is_registered(follow_again):
        bpy.app.timers.unregister(follow_again)


OPERATORS = (
    WHISPER_MODELS_OT_download,
    WHISPER_MODELS_OT_follow,
    WHISPER_MODELS_OT_cancel,
    WHISPER_MODELS_OT_refresh,
    WHISPER_MODELS_OT_load,
    WHISPER_MODELS_OT_remove,
)
