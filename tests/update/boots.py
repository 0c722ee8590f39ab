"""Switch a board on again and again from an image of its flash, with the scripts that lie on it. Runs on MicroPython.

usage: boots.py IMAGE ORDERS     the image is the whole file system, at "/"; ORDERS: before each boot
    -           nothing                        crash       the code raises
    drop NAME   a file shadow.py there         PATH=TEXT   this file is written first
Each boot prints what the code prints, then "RESTART", or "PROMPT" where main.py has ended; and with an opening how many
sectors of the key partition were not erased.
"""

import gc
import sys

import vfs


class Restart(BaseException):
    """machine.reset()"""


class Machine:
    """In place of the module; `crash`: for the code of tests."""

    crash = False

    def reset(self):
        raise Restart

    def bootloader(self):
        print("BOOTLOADER, sectors with keys:", Keys.left)
        raise Restart


class Keys:
    """In place of esp32.Partition: the keys' own, with a secret in each sector."""

    TYPE_DATA = 1
    left = 4

    @classmethod
    def find(cls, kind, label):
        return [cls()] if (kind, label) == (cls.TYPE_DATA, "keys") else []

    def ioctl(self, request, sector):
        if request == 6:
            Keys.left -= 1


class Esp32:
    Partition = Keys


class Ram:
    """A block device."""

    def __init__(self, image):
        self.data = bytearray(image)

    def readblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        buffer[:] = memoryview(self.data)[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        self.data[at : at + len(buffer)] = buffer

    def ioctl(self, request, argument):
        if request == 4:
            return len(self.data) // 4096
        return 4096 if request == 5 else 0


def script(name):
    with open(name) as file:
        exec(compile(file.read(), name, "exec"), {"__name__": "__main__"})


def switch_on(machine):
    path = list(sys.path)
    try:
        script("/boot.py")
        script("/main.py")
        print("PROMPT, sectors with keys:", Keys.left)
    except Restart:
        print("RESTART", gc.threshold())  # type: ignore[attr-defined]
    sys.path[:] = path
    for name in list(sys.modules):
        if name.split(".")[0] == "firmware":
            sys.modules.pop(name)
    try:
        vfs.umount("/code")
    except OSError:
        pass


def main():
    with open(sys.argv[1], "rb") as file:
        flash = Ram(file.read())
    orders = sys.argv[2:]
    vfs.umount("/")
    vfs.mount(vfs.VfsLfs2(flash), "/")
    machine = Machine()
    sys.modules["machine"] = machine  # type: ignore[assignment]
    sys.modules["esp32"] = Esp32  # type: ignore[assignment]
    for order in orders:
        machine.crash = order == "crash"
        name, is_file, text = order.partition("=")
        if is_file:
            with open(name, "w") as file:
                file.write(text)
        switch_on(machine)


if __name__ == "__main__":
    main()
