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
_SENDER = const(600)  # seconds in which the one button means the last sender
# What a closed lock and a lost watch let through: nothing on these screens is private.
_ANYBODYS = ("lock", "keypad", "note", "help", "sos", "call", "blocked", "number", "setup")


class Shell:
    """watch: the services; display: see canvas.py; language: "zh" or "en". `screen`: the open screen's name.

    battery: percent for the dial, or -1 where the board cannot tell; charging: True while a charger is connected;
    telephony: False where the board cannot call (I3); signals: play(vibration, tones) as in signals.py, or None."""

    def __init__(self, watch, display, language):
        self.watch = watch
        rule = watch.engine.rules["administration"]
        self.language = rule.language if rule.is_set_up else language
        self.display = display
        self.canvas = Canvas(display, watch.core)
        self.battery = -1
        self.charging = False
        self.telephony = True
        self.signals = None
        self.lit = True  # the display is on; what changes in the dark is drawn when it is on again
        self.now = 0
        self.unread: list = []  # numbers of messages that the child has not opened, oldest first
        self.opened = (0, "")  # the last message, or entry of a talk, that a service gave out
        self.talk = ["", ""]  # the last question to the assistant, and what was shown of its answer
        self.screen = ""
        self.sender = (0, 0)  # message of the last sender who is no guardian, and its powered time
        self.warned = False
        self._stack: list = []  # (name, subject) of the screens under the open one
        self._later = ("", None)  # what wanted to open while the lock was closed
        self._open = Screen(self, None)
        self._page = Page(self.canvas, language, 0)
        self._focus = -1
        self._marked = None
        self._dirty = True  # all of it
        self._held = False  # the one button is down, since:
        self._since = -1
        self._down = None  # where a finger came down
        self._used = False  # the child has just touched the watch
        self.home()

    # --- screens

    def show(self, name, subject=None):
        """Open a screen on top of the others."""
        if self.screen and self.screen != name and self.screen not in ("note", "keypad"):
            self._stack = self._stack[1 - _DEEP :] + [(self.screen, self.subject)]
        self.put(name, subject)

    def back(self):
        """Close the open screen."""
        name, subject = self._stack.pop() if self._stack else (self._ground(), None)
        self.put(name, subject)

    def home(self):
        """Close all screens."""
        self._stack = []
        self.put(self._ground(), None)

    def _ground(self):
        """The screen that lies under all others: a watch that is not set up has nothing else to show."""
        return "dial" if self.watch.engine.rules["administration"].is_set_up else "setup"

    def text(self, id_):
        """Words of the catalogue in the watch's language."""
        return self._page.text(id_)

    def assist(self):
        """The child opens the assistant; what comes of it the service tells."""
        self.watch.assistant.begin()

    def say(self, id_, picture="message", offer=None):
        """A short text of the catalogue, in front of what is open. offer: see screens/note.py."""
        self.show("note", (id_, picture, offer))

    def close(self, name):
        """Close a screen if it is the open one, or the one under the open note or keypad."""
        if self.screen == name:
            self.back()
        elif self.screen in ("note", "keypad"):
            self._stack = [entry for entry in self._stack if entry[0] != name]

    def put_down(self):
        """The display goes dark: the lock closes, and only what anybody may see stays open."""
        self.watch.lock.close()
        if self.screen not in ("sos", "call"):
            self.show("lock")

    def unlocked(self):
        """The child's code was right: go on with what has waited for it."""
        (name, subject), self._later = self._later, ("", None)
        self.home()
        if name:
            self.show(name, subject)

    def put(self, name, subject):
        """Open a screen in place of the open one."""
        if name not in _ANYBODYS and self.watch.lock.shut:
            if name != "dial":
                self._later = name, subject
            name, subject = "lock", None
        self._open = Screen(self, None)  # the last one goes before the next one is loaded
        self._page = Page(self.canvas, self.language, 0)
        self.screen, self.subject = name, subject
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
        for target in page.targets:
            if target.box:
                canvas.prepare(target.box.w, target.box.h)

    def renew(self):
        """Lay the page that is shown out anew."""
        self.build(self._page.number)

    def more(self):
        """The next page of the open screen; behind the last one the first."""
        self.build(self._page.number + 1 if self._page.more else 0)

    def draw(self, item):
        """Draw the part of the open screen that this item covers. It is one of the screen's `moving`."""
        if not self.lit:
            self._dirty = True
        elif not self._dirty:
            self.canvas.show(self._page.items, item.x, item.y, item.w, item.h)

    # --- what the child does

    def touch(self, x, y, down):
        """A finger comes down or goes up at x, y."""
        self._used = True
        if down:
            before = self._at(x, y)
            self._down = (x, y, self.screen, before.name if before else "")
            self._mark(before)
            return
        if self._down is None:
            return
        from_x, from_y, screen, before = self._down
        self._down = None
        after = self._at(x, y)
        if screen == self.screen:  # else it has come under the finger, and was not meant
            if x - from_x > _SWIPE and abs(y - from_y) < _SWIPE:
                self._act("back")
            elif abs(y - from_y) > _SWIPE and abs(x - from_x) < _SWIPE:
                self._act("more")
            elif after is not None and before == after.name:
                self._act(before)
        self._mark(None)  # of a screen that has just been laid out nothing is marked, and nothing is sent twice

    def button(self, name, down):
        """A button goes down or up."""
        self._used = True
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
        """Frame the box of a target, or of none: only the boxes are drawn anew."""
        before, after = self._marked, target.box if target else None
        if before is after:
            return
        self._marked = after
        if before:
            before.marked = False
            self.draw(before)
        if after:
            after.marked = True
            self.draw(after)

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
        if self.screen in ("sos", "blocked") or self._ground() == "setup":
            return
        number = self._open.party()
        if number:
            self.watch.messaging.press(self._open.place, message=number)
        elif not self._open.block():
            number, since = self.sender
            if number and self.watch.engine.clock.powered - since <= _SENDER:
                self.watch.messaging.press("lock", message=number)
            elif self.screen != "messages":
                self.show("messages")

    # --- what services say

    def notice(self, kind, fields):
        """The screen of services (firmware/watch.py): what the child sees of what has happened."""
        self._feel(kind)
        for act in self._acts(kind, fields):
            act[0](*act[1:])

    def _acts(self, kind, fields):
        """What a notice does, from code that has gone again before a screen is loaded."""
        from firmware.ui.notices import acts

        forget("firmware.ui.notices")
        return acts(self, kind, fields)

    def _feel(self, kind):
        """Vibration and tone, for who does not look at the watch or cannot read yet."""
        if self.signals:
            from firmware.ui.signals import pattern

            forget("firmware.ui.signals")
            vibration, tones = pattern(kind)
            if vibration or tones:
                self.signals.play(vibration, tones)

    def read(self, number):
        """A message has been opened."""
        if number in self.unread:
            self.unread.remove(number)

    def name(self, tag):
        """What the child calls somebody: the contact's name, or words for somebody unknown."""
        card = self.watch.engine.rules["contacts"].card(tag)
        return card[0] if card else self.text("unknown")

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
        # An offer comes between two things, not into one.
        if self._used and self.screen == "dial" and self._down is None:
            self._used = False
            self.watch.look()
        need = min(need, self._open.tick(now))
        if self._dirty and self.lit:
            self._dirty = False
            canvas = self.canvas
            canvas.show(self._page.items, 0, 0, canvas.width, canvas.height)
        return need

    def _sos(self):
        sos = self.watch.sos
        if sos.state == "counting":
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


def _load(name):
    """The class of a screen, its module's SCREEN; its code goes again when the screen closes."""
    if name == "about":
        from firmware.ui.screens.about import SCREEN
    elif name == "asked":
        from firmware.ui.screens.asked import SCREEN
    elif name == "assistant":
        from firmware.ui.screens.assistant import SCREEN
    elif name == "blocked":
        from firmware.ui.screens.blocked import SCREEN
    elif name == "call":
        from firmware.ui.screens.call import SCREEN
    elif name == "closed":
        from firmware.ui.screens.closed import SCREEN
    elif name == "conversation":
        from firmware.ui.screens.conversation import SCREEN
    elif name == "dial":
        from firmware.ui.screens.dial import SCREEN
    elif name == "folded":
        from firmware.ui.screens.folded import SCREEN
    elif name == "held":
        from firmware.ui.screens.held import SCREEN
    elif name == "help":
        from firmware.ui.screens.help import SCREEN
    elif name == "keypad":
        from firmware.ui.screens.keypad import SCREEN
    elif name == "learn":
        from firmware.ui.screens.learn import SCREEN
    elif name == "lock":
        from firmware.ui.screens.lock import SCREEN
    elif name == "looks":
        from firmware.ui.screens.looks import SCREEN
    elif name == "menu":
        from firmware.ui.screens.menu import SCREEN
    elif name == "messages":
        from firmware.ui.screens.messages import SCREEN
    elif name == "mylock":
        from firmware.ui.screens.mylock import SCREEN
    elif name == "number":
        from firmware.ui.screens.number import SCREEN
    elif name == "pay":
        from firmware.ui.screens.pay import SCREEN
    elif name == "privacy":
        from firmware.ui.screens.privacy import SCREEN
    elif name == "read":
        from firmware.ui.screens.read import SCREEN
    elif name == "setup":
        from firmware.ui.screens.setup import SCREEN
    elif name == "repair":
        from firmware.ui.screens.repair import SCREEN
    elif name == "sos":
        from firmware.ui.screens.sos import SCREEN
    elif name == "talks":
        from firmware.ui.screens.talks import SCREEN
    elif name == "told":
        from firmware.ui.screens.told import SCREEN
    elif name == "wipe":
        from firmware.ui.screens.wipe import SCREEN
    elif name == "why":
        from firmware.ui.screens.why import SCREEN
    elif name == "wifi":
        from firmware.ui.screens.wifi import SCREEN
    elif name == "write":
        from firmware.ui.screens.write import SCREEN
    else:
        from firmware.ui.screens.note import SCREEN
    forget("firmware.ui.screens." + name)
    return SCREEN
