"""What a screen is to the shell."""


class Screen:
    """What every screen has. `moving`: the items that change while it is open; `place`: for the one button."""

    place = "conversation"

    def __init__(self, shell, subject):
        self.shell = shell
        self.subject = subject
        self.moving: list = []

    def build(self, page):
        """Put items and targets onto a page (firmware/ui/page.py)."""

    def act(self, name):
        """A target was chosen; False: the shell knows what to do."""
        return False

    def tick(self, now):
        """Look whether something has changed. Returns the milliseconds until the next look."""
        return 60000

    def party(self):
        """A message of whom the one button means here, or 0."""
        return 0

    def block(self):
        """Block somebody who is known by something else than a message; False if there is nobody."""
        return False
