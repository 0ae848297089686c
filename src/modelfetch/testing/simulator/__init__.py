"""Downloads in virtual time: the real machine in a world of which everything comes from one seed.

``simulate(seed)`` runs the world of that seed (its network, disk, clock, crashes, cancels and neighbours) and raises
:class:`Violation` when a promise of the library is broken. ``shrink(seed)`` leaves of such a world only the
faults that matter. ``python -m modelfetch.testing.simulator 10000`` runs the first ten thousand.

What every run is held to:

1. nothing is published that is not, byte for byte, what was promised, and it stays so;
2. no byte is asked for that is journalled and true, but after it was discarded, or from a source without ranges;
3. what is shown never falls, never passes the total, and is the total at the end;
4. every run ends: nobody waits for nothing, a dead owner is replaced within two seconds, bytes come where only
   locks lie, and a failure has a reason among the faults that the run met;
5. the journal never claims bytes before they were written, and read again it says what it was told;
6. whoever touches a file owns it, whoever has finished owns nothing and has nothing running, and nobody gives up
   what nobody has taken.

The first four are the promises of the library, the other two are how it keeps them.
"""

from __future__ import annotations

from .rules import Violation
from .run import Kinds, Run
from .shrinking import shrink, source
from .simulation import simulate
from .world import World

__all__ = ["Kinds", "Run", "Violation", "World", "shrink", "simulate", "source"]
