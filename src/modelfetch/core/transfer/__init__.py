"""The download as a state machine: ``events`` is its alphabet, ``file`` one file's table, ``machine`` the whole."""
