"""A watch on a board's chips: the firmware's drivers and its device loop run unmodified. Hands reach it through touch
chip, buttons and power chip, and the picture is what the display's model shows."""

from simulator.chips.wiring import Bench

_SETTLE_MS = 60  # after a hand has done something


class OnChips:
    """facts: a packed board description; board: simulator/portable/board.py, whose clock and charger become the chips'.
    battery: percent."""

    def __init__(self, facts, board, battery):
        self._facts, self._board, self._percent = facts, board, battery
        self.bench = Bench(facts)
        self.width, self.height = facts["display"]["width"], facts["display"]["height"]
        self.round = facts["display"]["round"]
        self._device = self._hardware = None
        self._next = 0  # time of the circuit at which the loop steps again
        self._ahead = 0  # milliseconds that have passed in acts and are not counted yet
        self._boot()

    def _boot(self):
        """The chips have power and the firmware's drivers come up."""
        from firmware.board import Hardware

        self.bench.battery(self._percent, 3700)
        circuit = self.bench.circuit
        self._base = self._board.true_time - circuit.now // 1000
        self._device = None
        self._hardware = hardware = Hardware(self._facts, circuit.advance, self.bench.ticks, circuit.sleep)
        self._board.rtc, self._board.charging = hardware.rtc, hardware.charging

    def power_on(self, off, rtc):
        """All chips begin anew, but for the clock with a cell of its own; rtc false: that was empty."""
        old = self.bench.clock
        self.bench = Bench(self._facts)
        if old and rtc:
            self.bench.clock.go_on(old, off)
        self._boot()

    def start(self, watch, language):
        """The device loop around a started watch. Returns its screens."""
        from firmware.device import Device

        device = self._device = Device(watch, self._hardware, language)
        self._board.carrier.shell = device
        self._next = self.bench.circuit.now
        return device.shell

    # --- time

    def step(self):
        """One turn of the loop."""
        if not self.bench.alive():
            return 1000
        circuit = self.bench.circuit
        wait = max(self._device.step(self.bench.ticks()), 1)
        self._next = circuit.now + wait
        self._board.true_time = self._base + circuit.now // 1000
        return wait

    def advance(self, milliseconds):
        """Let time pass as the device's own loop does: a rest that ends early is a reason for its next turn."""
        circuit = self.bench.circuit
        end = circuit.now + milliseconds
        while circuit.now < end:
            if not self.bench.alive():
                circuit.advance(end - circuit.now)
            elif circuit.now >= self._next:
                self.step()
            else:
                begun, longest = circuit.now, min(self._next, end) - circuit.now
                self._hardware.rest(longest)
                if circuit.now - begun < longest:
                    self._next = circuit.now
        self._board.true_time = self._base + circuit.now // 1000

    def run(self, milliseconds):
        """Let time pass that the next whole seconds include."""
        self._ahead += milliseconds
        self.advance(milliseconds)

    def go_on(self, seconds):
        """Let whole seconds pass, less what has passed in acts."""
        left = seconds * 1000 - self._ahead
        self._ahead = max(-left, 0)
        self.advance(max(left, 0))

    # --- hands

    def touch(self, x, y, down):
        self.bench.finger(x, y, down)
        self.run(_SETTLE_MS)

    def button(self, name, down):
        self.bench.press(name, down)
        self.run(_SETTLE_MS)

    def charger(self, on):
        self.bench.charger(on)

    # --- what can be seen and measured from outside

    @property
    def frame(self):
        return self.bench.display.picture()

    def measure(self, feel):
        """lit: the light behind the panel; heard: hertz; felt: the motor turns; alive: the board has power; wakes:
        turns of the loop with the display dark; slept: milliseconds in light sleep; now: milliseconds since power-on;
        updates: [x, y, w, h, bytes] of what the display was sent since the last time; sent: all bytes; faults: what a
        chip was asked against its data sheet; rtc: seconds of the clock chip; sos: the service's state."""
        bench = self.bench
        circuit = bench.circuit
        for x, y, z in feel:
            bench.motion.feel(x, y, z)
        updates, bench.display.updates = bench.display.updates, []
        part = self._facts["display"]
        bus = self._facts["buses"][part["bus"]]
        return {
            "lit": bench.display.lit(),
            "heard": bench.heard(),
            "felt": bench.felt(),
            "alive": bench.alive(),
            "wakes": self._device.wakes,
            "slept": circuit.slept,
            "now": circuit.now,
            "updates": [[x - part["x"], y - part["y"], w, h, size] for x, y, w, h, size in updates],
            "sent": circuit.spi(bus["sck"], bus["mosi"]).sent,
            "faults": circuit.faults,
            "rtc": bench.clock.seconds() if bench.clock else -1,
            "sos": self._device.watch.sos.state,
        }
