"""What a watch does that has no firmware to start, or that a guardian has sent to service (requirements B14, E2, I1).

It stands in the base, outside of both slots. It shows that help is needed, keeps the safety floor alive (the one button
held for three seconds calls for help and dials), and takes packages of the maker's over the cable: their signature is
all that they need here, since without the journal nobody can be asked for a proof. It shows no data and has no prompt.
"""

import json

import framebuf
from micropython import const

from firmware.link.frames import Reader, frame
from firmware.link.json_text import dumps
from firmware.policy.decision import BadRequest, allow, deny
from firmware.services.updates import Updates
from firmware.storage import floor
from firmware.storage.files import Files
from firmware.update.slots import SERVICE, Slots

_HOLD = const(3000)  # milliseconds, as everywhere (boards/*/board.toml)
_SERVICE_MS = const(900000)
_SPARE_MS = const(60000)  # after so long the next switching on may try once more
_AGAIN_MS = const(25000)
_TICKS = const(0x3FFFFFFF)
_STEP_MS = const(20)
_NO_METHOD = const(-32601)
_PARAMS = const(-32602)
_RED, _WHITE = const(0x00D8), const(0xFFFF)  # RGB565, high byte first
_HEIGHT = const(24)

# One bit a pixel, 24 rows, from firmware/ui/font.bin: the base has no font, which could be what is broken.
_REPAIR_ZH = (
    "0000000000000000000000000000010006000000000000000000007f8006007fffe0c1000000003ff003fffc01980083007effc0"
    "006000060001080083fc18c4400060000600011801860c18c44000600006003fffc10d1818cc40006001fff83108c339b018ffc0"
    "3fffc006003108c320e018c44000600006003118c721f87ec440006007fffe3fffc53f0e18cc400060001b00018001286018ffc0"
    "7fffe0310c01800120c0180c00006000e1987fffe12718180c00006003e0f0060601203018ffe000600760e0060c0120c01e0c00"
    "00600060600f9801230c3c0c00006000673801f8010018700c000060007e1e03df0100f0000c0007c00070067e01c1078003ffe0"
    "00000000000000010000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
)
_REPAIR = (
    "0000000000000000000000000000000000000000000000000000000000000000000000003f81fe1fc0180c3f803fe1fe1ff01c0c"
    "3fe030618018303c0c30603031801810240c30303031801818260c30303021801810660c30203061fc1830620c30603fc1fc19e0"
    "430c3fc03381801fc0c30c33803181801800ff0c318030c1801800c38c30c030c1801801818c30c03061801801818c30603061fe"
    "180100cc30603031ff180300cc303000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000"
)
_HOLD_ZH = (
    "000000000000000000000400008080000000004006010080c0006600004006030080c0006383f840060e008ffe0061821840061c"
    "0188067fffe21840067007e8860060021ffe06e0008986006003f8c606000081801060c318c60e0000838018718218c67fffe09f"
    "fe0c730218c4062000a218067e0318c4063001e618006c03f884061807861001e402188406180086300766021984060c0083e00e"
    "63021d8406060080e03861c3ff0406638081f06060e7c20407e1e1871c0060000e0c0f00679c0603c0000c7c0000000000030000"
    "0000000000000000000000000000000000000000000000000000000000000000"
)
_HOLD_EN = (
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000030180f80c01fc000000c061fe1803f8030181fc0c01fe000000c061fe1803fe030183060c0183000"
    "000c06180180306030186030c0181800000c06180180302030186030c0181800000c0618018030303018c010c018180ff80c0618"
    "018030203ff8c018c0180800000ffe1fc18030603ff8c018c0180c00000ffe1fc18033c03018c018c0180800000c061801803f80"
    "3018c010c0181800000c06180180300030186030c018180ff80c06180180300030186030c0181800000c06180180300030183060"
    "c0183000000c06180180300030181fc0ff1fe000000c061fe1fe300030180f80ff1fc000000c061ff1fe30000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000"
)


class Recovery:
    """board: of firmware/watch.py's contract, as far as carrier, phone, port, identity, root and device_secret go;
    display: see firmware/board.py; why: a reason of update/slots.py. ticks: see `step`."""

    def __init__(self, board, display, why, slots):
        self._board = board
        self._why = why
        self._slots = slots
        self._reader = Reader()
        self._updates = Updates(self._judge, slots, max(slots.least, 1) - 1, self._restart)
        self._start = None
        self._spared = False
        self._held = -1  # ticks at which the one button went down
        self._sos = False
        self._again = 0
        self.delivered = False
        self.over = False
        _draw(display)

    def _judge(self, request):
        """In place of the policy: the package's own signature, board and version decide."""
        if request.get("problem"):
            return deny("firmware." + request["problem"])
        return allow((), ("begin",) if request["kind"] == "firmware.install" else ("switch", "reboot"))

    def _restart(self):
        self.over = True

    # --- the safety floor

    def button(self, name, down, when):
        """The one button; see firmware/board.py."""
        if name == "a":
            self._held = when if down else -1

    def touch(self, x, y, down):
        """There is nothing to touch."""

    def wrist(self):
        """There is nothing to wake."""

    def _help(self, now):
        """Send for help until it has arrived, and dial at once where the board can."""
        self._again = (now + _AGAIN_MS) & _TICKS
        self.delivered = self._board.carrier.send_sos({"time": 0})
        if self._board.phone:
            numbers = floor.load(Files(self._board.root), self._board.device_secret)[1]
            self._board.phone.dial(numbers[0] if numbers else "112")

    # --- time

    def step(self, now):
        """Act at `now` (milliseconds, wrapping at 2**30). Returns the milliseconds until the next need."""
        if self._start is None:
            self._start = now
        if self._held >= 0 and (now - self._held) & _TICKS >= _HOLD:
            self._held = -1
            self._sos = True
            self._help(now)
        elif self._sos and not self.delivered and (now - self._again) & _TICKS < 0x20000000:
            self._help(now)
        passed = (now - self._start) & _TICKS
        if not self._spared and passed >= _SPARE_MS and self._why != SERVICE:
            self._spared = True
            self._slots.spare_try()
        if self._why == SERVICE and passed >= _SERVICE_MS and not self._sos:
            self.over = True
        self._serve()
        return _STEP_MS

    # --- the line

    def _serve(self):
        for body in self._reader.feed(self._board.port.read()):
            answer = self._answer(body)
            answer["jsonrpc"] = "2.0"
            self._board.port.write(frame(dumps(answer)))

    def _answer(self, body):
        number = None
        try:
            request = json.loads(body)
            number, method, params = request.get("id"), request["method"], request.get("params", {})
            if method == "link.hello":
                return {"id": number, "result": self._hello()}
            act = _METHODS.get(method)
            if act is None:
                return {"id": number, "error": {"code": _NO_METHOD, "message": "the recovery has no such method"}}
            return {"id": number, "result": act(self._updates, params)}
        except BadRequest as bad:
            return {"id": number, "error": {"code": _PARAMS, "message": str(bad), "data": {"field": bad.field}}}
        except (ValueError, KeyError, AttributeError, TypeError, UnicodeError, RuntimeError, MemoryError):
            return {"id": None, "error": {"code": _PARAMS, "message": "this is not a request"}}

    def _hello(self):
        return {
            "watch": self._board.identity.hex(),
            "nonce": "00" * 16,
            "protocol": 1,
            "set_up": True,
            "recovery": self._why,
        }


_METHODS = {
    "firmware.state": Updates.state,
    "firmware.head": Updates.head,
    "firmware.begin": Updates.begin,
    "firmware.piece": Updates.piece,
    "firmware.finish": Updates.finish,
}


def _draw(display):
    """What has happened and what to do, in both languages: nobody knows here which one the child reads."""
    band = bytearray(display.width * _HEIGHT * 2)
    frame = framebuf.FrameBuffer(band, display.width, _HEIGHT, framebuf.RGB565)
    lines = (_REPAIR_ZH, _REPAIR, _HOLD_ZH, _HOLD_EN)
    top = display.height // 2 - len(lines) // 2 * _HEIGHT
    for y in range(top % _HEIGHT - _HEIGHT, display.height, _HEIGHT):
        frame.fill(_RED)
        if 0 <= y - top < len(lines) * _HEIGHT:
            _centre(frame, lines[(y - top) // _HEIGHT], display.width)
        first, last = max(y, 0), min(y + _HEIGHT, display.height)
        rows = memoryview(band)[2 * display.width * (first - y) : 2 * display.width * (last - y)]
        display.blit(0, first, display.width, last - first, rows)


def _centre(frame, picture, wide):
    """Copy a one-bit picture of 24 rows into the middle of a band."""
    bits = bytes.fromhex(picture)
    width = len(bits) // _HEIGHT * 8
    left = (wide - width) // 2
    for row in range(_HEIGHT):
        for column in range(width):
            if bits[(row * width + column) >> 3] >> (7 - column & 7) & 1:
                frame.pixel(left + column, row, _WHITE)


def run(root, why):
    """On a board: until the watch is switched off, a package is there, or service is over."""
    import time

    from firmware import chip

    board = chip.Board(root)
    hardware = chip.hardware()
    recovery = Recovery(board, hardware.display, why, Slots(root))
    hardware.light(True)
    hardware.hold_to_off(True)
    dog = chip.watchdog()
    while not recovery.over:
        dog.feed()
        hardware.poll(recovery)
        hardware.rest(recovery.step(time.ticks_ms()))
