"""The one door out of the watch (requirements B12, A22).

Whoever wants to send something names what for and where to. The rule `network` decides, what it refuses is journalled,
and only what it allows gets a stream. `host_tools/making/audit.py` fails the build where anything else imports a
socket, or this door's streams; firmware/guard.py refuses it on the watch.
"""

import errno

from firmware.services.transport.stream import Stream


def opened(engine, purpose, host, port):
    """A new stream to a listed endpoint. OSError if it is refused, or if there is no way there."""
    decision = engine.ask({"kind": "network.connect", "purpose": purpose, "host": host, "port": port})
    if not decision.allowed:
        raise OSError(errno.EACCES)
    name, authority = decision.details
    return Stream((host, port), name, authority)
