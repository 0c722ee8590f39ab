"""Child-facing and guardian-facing words, read from a file by id: 300 texts in RAM would take 93 KB.

texts.tsv has one line per id: id, remedy, requirement rows, zh-CN, en, with tabs between. Ids of reasons are the reason
codes of the policy; ids that begin with "alert." are alerts. lessons.tsv has the lessons: id, whose part the child is
in, rows, zh-CN, en.
"""

from hashlib import sha256

from micropython import const

_FOLDER = __file__[: __file__.rfind("/") + 1]
_COLUMNS = {"zh": 3, "en": 4}
_BLOCK = const(512)  # bytes at a time: a small heap that has been in use has few larger gaps


def _columns(id_):
    """The columns of an id's line. The file is read in blocks: MicroPython asks it for each byte of a line."""
    wanted = b"\n" + id_.encode() + b"\t"
    with open(_FOLDER + ("lessons.tsv" if id_.startswith("lesson.") else "texts.tsv"), "rb") as file:
        held = b"\n"
        while True:
            block = file.read(_BLOCK)
            held += block
            at = held.find(wanted)
            if at >= 0:
                return _line(held[at + 1 :], file).decode().split("\t")
            if not block:
                return [id_, "none", "", id_, id_]
            held = held[-len(wanted) :]


def _line(begun, file):
    """A line that has begun, to its end."""
    while begun.find(b"\n") < 0:
        block = file.read(_BLOCK)
        if not block:
            break
        begun += block
    return begun.split(b"\n")[0].rstrip(b"\r")


def text(id_, language):
    """The words for an id in "zh" or "en"; the id itself if there are none."""
    return _columns(id_)[_COLUMNS.get(language, 4)]


def remedy(id_):
    """What helps against a refusal: "none", "password", "guardian", "wait" or "confirm"."""
    return _columns(id_)[1]


def _declared():
    """The columns of each line of collected.tsv: record kind, purpose, who or what causes it, kept until, recipients,
    zh-CN, en."""
    with open(_FOLDER + "collected.tsv", "rb") as lines:
        for line in lines:
            yield line.rstrip(b"\r\n").decode().split("\t")


def collected(language):
    """What this watch keeps about people, and why: [(purpose, words)], for who needs no network to read it
    (requirements A1, A3)."""
    return [(columns[1], columns[5 if language == "zh" else 6]) for columns in _declared()]


def declared(purpose, language):
    """[(words, kept until, recipients)] of all that is kept for one purpose, for the page of the privacy rules. Kept
    until: "wipe", "remove", a number of days or the key of a setting; recipients: names with commas between."""
    words = 5 if language == "zh" else 6
    return [(columns[words], columns[3], columns[4]) for columns in _declared() if columns[1] == purpose]


def edition():
    """The first eight digits of the SHA-256 of the declaration: two watches with the same one say the same (A1)."""
    with open(_FOLDER + "collected.tsv", "rb") as file:
        return sha256(file.read()).digest().hex()[:8]
