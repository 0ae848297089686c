"""The core: pure. No clock, file, socket, thread, environment or import of an adapter.

A model's way is the order of the folders: ``models`` (which there are, and which fit), ``planning`` (what a repo holds,
and exactly which bytes are to come), ``wire`` (what may be asked and answered over HTTP, and what that means),
``transfer`` (the state machine that brings the bytes), ``kept`` (what the cache then holds), ``shown`` (what a person
sees of all that). ``ranges``, ``paths`` and ``text`` are what several of them stand on.
"""
