"""The core: pure. No clock, file, socket, thread, environment or import of an adapter.

From a name to a plan: ``catalog`` and ``whisper`` (names), ``asking`` (the conversation with the Hub), ``listing``
(what a repo holds), ``plan``. From a plan to files: ``events`` (the alphabet), ``transfer`` (one file's table),
``board``, ``assign``, ``schedule``, ``verdict``, ``machine`` (many files). What both stand on: ``ranges``,
``journal``, ``record``, ``http``, ``paths``, ``retry``, ``stall``, ``throttle``. What people see: ``progress``,
``observe``, ``text``, ``blame`` and ``refusal`` (errors in words).
"""
