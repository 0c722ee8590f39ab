"""What the rows of all rules use."""

from tests.bench import full_state as full

HOST = {"channel": full.HOST}


def with_fields(fields, **more):
    fields = dict(fields)
    fields.update(more)
    return fields


def friend(number):
    return 40 + number % (CLEAN - 1)


def counter(device):
    """A counter that every contact has not yet used: time only goes forward."""
    return 1000 + device.engine.clock.powered * 4


def proved(kind, **fields):
    def make(device, number):
        full.prove(device)
        return kind, with_fields(fields, channel=full.HOST)

    return make


def plain(kind, **fields):
    return lambda device, number: (kind, fields)


CLEAN = 10  # contacts 40 to 49 have a clean slate
