"""Stand-in for MicroPython's `micropython` module: names as in its documentation, without the machine behind them.

Locking the heap has no effect here: that a piece of code does not allocate is proved on the unix port.
"""

from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T")
_F = TypeVar("_F", bound=Callable[..., Any])

_heap_locks = 0
_opt_level = 0


def const(value: _T, /) -> _T:
    """Mark a compile-time constant; the value itself."""
    return value


def native(function: _F, /) -> _F:
    """Decorator for machine code; bytecode here."""
    return function


def viper(function: _F, /) -> _F:
    """Decorator for typed machine code; bytecode here, so integers do not wrap at 32 bits."""
    return function


def opt_level(level: int | None = None, /) -> int | None:
    """Without an argument the optimisation level, else set it. It changes nothing here."""
    global _opt_level
    if level is None:
        return _opt_level
    _opt_level = level
    return None


def heap_lock() -> None:
    """Lock the heap once more."""
    global _heap_locks
    _heap_locks += 1


def heap_unlock() -> int:
    """Take one lock off. The locks that are left."""
    global _heap_locks
    _heap_locks -= 1
    return _heap_locks


def mem_info(verbose: object = None, /) -> None:
    """Print nothing: CPython has no such heap."""


def alloc_emergency_exception_buf(size: int, /) -> None:
    """Reserve `size` bytes for exceptions raised in interrupts; nothing to reserve here."""


def kbd_intr(character: int, /) -> None:
    """Choose the character that interrupts the program (-1: none); the host's terminal is left alone."""


def schedule(function: Callable[[Any], object], argument: Any, /) -> None:
    """Run `function(argument)` soon: here at once, as there are no interrupts to defer it from."""
    function(argument)
