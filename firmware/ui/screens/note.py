"""A short text of the catalogue, with a picture for who cannot read yet, and sometimes with an offer."""

from firmware.ui.canvas import CARD, LEAF, RED, SEA, SKY, SUN
from firmware.ui.screen import Screen

_COLOURS = {"yes": LEAF, "no": SUN, "wait": SUN, "lock": SKY, "warning": SUN, "coin": SUN}
_OFFERS = {
    "block": ("block", RED, "block"),
    "tell": ("guardian", SKY, "tell"),
    "ask": ("guardian", SKY, "ask"),
    "item": ("eye", SEA, "open"),
    "lesson": ("school", SEA, "open"),
}


class Note(Screen):
    """subject: (id of the text, picture, offer or None). An offer is (name, what it is about): block or tell (number of
    a message), ask (a request for an approval), item (of the child pool), lesson (None)."""

    def build(self, page):
        id_, picture, offer = self.subject
        page.message(picture, _COLOURS.get(picture, SEA), page.text(id_))
        if offer:
            look, colour, words = _OFFERS[offer[0]]
            page.bar(("back", "back", CARD, ""), ("help", "heart", SKY, ""), (offer[0], look, colour, page.text(words)))
        else:
            page.bar(("help", "heart", CARD, ""), ("back", "yes", SEA, page.text("good")))

    def party(self):
        offer = self.subject[2]
        return offer[1] if offer and offer[0] in ("block", "tell") else 0

    def act(self, name):
        offer, shell = self.subject[2], self.shell
        if not offer or name != offer[0]:
            return False
        watch = shell.watch
        shell.back()
        if name == "block":
            watch.messaging.press("message", message=offer[1])
        elif name == "tell":
            watch.messaging.tell(offer[1])
        elif name == "item":
            watch.content().show(offer[1], "page")
        elif name == "lesson":
            watch.content().lesson()
        else:
            decision = watch.approvals.ask(**offer[1])
            if not decision.allowed:
                shell.say(decision.reason, "guardian")
        return True


SCREEN: type = Note
