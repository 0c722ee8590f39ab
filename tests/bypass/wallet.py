"""A wallet that a guardian has opened, for the household of tests/faults. Runs on CPython and on MicroPython."""

from tests.faults.household import allowed, ask

PASSWORD = "604918"
KEY = "ab" * 16
PAYMENT = {"key": KEY, "merchant": "kiosk", "name": "Invented Kiosk", "amount": 1000, "class": "goods"}


def open_wallet(rig):
    """Consent, agreement, password and policy; the owner is logged in. The day's limit is two payments."""
    allowed(ask(rig, "consent.give", purpose="payment", manifest=1, channel="host"))
    allowed(ask(rig, "payments.shown", version=1, digest="00" * 32, channel="host"))
    allowed(ask(rig, "payments.accept", version=1, channel="host"))
    allowed(ask(rig, "payments.password", password=PASSWORD, channel="host"))
    values = [["payments.enabled", 1]]
    allowed(ask(rig, "administration.policy", version=1, issuer="ward", expires=0, values=values, channel="host"))
