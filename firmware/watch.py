"""The composition root: builds engine and services on a board and moves them by steps of time."""

from firmware.loading import forget
from firmware.policy.engine import Engine
from firmware.policy.resting import copy_of
from firmware.services.calls import CallService
from firmware.services.foreground import Foreground
from firmware.services.lock import Lock
from firmware.services.messaging import Messaging
from firmware.services.outbox import Outbox
from firmware.services.sos import Sos
from firmware.storage import floor
from firmware.storage.files import Files
from firmware.storage.store import Store

_DAY = 86400
_COMPARE = 3600  # seconds between two looks at the battery-backed clock
_WELL = 60  # seconds: firmware/update/slots.py
_TICKS = 0x3FFFFFFF  # time.ticks_ms wraps at 2**30
_RETRY = 60  # seconds until a service that could not be loaded is tried again
# Services that rest: each is loaded when somebody asks for it or `_is_wanted` says so, and dropped by `step` once it is
# neither wanted nor `busy` with something of its own.
_RESTING = ("alerts", "approvals", "capture", "discovery", "guardians", "locator", "privacy", "wallet")


class Watch:
    """One watch. The board gives:

    root            folder of the file system          address     the watch's own address for envelopes
    partition       raw key partition                  carrier     services/transport contract
    wifi            in its place a radio (drivers/wifi.py), or None: then services/transport/wireless.py is the carrier
    device_secret   32 bytes of this chip              phone       ring/dial, or None
    random(n)       n random bytes                     screen      notice(kind, fields)
    positions       receiver (services/locator.py), or None
    devices         microphone and camera by name, and their
    indicator       sign (services/capture.py)
    rtc()           wall seconds, or None if no battery-backed clock vouches for them
    set_rtc(wall)   write them to that clock, which then vouches for them; nothing if there is none
    charging()      True while a charger is connected; the phone calls foreground.call(True or False)
    terminal        services/transport contract for payments, or None
    launcher        launch(app, file), halt(), running   radio       advertise(frame), silence(), or None
    port            serial line: read() -> bytes that have come, write(bytes); or None     identity   8 public bytes
    slots           firmware/update/slots.py, or None: no updates    version     number of the firmware that runs
    provider        services/assistant contract, or None: then the one that a guardian has set, over `wifi`
    model           name of the board's description         core        it runs the core of the firmware alone
    """

    VERSION = "0.1.0"  # of the firmware, as in pyproject.toml

    def __init__(self, board):
        files = self._files = Files(board.root)
        self._board = board
        self._awake = {}  # services that rest, by name, while they do not
        self._next_look = 0  # powered time of the next look at the battery-backed clock
        self.store = Store(files, board.partition, board.device_secret, board.random)
        self.engine = Engine(
            self.store,
            board.random,
            lambda: floor.load(files, board.device_secret),
            lambda region, numbers: floor.save(files, board.device_secret, region, numbers),
            self._set_rtc,
            board.core,
        )
        self.foreground = Foreground(self.engine, board.screen, board.charging, board.launcher)
        carrier = self.carrier = board.carrier if board.wifi is None else self._over_wifi(board)
        self.outbox = Outbox(self.engine, self.store, files, board.address)
        self.messaging = Messaging(self.engine, self.store, self.outbox, carrier, board.screen, self)
        self.calls = CallService(self.engine, board.phone, board.screen, self)
        self.sos = Sos(self.engine, [carrier], board.screen, self)
        self.lock = Lock(self.engine)
        self._assistant = None
        self._vain = [0, 0]  # see services/hosts.py
        self._server = None  # of the serial line, while somebody talks to it
        self.address, self.model, self.core = board.address, board.model, board.core
        self.can_call = board.phone is not None
        self.slots = board.slots
        self.engine.trial = board.slots is not None and board.slots.trial
        self._updates = None  # while a package comes in
        self._settles = 0  # powered time at which this boot counts as good; then again while a version is on trial
        self._woken = -1  # the day on which the child last looked at the watch for the first time
        self._last = None
        self._rest = 0  # milliseconds that do not make a whole second yet
        self.restart = False  # the watch waits for its reboot: it was wiped, or has new firmware

    def start(self):
        """Rebuild the rules' state. Emergency requests are answered before this, during it and if it fails."""
        report = self.engine.rebuild(self._rtc())
        self.erase()
        self.capture  # noqa: B018 (whatever a reboot has left on goes off)
        self.locator  # noqa: B018 (a consent may have been withdrawn just before: its first step erases what is left)
        self._settles = self.engine.clock.powered + _WELL
        self.outbox.load()
        return report

    def __getattr__(self, name):
        """A service of _RESTING."""
        if name not in _RESTING:
            raise AttributeError(name)
        if name not in self._awake:
            self._awake[name] = self._load(name)
            forget("firmware.services." + ("nowhere" if name == "locator" and self.core else name))
        return self._awake[name]

    def awake(self, name):
        """A service of _RESTING if it is awake, or None."""
        return self._awake.get(name)

    def _load(self, name):
        """A new service of _RESTING."""
        board = self._board
        if name == "alerts":
            from firmware.services.alerts import AlertService

            return AlertService(self.engine, self.carrier)
        if name == "approvals":
            from firmware.services.approvals import Approvals

            return Approvals(self.engine, self.carrier, board.screen)
        if name == "capture":
            from firmware.services.capture import CaptureService

            return CaptureService(self.engine, board.devices, board.indicator, board.screen)
        if name == "discovery":
            from firmware.services.discovery import Discovery

            return Discovery(self.engine, board.radio, board.screen)
        if name == "guardians":
            from firmware.services.guardians import Guardians

            return Guardians(self.engine, self.store, board.screen, self)
        if name == "locator" and self.core:
            from firmware.services.nowhere import Nowhere

            return Nowhere(self.engine)
        if name == "locator":
            from firmware.services.locator import Locator

            return Locator(self.engine, board.positions, self.carrier, board.screen, board.random)
        if name == "privacy":
            from firmware.services.privacy import Privacy

            return Privacy(self.engine, self.store, board.screen, self)
        from firmware.services.wallet import Wallet

        return Wallet(self.engine, self.store, board.terminal, board.screen)

    def _step_resting(self, name, now):
        """Give a service that rests its turn if it is awake, or wanted. Returns its next need."""
        if name not in self._awake and not self._is_wanted(name):
            return None
        try:
            need = self.__getattr__(name).step(now)
        except (MemoryError, ImportError, OSError):  # no room for its code now
            return now + _RETRY
        return need

    def _rtc(self):
        try:
            return self._board.rtc()
        except OSError:
            return None  # a chip that does not answer vouches for nothing

    def _over_wifi(self, board):
        """The carrier over Wi-Fi; its code is on the heap of those boards only that have a radio."""
        from firmware.services.transport.wireless import Wireless

        ident = board.identity.hex()
        return Wireless(self.engine, self.store, board.wifi, board.address, ident, board.random)

    def _is_wanted(self, name):
        """Whether the rules have something for a service that rests: an alert or a request for a code that waits,
        looks that nobody asks for each time."""
        rules, settings = self.engine.rules, self.engine.settings
        if name == "alerts":
            return len(rules["alerts"]) > 0
        if name == "approvals":
            return rules["approval"].pending != []
        if name != "locator" or not (settings["location.looks_per_hour"] or settings["location.zones"]):
            return False
        return rules["consent"].has("location")

    def _set_rtc(self, wall):
        self._next_look = 0  # the next step sees whether it was written
        try:
            self._board.set_rtc(wall)
        except OSError:
            pass

    def reboot(self):
        """Restart when this step is over."""
        self.restart = True

    def erase(self):
        """Erase what a guardian has ordered to be; after a power cut the next start does it."""
        if any(self.engine.rules["consent"].to_erase):
            self.privacy.erase()

    def end(self):
        """A guardian's act may have closed what runs: it ends before the act is answered."""
        self.foreground.step()
        if self.awake("capture"):
            self.capture.check(self.engine.clock.powered)
        if self._assistant:
            self._assistant.check()

    def apps(self):
        """The enforcement point for apps. Like `content` it keeps nothing, so its code is loaded for one act."""
        from firmware.services.apps import AppService

        forget("firmware.services.apps")
        return AppService(self.engine, self._files, self._board.launcher, self._board.screen, self.foreground)

    def content(self):
        """The enforcement point for lessons, notices and the child pool."""
        from firmware.services.content import ContentService

        forget("firmware.services.content")
        return ContentService(self.engine, self._files, self._board.screen)

    @property
    def assistant(self):
        """The assistant's service: there while a talk runs or its history is read, as it takes heap."""
        if self._assistant is None:
            from firmware.services.assistant import AssistantService

            forget("firmware.services.assistant")
            self._assistant = AssistantService(
                self.engine, self.store, self._provider(), self._board.screen, self.foreground
            )
        return self._assistant

    def _provider(self):
        """Who answers the child's questions, or None."""
        if self._board.provider is not None or self._board.wifi is None:
            return self._board.provider
        from firmware.services.provider import Provider

        forget("firmware.services.provider")
        return Provider(self.engine, self.carrier)

    @property
    def updates(self):
        """The service for firmware updates: there while a package comes in."""
        if self._updates is None:
            from firmware.services.updates import Updates

            forget("firmware.services.updates")
            forget("firmware.update.receive")
            self._updates = Updates(self.engine.ask, self.slots, self._board.version, self.reboot)
        return self._updates

    @property
    def talking(self):
        """Whether somebody is on the serial line, who wants an answer soon."""
        return self._server is not None

    def in_hand(self):
        """Somebody has asked the watch itself for the digits of a pairing: it is in a hand."""
        if self._server:
            self._server.in_hand()

    def look(self):
        """The child looks at the watch. The first time on a day there may be a lesson or a notice."""
        day = self.engine.clock.day()
        if day != self._woken:
            self._woken = day
            if not self.core:
                self.content().wake()
        self.reach()

    def reach(self):
        """The child wants to be online now, as far as the radio may be on."""
        if self._board.wifi is not None:
            self.carrier.want("wanted")

    def _serve(self, now):
        """Let the line's server answer; its code is there while somebody talks to it."""
        if self._server is None:
            data = self._board.port.read()
            if not data:
                return None
            self._server = self._new_server(data)
        due = self._server.step(now)
        if self._server.idle:
            self._server = None
        return due

    def _new_server(self, data):
        from firmware.link import methods
        from firmware.link.server import Server
        from firmware.services.hosts import HostService

        for name in ("link.methods", "link.server", "link.login", "link.session", "services.hosts"):
            forget("firmware." + name)
        board = self._board
        hosts = HostService(self.engine, board.screen, board.random, self._vain)

        def call(method, params, server):
            return methods.call(self, method, params, server)

        return Server(self.engine, hosts, board.port, board.identity, board.random, call, data)

    def _settle(self, now):
        """Once this boot has lasted, and while a version is on trial: is it good for good?"""
        if now >= self._settles:
            self.updates.settle(copy_of(self.engine.rules["firmware"]).version if self.slots.trial else 0)
            self.engine.trial = self.slots.trial
            self._settles = now + (_WELL if self.slots.trial else _DAY)
        if self._updates and not self._updates.busy:
            self._updates = None
        return self._settles

    def step(self, now):
        """Move to `now` (ticks in milliseconds, wrapping at 2**30, 12 days). Returns the milliseconds until the next
        need, at most a day, so that no wrap is missed."""
        clock = self.engine.clock
        if self._last is not None:
            self._rest += (now - self._last) & _TICKS
            clock.tick(self._rest // 1000)
            self._rest %= 1000
        self._last = now
        if clock.powered >= self._next_look:
            self._next_look = clock.powered + _COMPARE
            self.engine.follow(self._rtc())
        needs = [self.sos.step(clock.powered)]  # the child's call for help waits for nothing else
        needs.append(self.engine.step())
        self.foreground.step()
        needs.append(self._step_resting("capture", clock.powered))  # with what has just been noticed: a charger, damage
        if self.sos.state == "counting" and self._board.wifi is not None:
            self.carrier.want("sos")  # so that it is there when the seconds are over
        needs.append(self.carrier.step(clock.powered))
        needs.append(self._step_resting("alerts", clock.powered))
        needs.append(self._step_resting("approvals", clock.powered))
        needs.append(self.messaging.step())
        needs.append(self._step_resting("wallet", clock.powered))
        needs.append(self._step_resting("discovery", clock.powered))
        if self._assistant:
            needs.append(self._assistant.step(clock.powered))
            if not self._assistant.busy:
                self._assistant = None
        if self._board.port:
            needs.append(self._serve(clock.powered))
        if self.slots:
            needs.append(self._settle(clock.powered))
        # After what a guardian may just have asked for.
        needs.append(self._step_resting("locator", clock.powered))
        for name in _RESTING:
            if name in self._awake and not self._awake[name].busy and not self._is_wanted(name):
                del self._awake[name]
        times = [time for time in needs if time is not None]
        wait = max(min(times) - clock.powered, 0) if times else _DAY
        return max(min(wait, _DAY) * 1000 - self._rest, 0)
