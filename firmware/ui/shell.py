"""The shell: which screen is open, what a touch or a button means, and when to draw again.

A deadline machine. The board calls `touch` or `button` when something happens and `step` right behind it; services call
`notice`. Acts go to services, never to the engine. Buttons: "a" is the one button: short it blocks, held for three
seconds it is SOS, from whatever screen. "b" moves the focus, "c" chooses; they are for boards that cannot be touched.
"""

from micropython import const

from firmware.loading import forget
from firmware.ui.canvas import Canvas
from firmware.ui.page import Page
from firmware.ui.screen import Screen
from firmware.ui.widgets import Digits, Words

_SOS_HOLD = const(3000)  # milliseconds
_TICKS = const(0x3FFFFFFF)
_SWIPE = const(50)  # pixels
_DEEP = const(5)
_UNREAD = const(32)
_SENDER = const(600)  # seconds in which the one button means the last sender
_RESTING = ("dial", "lock", "messages")  # what a new message may come in front of


class Shell:
    """watch: the services; display: see canvas.py; language: "zh" or "en". `screen`: the open screen's name.

    battery: percent for the dial, or -1 where the board cannot tell; charging: True while a charger is connected;
    telephony: False where the board cannot call (I3)."""

    def __init__(self, watch, display, language):
        self.watch = watch
        self.language = language
        self.display = display
        self.canvas = Canvas(display)
        self.battery = -1
        self.charging = False
        self.telephony = True
        self.now = 0
        self.unread: list = []  # numbers of messages that the child has not opened, oldest first
        self.opened = (0, "")  # the last message that a service gave out
        self.screen = ""
        self._sender = (0, 0)  # message of the last sender who is no guardian, and its powered time
        self._warned = False
        self._stack: list = []  # (name, subject) of the screens under the open one
        self._open = Screen(self, None)
        self._page = Page(self.canvas, language, 0)
        self._focus = -1
        self._marked = None
        self._dirty = True  # all of it
        self._held = False  # the one button is down, since:
        self._since = -1
        self._down = None  # where a finger came down
        self.show("dial")

    # --- screens

    def show(self, name, subject=None):
        """Open a screen on top of the others."""
        if self.screen and self.screen != name and self.screen not in ("note", "keypad"):
            self._stack = self._stack[1 - _DEEP :] + [(self.screen, self._subject)]
        self._set(name, subject)

    def back(self):
        """Close the open screen."""
        name, subject = self._stack.pop() if self._stack else ("dial", None)
        self._set(name, subject)

    def home(self):
        """Close all screens."""
        self._stack = []
        self._set("dial", None)

    def say(self, id_, picture="message"):
        """A short text of the catalogue, in front of what is open."""
        self.show("note", (id_, picture))

    def _set(self, name, subject):
        self._open = Screen(self, None)  # the last one goes before the next one is loaded
        self._page = Page(self.canvas, self.language, 0)
        self.screen, self._subject = name, subject
        self._open = _load(name)(self, subject)
        self._focus = -1 if self.canvas.width >= 200 else 0  # "back" or "help": a slip does no harm
        self.build(0)

    def build(self, number):
        """Lay the open screen out anew, at one of its pages."""
        canvas = self.canvas
        self._dirty = True
        canvas.forget()
        self._page = page = Page(canvas, self.language, number)
        self._open.build(page)
        self._marked = None
        if self._focus >= len(page.targets):
            self._focus = 0
        if self._focus >= 0:
            self._mark(page.targets[self._focus])
        canvas.prepare(canvas.width, canvas.height)
        for item in self._open.moving:
            canvas.prepare(item.w, item.h)

    def more(self):
        """The next page of the open screen; behind the last one the first."""
        self.build(self._page.number + 1 if self._page.more else 0)

    def draw(self, item):
        """Draw the part of the open screen that this item covers. It is one of the screen's `moving`."""
        if not self._dirty:
            self.canvas.show(self._page.items, item.x, item.y, item.w, item.h)

    # --- what the child does

    def touch(self, x, y, down):
        """A finger comes down or goes up at x, y."""
        if down:
            self._down = (x, y)
            self._mark(self._at(x, y))
            return
        if self._down is None:
            return
        from_x, from_y = self._down
        self._down = None
        before, after = self._at(from_x, from_y), self._at(x, y)
        self._mark(None)
        if x - from_x > _SWIPE and abs(y - from_y) < _SWIPE:
            self._act("back")
        elif abs(y - from_y) > _SWIPE and abs(x - from_x) < _SWIPE:
            self._act("more")
        elif before is not None and before is after:
            self._act(before.name)

    def button(self, name, down):
        """A button goes down or up."""
        if name == "a":
            if not down and self._held and self._since != -2:
                self._block()
            self._held = down
            self._since = -1
        elif down and self._page.targets:
            if name == "b":
                self._focus = (self._focus + 1) % len(self._page.targets)
                self._mark(self._page.targets[self._focus])
            elif self._focus >= 0:
                self._act(self._page.targets[self._focus].name)

    def let_go(self):
        """The one button went up, and it meant neither block nor SOS."""
        self._held = False
        self._since = -1

    def _at(self, x, y):
        for target in self._page.targets:
            if target.x <= x < target.x + target.w and target.y <= y < target.y + target.h:
                return target
        return None

    def _mark(self, target):
        """Frame the box of a target, or of none."""
        if self._marked:
            self._marked.marked = False
        self._marked = target and target.box
        if self._marked:
            self._marked.marked = True
        self._dirty = True

    def _act(self, name):
        """Every screen may do something of its own with "back" and "more"; most do not."""
        if self._open.act(name):
            return
        if name == "back":
            self.back()
        elif name == "home":
            self.home()
        elif name == "more":
            self.more()
        elif name == "help":
            self.show("help")

    def _block(self):
        """The one button: whom the screen names, else the last sender, else the child chooses."""
        if self.screen in ("sos", "blocked"):
            return
        number = self._open.party()
        if number:
            self.watch.messaging.press(self._open.place, message=number)
        elif not self._open.block():
            number, since = self._sender
            if number and self.watch.engine.clock.powered - since <= _SENDER:
                self.watch.messaging.press("lock", message=number)
            elif self.screen != "messages":
                self.show("messages")

    # --- what services say

    def notice(self, kind, fields):
        """The screen of services (firmware/watch.py): what the child sees of what has happened."""
        if kind in ("message", "collapsed"):
            self._arrived(kind, fields)
        elif kind == "warning":
            self._warned = True
        elif kind == "opened":
            self.opened = (fields["message"], fields["text"])
        elif kind == "hidden":
            self._sender = (0, 0)
            self.show("blocked", self._subject if self.screen in ("conversation", "folded") else None)
        elif kind == "comfort":
            return  # the screen that is open says it
        elif kind == "sos":
            self.show("sos", self.now)
        elif kind[:4] == "sos_":
            if kind in ("sos_cancelled", "sos_ended"):
                self.home()
                self.say("notice." + kind, "yes")
            else:
                self.show("sos", None)
        elif self.screen == "sos":
            return  # nothing comes in front of it
        elif kind == "ring":
            self.show("call", fields["number"])
        elif kind == "help":
            self.show("help")
        elif kind in ("not_opened", "closed"):
            self.show("closed", (fields["reason"], fields["wait"]))
        elif "reason" in fields and kind in ("not_sent", "not_blocked"):
            self.say(fields["reason"], "no")
        elif kind[:6] == "offer_" and self.screen == "folded":
            self._set("folded", (self._subject[0], self._subject[1], "notice." + kind))
        elif kind == "offer_protection" and self._sender[0]:
            self.show("note", ("notice." + kind, "shield", self._sender[0]))
        elif kind in _SAID:
            self.say("notice." + kind, _SAID[kind])

    def _arrived(self, kind, fields):
        number = fields["message"]
        self.unread = self.unread[1 - _UNREAD :] + [number]
        engine = self.watch.engine
        tag = engine.recent.tag(engine.recent.find(number))
        if not engine.rules["contacts"].is_guardian(tag):
            self._sender = (number, engine.clock.powered)
        warned, self._warned = self._warned, False
        if self.screen not in _RESTING:
            return
        if self.screen == "lock":
            self.build(0)
        elif kind == "collapsed" or warned:
            self.show("folded", (number, "notice.warning" if warned else "notice.collapsed"))
        else:
            self.show("conversation", number)

    def read(self, number):
        """A message has been opened."""
        if number in self.unread:
            self.unread.remove(number)

    def name(self, tag):
        """What the child calls somebody: the contact's name, or words for somebody unknown."""
        card = self.watch.engine.rules["contacts"].card(tag)
        return card[0] if card else self._page.text("unknown")

    # --- time

    def step(self, now):
        """Act and draw at `now` (ticks in milliseconds). Returns the milliseconds until the next need."""
        self.now = now
        need = 60000
        if self._held:
            if self._since == -1:
                self._since = now
            if self._since >= 0:
                left = _SOS_HOLD - ((now - self._since) & _TICKS)
                if left <= 0:
                    self._since = -2  # the release of this hold blocks nobody
                    self._sos()
                else:
                    need = left
        need = min(need, self._open.tick(now))
        if self._dirty:
            self._dirty = False
            canvas = self.canvas
            canvas.show(self._page.items, 0, 0, canvas.width, canvas.height)
        return need

    def _sos(self):
        sos = self.watch.sos
        if sos.state in ("counting", "sending"):
            self.show("sos", self.now)
        else:
            sos.press(self.watch.engine.clock.powered)

    def look(self):
        """What is on the screen, for tests and for the simulator's page: see the rig's `look`."""
        page = self._page
        return {
            "screen": self.screen,
            "texts": [item.words() for item in page.items if isinstance(item, (Words, Digits))],
            "targets": [[target.name, target.x, target.y, target.w, target.h] for target in page.targets],
            "focus": page.targets[self._focus].name if self._focus >= 0 and page.targets else "",
            "more": page.more,
        }


# Notices that are a short text, and its picture.
_SAID = {
    "offer_help": "heart",
    "unblocked": "undo",
    "dialling": "phone",
    "cannot_call": "person",
    "guardian_read": "eye",
    "emergency_grant": "eye",
    "read_for_you": "eye",
    "look": "pin",
    "closing_soon": "clock",
    "copied": "eye",
    "approved": "yes",
    "not_approved": "wait",
    "lock_screen": "lock",
    "recovery": "lock",
    "recovery_over": "lock",
    "app_stopped": "no",
    "app_closed": "no",
    "paid": "yes",
    "not_paid": "no",
}


def _load(name):
    """The class of a screen; its code goes again when the screen closes."""
    found: type = Screen
    if name == "dial":
        from firmware.ui.screens.dial import Dial

        found = Dial
    elif name == "messages":
        from firmware.ui.screens.messages import Messages

        found = Messages
    elif name == "conversation":
        from firmware.ui.screens.conversation import Conversation

        found = Conversation
    elif name == "folded":
        from firmware.ui.screens.folded import Folded

        found = Folded
    elif name == "blocked":
        from firmware.ui.screens.blocked import Blocked

        found = Blocked
    elif name == "sos":
        from firmware.ui.screens.sos import SosScreen

        found = SosScreen
    elif name == "help":
        from firmware.ui.screens.help import Help

        found = Help
    elif name == "call":
        from firmware.ui.screens.call import Call

        found = Call
    elif name == "closed":
        from firmware.ui.screens.closed import Closed

        found = Closed
    elif name == "lock":
        from firmware.ui.screens.lock import Lock

        found = Lock
    elif name == "keypad":
        from firmware.ui.screens.keypad import Keypad

        found = Keypad
    else:
        from firmware.ui.screens.note import Note

        found = Note
    forget("firmware.ui.screens." + name)
    return found
