"""The settings' source table, firmware/policy/settings.toml; the watch itself has what `make generate` packs of it."""

import tomllib
from pathlib import Path

POLICY = Path(__file__).resolve().parent.parent / "firmware" / "policy"


def load_settings() -> dict:
    """The source table: {"profiles": [...], "setting": [{key, min, max, stricter, default, rows, help, ...}]}."""
    return tomllib.loads((POLICY / "settings.toml").read_text(encoding="utf-8"))
