"""A code for a request on its way: this computer's keys, and the broker."""

from host_tools.console import NO_WATCH, Failure, say
from host_tools.guardian.inbox import Inbox, paired
from host_tools.link.broker import Place, password_at, tell
from host_tools.link.keys import APPROVAL, Keys


def kept_key(watch: str) -> bytes:
    """The key for codes of a watch, or of the only one there is. Failure if there is none."""
    keys = Keys()
    found = keys.key(_named(keys, watch), APPROVAL)
    if found is None:
        raise Failure("This computer has no key for codes of that watch. Run: ward keys, or name a --key-file.")
    return found


def _named(keys: Keys, watch: str) -> bytes:
    known = keys.watches()
    try:
        wanted = bytes.fromhex(watch)
    except ValueError as error:
        raise Failure("A watch is named by 16 hexadecimal digits, as ward inbox shows them.") from error
    if not watch and len(known) == 1:
        return known[0]
    if wanted not in known:
        raise Failure("Which watch? Name one with --watch: " + (", ".join(one.hex() for one in known) or "none paired"))
    return wanted


def send_code(watch: str, number: int, digits: str, password_file: str | None) -> None:
    """Send the code to the watch, sealed under the pairing key, over the broker that was used last."""
    keys = Keys()
    if not keys.broker:
        raise Failure("Which broker? Name it once: ward inbox --broker HOST:PORT --authority FILE")
    place = Place(*keys.broker)
    password = password_at(place, password_file)
    topic, payload = Inbox(paired(keys), keys.folder / "inbox.json").approval(_named(keys, watch).hex(), number, digits)
    try:
        sent = tell(place, password, "ward-%s-codes" % keys.host.hex(), topic, payload)
    except OSError as error:
        raise Failure("No connection to %s:%d: %s." % (place.host, place.port, error), NO_WATCH) from error
    if not sent:
        raise Failure("The broker has not taken it. The code can still be read out: " + digits, NO_WATCH)
    say("The broker has the code; the watch takes it as soon as it is online.")
