"""What is in the foreground: opening, warning, closing (requirements D45, D50, E12, I14).

Closing is quiet: the app goes, the screen says why and when it comes back. A call is never cut, by nothing here.
"""

from firmware.services.enforce import discharge


class Foreground:
    """screen.notice(kind, fields); charging() -> True while a charger is connected; launcher: services/apps.py."""

    def __init__(self, engine, screen, charging, launcher):
        self._engine = engine
        self._screen = screen
        self._charging = charging
        self._launcher = launcher
        self._plugged = False
        self.item = ""  # what is in the foreground, as its service names it
        self._class = ""  # of what is in the foreground, "" for nothing
        self._under_call = ["", ""]  # what the call on the screen lies on

    def start(self, cls, item):
        """The child opens an app or a function of a class; what is refused leaves the foreground as it is."""
        decision = self._engine.ask(_start(cls))
        if decision.allowed:
            self._class, self.item = cls, item
            self._halt_but(item)
            self._warn(decision)
        else:
            self._screen.notice("not_opened", {"item": item, "reason": decision.reason, "wait": decision.wait})
        return decision

    def stop(self):
        """The child closes it, or the screen goes dark."""
        self._halt_but("")
        return self._empty()

    def _empty(self):
        self._class = self.item = ""
        return self._engine.ask({"kind": "usage.stop"})

    def _halt_but(self, item):
        """No app runs that is not in the foreground: nobody would count its minutes."""
        if self._launcher and self._launcher.running not in ("", item):
            self._launcher.halt()

    def call(self, on):
        """The phone says that a call is on, or over. Whatever the answer: the call is there, and stays."""
        if self._class:  # what is on the screen now, also if the child has opened it during the call
            self._under_call = [self._class, self.item]
        if on:
            self._class = self.item = ""
            return self._engine.ask(_start("call"))
        cls, item = self._under_call
        self._under_call = ["", ""]
        decision = self._empty()
        if cls:
            decision = self.start(cls, item)
        if not self.item:
            self._halt_but("")
        return decision

    def step(self):
        """Look at the charger and ask whether the foreground may stay; when to be asked again, the rule tells."""
        plugged = self._charging()
        if plugged != self._plugged and self._engine.ask({"kind": "usage.charging", "on": plugged}).allowed:
            self._plugged = plugged
        if not self._class:
            return
        decision = self._engine.ask(_start(self._class))
        if decision.allowed:
            self._warn(decision)
        else:
            self.close(decision.reason, decision.wait)

    def close(self, reason, wait):
        """What is in the foreground goes, and the screen says why."""
        item = self.item
        self.stop()
        self._screen.notice("closed", {"item": item, "reason": reason, "wait": wait})

    def _warn(self, decision):
        """A warning comes with the answer."""
        minutes = (decision.wait + 59) // 60
        fields = {"minutes": minutes, "reason": decision.reason}
        discharge(decision, {"warn": lambda: self._screen.notice("closing_soon", fields)})


def _start(cls):
    return {"kind": "usage.start", "class": cls}
