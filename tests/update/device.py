"""A flash with slots, and a host that sends packages to it. Runs on MicroPython, and without `Flashed` on CPython."""

import os

from firmware.update.receive import Receiver, judge
from firmware.update.slots import Slots

PIECE = 128


def files_of(root):
    """{path: bytes} of everything below root, which ends with "/"."""
    found = {}
    for name in os.listdir(root):
        try:
            with open(root + name, "rb") as file:
                found[name] = file.read()
        except OSError:
            for path, data in files_of(root + name + "/").items():
                found[name + "/" + path] = data
    return found


def head_end(package):
    """Where a package's head ends: after its fourth line."""
    at = 0
    for _ in range(4):
        at = package.find(b"\n", at) + 1
    return at


def parts(manifest, package):
    """The package's parts by their numbers."""
    found, at = [package[manifest.at : manifest.at + manifest.size]], manifest.at + manifest.size
    for _, size, _ in manifest.assets:
        found.append(package[at : at + size])
        at += size
    return found


def send(root, package, least=None, stop_after=-1):
    """Send a package; why it was refused, or "". stop_after: the cable is pulled after so many pieces: None."""
    slots = Slots(root)
    running = slots.manifest(slots.slot)
    end = head_end(package)
    if end <= 0:
        end = len(package)
    least = running.version + 1 if least is None else least
    problem, manifest = judge(slots, package[:end], least)
    if problem:
        return problem
    receiver = Receiver(slots, package[:end], manifest)
    receiver.begin()
    sent, bodies = 0, parts(receiver.manifest, package)
    while receiver.wants():
        part, at, size = receiver.wants()[0]
        if sent == stop_after:
            return None
        sent += 1
        if not receiver.piece(part, at, bodies[part][at : min(at + PIECE, size)]) and at + PIECE >= size:
            break  # an asset that is not the signed one
    problem = receiver.check()
    if problem:
        receiver.drop()
        return problem
    slots.take(receiver.manifest)
    return ""
