"""The child's lock as screens use it (requirement B16); what it keeps closed the engine and the shell decide."""


class Lock:
    """engine."""

    def __init__(self, engine):
        self._engine = engine

    @property
    def closed(self):
        """True while the child's code is wanted."""
        return self._engine.context.locked

    @property
    def shut(self):
        """True while only what anybody may see is shown: the code is wanted, or the watch is lost (B18)."""
        return self.closed or self._engine.rules["administration"].lost

    @property
    def has_code(self):
        return self._engine.rules["lock"].snapshot() != b""

    def close(self):
        """The display goes dark."""
        self._engine.lock()

    def open(self, code):
        """The child types the code: the Decision. A wrong one is counted."""
        return self._engine.ask({"kind": "lock.open", "code": code})

    def set(self, code, old):
        """The child chooses a code; old: the one before, "" if there was none. It counts from the next dark display."""
        return self._engine.ask({"kind": "lock.set", "code": code, "old": old})

    def clear(self, old):
        """The child wants no code any more."""
        return self._engine.ask({"kind": "lock.clear", "old": old})
