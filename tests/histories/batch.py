"""Plays whole histories on one runtime: a list of rig commands a line in, the list of answers a line out.

On MicroPython this file is the main program; CPython imports `HistoryRig` and feeds it command by command.
"""

import json
import sys

from firmware.watch import Watch
from simulator.portable.rig import Rig

# What is compared at the end of each history, on every runtime.
ENDING = ({"op": "seen"}, {"op": "clock"}, {"op": "state"}, {"op": "verify"}, {"op": "journal"}, {"op": "files"}, {"op": "rebuild"})


class HistoryRig(Rig):
    """The rig with one more operation."""

    def do(self, command):
        return self.rebuild() if command["op"] == "rebuild" else super().do(command)

    def rebuild(self):
        """Boot once more on what is stored, let no time pass, and tell the state."""
        self.watch = Watch(self.board)
        self.watch.start()
        return self.state({})


def main():
    rig = HistoryRig()
    for line in sys.stdin:
        history = json.loads(line)
        history["commands"][0]["root"] = history["root"]
        print(json.dumps({"answers": [rig.do(command) for command in history["commands"]]}))


if __name__ == "__main__":
    main()
