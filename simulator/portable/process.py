"""The main program of a watch inside the MicroPython process: one command a line in, one answer a line out."""

import json
import sys

import firmware.preload  # noqa: F401
from simulator.portable.rig import Rig


def main():
    rig = Rig()
    for line in sys.stdin:
        print(json.dumps(rig.do(json.loads(line))))


main()
