"""Asks `cryptolib` and `micropython` many questions and prints a line for each: equal lines on both runtimes."""

import sys

if sys.implementation.name != "micropython":
    import simulator  # noqa: F401 (installs the shims)

import binascii

import cryptolib
import micropython

ECB = 1
CBC = 2
KEY = bytes(range(32))
IV = bytes(range(100, 116))
BLOCKS = bytes((7 * i + 3) & 255 for i in range(96))


def show(name, ask):
    """One line: the answer's type and bytes, or the kind of error (ValueError with its words)."""
    try:
        answer = ask()
    except ValueError as error:
        answer = "ValueError: " + str(error)
    except TypeError:
        answer = "TypeError"
    if isinstance(answer, (bytes, bytearray)):
        answer = type(answer).__name__ + " " + binascii.hexlify(answer).decode()
    print(name, answer)


def new(*args):
    """Whether a context can be made of these arguments."""
    return lambda: "ok" if cryptolib.aes(*args) else "none"


def one_call(key, mode, iv, method, data):
    """A fresh context's answer to one call."""
    return lambda: getattr(cryptolib.aes(key, mode, iv), method)(data)


def contexts():
    """Which keys, modes and vectors are taken."""
    for length in (0, 8, 15, 16, 17, 24, 31, 32, 33, 64):
        show("key of %d" % length, new(bytes(length), ECB))
    for mode in (-1, 0, 1, 2, 3, 4, 5, 6, 256):
        show("mode %d" % mode, new(KEY, mode, IV))
        show("mode %d, no IV" % mode, new(KEY, mode))
    for length in (1, 8, 15, 17, 32):
        show("CBC, IV of %d" % length, new(KEY, CBC, bytes(length)))
        show("ECB, IV of %d" % length, new(KEY, ECB, bytes(length)))
    show("ECB, IV None", new(KEY, ECB, None))
    show("CBC, IV None", new(KEY, CBC, None))
    show("bad mode and key", new(bytes(3), 9))
    show("bad key and IV", new(bytes(3), CBC, b""))
    show("key is a number", new(5, ECB))
    show("mode is text", new(KEY, "x"))
    show("no mode", new(KEY))
    show("four arguments", new(KEY, ECB, None, 1))
    show("buffers of other types", new(bytearray(KEY), CBC, memoryview(IV)))


def blocks():
    """Whole messages in one call."""
    for key in (KEY, KEY[:16]):
        for mode, iv in ((ECB, None), (CBC, IV)):
            for method in ("encrypt", "decrypt"):
                for length in (0, 1, 15, 16, 17, 31, 32, 96):
                    name = "aes-%d mode %d %s %d" % (8 * len(key), mode, method, length)
                    show(name, one_call(key, mode, iv, method, BLOCKS[:length]))
    for data in (bytearray(BLOCKS), memoryview(BLOCKS)[16:48]):
        show("input of another type", one_call(KEY, CBC, IV, "encrypt", data))
    show("input is a number", one_call(KEY, CBC, IV, "encrypt", 16))
    show("input is None", one_call(KEY, CBC, IV, "encrypt", None))


def chaining():
    """CBC goes on where the last call stopped; a context keeps its direction; an error changes nothing."""
    for method, other in (("encrypt", "decrypt"), ("decrypt", "encrypt")):
        for mode, iv in ((ECB, None), (CBC, IV)):
            context = cryptolib.aes(KEY, mode, iv)
            call = getattr(context, method)
            show("chain 1", lambda: call(BLOCKS[:16]))
            show("chain 2", lambda: call(BLOCKS[16:64]))
            show("bad length", lambda: call(BLOCKS[:5]))
            show("other way", lambda: getattr(context, other)(BLOCKS[:16]))
            show("nothing", lambda: call(b""))
            show("chain 3", lambda: call(BLOCKS[64:]))


def in_place():
    """An output buffer: longer, the input itself, too short, not writable."""
    for method in ("encrypt", "decrypt"):
        for room in (96, 100):
            out = bytearray(b"-" * room)
            show("returned", lambda: getattr(cryptolib.aes(KEY, CBC, IV), method)(BLOCKS, out))
            show("filled", lambda: out)
        out = bytearray(BLOCKS)
        view = memoryview(out)[16:48]
        getattr(cryptolib.aes(KEY, CBC, IV), method)(view, view)
        show("in place", lambda: out)
        for target in (bytearray(95), bytes(96), None, 3):
            show("bad target", lambda: getattr(cryptolib.aes(KEY, ECB), method)(BLOCKS, target))
    context = cryptolib.aes(KEY, CBC, IV)
    show("too short", lambda: context.encrypt(BLOCKS, bytearray(3)))
    show("after the error", lambda: context.encrypt(BLOCKS))


def stream():
    """A long pseudo-random history of calls of every size and both directions."""
    seed = 1
    contexts = [(cryptolib.aes(KEY, CBC, IV), method) for method in ("encrypt", "decrypt")]
    for turn in range(200):
        seed = (seed * 75 + 74) % 65537
        data = bytes((seed * i) >> 5 & 255 for i in range(16 * (seed % 9)))
        context, method = contexts[turn & 1]
        show("stream %d" % turn, lambda: getattr(context, method)(data))


def runtime():
    """What `micropython` offers everywhere."""
    show("const number", lambda: micropython.const(5))
    show("const text", lambda: micropython.const("a"))
    show("const nothing", micropython.const)
    level = micropython.opt_level()
    show("opt_level set", lambda: micropython.opt_level(2))
    show("opt_level", micropython.opt_level)
    micropython.opt_level(level)
    micropython.heap_lock()
    micropython.heap_lock()
    inner = micropython.heap_unlock()
    outer = micropython.heap_unlock()
    show("locks", lambda: (inner, outer))
    show("kbd_intr", lambda: micropython.kbd_intr(-1))
    micropython.kbd_intr(3)
    ran: list[int] = []
    micropython.schedule(ran.append, 7)
    show("scheduled", lambda: ran)

    @micropython.native
    def native(number):
        return number + 1

    @micropython.viper
    def viper(number: int) -> int:
        return number + 2

    show("decorated", lambda: (native(1), viper(1)))


contexts()
blocks()
chaining()
in_place()
stream()
runtime()
