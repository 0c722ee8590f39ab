"""What the methods of a host take: one reading of numbers for all of them."""

from micropython import const

from firmware.policy.decision import BadRequest

_MOST = const(0x3FFFFFFF)  # a small int on a 32-bit MicroPython


def number(params, name):
    """A whole number from 0 to 2^30 - 1; 0 if it is left out. BadRequest for anything else."""
    value = params.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise BadRequest(name, "must be a whole number")
    return value
