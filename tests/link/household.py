"""A watch and a host in one process, joined by a line that a test can listen to and tamper with."""

from collections.abc import Callable
from typing import Any

from firmware.link.server import Server
from firmware.services.hosts import HostService
from host_tools.link.line import Line
from simulator.portable.board import Drbg
from simulator.portable.rig import Rig
from simulator.watch import Guardian

IDENTITY = b"watch-id"
HOST = b"host--id"


class Cable:
    """Both ends of a line. `log` keeps all that went over it; `tamper(direction, data) -> data` changes it."""

    def __init__(self) -> None:
        self.to_watch = b""
        self.to_host = b""
        self.log: list[tuple[str, bytes]] = []
        self.tamper: Callable[[str, bytes], bytes] = lambda direction, data: data
        self.watch_step: Callable[[], None] = lambda: None

    # The host's end

    def write(self, data: bytes) -> None:
        data = self.tamper("host", data)
        self.log.append(("host", data))
        self.to_watch += data

    def read(self, size: int) -> bytes:
        self.watch_step()
        data, self.to_host = self.to_host[:size], self.to_host[size:]
        return data


class Port:
    """The watch's end of a Cable."""

    def __init__(self, cable: Cable) -> None:
        self._cable = cable

    def read(self) -> bytes:
        data, self._cable.to_watch = self._cable.to_watch, b""
        return data

    def write(self, data: bytes) -> None:
        data = self._cable.tamper("watch", data)
        self._cable.log.append(("watch", data))
        self._cable.to_host += data


class Household:
    """A watch in `root`, new from the factory, and a host at its cable."""

    def __init__(self, root: str) -> None:
        self.rig = Rig()
        self.rig.do({"op": "new", "root": root, "seed": "link", "wall": 212000000})
        self.guardian = Guardian()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.plug()

    def plug(self, host: bytes = HOST) -> Line:
        """A fresh cable between the watch as it is now and a host."""
        self.cable = Cable()
        board = self.rig.board
        engine = self.rig.watch.engine
        hosts = HostService(engine, board.screen, Drbg("digits"), [0, 0])
        self.server = Server(engine, hosts, Port(self.cable), IDENTITY, Drbg("watch"), self._call)
        self.cable.watch_step = lambda: self.server.step(self.rig.watch.engine.clock.powered)
        self.line = Line(self.cable, host, Drbg("host"))
        return self.line

    def _call(self, method: str, params: dict[str, Any], server: Server) -> Any:
        self.calls.append((method, params))
        return {"done": method} if method.startswith("test.") else None

    def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        return self.rig.do({"op": "ask", "request": {"kind": kind, **fields}})

    def set_up(self) -> None:
        answer = self.ask(
            "administration.setup", **self.guardian.verifier(), wall=212000000, birth_year=2017, birth_month=3,
            profile="cn-ccia", language="en", owner="owner", region="cn", numbers=[],
        )  # fmt: skip
        assert answer["verdict"] == "allow"

    def log_in(self) -> None:
        assert self.ask("credentials.scram", **self.guardian.proof())["verdict"] == "allow"

    def shown(self) -> list[Any]:
        """What the watch has shown since the last time, as [kind, fields]."""
        return list(self.rig.do({"op": "seen"})["seen"])

    def code(self) -> str:
        """The six digits on the watch's screen, for which somebody presses there."""
        self.server.in_hand()
        codes = [fields["code"] for kind, fields in self.shown() if kind == "pairing_code"]
        assert len(codes) == 1
        return str(codes[0])

    def pair(self) -> bytes:
        """Pair and keep the host: the key."""
        _, key = self.line.pair(self.code)
        self.log_in()
        assert self.ask("hosts.add", host=HOST.hex(), key=key.hex(), name="desk", channel="host")["verdict"] == "allow"
        return key

    def denials(self) -> list[Any]:
        return [record[4:] for record in self.rig.do({"op": "journal"})["denials"]]
