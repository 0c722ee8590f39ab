"""Why something was held back, in plain words; the child may say that a message was not meant badly (D13, F4)."""

from firmware.policy.recent import ANSWERED, COLLAPSED, HIT
from firmware.text import reading
from firmware.ui.canvas import CARD, SEA, SKY, SUN
from firmware.ui.screen import Screen

_CLASSES = (
    (reading.THREAT, "why_threat"),
    (reading.DOXX, "why_doxx"),
    (reading.STRANGER, "why_stranger"),
    (reading.PRIVATE, "why_private"),
    (reading.BULLY | reading.CRY, "why_bully"),
)


class Why(Screen):
    """subject: the number of a message, or [reason, how often]."""

    def build(self, page):
        if not isinstance(self.subject, int):
            reason, count = self.subject
            words = page.text(reason)
            if count > 1:
                words += "\n" + page.text("times").replace("{count}", str(count))
            page.message("shield", SKY, words)
            page.bar(("help", "heart", CARD, ""), ("back", "yes", SEA, page.text("good")))
            return
        shell = self.shell
        recent = shell.watch.engine.recent
        entry = recent.find(self.subject)
        flags, classes = recent.flags(entry), recent.classes(entry)
        why = [page.text(words) for bits, words in _CLASSES if classes & bits]
        why.append(page.text("messages.collapsed" if flags & COLLAPSED else "messages.warned"))
        y = page.heading("folded" if flags & COLLAPSED else "warning", page.text("why"), page.top, SUN)
        page.paragraph("\n".join(why), y)
        acts = [("back", "back", CARD, ""), ("open", "eye", CARD, "")]
        if flags & HIT and not flags & ANSWERED:
            acts.append(("fine", "heart", CARD, page.text("not_meant")))
        page.bar(*acts)

    def party(self):
        return self.subject if isinstance(self.subject, int) else 0

    def act(self, name):
        if name == "open":
            self.shell.show("conversation", self.subject)
        elif name == "fine":
            self.shell.watch.messaging.not_bullying(self.subject)
        else:
            return False
        return True


SCREEN: type = Why
