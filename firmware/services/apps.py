"""Installing, starting and stopping apps (requirements D60, D61, D66, D67, E3, E4, E7).

The only way by which a package gets onto the watch and by which an app starts. It keeps nothing itself, so its code is
loaded for one act (`Watch.apps`).

The board's launcher: launch(app, file), halt(), running (id of the app on the screen, or ""). The meter:
start(class, item) -> Decision on its time; None where nothing is metered.

An app is Python in the same interpreter as everything else. It gets no sensor, position or network from any service
that has not asked `use` first; nothing stands between two apps inside the memory (E4).
"""

import hashlib

from micropython import const

from firmware.policy.resting import copy_of
from firmware.services.enforce import discharge, nothing

_MOST = const(65536)  # bytes of a package
_RESERVE = const(131072)  # bytes of the file system that packages leave free: journal and evidence come first
_PREFIX = const("app-")


class AppService:
    """engine, files, launcher, screen.notice(kind, fields), meter."""

    def __init__(self, engine, files, launcher, screen, meter=None):
        self._engine = engine
        self._files = files
        self._launcher = launcher
        self._screen = screen
        self._meter = meter

    def report(self):
        """What a guardian is shown of every app: see `Apps.report` (D67)."""
        return self._rule().report()

    def _rule(self):
        return copy_of(self._engine.rules["apps"])

    def _file(self, app, waiting=False):
        return _PREFIX + self._rule().tag(app, waiting).hex()

    # --- onto the watch

    def ask(self, **fields):
        """Somebody asks for a package: fields of `apps.ask`. What is refused says why."""
        fields["kind"] = "apps.ask"
        decision = self._engine.ask(fields)
        if not discharge(decision, {"ask_guardian": lambda: self._screen.notice("app_asked", {})}):
            self._screen.notice("app_refused", {"reason": decision.reason})
        return decision

    def receive(self, app, data):
        """A piece of an approved package arrives from the source; False if there is no room or nobody approved it."""
        name = self._file(app, True)
        size = max(self._files.size(name), 0)
        if not size:
            if not [row for row in self.report() if row[0] == app and row[4] == "approved"]:
                return False
            self._sweep()
        if size + len(data) > _MOST or self._files.free() < len(data) + _RESERVE:
            return False
        self._files.append(name, data)
        return True

    def install(self, app):
        """All pieces are there. A package that is not the approved one is thrown away."""
        waiting = self._file(app, True)
        decision = self._engine.ask({"kind": "apps.install", "app": app, "hash": self._digest(waiting)})
        if discharge(decision, {"install": lambda: self._files.move(waiting, self._file(app))}):
            self._screen.notice("app_installed", {})
        else:
            self._files.remove(waiting)
            self._screen.notice("app_refused", {"reason": decision.reason})
        return decision

    def _sweep(self):
        """Remove what was left by packages that have been refused, withdrawn or replaced before they were installed."""
        rule, known = self._rule(), []
        for row in rule.report():
            known += [_PREFIX + rule.tag(row[0]).hex(), _PREFIX + rule.tag(row[0], True).hex()]
        for name in self._files.names():
            if name.startswith(_PREFIX) and name not in known:
                self._files.remove(name)

    def _digest(self, name):
        """SHA-256 of a file in hexadecimal; of nothing, if there is no such file."""
        found = hashlib.sha256()
        if self._files.size(name) < 0:
            return found.digest().hex()
        return self._files.digest(name, found).hex()

    def remove(self, app):
        """The app goes, with its file."""
        decision = self._engine.ask({"kind": "apps.remove", "app": app})

        def erase():
            self._halt([app])
            self._files.remove(self._file(app))

        discharge(decision, {"erase": erase})
        return decision

    # --- in use

    def open(self, app):
        """The child opens an app. Its file is checked each time: what was changed on flash does not start."""
        decision = self._engine.ask(self._opening(app, self._file(app)))
        waiting = self._file(app, True)
        if not decision.allowed and self._files.size(waiting) >= 0:
            # Did the power fail between the record of an installation and the move of its file?
            moved = self._engine.ask(self._opening(app, waiting))
            if moved.allowed:
                self._files.move(waiting, self._file(app))
                decision = moved
        if decision.allowed and self._meter:
            metered = self._meter.start(decision.who, app)
            if not metered.allowed:
                return metered
        handlers = {"meter": nothing, "start": lambda: self._launcher.launch(app, self._file(app))}
        if not discharge(decision, handlers):
            self._screen.notice("app_closed", {"reason": decision.reason})
        return decision

    def _opening(self, app, name):
        return {"kind": "apps.open", "app": app, "hash": self._digest(name)}

    def use(self, app, permission):
        """Asked by whoever is about to hand the running app something; the giver discharges the obligations. An app
        that is not on the screen, as while a call lies over it, gets nothing: None."""
        if self._launcher.running != app or (self._meter and self._meter.item != app):
            return None
        return self._engine.ask({"kind": "apps.use", "app": app, "permission": permission})

    def withdraw(self, **fields):
        """The source's list of packages that it takes back: fields of `apps.withdraw`."""
        fields["kind"] = "apps.withdraw"
        decision = self._engine.ask(fields)
        discharge(decision, {"stop": lambda: self._halt([row[0] for row in self.report() if row[5]])})
        return decision

    def _halt(self, apps):
        if self._launcher.running in apps:
            self._launcher.halt()
            self._screen.notice("app_stopped", {})
