"""Firmware replaced in memory, and put back."""

import inspect
from collections.abc import Callable
from typing import Any

_MISSING = object()


class Endless(BaseException):
    """A broken watch goes round and round. No Exception, so that the firmware does not catch it."""


class Patches:
    """What was replaced; `undo` puts all of it back. A name that is not there is an error: the table is out of date."""

    def __init__(self) -> None:
        self._replaced: list[tuple[Any, str, Any]] = []

    def put(self, owner: Any, name: str, new: Any) -> None:
        """Give a class or module an attribute, whether it had one of that name or not."""
        self._replaced.append((owner, name, vars(owner).get(name, _MISSING)))
        setattr(owner, name, new)

    def wrap(self, owner: Any, name: str, around: Callable[[Any], Any]) -> None:
        """Replace a function by around(function). AttributeError if there is none."""
        old = inspect.getattr_static(owner, name)
        if not inspect.isfunction(old):
            raise AttributeError("%s.%s is no function" % (owner.__name__, name))
        self.put(owner, name, around(old))

    def undo(self) -> None:
        """Put everything back, in the other order."""
        for owner, name, old in reversed(self._replaced):
            if old is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, old)
        self._replaced.clear()

    def __enter__(self) -> "Patches":
        return self

    def __exit__(self, *exception: object) -> None:
        self.undo()
