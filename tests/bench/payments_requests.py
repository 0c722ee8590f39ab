"""Rows of the wallet."""

from tests.bench import full_state as full
from tests.bench.parts import HOST, proved, with_fields


def _wallet(device):
    """A wallet that can pay any amount it is asked for here, set up if it is not yet."""
    if device.engine.settings["payments.enabled"]:
        return
    full.prove(device)
    device.must("consent.give", purpose="payment", manifest=1, channel=full.HOST)
    device.must("payments.shown", version=1, digest="00" * 32, channel=full.HOST)
    device.must("payments.accept", version=1, channel=full.HOST)
    device.must("payments.password", password=_PASSWORD, channel=full.HOST)
    values = [["payments.enabled", 1], ["payments.daily_limit", 50000], ["payments.monthly_limit", 200000]]
    version = device.engine.rules["administration"].version + 1
    fields = {"version": version, "issuer": "owner", "expires": 65000, "values": values}
    device.must("administration.policy", **with_fields(HOST, **fields))


_PASSWORD = "604918"


def _shop(number):
    return {"key": "%032x" % number, "merchant": "kiosk at the school gate"}


def _payment(number, amount=100):
    return with_fields(_shop(number), name="小卖部", amount=amount, **{"class": "food"})


def _request(device, number):
    _wallet(device)
    return "payments.request", _payment(number)


def _authorise(device, number):
    """The one before is given back first, so that no limit is reached."""
    _wallet(device)
    device.ask("payments.void", _shop(number - 1 if number else 999))
    return "payments.authorise", with_fields(_payment(number), password=_PASSWORD)


def _held(device, number):
    kind, fields = _authorise(device, number)
    device.must(kind, **fields)
    return _shop(number)


def _capture(device, number):
    return "payments.capture", with_fields(_held(device, number), amount=100)


def _void(device, number):
    return "payments.void", _held(device, number)


def _refund(device, number):
    shop = _held(device, number)
    device.must("payments.capture", **with_fields(shop, amount=100))
    return "payments.refund", with_fields(shop, total=100)


def _too_large(device, number):
    _wallet(device)
    return "payments.request", _payment(number, 30000)


def _open(device):
    _wallet(device)
    full.prove(device)
    device.must("payments.unlock", channel=full.HOST)


def _wrong_password(device, number):
    if number % 4 == 0:
        _open(device)
    return "payments.authorise", with_fields(_payment(number), password="604919")


def _lock(device, number):
    _open(device)
    return "payments.lock", {}


def _unlock(device, number):
    _open(device)
    device.must("payments.lock")
    return "payments.unlock", with_fields(HOST)


def _accept(device, number):
    _wallet(device)
    full.prove(device)
    return "payments.accept", with_fields(HOST, version=1)


def _for_wallet(kind, **fields):
    def make(device, number):
        _wallet(device)
        return kind, with_fields(fields)

    return make


ROWS = (
    ("consent_give", 1, "ok", proved("consent.give", purpose="payment", manifest=1)),
    ("consent_withdraw", 1, "ok", proved("consent.withdraw", purpose="payment")),
    ("payments_shown", 1, "ok", proved("payments.shown", version=1, digest="00" * 32)),
    ("payments_accept", 1, "ok", _accept),
    ("payments_password", 1, "ok", proved("payments.password", password=_PASSWORD)),
    ("payments_lock", 1, "ok", _lock),
    ("payments_unlock", 1, "ok", _unlock),
    ("payments_request", 1, "ok", _request),
    ("payments_request_too_large", 4321, "deny payments.single_limit", _too_large),
    ("payments_authorise", 1, "ok", _authorise),
    ("payments_authorise_wrong", 1, "deny payments.wrong_password", _wrong_password),
    ("payments_capture", 1, "ok", _capture),
    ("payments_void", 1, "ok", _void),
    ("payments_refund", 1, "ok", _refund),
    ("payments_bill", 1, "ok", _for_wallet("payments.bill", reader="child")),
)
