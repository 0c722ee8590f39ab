"""What lies behind a carrier, as little as it asks for. Runs on MicroPython too."""


class _Row:
    def __init__(self, row: int) -> None:
        self.row = row


class Contacts:
    """What the carrier asks of rules/contacts.py, for one contact."""

    def __init__(self, address: str, key: bytes) -> None:
        self._address, self._key = address, key
        self.counter = 0  # of the newest message from the contact

    def __len__(self) -> int:
        return 1

    def address(self, row: int) -> str:
        return self._address

    def key(self, row: int) -> bytes:
        return self._key

    def party(self, address: str) -> _Row:
        return _Row(0 if address == self._address else -1)

    def came_before(self, row: int, counter: int) -> bool:
        return counter <= self.counter


class _Context:
    rules: dict = {"credentials": None}


class _Hosts:
    """No paired host, as rules/hosts.py says it at rest."""

    name = "hosts"
    absent = False
    context = _Context()

    def snapshot(self) -> bytes:
        return b""


class Engine:
    def __init__(self, contacts: Contacts) -> None:
        self.rules = {"contacts": contacts, "hosts": _Hosts()}
        self.refused = 0

    def ask(self, request: object) -> None:
        """The carrier asks for one thing only: to have it written down that an envelope did not open."""
        self.refused += 1


class _Journal:
    seq = 1


class Store:
    main = _Journal()
