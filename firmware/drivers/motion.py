"""What is made of acceleration, inside the drivers: a raised wrist, and an estimate of steps. Samples stay here.

How somebody walks tells who walks, so no sample, rhythm or strength leaves a driver (host_tools/making/audit.py); and
steps are counted only when a service has asked for it.
"""

from micropython import const

_UP_Z = const(700)  # thousandths of g: the display looks up
_HANGING_Z = const(300)
_STEP = const(180)  # of g above the mean, for one step
_SHORTEST = const(6)  # samples between two steps, at 25 a second
_LONGEST = const(50)


class Motion:
    """A wrist is raised when the display turns up from hanging and stays up for three samples."""

    def __init__(self):
        self._wrist = self._counting = self._hung = self._raised = False
        self._up = self._steps = self._since = 0
        self._mean = 1000
        self._high = False

    def on(self, count_steps=False):
        """Begin to measure, at about 25 samples a second; steps only if asked for."""
        self._counting = count_steps

    def enable_wrist(self, enabled):
        self._wrist = enabled
        self._hung = self._raised = False

    def wrist_raised(self):
        """Whether the wrist was raised since the last time; takes in what the chip has measured meanwhile."""
        self.clear_interrupt()
        raised, self._raised = self._raised, False
        return raised

    def steps(self):
        """An estimate, since `reset_steps`."""
        self.clear_interrupt()
        return self._steps

    def reset_steps(self):
        self._steps = 0

    def clear_interrupt(self):
        """Take in what the chip has measured."""

    def _take(self, x, y, z):
        """One sample, in thousandths of g."""
        if self._wrist:
            if abs(z) < _HANGING_Z:
                self._hung = True
                self._up = 0
            elif z > _UP_Z and self._hung:
                self._up += 1
                if self._up == 3:
                    self._hung, self._raised = False, True
            else:
                self._up = 0
        if self._counting:
            self._count(x, y, z)

    def _count(self, x, y, z):
        """One step is one rise over the slow mean, not too soon after the last and in company."""
        size = _root(x * x + y * y + z * z)
        self._mean += (size - self._mean) // 32
        self._since += 1
        above = size > self._mean + _STEP
        if above and not self._high and self._since >= _SHORTEST:
            if self._since <= _LONGEST:
                self._steps += 1
            self._since = 0
        self._high = above


def _root(square):
    """The whole square root (Newton)."""
    root = 1000
    for _ in range(8):
        root = (root + square // root) // 2 or 1
    return root
