"""A whole watch under virtual time, moved by small commands: the same file runs on CPython and inside MicroPython.

Every command is a dict with "op" and JSON-able values, every answer a dict, so that a watch in the same process and a
watch behind a pipe are used alike. `OPS` lists the commands.
"""

import os
import time
from binascii import b2a_base64
from hashlib import sha256

from firmware.policy.decision import BadRequest
from firmware.policy.rules import consent
from firmware.policy.rules.content_access import CHAT
from firmware.policy.rules.usage import CLASSES
from firmware.services.alerts import render
from firmware.storage import floor
from firmware.storage.files import Files
from firmware.storage.journal import JournalBroken
from firmware.texts import text as words
from firmware.watch import Watch
from simulator.portable.board import Board, Wifi
from simulator.portable.display import Display


class Rig:
    """Runs commands against one watch. Time stands still except in `advance`."""

    def __init__(self):
        self._ticks = 0  # `new` makes the board and the watch
        self._partition = None  # of that board
        self._since = 0  # milliseconds of `pulse` that make no whole second yet
        self.shell = None  # the screens, on a board with a display
        self.chips = None  # the board's chips, where the firmware's own drivers run

    def do(self, command):
        """Carry out one command; unknown operations and bad requests come back as {"bad": field, "problem": words}."""
        act = OPS.get(command["op"])
        if act is None:
            return {"bad": "op", "problem": "unknown"}
        try:
            return act(self, command)
        except BadRequest as bad:
            return {"bad": bad.field, "problem": bad.problem}

    def new(self, command):
        """A watch from the factory in folder `root`, random bytes from `seed`, true time `wall`. keep: what lies in
        `root` stays (a flash that was copied or damaged); phone false: a board without telephony; address: for
        envelopes, where two watches talk to each other; display [width, height, round]: with the screens of
        firmware/ui, in `language`, with `battery` percent; board: instead of that a packed description
        (host_tools/boards.py), for a whole board with chips and the firmware's drivers; dark: the display is only lit
        while a picture is taken, which saves the drawing in between; slots: folder of a flash with firmware in slots,
        whose version this watch then says it is; core: the board runs the core of the firmware alone;
        wifi: a radio in a home, so that the watch really connects to what a guardian has set (`live`)."""
        if self._partition:
            self._partition.flash.close()
        if not command.get("keep"):
            _empty(command["root"])
        consent.MANIFEST[:] = [1] * len(consent.PURPOSES)
        self.board = Board(command["root"], command.get("seed", "seed"))
        self._partition = self.board.partition
        self.board.address = command.get("address", self.board.address)
        self.board.true_time = command.get("wall", 0)
        self.board.core = command.get("core", False)
        if command.get("wifi"):
            self.board.wifi, self.board.provider = Wifi(), None  # type: ignore[assignment]
        self.board.carrier.telephony = command.get("phone", True)
        self._slots = command.get("slots")
        size = command.get("display")
        self.display = Display(*size) if size else None
        self._language = command.get("language", "en")
        self._battery = command.get("battery", -1)
        self.chips = None
        if "board" in command:
            from simulator.portable.on_chips import OnChips

            self.chips = OnChips(command["board"], self.board, command.get("battery", 80))
        self._dark = command.get("dark", False)
        return self._start()

    def _start(self):
        self._ticks = 0x3FFFF000  # near the wrap of ticks_ms, so that every run goes over it
        if self._slots:
            self._choose_slot()
        self.watch = Watch(self.board)
        report = self.watch.start()
        if self._slots:
            self.watch.updates.started(0)
        if self.chips:
            self.shell = self.chips.start(self.watch, self._language)
        else:
            self.shell = self.board.carrier.shell = self._shell() if self.display else None
        self._step()
        return {
            "status": report.status,
            "code": report.code,
            "records": report.records,
            "torn": report.torn,
            "seq": report.seq,
        }

    def _choose_slot(self):
        """As firmware/start.py does; the code stays the same, only its number changes."""
        from firmware.update.slots import Slots

        slots = self.board.slots = Slots(self._slots + "/")
        self.board.version = slots.choose()[0].version
        slots.begin_try()

    def _shell(self):
        """The screens, loaded only where there is a display to show them."""
        from firmware.ui.shell import Shell

        shell = Shell(self.watch, self.display, self._language)
        shell.battery, shell.charging = self._battery, self.board.plugged
        shell.telephony = self.board.carrier.telephony
        shell.signals = self.board.carrier
        shell.lit = not self._dark
        shell.home()
        return shell

    def _step(self):
        """One step of the watch and of its screens: the milliseconds until the next need."""
        if self.chips:
            return self.chips.step()
        wait = self.watch.step(self._ticks)
        return min(wait, self.shell.step(self._ticks)) if self.shell else wait

    def _drawn(self):
        """Before somebody looks: screens draw at once, a board when its loop has its turn."""
        if not self.chips:
            self._step()

    def reboot(self, command):
        """Power off for `off` seconds and on again; rtc false: the battery-backed clock has lost the time, until it is
        set again."""
        self.board.true_time += command.get("off", 0)
        if not command.get("rtc", True):
            self.board.rtc_runs = False
        if self.chips:
            self.chips.power_on(command.get("off", 0), command.get("rtc", True))
        return self._start()

    def move_rtc(self, command):
        """Somebody moves the battery-backed clock by `seconds`."""
        self.board.rtc_offset += command["seconds"]
        return {}

    def advance(self, command):
        """Let `seconds` pass, stepping the watch whenever it asks for it."""
        if self.chips:
            self.chips.go_on(command["seconds"])
            return self.clock(command)
        left = command["seconds"] * 1000
        while left > 0:
            wait = self._step()
            jump = max(min(wait, left), 1000)
            self._ticks = (self._ticks + jump) & 0x3FFFFFFF
            self.board.true_time += jump // 1000
            left -= jump
        self._step()
        return self.clock(command)

    def live(self, command):
        """Let real time pass, for `ms` at most, until all of these hold: `state` of the carrier, at least `seen`
        notices, `sent` true: nothing waits to be sent, `told` true: nor an alert, `answered` true: nor an answer of the
        assistant. speed: the watch's seconds in a real
        one. longest: milliseconds that the longest step took."""
        recorder, watch = self.board.screen, self.watch
        longest, began, speed = 0, _milliseconds(), command.get("speed", 1)
        last = began
        while True:
            before = _milliseconds()
            self._ticks = (self._ticks + (before - last) * speed) & 0x3FFFFFFF
            last = before
            self._step()
            after = _milliseconds()
            longest = max(longest, after - before)
            done = (
                len(recorder.seen) >= command.get("seen", 0)
                and command.get("state", watch.carrier.state) == watch.carrier.state
                and not (command.get("sent") and watch.outbox.numbers)
                and not (command.get("told") and len(watch.engine.rules["alerts"]))
                and not (command.get("answered") and watch.assistant.answering)
            )
            if (done and not command.get("whole")) or after - began >= command["ms"]:
                return {"done": done, "longest": longest, "state": watch.carrier.state, "took": after - began}
            time.sleep(0.002)

    def pulse(self, command):
        """`ms` have passed for somebody who moves the watch by a real clock: one step."""
        self._ticks = (self._ticks + command["ms"]) & 0x3FFFFFFF
        self._since += command["ms"]
        self.board.true_time += self._since // 1000
        self._since %= 1000
        self._step()
        return {}

    def clock(self, command):
        clock = self.watch.engine.clock
        return {"wall": clock.wall, "powered": clock.powered, "trust": clock.trust, "day": clock.day()}

    def ask(self, command):
        """One request straight to the engine, noted if it was the safety floor's."""
        decision = self.watch.engine.ask(command["request"])
        if command["request"]["kind"].startswith("emergency."):
            self.watch.engine.note(decision)
        return _answer(decision)

    def service(self, command):
        """Call a service as a screen or carrier would: `call` names it, `with` holds the arguments."""
        watch, call = self.watch, command["call"]
        rare, _, act = call.partition(".")
        if act:  # "apps.open": a service that is loaded for one act
            arguments = dict(command["with"])
            if act == "deliver":
                arguments["body"] = arguments["body"].encode()
            service = watch.apps() if rare == "apps" else watch.content()
            return _answer(getattr(service, act)(**arguments))
        calls = {
            "receive": "messaging.receive",
            "send": "messaging.send",
            "press": "messaging.press",
            "undo": "messaging.undo",
            "open": "messaging.open",
            "call_in": "calls.incoming",
            "call_out": "calls.outgoing",
            "ask_approval": "approvals.ask",
            "enter_code": "approvals.enter",
            "wipe_here": "guardians.wipe_here",
            "use": "foreground.start",
            "leave": "foreground.stop",
            "on_call": "foreground.call",
            "pay_request": "wallet.request",
            "pay": "wallet.pay",
            "capture": "wallet.capture",
            "void": "wallet.void",
            "refund": "wallet.refund",
            "look": "locator.look",
            "clear": "locator.clear",
            "history": "locator.history",
            "for_app": "locator.for_app",
            "window": "discovery.open",
        }
        if call.startswith("chat_"):
            return _answer(getattr(watch.assistant, call[5:])(**command["with"]))
        if call == "privacy":
            return _answer(watch.guardians.act(**command["with"])[0])
        if call == "record":
            return _answer(self._record(**command["with"]))
        if call == "wake":
            return _answer(watch.look())
        service, act = calls[call].split(".")  # services rest: only the one that is meant is loaded
        answer = getattr(getattr(watch, service), act)(**command["with"])
        if isinstance(answer, tuple):  # a decision and what was given out
            return dict(_answer(answer[0]), given=answer[1])
        return _answer(answer)

    def _record(self, **arguments):
        """Open a device; what it hears or sees goes to the recorder."""
        self.board.carrier.heard = 0
        return self.watch.capture.open(take=self.board.carrier.hear, **arguments)

    def package(self, command):
        """A package's bytes (`text`) come from the source, a piece at a time, and are installed."""
        data = command["text"].encode()
        for at in range(0, len(data), 512):
            if not self.watch.apps().receive(command["app"], data[at : at + 512]):
                return {"verdict": "dropped"}
        if not command["install"]:
            return {}
        return _answer(self.watch.apps().install(command["app"]))

    def close(self, command):
        """The owner, or anybody, closes microphone and camera."""
        self.watch.capture.close(command.get("owner", ""))
        return {}

    def line(self, command):
        """The phone: the call is connected, or over."""
        if not command["connected"]:
            self.watch.calls.ended()
            return {}
        self.board.carrier.heard = 0
        return {"open": self.watch.calls.connected()}

    def devices(self, command):
        """What has power and what shows it. works: whether the sign can be seen from now on."""
        board = self.board
        if "works" in command:
            board.indicator.works = command["works"]
        return {
            "mic": board.devices["mic"].rail,
            "camera": board.devices["camera"].rail,
            "sign": board.indicator.shown,
            "receiver": board.positions.is_on,
            "heard": board.carrier.heard,
            "wiped": not any(self.watch.capture._buffer),
        }

    def place(self, command):
        """Where the receiver thinks it is: [latitude, longitude, accuracy, age], or None."""
        self.board.positions.fix = command["fix"] and tuple(command["fix"])
        return {}

    def locate(self, command):
        """A guardian's request for the position arrives at the carrier; it is decided at the next step of time."""
        self.board.carrier.received.append(command["envelope"])
        return {}

    def looks(self, command):
        """The child's list of looks."""
        return {"looks": self.watch.locator.looks()}

    def kept(self, command):
        """What the watch says it keeps, as [category, count] pairs; None if it does not say."""
        return {"kept": self.watch.privacy.list(command["reader"], command.get("channel"))}

    def guardian(self, command):
        """A guardian's request through the service that carries it out; `content` is what was handed over."""
        decision, content = self.watch.guardians.act(command["request"])
        answer = _answer(decision)
        answer["content"] = content
        return answer

    def copy(self, command):
        """The lines of a guardian's copy; None if refused."""
        lines = self.watch.privacy.copy(command["channel"])
        return {"lines": lines and [line.decode() for line in lines]}

    def declare(self, command):
        """As after an update: what is collected for `purpose` is declared anew, under the next number."""
        consent.MANIFEST[consent.PURPOSES.index(command["purpose"])] += 1
        return self.reboot({})

    def shown(self, command):
        """What the watch shows all the time: the child's banners, the lock screen, requests that wait for a code, and
        the state that apps follow."""
        guardians = self.watch.guardians
        return {
            "banners": guardians.banners(command.get("language", "en")),
            "lock_screen": guardians.lock_screen(),
            "approvals": self.watch.approvals.waiting(),
            "protection": guardians.protection(),
        }

    def delivered(self, command):
        """What a guardian or the child is shown: the apps, the pool, the topics."""
        content = self.watch.content()
        return {"apps": self.watch.apps().report(), "pool": content.pool(), "topics": content.topics()}

    def queue(self, command):
        """An envelope arrives at the carrier; it is decided at the next step of time."""
        self.watch.messaging.queue(command["envelope"])
        return {}

    def step(self, command):
        """One step without any time passing."""
        self._step()
        return {}

    def sos(self, command):
        """The SOS gesture; `cancel` true: the other gesture; `end` true: the child is safe."""
        if command.get("cancel"):
            self.watch.sos.cancel()
        elif command.get("end"):
            self.watch.sos.end()
        else:
            self.watch.sos.press(self.watch.engine.clock.powered)
        return {"state": self.watch.sos.state}

    def charge(self, command):
        """The charger is connected, or taken away."""
        self.board.plugged = command["on"]
        if self.chips:
            self.chips.charger(command["on"])
        elif self.shell:
            self.shell.charging = command["on"]
            if self.shell.screen == "dial":
                self.shell.build(0)
        self._step()
        return {}

    # The display and what is under it; only with the option `display` of `new`.

    def _lit(self):
        """The shell, or BadRequest where there is no display."""
        if self.shell is None:
            raise BadRequest("display", "is missing: `new` was not given one")
        return self.shell

    def touch(self, command):
        """A finger comes down (`down` true) or goes up at x, y."""
        if self.chips:
            self.chips.touch(command["x"], command["y"], command["down"])
        else:
            self._lit().touch(command["x"], command["y"], command["down"])
        return self.screen(command)

    def button(self, command):
        """Button `name` ("a", "b", "c") goes down or up."""
        if self.chips:
            self.chips.button(command["name"], command["down"])
        else:
            self._lit().button(command["name"], command["down"])
        return self.screen(command)

    def open_screen(self, command):
        """Open a screen by its name, as the board does with "lock" when the watch is put down; `subject`: what it is
        of, as in its file."""
        self._lit().show(command["name"], command.get("subject"))
        return self.screen(command)

    def dark(self, command):
        """The display goes dark, as after a while without a touch; `locked`: a code is wanted now."""
        if self.chips:
            raise BadRequest("board", "darkens by itself: let time pass")
        if self.shell:
            self.shell.put_down()
        else:
            self.watch.lock.close()
        return {"locked": self.watch.lock.closed}

    def screen(self, command):
        """The open screen's name, after it was drawn."""
        self._drawn()
        return {"screen": self._lit().screen}

    def picture(self, command):
        """The whole display: RGB565, high byte first, in base64; and its SHA-256. data false: without the picture."""
        display, shell = self.chips, None
        if display is None:
            shell = self._lit()
            display, shell.lit = shell.display, True
        self._drawn()
        if shell:
            shell.lit = not self._dark
        answer = {"w": display.width, "h": display.height, "sha256": _hash(display.frame)}
        if command.get("data", True):
            answer["data"] = b2a_base64(display.frame).decode().strip()
        return answer

    def look_at_chips(self, command):
        """What can be measured at the board: see simulator/portable/on_chips.py. pass: milliseconds that go by first;
        feel: samples [x, y, z] of the motion sensor, in thousandths of g."""
        if self.chips is None:
            raise BadRequest("board", "is missing: `new` was not given one")
        if "pass" in command:
            self.chips.run(command["pass"])
        return self.chips.measure(command.get("feel", ()))

    def look_at(self, command):
        """The open screen, the texts on it, what can be touched: [[name, x, y, w, h], ...], which of that is in focus,
        and whether there is a further page."""
        self._drawn()
        return self._lit().look()

    def felt(self, command):
        """What the child felt and heard since the last time: [[milliseconds of vibration on and off], [tones]] each."""
        recorder = self.board.carrier
        felt, recorder.felt = recorder.felt, []
        return {"felt": felt}

    def bill(self, command):
        """The bill as `reader` ("child" or "guardian", with the `channel` of a proof) gets it; null if refused."""
        return {"lines": self.watch.wallet.bill(command["reader"], command.get("channel"))}

    def pay_cancel(self, command):
        """The child turns a shop's request down."""
        self.watch.wallet.cancel()
        return {}

    def provider(self, command):
        """`answers` for the next questions, each a list of pieces; `online` false: nobody answers."""
        self.board.provider.answers = command.get("answers", [])
        self.board.provider.online = command.get("online", True)
        return {}

    def usage(self, command):
        """What a screen shows of the time, what is in the foreground, and the seconds used today."""
        rule = self.watch.engine.rules["usage"]
        mode, minutes, change, why = rule.state()
        front = CLASSES[rule.front] if rule.front >= 0 else ""
        used = rule.used(self.watch.engine.clock.day())
        return {"mode": mode, "minutes": minutes, "next": change, "why": why, "front": front, "used": used}

    def cable(self, command):
        """Bytes come in over the serial line; what the watch answers at once, in hexadecimal. restart: it was wiped."""
        port = self.board.port
        port.came += bytes.fromhex(command["data"])
        self.watch.step(self._ticks)
        data, port.gone = port.gone, b""
        return {"data": data.hex(), "restart": self.watch.restart}

    def in_hand(self, command):
        """Somebody presses on a watch without a display, which asks whether a computer may connect."""
        self.watch.in_hand()
        return {}

    def network(self, command):
        """Whether the carrier's network is there."""
        self.board.carrier.online = command["online"]
        if self.board.wifi:
            self.board.wifi.there = command["online"]
        return {}

    def left(self, command):
        """Questions and seconds with the assistant that the child still has today."""
        turns, seconds = self.watch.assistant.left()
        return {"turns": turns, "seconds": seconds}

    def wifi(self, command):
        """What the radio does, and how often it was switched on."""
        carrier = self.watch.carrier
        joins = self.board.wifi.joins if self.board.wifi else 0
        return {"on": carrier.on, "joined": carrier.joined, "state": carrier.state, "joins": joins}

    def seen(self, command):
        """What the child saw since the last time, what left the watch, the alerts that reached a guardian, and what
        terminals were told."""
        recorder, provider = self.board.carrier, self.board.provider
        answer = {"asked": provider.asked if provider else []}
        if provider:
            provider.asked = []
        for name in ("seen", "sent", "alerts", "told", "positions"):
            answer[name] = getattr(recorder, name)
            setattr(recorder, name, [])
        return answer

    def state(self, command):
        """A digest of the rules' state and the plain facts that tests ask for."""
        engine = self.watch.engine
        digest = sha256()
        for name, blob in engine._parts():
            digest.update(name.encode() + b"\0" + blob)
        administration = engine.rules["administration"]
        return {
            "digest": _hex(digest),
            "seq": self.watch.store.main.seq,
            "tampered": administration.tampered,
            "set_up": administration.is_set_up,
            "private": administration.is_private,
            "strict": engine.settings.strict,
            "mode": engine.rules["blocking"].mode,
            "chats": _numbers(engine.rules["content_access"].chats),
            "band": engine.settings.band,
            "help": list(engine.floor.help_numbers()),
            "pending": [render(alert, command.get("language", "en")) for alert in engine.rules["alerts"].pending()],
        }

    def setting(self, command):
        return {"value": self.watch.engine.settings[command["key"]]}

    def grade(self, command):
        """Grade and block of a party by address, as a contact and as a stranger."""
        engine = self.watch.engine
        party = engine.rules["contacts"].party(command["party"])
        blocking = engine.rules["blocking"]
        return {"who": party.who, "grade": blocking.grade(party.tag), "blocked": blocking.is_blocked(party)}

    def packages(self, command):
        """Evidence packages, opened for the test with their digests checked: [[number, tag, count, complete], ...]."""
        found = []
        for number, month, tag, count, _, _ in self.watch.engine.rules["content_access"].packages():
            found.append([number, tag, count, len(self.watch.store.package(month, number)) == count])
        return {"packages": found}

    def journal(self, command):
        """Every record still on flash: [[seq, time, powered, kind, fields...], ...], and the denials. `after` and
        `denials_after`: only those with higher numbers, found without reading the older segments."""
        store = self.watch.store
        return {
            "records": _walk(store.main, command.get("after", 0)),
            "denials": _walk(store.denials, command.get("denials_after", 0)),
        }

    def verify(self, command):
        """Check every older segment too; {"ok": false, "code"} on damage."""
        try:
            while self.watch.store.check_next():
                pass
        except JournalBroken as damage:
            return {"ok": False, "code": damage.code}
        return {"ok": True, "seq": self.watch.store.main.seq}

    def files(self, command):
        """Name, size and SHA-256 of every stored file and of the key partition: what must be equal on every runtime."""
        files = Files(self.board.root)
        rows = [[name, files.size(name), _hash(files.read(name))] for name in files.names()]
        keys = b"".join([self.board.partition.read(sector, 0, 4096) for sector in range(4)])
        return {"files": rows + [["keys", len(keys), _hash(keys)]]}

    def words(self, command):
        return {"text": words(command["id"], command.get("language", "en"))}

    def floor(self, command):
        region, numbers = floor.load(Files(self.board.root), self.board.device_secret)
        return {"region": region, "numbers": numbers}


OPS = {
    "new": Rig.new,
    "reboot": Rig.reboot,
    "advance": Rig.advance,
    "pulse": Rig.pulse,
    "live": Rig.live,
    "clock": Rig.clock,
    "ask": Rig.ask,
    "service": Rig.service,
    "kept": Rig.kept,
    "copy": Rig.copy,
    "declare": Rig.declare,
    "guardian": Rig.guardian,
    "shown": Rig.shown,
    "close": Rig.close,
    "line": Rig.line,
    "devices": Rig.devices,
    "place": Rig.place,
    "locate": Rig.locate,
    "looks": Rig.looks,
    "package": Rig.package,
    "delivered": Rig.delivered,
    "queue": Rig.queue,
    "step": Rig.step,
    "sos": Rig.sos,
    "charge": Rig.charge,
    "usage": Rig.usage,
    "touch": Rig.touch,
    "button": Rig.button,
    "open_screen": Rig.open_screen,
    "dark": Rig.dark,
    "picture": Rig.picture,
    "look": Rig.look_at,
    "felt": Rig.felt,
    "bill": Rig.bill,
    "pay_cancel": Rig.pay_cancel,
    "provider": Rig.provider,
    "chips": Rig.look_at_chips,
    "cable": Rig.cable,
    "in_hand": Rig.in_hand,
    "network": Rig.network,
    "wifi": Rig.wifi,
    "left": Rig.left,
    "seen": Rig.seen,
    "state": Rig.state,
    "setting": Rig.setting,
    "grade": Rig.grade,
    "packages": Rig.packages,
    "journal": Rig.journal,
    "verify": Rig.verify,
    "files": Rig.files,
    "words": Rig.words,
    "floor": Rig.floor,
    "move_rtc": Rig.move_rtc,
}


def _milliseconds():
    return time.time_ns() // 1000000


def _numbers(chats):
    """The numbers of the entries of earlier talks, oldest first."""
    return [int.from_bytes(chats[at : at + 4], "little") for at in range(0, len(chats), CHAT)]


def _answer(decision):
    if decision is None:
        return {"verdict": "dropped"}
    return {
        "verdict": decision.verdict,
        "reason": decision.reason,
        "obligations": list(decision.obligations),
        "wait": decision.wait,
        "who": decision.who,
        "records": [[r.seq, r.kind] + r.fields for r in decision.records],
    }


def _walk(journal, after):
    """The records numbered above `after`, oldest first."""
    rows: list = []
    for segment in reversed(journal.segments()) if journal.seq > after else ():
        found = []
        record, _ = journal.read(segment, 0)
        header = record.seq
        while record:
            if record.seq > after and ("." in record.kind or record.kind == "denied"):
                found.append([record.seq, record.t, record.powered, record.kind] + record.fields)
            next_one = journal.read(segment, record.end)
            record = next_one[0] if next_one else None
        rows = found + rows
        if header <= after:
            break
    return rows


def _hash(data):
    return _hex(sha256(data))


def _hex(digest):
    return digest.digest().hex()


def _empty(root):
    """Make `root` an empty folder, with no key partition beside it."""
    try:
        os.remove(root + ".keys")
    except OSError:
        pass
    try:
        for name in os.listdir(root):
            os.remove(root + "/" + name)
    except OSError:
        os.mkdir(root)
