"""The children's data rule as data: what requirement A2 wants to be said, from boards/maker.toml and collected.tsv."""

import tomllib
from pathlib import Path
from typing import Any

from host_tools.boards import FOLDER
from host_tools.making.build import SOURCE, BuildFailed

MAKER = FOLDER / "maker.toml"
_COLLECTED = SOURCE / "texts" / "collected.tsv"
LANGUAGES = ("zh", "en")
# Network Data Security Regulation, article 21; each must be said in both languages.
FIELDS = {
    "controller": ("name", "contact"),
    "rule": ("necessity", "effect", "after"),
    "rights": ("consult", "copy", "transfer", "correct", "add", "delete", "restrict", "close_account", "withdraw"),
}
COLUMNS = ("category", "purpose", "means", "kept", "recipients", "zh", "en")


def data_rule(maker: Path | None = None, collected: Path = _COLLECTED) -> dict[str, Any]:
    """The whole rule; BuildFailed names every field that is missing."""
    path = maker or MAKER
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BuildFailed("%s: %s" % (path, error)) from error
    missing = [
        "%s: %s.%s is not said in %s (A2)" % (path.name, section, field, language)
        for section, fields in FIELDS.items()
        for field in fields
        for language in LANGUAGES
        if not _words(said, section, field, language)
    ]
    categories = []
    for number, line in enumerate(collected.read_text(encoding="utf-8").splitlines(), 1):
        columns = line.split("\t")
        if len(columns) != len(COLUMNS) or not all(columns):
            missing.append("%s line %d: needs %s (A2)" % (collected.name, number, ", ".join(COLUMNS)))
        else:
            categories.append(dict(zip(COLUMNS, columns, strict=True)))
    if missing:
        raise BuildFailed("\n".join(missing))
    return {**{section: {field: said[section][field] for field in FIELDS[section]} for section in FIELDS},
            "categories": categories}  # fmt: skip


def _words(said: dict[str, Any], section: str, field: str, language: str) -> str:
    found: Any = said
    for key in (section, field, language):
        found = found.get(key, {}) if isinstance(found, dict) else {}
    return found.strip() if isinstance(found, str) else ""
