"""A shop asks for money: who, how much, and what the limits still leave (D31, D32). Nothing is bright that pays."""

from firmware.ui.canvas import CARD, SOFT, SUN
from firmware.ui.screen import Screen


class Pay(Screen):
    """subject: name, amount in fen, class, as the wallet shows them."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        self._left = shell.watch.wallet.left()

    def build(self, page):
        canvas = page.canvas
        y = page.top
        if canvas.height >= 280 or not page.touch:
            y = page.icon("coin", y, SUN, False)
        y = page.line(self.subject["name"], y + (0 if canvas.round else 6), SOFT)
        large = page.title if canvas.round else page.amount
        y = large(_yuan(self.subject["amount"]), y + 2)
        page.paragraph(page.text("pay_left").replace("{count}", _yuan(self._left)), y)
        page.bar(("cancel", "no", CARD, page.text("no")), ("pay", "lock", CARD, page.text("pay")))

    def act(self, name):
        if name == "pay":
            self.shell.show("keypad", "pay")
        elif name in ("cancel", "back"):
            self.shell.watch.wallet.cancel()
            self.shell.close("pay")  # which it has been, unless the shop's time was over
        else:
            return False
        return True


def _yuan(fen):
    return "¥%d.%02d" % (fen // 100, fen % 100)


SCREEN: type = Pay
