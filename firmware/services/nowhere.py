"""In place of the locator on a board that runs the core alone: no position is ever taken or kept."""


class Nowhere:
    """engine. It answers to what others ask of services/locator.py without being asked themselves."""

    busy = False

    def __init__(self, engine):
        self._engine = engine

    def asked(self, envelope):
        """A guardian's request came over the carrier: it is refused, and the refusal stands in the journal."""
        return self._engine.ask({"kind": "location.request"})

    def begin_sos(self):
        """Help is called without a place."""

    def end_sos(self):
        """There is nothing to end."""

    def erase(self):
        """There was never anything."""
        return True

    def step(self, now):
        return None
