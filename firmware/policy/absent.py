"""A rule that the core of the firmware leaves out (docs/add-a-board.md): what it would decide is refused, always."""

from micropython import const

from firmware.policy.rule import Rule
from firmware.storage.journal import JournalBroken

_KIND = const("kind")


class Absent(Rule):
    """Stands for the rule of this name, whose code is never loaded."""

    absent = True

    def __init__(self, context, name):
        super().__init__(context)
        self.name = name
        self._blob = b""

    def apply(self, verb, record):
        """No such record is written here: it is another watch's journal, and the watch turns strict."""
        raise JournalBroken(_KIND)

    def snapshot(self):
        return self._blob

    def restore(self, blob):
        self._blob = blob  # nothing is thrown away
