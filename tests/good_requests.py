"""A good request of every kind: what tests change one field at a time, or ask in many roles."""

from typing import Any

# Where the form alone does not make a value that a rule accepts.
_GOOD: dict[str, Any] = {
    "rounds": 4096, "birth_year": 2018, "birth_month": 3, "profile": "cn-ccia", "language": "en", "region": "cn",
    "numbers": [],
    "values": [], "role": "friend", "what": "message", "exit": "screen", "reader": "child", "place": "contact",
    "mode": "shield",
    "reason": "the child is not at home", "party": "lin", "address": "lin", "pin": "482915", "minutes": 5,
    "key": "contacts.unknown", "channel": "host", "purpose": "ai", "class": "other", "day": 2315, "before": [],
    "device": "mic",
}  # fmt: skip
GOOD_IN: dict[str, dict[str, Any]] = {
    "contacts.incoming": {"what": "request"},
    "contacts.add": {"key": "00" * 32},
    "contacts.ask": {"key": "00" * 32},
    "hosts.add": {"key": "00" * 32},
    "network.wifi": {"password": "eight or more"},
    "network.radio": {"why": "check"},
    **{"network." + verb: {"purpose": "messages"} for verb in ("close", "connect")},
    "network.endpoint": {"purpose": "messages", "host": "127.0.0.1", "authority": "", "path": "/"},
    "consent.erased": {"what": "voice"},
    "personal_data.erase": {"what": "messages"},
    "credentials.user": {"name": "oma", "role": "carer"},
    "approval.ask": {"what": "grant", "detail": "contacts.unknown"},
    "approval.key": {"key": bytes(range(32)).hex()},
    **{"payments." + verb: {"key": "00" * 16} for verb in ("request", "authorise", "capture", "void", "refund")},
    "assistant.answer": {"before": ""},
    "capture.open": {"purpose": "voice_message"},
    "capture.stay": {"purpose": "voice_message"},
    "lock.set": {"code": "4826"},
    "location.key": {"key": "00" * 32},
    "location.zone": {"radius": 50},
    "apps.trust": {"key": "ff" * 384},
    "apps.ask": {"key": "ff" * 384, "source": "store"},
    "apps.use": {"permission": "camera"},
    "apps.grant": {"permission": "camera"},
    "apps.revoke": {"permission": "camera"},
    "apps.set": {"availability": "blocked"},
    "apps.withdraw": {"key": "ff" * 384},
    "content.trust": {"key": "ff" * 384, "publisher": "pool"},
    "content.offer": {"key": "ff" * 384},
    "content.withdraw": {"key": "ff" * 384},
    "content.show": {"slot": "page"},
    "firmware.install": {"problem": ""},
    "firmware.switch": {"problem": ""},
    "firmware.open": {"what": "repl"},
}


def good_value(kind: str, name: str, form: str, limit: int) -> Any:
    """A value of this field (without "?") that the rule accepts as a form."""
    if name in GOOD_IN.get(kind, {}):
        return GOOD_IN[kind][name]
    if name in _GOOD:
        return _GOOD[name]
    return "0" * (2 * limit) if form == "h" else {"i": 1, "z": 1, "s": "x", "b": True, "l": []}[form]
