"""The code that approves one request of a watch far away, computed without any network.

The child reads a six-digit request number out; the guardian says eight digits back, or sends them where a broker
reaches the watch. The key is the one that `ward keys` gave the watch; it is kept with the pairing, or read from a file
or from stdin, and never from the command line, where others could see it.
"""

import os
import stat
import sys
from pathlib import Path
from typing import Any

from firmware.policy.desk.approval import code as code_of

Request = dict[str, Any]


class KeyFileError(ValueError):
    """The key cannot be read; the text says what to do."""


def read_key(source: str) -> bytes:
    """The 32 bytes in hexadecimal from a file, or from stdin if `source` is "-". KeyFileError says what is wrong."""
    if source == "-":
        text = sys.stdin.readline()
    else:
        path = Path(source)
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise KeyFileError("cannot read the key file %s: %s" % (source, error)) from error
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyFileError("others can read %s; close it with: chmod 600 %s" % (source, source))
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise KeyFileError("the key must be 64 hexadecimal digits, as pairing wrote them")
    return key


def code(key: bytes, number: int, what: str, value: int = 0, minutes: int = 0, detail: str = "") -> str:
    """The eight digits for a request, by the watch's own function."""
    return str(code_of(key, number, what, value, minutes, detail))


def fen(amount: str) -> int:
    """Whole fen of an amount in yuan such as "12", "12.5" or "12.50". ValueError for anything else."""
    whole, _, rest = amount.partition(".")
    if (
        not whole.isascii()
        or not whole.isdigit()
        or (rest and not (rest.isascii() and rest.isdigit()))
        or len(rest) > 2
    ):
        raise ValueError("no amount such as 12.50")
    return int(whole) * 100 + int((rest + "00")[:2])
