"""Child-facing and guardian-facing words, read from a file by id: 300 texts in RAM would take 93 KB.

texts.tsv has one line per id: id, remedy, requirement rows, zh-CN, en, with tabs between. Ids of reasons are the reason
codes of the policy; ids that begin with "alert." are alerts. lessons.tsv has the lessons: id, whose part the child is
in, rows, zh-CN, en.
"""

_FOLDER = __file__[: __file__.rfind("/") + 1]
_COLUMNS = {"zh": 3, "en": 4}


def _columns(id_):
    wanted = id_.encode() + b"\t"
    with open(_FOLDER + ("lessons.tsv" if id_.startswith("lesson.") else "texts.tsv"), "rb") as lines:
        for line in lines:
            if line.startswith(wanted):
                return line.rstrip(b"\r\n").decode().split("\t")
    return [id_, "none", "", id_, id_]


def text(id_, language):
    """The words for an id in "zh" or "en"; the id itself if there are none."""
    return _columns(id_)[_COLUMNS.get(language, 4)]


def remedy(id_):
    """What helps against a refusal: "none", "password", "guardian", "wait" or "confirm"."""
    return _columns(id_)[1]


def collected(language):
    """What this watch keeps about people, and why: [(purpose, words)] of collected.tsv, for a page that needs no
    network (requirements A1, A3). Its columns: record kind, purpose, who or what causes it, kept until, recipients,
    zh-CN, en."""
    found = []
    with open(_FOLDER + "collected.tsv", "rb") as lines:
        for line in lines:
            columns = line.rstrip(b"\r\n").decode().split("\t")
            found.append((columns[1], columns[5 if language == "zh" else 6]))
    return found
