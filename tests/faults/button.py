"""The one button: what is already on its way when it is pressed does not arrive. Runs on CPython and on MicroPython.

usage: button.py FOLDER    works in the new folder and prints a line for each mode and place
"""

import sys

from simulator.portable.rig import Rig
from tests.faults.household import WALL, allowed, ask, envelope, expect, family, kinds, login, message, number_of

PLACES = ("message", "conversation", "call", "contact", "lock")
LATE = "the message that was on its way"


def _none(rig):
    """Normal use."""


def _protective(rig):
    for count in range(1, 11):
        ask(rig, "messages.incoming", sender="stranger %d" % count, counter=1, mac="00" * 16, text="hello")


def _shield(rig):
    allowed(ask(rig, "blocking.protect", mode="shield"))


def _guardians(rig):
    allowed(ask(rig, "blocking.protect", mode="guardians"))


MODES = (("", _none), ("protective", _protective), ("shield", _shield), ("guardians", _guardians))


def watch(folder):
    """A family's watch after a reboot: nobody is logged in."""
    rig = Rig()
    rig.do({"op": "new", "root": folder, "seed": "button", "wall": WALL})
    family(rig)
    rig.do({"op": "reboot"})
    return rig


def texts(rig):
    """What the child was shown of messages: shown, collapsed or warned about."""
    return [fields for kind, fields in rig.do({"op": "seen"})["seen"] if kind in ("message", "collapsed", "warning")]


def arrives_without_a_press(folder):
    """The control: the same message in the same queue does arrive when nobody presses."""
    rig = watch(folder)
    rig.do({"op": "queue", "envelope": envelope("bully", 9, LATE)})
    rig.do({"op": "step"})
    expect([shown["text"] for shown in texts(rig)] == [LATE], "the control message")


def mode_case(folder, mode, enter, way, online):
    """Press while a message waits in the watch's inbox or at the carrier; with and without a network."""
    rig = watch(folder)
    for count in (1, 2, 3):
        allowed(message(rig, "bully", count))
    enter(rig)
    expect(rig.do({"op": "state"})["mode"] == mode, "mode", mode)
    texts(rig)
    rig.do({"op": "network", "online": online})
    if way == "inbox":
        rig.do({"op": "queue", "envelope": envelope("bully", 9, LATE)})
    else:
        rig.board.carrier.received.append(envelope("bully", 9, LATE))
    pressed = rig.do({"op": "service", "call": "press", "with": {"place": "message", "party": "bully"}})
    expect(pressed["verdict"] == "allow" and pressed["obligations"] == ["hide", "comfort"], pressed)
    sealed = [record for record in pressed["records"] if record[1] == "content_access.sealed"]
    expect(sealed and rig.do({"op": "packages"})["packages"][0][2:] == [3, True], "evidence", pressed)
    before = kinds(rig).count("messages.in")
    rig.do({"op": "step"})
    rig.do({"op": "advance", "seconds": 1})
    expect(texts(rig) == [], "it was shown")
    expect(kinds(rig).count("messages.in") == before, "it was taken in")
    for again in (False, True):
        late = message(rig, "bully", 10)
        expect(late["verdict"] == "deny" and late["reason"] == "messages.blocked", late)
        for direction in ("call_in", "call_out"):
            call = rig.do({"op": "service", "call": direction, "with": {"number": number_of("bully")}})
            expect(call["reason"] == "calls.blocked", call)
        for what in ("request", "invite", "mention", "comment"):
            expect(ask(rig, "contacts.incoming", address="bully", what=what)["reason"] == "contacts.closed", what)
        if not again:
            rig.do({"op": "reboot"})
    expect(rig.do({"op": "seen"})["sent"] == [], "the other side learns something")
    allowed(message(rig, "mother", 1))


def guardian_case(folder):
    """From no place, by no name, in no mode: a guardian cannot be blocked."""
    rig = watch(folder)
    for _, enter in MODES:
        enter(rig)
        for count, place in enumerate(PLACES):
            number = allowed(message(rig, "mother", 1 + count + 10 * len(kinds(rig))))["records"][0][0]
            for who in ({"party": "mother"}, {"party": number_of("mother")}, {"message": number}):
                fields = {"place": place}
                fields.update(who)
                pressed = rig.do({"op": "service", "call": "press", "with": fields})
                expect(pressed["reason"] == "blocking.is_guardian", place, who, pressed)
        allowed(login(rig))
        expect(ask(rig, "blocking.remove", party="mother", channel="host")["verdict"] == "deny", "removed")
        ask(rig, "credentials.logout", channel="host")
        ask(rig, "blocking.protect_end")
    expect("blocking.blocked" not in kinds(rig) and not rig.do({"op": "grade", "party": "mother"})["blocked"])
    # Neither does a new contact under another address: the number alone makes no guardian, and blocks none.
    expect(ask(rig, "blocking.press", party="mother ", place="contact").get("verdict") == "allow")
    allowed(message(rig, "mother", 9999))


def places_case(folder):
    """Every place that shows the button can block, a stranger too."""
    for place in PLACES:
        rig = watch(folder)
        for party in ("bully", "nobody"):
            allowed(ask(rig, "blocking.press", party=party, place=place))
            expect(rig.do({"op": "grade", "party": party})["blocked"], place, party)


def main(folder):
    arrives_without_a_press(folder)
    for mode, enter in MODES:
        for way in ("inbox", "carrier"):
            for online in (True, False):
                mode_case(folder, mode, enter, way, online)
        print("mode", mode or "normal", "4 cases")
    guardian_case(folder)
    places_case(folder)
    print("places", len(PLACES))


if __name__ == "__main__":
    main(sys.argv[1])
