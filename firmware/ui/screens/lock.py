"""The lock screen: what anybody may see of this watch (B16, B18, I13). Whoever is in trouble needs no secret."""

from firmware.policy.clock import SET
from firmware.ui.canvas import CARD, SEA, SKY, SUN
from firmware.ui.screen import Screen


class Lock(Screen):
    """The time, the guardian's words to a finder, and the emergency card if there is one. With the PIN a guardian ends
    lost mode, or takes the child's code away, for whoever has forgotten it."""

    place = "lock"

    def build(self, page):
        watch = self.shell.watch
        shown = watch.guardians.lock_screen()
        lost, closed = shown["lost"], watch.lock.closed
        self._minute = self._now()
        y = page.icon("pin" if lost else "lock", page.top + 2, SUN if lost else SKY, page.canvas.height >= 280)
        y = page.title(page.text("lost") if lost else "%d:%02d" % (self._minute // 60, self._minute % 60), y)
        count = len(self.shell.unread)
        words = shown["message"] if lost else shown["card"]
        if shown["recovery"]:
            words = "%s %d h\n%s" % (page.text("notice.recovery"), -(-shown["recovery"] // 3600), words)
        hint = "notice.message" if count else "locked" if closed else "locked_hint"
        if not words and not count and watch.engine.clock.trust != SET:
            hint = "time_unsure"
        page.paragraph(words or page.text(hint), y)
        if lost:
            page.bar(("owner", "guardian", CARD, ""), ("help", "heart", SKY, page.text("help")))
        elif closed:
            page.bar(
                ("help", "heart", CARD, ""), ("owner", "guardian", CARD, ""), ("home", "up", SEA, page.text("code"))
            )
        else:
            page.bar(("help", "heart", CARD, ""), ("home", "up", SEA, page.text("unlock")))

    def _now(self):
        clock = self.shell.watch.engine.clock
        return (clock.wall + clock.zone * 60) % 86400 // 60

    def tick(self, now):
        if self._now() != self._minute:
            self.shell.build(0)
        clock = self.shell.watch.engine.clock
        return (60 - clock.wall % 60) * 1000

    def act(self, name):
        if name == "home" and self.shell.watch.lock.closed:
            self.shell.show("keypad", "lock")
        elif name == "owner":
            lost = self.shell.watch.guardians.lock_screen()["lost"]
            kind = "administration.found" if lost else "lock.clear"
            self.shell.show("keypad", {"kind": kind, "channel": "keypad"})
        else:
            return name == "back"  # nothing lies under it
        return True


SCREEN: type = Lock
