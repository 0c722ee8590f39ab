"""The simulated board of `firmware/watch.py`'s contract, and what is around it. Runs on CPython and MicroPython."""

from hashlib import sha256

from simulator.portable.flash import Partition, Power


class Drbg:
    """Repeatable bytes from a seed, equal on every runtime: SHA-256 over a counter. For tests only."""

    def __init__(self, seed):
        self._seed = seed.encode()
        self._count = 0

    def __call__(self, size):
        out = b""
        while len(out) < size:
            self._count += 1
            out += sha256(self._seed + self._count.to_bytes(4, "big")).digest()
        return out[:size]


class Recorder:
    """The board's screen, phone, carrier, payment terminal, launcher and radio: they write down what reached them.
    `online` is the carrier's network."""

    name = "simulated"

    def __init__(self):
        self.online = True
        self.telephony = True
        self.seen = []
        self.sent = []
        self.alerts = []
        self.positions = []
        self.received = []
        self.told = []
        self.felt = []
        self.heard = 0
        self.running = ""
        self.shell = None  # of firmware/ui, where the watch has a display

    def notice(self, kind, fields):
        self.seen.append([kind, fields])
        if self.shell:
            self.shell.notice(kind, fields)

    def play(self, vibration, tones):
        self.felt.append([list(vibration), [list(tone) for tone in tones]])

    def ring(self, number):
        self.notice("ring", {"number": number})

    def dial(self, number):
        return self.telephony

    def step(self, now):
        return None

    @property
    def changes(self):
        return 1 if self.online else 0

    @property
    def state(self):
        return "online" if self.online else "waiting"

    def poll(self):
        return self.received[0] if self.received else None

    def done(self):
        self.received.pop(0)

    def send(self, envelope):
        if self.online:
            self.sent.append(envelope)
        return self.online

    def send_alert(self, alert):
        if self.online:
            self.alerts.append(alert)
        return self.online

    def send_sos(self, sos):
        return self.online

    def send_request(self, request):
        return self.online

    def result(self, key, step, accepted):
        self.told.append([step, accepted])

    def send_position(self, report):
        if self.online:
            self.positions.append(report)
        return self.online

    def launch(self, app, file):
        self.running = app
        self.seen.append(["launched", {"app": app}])

    def hear(self, piece):
        self.heard += len(piece)

    def halt(self):
        self.seen.append(["halted", {"app": self.running}])
        self.running = ""

    def advertise(self, frame):
        self.seen.append(["advertised", {"frame": frame.hex()}])

    def silence(self):
        self.seen.append(["silent", {}])


class Receiver:
    """A position receiver: `fix` is (latitude, longitude, accuracy, age) or None."""

    def __init__(self):
        self.is_on = False
        self.fix = None

    def on(self):
        self.is_on = True

    def off(self):
        self.is_on = False

    def read(self):
        return self.fix if self.is_on else None


class Sensor:
    """A microphone or camera: while it has power, each reading gives 100 bytes of a pattern."""

    def __init__(self, value):
        self.rail = True  # as a crash may have left it
        self._value = value

    def power(self, on):
        self.rail = on

    def read(self, buffer):
        for at in range(100):
            buffer[at] = self._value
        return 100 if self.rail else 0


class Indicator:
    """The sign of microphone and camera. `works` false: nothing is to be seen."""

    def __init__(self, recorder):
        self._recorder = recorder
        self.works = True
        self.shown = ""

    def on(self, device):
        self.shown = device if self.works else ""
        return self.lit()

    def off(self):
        self.shown = ""

    def lit(self):
        return self.works and self.shown != ""

    def sound(self):
        self._recorder.seen.append(["sound", {}])


class Port:
    """The watch's end of a serial line; the simulator holds the other."""

    def __init__(self):
        self.came = b""
        self.gone = b""

    def read(self):
        data, self.came = self.came, b""
        return data

    def write(self, data):
        self.gone += data


class Wifi:
    """A radio in a place with one network: `password` opens what is called `name`, while it is `there`. Joining takes a
    look or two. `joins`: how often the radio was switched on; `on_for`: looks at it while it was on."""

    def __init__(self, name="home", password="grey herons wade"):
        self._net = name, password
        self.there = True
        self.joins = 0
        self._looks = -1
        self._opens = False

    def join(self, name, password):
        self.joins += self._looks < 0
        self._looks = 0
        self._opens = (name, password) == self._net

    @property
    def state(self):
        if self._looks < 0:
            return "off"
        self._looks += 1
        if self._looks < 2:
            return "joining"
        return "joined" if self._opens and self.there else "failed"

    def leave(self):
        self._looks = -1


class Provider:
    """An assistant's provider that says what a test has written: answers, one a question, each a list of pieces.

    "..." is a pause until the next step, "!" the end of the connection. `asked`: what left the watch."""

    def __init__(self):
        self.online = True
        self.answers = []
        self.asked = []
        self.coming = []

    def question(self, question):
        if self.online:
            self.asked.append(question)
            self.coming = list(self.answers.pop(0)) if self.answers else []
        return self.online

    def poll(self):
        piece = self.coming.pop(0) if self.coming else ""
        if piece == "!" or not self.online:
            raise OSError(104)
        return None if piece == "..." else piece

    def cancel(self):
        self.coming = []


class Board:
    """The simulated board of `firmware/watch.py`'s contract. `rtc_runs`: the battery-backed clock keeps the time, and
    shows `rtc_offset` seconds more than the true one."""

    address = "watch"
    model = "simulator"
    core = False
    rtc_offset = 0
    plugged = False
    slots: object = None  # of firmware/update, where a test lays them
    version = 0
    wifi: "Wifi | None" = None  # or a radio: then what the guardian has set is really connected to

    def __init__(self, root, seed, power=None):
        self.root = root
        self.identity = sha256(("identity " + seed).encode()).digest()[:8]
        self.device_secret = sha256(("device " + seed).encode()).digest()
        self.random = Drbg(seed)
        self.partition = Partition(root + ".keys", power or Power())
        self.rtc_runs = True
        self.true_time = 0
        self.attach()

    def attach(self):
        """Everything around the watch, new."""
        self.carrier = self.screen = self.phone = self.terminal = self.launcher = self.radio = Recorder()
        self.positions = Receiver()
        self.devices = {"mic": Sensor(0x4D), "camera": Sensor(0x43)}
        self.indicator = Indicator(self.carrier)
        self.provider = Provider()
        self.port = Port()

    def rtc(self):
        return self.true_time + self.rtc_offset if self.rtc_runs else None

    def set_rtc(self, wall):
        self.rtc_runs, self.rtc_offset = True, wall - self.true_time

    def charging(self):
        return self.plugged
