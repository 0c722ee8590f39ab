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
_LIMITS = ("payments.single_limit", "payments.daily_limit", "payments.monthly_limit")  # a code may lift these (D12)
_TALKED = ("assistant.conversations", "assistant.minutes", "assistant.turns")
# What a closed lock and a lost watch let through: nothing on these screens is private.
_ANYBODYS = ("lock", "keypad", "note", "help", "sos", "call", "blocked", "number", "setup")
_MORE_MINUTES = const(10)  # that the child asks for


class Shell:
    """watch: the services; display: see canvas.py; language: "zh" or "en". `screen`: the open screen's name.

    battery: percent for the dial, or -1 where the board cannot tell; charging: True while a charger is connected;
    telephony: False where the board cannot call (I3); signals: play(vibration, tones) as in signals.py, or None."""

    def __init__(self, watch, display, language):
        self.watch = watch
        rule = watch.engine.rules["administration"]
        self.language = rule.language if rule.is_set_up else language
        self.display = display
        self.canvas = Canvas(display)
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
        self._sender = (0, 0)  # message of the last sender who is no guardian, and its powered time
        self._warned = False
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
            self._stack = self._stack[1 - _DEEP :] + [(self.screen, self._subject)]
        self._set(name, subject)

    def back(self):
        """Close the open screen."""
        name, subject = self._stack.pop() if self._stack else (self._ground(), None)
        self._set(name, subject)

    def home(self):
        """Close all screens."""
        self._stack = []
        self._set(self._ground(), None)

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

    def _set(self, name, subject):
        if name not in _ANYBODYS and self.watch.lock.shut:
            if name != "dial":
                self._later = name, subject
            name, subject = "lock", None
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
        for target in page.targets:
            if target.box:
                canvas.prepare(target.box.w, target.box.h)

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
            number, since = self._sender
            if number and self.watch.engine.clock.powered - since <= _SENDER:
                self.watch.messaging.press("lock", message=number)
            elif self.screen != "messages":
                self.show("messages")

    # --- what services say

    def notice(self, kind, fields):
        """The screen of services (firmware/watch.py): what the child sees of what has happened."""
        self._feel(kind)
        if kind in ("message", "collapsed"):
            self._arrived(kind, fields)
        elif kind == "warning":
            self._warned = True
        elif kind == "opened":
            self.opened = (fields["message"], fields["text"])
        elif kind == "chat":
            self.opened = (fields["chat"], fields["text"])
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
        elif kind == "not_sent" and self.screen == "write":
            return  # it knows what to do about it
        elif "reason" in fields and kind in ("not_sent", "not_blocked", "app_refused", "app_closed", "not_shown"):
            self.say(fields["reason"], "no")
        elif kind[:6] == "offer_" and self.screen == "folded":
            self._set("folded", (self._subject[0], self._subject[1], "notice." + kind))
        elif kind == "offer_protection" and self._sender[0]:
            self.say("notice." + kind, "shield", ("block", self._sender[0]))
        elif kind[:9] == "assistant":
            self._talked(kind[10:], fields)
        elif kind in ("pay", "paid", "not_paid"):
            self._paid(kind, fields)
        elif kind == "ask_to_tell":
            self.say("notice.ask_to_tell", "guardian", ("tell", fields["message"]))
        elif kind == "safety_notice":
            self.say("notice.safety_notice", "warning", ("item", fields["item"]))
        elif kind == "lesson_offered":
            self.say("notice.lesson_offered", "school", ("lesson", None))
        elif kind in ("lesson", "content"):
            self.show("read", ("school" if kind == "lesson" else "book", fields["text"], fields.get("item")))
        elif kind == "approval_request":
            self.show("number", (fields["request"], "read_out"))
        elif kind == "pairing_code":
            self.show("number", (int(fields["code"]), "type_in"))
        elif kind == "pairing_over":
            self.close("number")
        elif kind == "lock_screen" and fields["lost"]:
            self.home()  # whatever is open may be private
        elif kind in _SAID:
            self.say("notice." + kind, _SAID[kind])

    def _feel(self, kind):
        """Vibration and tone, for who does not look at the watch or cannot read yet."""
        if self.signals:
            from firmware.ui.signals import pattern

            forget("firmware.ui.signals")
            vibration, tones = pattern(kind)
            if vibration or tones:
                self.signals.play(vibration, tones)

    def _talked(self, kind, fields):
        """What the assistant's service says; "" is a sentence of the answer."""
        if kind == "":
            self.talk[1] += fields["text"]
            if self.screen == "assistant":
                self.build(self._page.number)
        elif kind == "open":
            self.talk = ["", ""]
            self.show("assistant")
        elif kind == "kept_back" and fields["reason"] == "assistant.open_already":
            self.show("assistant")
        elif kind == "kept_back":
            more = fields["reason"] in _TALKED
            self.say(fields["reason"], "robot", more and ("ask", {"what": "ai_minutes", "value": _MORE_MINUTES}))
        elif kind == "closed":
            self.close("assistant")
            self.say("notice.assistant_closed" if fields["reason"] == "ok" else fields["reason"], "robot")
        elif kind != "reminder" or self.screen == "assistant":  # a new talk begins with that reminder anyway
            self.say("notice.assistant_" + kind, "robot")

    def _paid(self, kind, fields):
        """A shop asks, and what came of it. The child may try a wrong password again."""
        if kind == "pay":
            if self.screen != "call":
                self.show("pay", fields)
            return
        reason = fields.get("reason")
        if reason != "payments.wrong_password":
            self.close("pay")
        if kind == "paid":
            self.say("notice.paid", "yes")
        elif reason in _LIMITS:
            self.say(reason, "coin", ("ask", {"what": "payment", "value": fields["amount"], "detail": fields["name"]}))
        else:
            self.say(reason or "notice.not_paid", "coin")

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
    "lock_set": "lock",
    "lock_cleared": "lock",
    "recovery": "lock",
    "recovery_over": "lock",
    "app_stopped": "no",
    "answered": "heart",
    "told": "guardian",
    "app_asked": "guardian",
    "app_installed": "yes",
    "card_location": "pin",
    "positions_cleared": "erase",
    "findable": "signal",
    "not_findable": "signal",
    "chats_deleted": "erase",
    "chats_handed_over": "guardian",
    "capture_impossible": "no",
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
