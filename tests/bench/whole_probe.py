"""The whole firmware of a board in a heap of any size: drivers, device loop, screens in bands, services, carrier over
Wi-Fi and all rules with full state, through a day. Runs on MicroPython, from the compiled modules.

usage: full IMAGE BOARD [steps]    boot from an image of heap_probe.py with the fullest state, live a day
       day IMAGE BOARD [steps]     a new watch at IMAGE is set up with ten contacts, and lives that day
       core IMAGE BOARD [steps]    as `day`, for a board that runs the core of the firmware alone, without a network
       wifi IMAGE BOARD [steps]    as `full`, with the carrier over Wi-Fi, which no board has by itself

Prints one line of JSON, what was drawn and done; steps: before it the bytes in use after each step. BOARD: a file with
a packed board description. Chips are stubs that take everything and answer with a table: their models would lie on the
same heap, and tests/boards has them.
"""

# mypy: disable-error-code="union-attr,assignment,method-assign"

import gc

# As firmware/start.py does, before anything is loaded.
gc.threshold(8192)  # type: ignore[attr-defined]

import json  # noqa: E402
import sys  # noqa: E402

import vfs  # noqa: E402

import firmware.preload  # noqa: E402, F401
from simulator.portable.board import Board, Wifi  # noqa: E402
from simulator.portable.flash import Partition, Power  # noqa: E402
from tests.bench import full_state  # noqa: E402
from tests.bench.probing import BLOCKS, ROOT, FileFlash, Steps  # noqa: E402

_TICKS = 0x3FFFFFFF
_NOW = full_state.WALL + 10000000  # an afternoon in China
_CLOSED_PORT = 9  # of this computer: nobody listens, so the carrier tries again and again
# A watch in use: "setup" is of a new one, and the rest is opened by what happens.
_SCREENS = (
    "about asked call closed conversation dial folded held help keypad learn lock looks menu messages note number pay "
    "privacy read sos talks told why write"
)
_BEYOND_CORE = ("learn", "looks", "pay", "read", "talks")


class Bus:
    """I2C and SPI of stubs. `registers`: what an I2C chip answers, by (address, register); else zeros."""

    registers: dict = {(0x18, 0x00): b"\x13", (0x18, 0x2A): b"\x01", (0x19, 0x00): b"\x13"}
    sent = 0

    def __init__(self, *args, **more):
        pass

    def write(self, data):
        Bus.sent += len(data)

    def writeto_mem(self, address, register, data):
        pass

    def readfrom_mem_into(self, address, register, into):
        found = self.registers.get((address, register), b"")
        for at in range(len(into)):
            into[at] = found[at] if at < len(found) else 0


class Pin:
    """A pin that takes everything, and reads as not pressed."""

    IN, OUT, OPEN_DRAIN, PULL_UP, PULL_DOWN = 1, 3, 7, 2, 1
    IRQ_FALLING, IRQ_RISING, WAKE_LOW, WAKE_HIGH = 2, 1, 4, 5

    def __init__(self, *args, **more):
        pass

    def __call__(self, level=None):
        return 1

    value = __call__

    def irq(self, *args, **more):
        pass

    on = off = freq = duty_u16 = deinit = init = irq


class Machine:
    """In place of MicroPython's own module, which has no buses on the unix port."""

    I2C = SPI = Bus
    Pin = PWM = ADC = Pin


def blank(image):
    """Flash as it comes from the factory."""
    for path, blocks in ((image, BLOCKS), (image + ".keys", 4)):
        flash = FileFlash(path, blocks, Power())
        for block in range(blocks):
            flash.erase_at(block)
        if blocks == BLOCKS:
            vfs.VfsLfs2.mkfs(flash)
        flash.close()


def done(decision):
    """A decision that has to be a yes."""
    if decision is None or not decision.allowed:
        raise AssertionError("refused: " + (decision.reason if decision else "nothing"))
    return decision


class Day:
    """A booted watch in the hand, and the hours of a day."""

    def __init__(self, image, board, wifi, step):
        sys.modules["machine"] = Machine
        vfs.mount(vfs.VfsLfs2(FileFlash(image, BLOCKS, Power())), ROOT)
        self.step = step
        self.now = _TICKS - 5000
        # What runs on a board, file by file (firmware/run.py itself needs a chip).
        from firmware.board import Hardware
        from firmware.device import Device
        from firmware.watch import Watch

        step("all modules that stay")
        with open(board) as file:
            self.hardware = Hardware(json.load(file), self.wait, lambda: self.now, self.wait)
        step("drivers")
        made = Board(ROOT, "whole")
        self.board = made
        made.partition = Partition(image + ".keys", Power())
        made.partition.flash = FileFlash(image + ".keys", made.partition.flash.blocks, Power())
        made.device_secret = full_state._SECRET
        made.random = full_state.Random(9000000)
        made.core = self.hardware.core
        if made.core:  # what no board of that kind has, as in firmware/chip.py
            made.phone = made.terminal = made.launcher = made.radio = made.positions = made.provider = None
            made.devices = {}
        if wifi:
            made.wifi = Wifi()
        made.rtc = lambda: _NOW
        self.watch = Watch(made)
        step("services, engine and store, empty")
        self.report = self.watch.start()
        step("state rebuilt")
        made.carrier.notice = self.notice  # the screen of services
        self.short = 0  # decisions that memory was too short for
        self._ask, self.watch.engine.ask = self.watch.engine.ask, self.ask
        self.seen: dict = {}
        self.friend = 45  # number of the first of three contacts with a clean slate
        self.device = None
        self.device = Device(self.watch, self.hardware, "zh")
        step("device and screens")
        self.turn(0)
        step("the first screen drawn")

    def go_online(self):
        """A guardian has named a network, and a broker that cannot be reached: the carrier tries again and again."""
        name, password = "home", "grey herons wade"
        broker = {"purpose": "messages", "host": "127.0.0.1", "port": _CLOSED_PORT, "name": "", "authority": ""}
        broker.update({"account": "", "secret": "", "path": "", "channel": full_state.HOST})
        for kind, fields in (
            ("credentials.scram", full_state.scram()),
            ("network.wifi", {"name": name, "password": password, "channel": full_state.HOST}),
            ("network.endpoint", broker),
        ):
            request = dict(fields)
            request["kind"] = kind
            if not self.ask(request).allowed:
                raise AssertionError(kind)

    def wait(self, milliseconds):
        pass

    def ask(self, request):
        decision = self._ask(request)
        if decision.reason == "engine.memory":
            self.short += 1
        return decision

    def notice(self, kind, fields):
        self.seen[kind] = self.seen.get(kind, 0) + 1
        if self.device:
            self.device.notice(kind, fields)

    def turn(self, milliseconds):
        self.now = (self.now + milliseconds) & _TICKS
        self.device.step(self.now)

    def go_on(self, minutes):
        """Time goes by, a minute a turn: what the loop does in the dark, once a second, is the same each time."""
        for _ in range(minutes):
            self.turn(60000)

    def tap(self, name):
        """Touch the middle of a target; False if there is none of that name."""
        for target in self.device.shell.look()["targets"]:
            if target[0] == name:
                x, y = target[1] + target[3] // 2, target[2] + target[4] // 2
                for down in (True, False):
                    self.device.touch(x, y, down)
                    self.turn(20)
                return True
        return False

    def press(self, seconds):
        self.device.button("a", True, self.now)
        for _ in range(seconds * 4):
            self.turn(250)
        self.device.button("a", False, self.now)
        self.turn(20)

    def must(self, kind, **fields):
        """A request that has to be allowed."""
        fields["kind"] = kind
        return done(self.watch.engine.ask(fields))

    def set_up(self, contacts):
        """By a guardian, with so many contacts."""
        child = full_state.birth()
        child["wall"] = _NOW
        self.must("administration.setup", **child)
        full_state.prove(self)
        full_state.add(self, full_state.GUARDIAN, "guardian")
        for number in range(1, contacts):
            full_state.add(self, number)
        self.turn(1000)
        self.step("set up, with %d contacts" % contacts)

    def message(self, number, counter, text):
        return self.watch.messaging.receive(full_state.message(number, counter, text))


def screens(day):
    """Every screen twice, drawn as it is on a board."""
    shell = day.device.shell
    number = done(day.message(day.friend, 900000, full_state.CALM)).records[0].seq
    subjects = {
        "note": ("notice.comfort", "heart", None),
        "conversation": number,
        "folded": (number, "notice.collapsed"),
        "number": (123456, "read_out"),
        "pay": {"name": "Kiosk", "amount": 550, "class": "food"},
        "read": ("school", full_state.CALM * 12, None),
        "why": number,
        "write": [full_state.address(day.friend), "draft"],
        "closed": ("usage.curfew", 3600),
        "keypad": {"kind": "credentials.logout", "channel": "keypad"},
        "call": full_state.phone(day.friend),
        "sos": 0,
    }
    for name in _SCREENS.split() * 2:
        if day.board.core and name in _BEYOND_CORE:
            continue
        day.device.wrist()
        shell.show(name, subjects.get(name))
        day.turn(20)
        shell.home()
    day.step("all screens opened twice")


def spend(day):
    """Consents, a talk with the assistant, and a shop that asks for money."""
    watch = day.watch
    for purpose in ("payment", "ai", "location"):
        full_state.prove(day)
        day.must("consent.give", purpose=purpose, manifest=1, channel=full_state.HOST)
    full_state.prove(day)
    values = [["payments.enabled", 1], ["assistant.enabled", 1], ["location.on_request", 1]]
    asked = {"version": 8, "issuer": "owner", "expires": 65000, "channel": full_state.HOST, "values": values}
    day.must("administration.policy", **asked)
    record = full_state.provider(watch.engine.clock.day() - 3)
    day.must("assistant.provider", channel=full_state.HOST, **record)
    day.board.provider.answers = [[full_state.ANSWER]]
    watch.assistant.begin()
    watch.assistant.say(full_state.QUESTION)
    day.turn(1000)
    day.turn(1000)
    watch.assistant.end()
    day.turn(1000)
    day.step("a talk with the assistant")
    watch.wallet.request({"key": "00" * 16, "merchant": "kiosk", "name": "Kiosk", "amount": 500, "class": "food"})
    watch.wallet.cancel()
    day.step("money")


def live(day):
    """A day: messages, the button, a talk, money, a call, help, a guardian, a new month's segment."""
    watch = day.watch
    for number in range(24):
        day.message(3 + number % 7, 910000 + number, full_state.RUDE if number % 12 == 11 else full_state.CALM)
        day.go_on(7)
        day.tap("home") or day.tap("back")
    day.step("24 messages, drawn")
    day.message(day.friend + 2, 920000, full_state.RUDE)
    day.press(0)
    day.go_on(1)
    day.step("the one button")
    done(watch.messaging.send(full_state.address(day.friend + 1), full_state.CALM))
    watch.messaging.send(full_state.address(day.friend + 1), full_state.PERSONAL)
    day.step("messages out")
    full_state.prove(day)
    day.must("administration.grant", key="contacts.unknown", value=1, minutes=30, channel=full_state.HOST)
    day.must("credentials.pin", pin=full_state.PIN)
    day.step("a guardian's proofs and a grant")
    if not day.board.core:
        spend(day)
    watch.calls.incoming(full_state.phone(day.friend))
    day.turn(20)
    day.tap("over")
    day.step("a call")
    day.board.port.came += b'{"jsonrpc":"2.0","id":1,"method":"link.hello"}\n'
    day.turn(1000)
    day.turn(1000)
    day.step("somebody at the cable")
    day.go_on(15)
    day.press(4)
    for _ in range(10):
        day.turn(1000)
    day.step("SOS")
    segment = watch.store.main.segment
    for number in range(400):
        if watch.store.main.segment != segment:
            break
        day.message(day.friend, 930000 + number, full_state.CALM)
        day.turn(10000)
    day.go_on(30)
    day.step("a new segment, the older ones checked")


def main(command, image, board, loud=""):
    step = Steps(loud == "steps")
    if command in ("day", "core"):
        blank(image)
    step("littlefs and ours")
    day = Day(image, board, command == "wifi", step)
    if command in ("day", "core"):
        day.friend = 7
        day.set_up(10)
    elif day.report.status != "ok":
        print(json.dumps({"status": day.report.status, "code": day.report.code}))
        return
    if command == "wifi":
        day.go_online()
    screens(day)
    live(day)
    found = full_state.size(day.watch)
    found.update({"status": "ok", "sent": Bus.sent, "sos": day.watch.sos.state, "screen": day.device.shell.screen})
    found["seen"], found["short"] = sorted(day.seen), day.short
    print(json.dumps(found))


if len(sys.argv) > 1:  # else loaded by harness_size
    main(*sys.argv[1:])
