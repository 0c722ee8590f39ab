"""Plays whole histories on one runtime: a list of rig commands in, the list of answers on a line out.

On MicroPython this file is the main program; CPython imports `HistoryRig` and feeds it command by command.
"""

import json

from firmware.watch import Watch
from simulator.portable.questions import questions
from simulator.portable.rig import Rig

# The end of each history. The last three boot and read once more; the files' hashes already stand for their bytes.
CHECKS = ({"op": "verify"}, {"op": "journal"}, {"op": "rebuild"})
ENDING = ({"op": "seen"}, {"op": "clock"}, {"op": "state"}, {"op": "files"}) + CHECKS


class HistoryRig(Rig):
    """The rig with two more operations: rebuild, and ask with the request as JSON text, which may escape anything."""

    def do(self, command):
        if command["op"] == "rebuild":
            return self.rebuild()
        if "json" in command:
            command = {"op": "ask", "request": json.loads(command["json"])}
        return super().do(command)

    def rebuild(self):
        """Boot once more on what is stored, let no time pass, and tell the state."""
        self.watch = Watch(self.board)
        self.watch.start()
        return self.state({})


def main():
    rig = HistoryRig()
    for history in questions():
        history["commands"][0]["root"] = history["root"]
        print(json.dumps({"answers": [rig.do(command) for command in history["commands"]]}))


if __name__ == "__main__":
    main()
