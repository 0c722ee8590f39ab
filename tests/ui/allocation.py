"""Runs on MicroPython (test_memory.py): drawing allocates nothing, and screens leave nothing behind.

Prints a line for each screen: its name, the bytes allocated by drawing it anew, and how much the heap grew between its
second and its third opening.
"""

import gc
import os
import sys

gc.threshold(8192)  # type: ignore[attr-defined]  # as firmware/boot.py does, before anything is loaded

from firmware.policy.rules.contacts import envelope_mac  # noqa: E402
from simulator.portable.rig import Rig  # noqa: E402


def main(root, width, height, is_round):
    gc.threshold(8192)  # type: ignore[attr-defined]  # as firmware/boot.py does
    rig = Rig()
    rig.do({"op": "new", "root": root, "wall": 217000000, "display": [width, height, is_round], "battery": 80})
    secrets = {"salt": "00" * 16, "rounds": 4096, "stored_key": "00" * 32, "server_key": "00" * 32, "pin": "260719"}
    request = {"kind": "administration.setup", "wall": 217000000, "birth_year": 2015, "birth_month": 5}
    request.update(secrets)
    request.update({"profile": "cn-ccia", "language": "en", "owner": "owner", "region": "cn", "numbers": ["139000"]})
    if rig.do({"op": "ask", "request": request})["verdict"] != "allow":
        raise ValueError("no set-up")
    card = {"name": "Mama", "address": "mama", "key": (b"k" * 32).hex(), "role": "guardian", "channel": "keypad"}
    rig.do({"op": "ask", "request": {"kind": "credentials.pin", "pin": "260719"}})
    rig.do({"op": "ask", "request": dict(card, kind="contacts.add")})
    shell = rig._lit()
    shell.canvas._display = Quiet()
    message = rig.do({"op": "service", "call": "receive", "with": {"envelope": _envelope()}})["records"][0][0]
    shell.home()
    subjects = {
        "note": ("notice.comfort", "heart", ("lesson", None)),
        "conversation": message,
        "folded": (message, "notice.collapsed"),
        "number": (123456, "read_out"),
        "pay": {"name": "Corner Kiosk", "amount": 550, "class": "food"},
        "read": ("school", "One line of a lesson. " * 20, None),
        "why": message,
        "write": ["mama", "draft"],
        "closed": ("usage.curfew", 3600),
        "keypad": {"kind": "credentials.logout", "channel": "keypad"},
        "call": "13900000001",
        "sos": 0,
    }
    for name in _screens():
        grown = []
        drawn = 0
        for _ in range(3):
            shell.home()
            shell.step(1000)
            shell.show(name, subjects.get(name))
            shell.step(1000)
            gc.collect()
            gc.disable()
            canvas, items = shell.canvas, shell._page.items
            before = _allocated()
            canvas.show(items, 0, 0, width, height)
            drawn = max(drawn, _allocated() - before)
            gc.enable()
            shell.home()
            shell.step(1000)
            rig.do({"op": "seen"})  # the recorder lets go of what it wrote down
            rig.do({"op": "felt"})
            gc.collect()
            grown.append(_allocated())
        print(name, drawn, grown[2] - grown[1])


def _screens() -> list:
    """Every file of firmware/ui/screens, but for the one of a watch that is not set up."""
    names = [name[:-3] for name in os.listdir("firmware/ui/screens") if name[-3:] == ".py" and name[0] != "_"]
    return sorted([name for name in names if name != "setup"])


def _envelope() -> dict:
    """From somebody whom the watch knows."""
    text = "Would you like to see my whale?"
    mac = envelope_mac(b"k" * 32, "mama", 1, text).hex()
    return {"sender": "mama", "counter": 1, "mac": mac, "text": text}


def _allocated() -> int:
    return int(gc.mem_alloc())  # type: ignore[attr-defined]


class Quiet:
    """A display that takes what it is sent and keeps nothing."""

    def blit(self, x, y, w, h, buffer):
        pass


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "round")
