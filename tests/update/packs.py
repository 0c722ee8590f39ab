"""Small signed packages for tests, made as `ward build` makes them, of code that says which version it is."""

import hashlib
from functools import cache
from pathlib import Path

from host_tools.making import image
from host_tools.making.build import compile_module
from simulator import publisher

BOARD = "test-board"
WORDS = "firmware/words.txt"

RUN = """
def run(root, version, trial):
    from firmware.words import words
    print("RUN", version, trial, words())
    return ""
"""
WORDS_CODE = """
def words():
    with open(__file__[: __file__.rfind("/") + 1] + "words.txt") as file:
        return file.read()
"""


@cache
def compiled(name: str, text: str) -> bytes:
    """The bytecode of a module."""
    return compile_module(text.encode(), name)


def code(more: str = "") -> image.Files:
    """A firmware of three modules. `more`: what else its `run` has, so that versions differ."""
    return {
        "firmware/__init__.mpy": compiled("firmware", ""),
        "firmware/run.mpy": compiled("firmware.run", RUN + more),
        "firmware/words.mpy": compiled("firmware.words", WORDS_CODE),
    }


def package(
    version: int, *, board: str = BOARD, key: str = "maker", minimum: int = 0, next_key: str = "", words: str = "",
    files: image.Files | None = None,
) -> image.Package:  # fmt: skip
    """A package of that version; its asset holds `words`."""
    content = files or code("VERSION = %d\n" % version)
    assets = {WORDS: (words or "words of %d" % version).encode()}
    following = pin(next_key) if next_key else ""
    return image.make_package(board, version, content, assets, publisher.private_key(key), minimum, following)


def pin(key: str) -> str:
    return hashlib.sha256(bytes.fromhex(publisher.modulus(key))).hexdigest()


def first(version: int = 100, key: str = "maker") -> image.Files:
    """What `ward flash` lays onto a watch, but for the base."""
    made = package(version, key=key)
    return image.first_content(version, BOARD, [pin(key)], made.slot, made.assets)


def write(folder: Path, files: image.Files) -> None:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
