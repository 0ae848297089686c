"""The Hub on loopback, from a request to its answer and what may go wrong with it.

``hub`` is what a test holds. A connection (``server``, ``wire``) reads a request (``message``, ``target``), ``routes``
answers it out of the ``store`` (``api``, ``resolve``, ``ranged``, ``refusal``, ``signer``, over ``repo`` and
``content``), the ``script`` of ``faults`` spoils the answer (``bend``, ``forged``, ``altered``, ``flaws``), and
``sender`` sends it at a ``pace`` while ``log`` notes it.
"""
