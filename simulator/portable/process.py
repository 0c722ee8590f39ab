"""The main program of a watch inside the MicroPython process: one command after the other, one answer a line."""

import json

import firmware.preload  # noqa: F401
from simulator.portable.questions import questions
from simulator.portable.rig import Rig


def main():
    rig = Rig()
    for command in questions():
        print(json.dumps(rig.do(command)))


main()
