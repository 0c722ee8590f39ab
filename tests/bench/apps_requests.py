"""Rows of apps and content."""

from hashlib import sha256

from tests.bench import full_state as full
from tests.bench import signed
from tests.bench.parts import plain, proved, with_fields

_APP = "org.example.walk"


_WALK = sha256(b"walk").digest().hex()


_MANIFEST = {"manifest": signed.MANIFEST, "key": signed.KEY, "signature": signed.MANIFEST_SIGNED, "source": "store"}


_TALE = {"item": signed.TALE, "key": signed.KEY, "signature": signed.TALE_SIGNED}


_RECALL = {"item": signed.RECALL, "key": signed.KEY, "signature": signed.RECALL_SIGNED}


def _no_app(device):
    full.prove(device)
    device.must("apps.trust", key=signed.KEY, channel=full.HOST)
    device.ask("apps.remove", {"app": _APP})


def _apps_ask(device, number):
    _no_app(device)
    return "apps.ask", dict(_MANIFEST)


def _asked(kind, **fields):
    def make(device, number):
        _no_app(device)
        device.must("apps.ask", **_MANIFEST)
        return kind, with_fields(fields, app=_APP)

    return make


def _installed(device):
    _no_app(device)
    device.must("apps.ask", channel=full.HOST, **_MANIFEST)
    device.must("apps.install", app=_APP, hash=_WALK)


def _apps_install(device, number):
    _no_app(device)
    device.must("apps.ask", channel=full.HOST, **_MANIFEST)
    return "apps.install", {"app": _APP, "hash": _WALK}


def _on_app(kind, **fields):
    def make(device, number):
        _installed(device)
        device.must("consent.give", purpose="photo", manifest=1, channel=full.HOST)
        device.must("apps.grant", app=_APP, permission="camera", channel=full.HOST)
        return kind, with_fields(fields, app=_APP)

    return make


def _apps_withdraw(device, number):
    _no_app(device)
    return "apps.withdraw", {
        "list": signed.APPS_WITHDRAWN,
        "key": signed.KEY,
        "signature": signed.APPS_WITHDRAWN_SIGNED,
    }


def _tag(device, name):
    return device.store.tag("!" + name).hex()


def _empty_pool(device):
    full.prove(device)
    for publisher in ("pool", "maker"):
        device.must("content.trust", publisher=publisher, key=signed.KEY, channel=full.HOST)
    recall = _tag(device, "recall")
    device.ask("content.show", {"item": recall, "slot": "page", "hash": sha256(b"recall").digest().hex()})
    device.ask("content.dismiss", {"item": recall})
    device.ask("content.dismiss", {"item": _tag(device, "tale")})


def _content_offer(device, number):
    _empty_pool(device)
    return "content.offer", dict(_TALE)


def _content_withdraw(device, number):
    _empty_pool(device)
    fields = {"list": signed.ITEMS_WITHDRAWN, "key": signed.KEY, "signature": signed.ITEMS_WITHDRAWN_SIGNED}
    return "content.withdraw", fields


def _content_show(device, number):
    _empty_pool(device)
    device.must("content.offer", **_RECALL)
    fields = {"item": _tag(device, "recall"), "slot": "popup", "hash": sha256(b"recall").digest().hex()}
    return "content.show", fields


def _content_dismiss(device, number):
    _empty_pool(device)
    device.must("content.offer", **_TALE)
    return "content.dismiss", {"item": _tag(device, "tale")}


def _content_lesson(device, number):
    device.pass_time(32 * 86400)
    device.must("content.wake")
    return "content.lesson", {}


def _content_topics(device, number):
    full.prove(device)
    device.must("content.personalise", on=True, channel=full.HOST)
    return "content.topics", {"topics": 5}


ROWS = (
    ("apps_trust", 1, "ok", proved("apps.trust", key=signed.KEY)),
    ("apps_ask", 1, "ok", _apps_ask),
    ("apps_approve", 1, "ok", _asked("apps.approve", version=1, channel=full.HOST)),
    ("apps_refuse", 1, "ok", _asked("apps.refuse")),
    ("apps_install", 1, "ok", _apps_install),
    ("apps_open", 1, "ok", _on_app("apps.open", hash=_WALK)),
    ("apps_use", 1, "ok", _on_app("apps.use", permission="camera")),
    ("apps_grant", 1, "ok", _on_app("apps.grant", permission="camera", channel=full.HOST)),
    ("apps_revoke", 1, "ok", _on_app("apps.revoke", permission="camera")),
    ("apps_set", 1, "ok", _on_app("apps.set", availability="blocked")),
    ("apps_remove", 1, "ok", _on_app("apps.remove")),
    ("apps_withdraw", 1, "ok", _apps_withdraw),
    ("content_trust", 1, "ok", proved("content.trust", publisher="pool", key=signed.KEY)),
    ("content_offer", 1, "ok", _content_offer),
    ("content_withdraw", 1, "ok", _content_withdraw),
    ("content_show_safety", 1, "ok", _content_show),
    ("content_dismiss", 1, "ok", _content_dismiss),
    ("content_wake", 1, "ok", plain("content.wake")),
    ("content_lesson", 1, "ok", _content_lesson),
    ("content_link", 61, "deny content.no_browser", plain("content.link", url="https://example.org/a")),
    ("content_personalise", 1, "ok", proved("content.personalise", on=True)),
    ("content_topics", 1, "ok", _content_topics),
    ("content_window", 1, "ok", proved("content.window")),
)
