"""What a paired host may ask once its session is open: the published list (docs/protocol.md, requirement E5).

Two kinds. A guardian's act is a request of the policy by its own name, with the fields of that request; what an owner
must have proved is said there and judged there. Reading is a method of its own. Nothing here brings a stimulus: no
message, no payment, no call can come in over this line.
"""

from firmware.policy.decision import BadRequest
from firmware.policy.request import forms
from firmware.policy.resting import copy_of

ACTS = """
administration.acknowledge
administration.band
administration.card
administration.clock
administration.end_grant
administration.floor
administration.found
administration.grant
administration.lost
administration.policy
administration.setup
administration.wipe
approval.key
assistant.extend
assistant.provider
blocking.protect_end
blocking.release
blocking.remove
blocking.unmark
consent.give
consent.refuse
consent.withdraw
contacts.add
contacts.approve
contacts.group_add
contacts.remove
content_access.delete_chats
content_access.emergency
content_access.read
credentials.logout
credentials.remove_user
credentials.renew
credentials.user
hosts.remove
location.app
location.end_zone
location.key
location.zone
payments.accept
payments.lock
payments.password
payments.shown
payments.unlock
personal_data.erase
personal_data.rename
usage.at_school
usage.elsewhere
"""

_MOST = 32  # records in one answer of log.read


def call(watch, method, params, server):
    """The result of a method, or None if there is none of that name. BadRequest for wrong params."""
    if method in READS:
        return READS[method](watch, params)
    if method == "hosts.keep":
        if server.fresh_key is None:
            raise BadRequest("name", "nothing to keep: this host was not paired just now")
        fields = {"host": server.host.hex(), "key": server.fresh_key.hex(), "name": params.get("name")}
        return _act(watch, "hosts.add", fields)
    if ("\n" + method + "\n") in ACTS and method:
        return _act(watch, method, params)
    return None


def _act(watch, kind, params):
    """A guardian's act, decided and carried out."""
    if "kind" in params or "channel" in params:
        raise BadRequest("channel" if "channel" in params else "kind", "is set by the watch")
    request = dict(params)
    request["kind"] = kind
    if _takes_proof(watch.engine, kind):
        request["channel"] = "host"
    decision, content = watch.guardians.act(request)
    answer = {"verdict": decision.verdict, "reason": decision.reason, "wait": decision.wait}
    if content:
        answer["content"] = content
    return answer


def _takes_proof(engine, kind):
    name, _, verb = kind.partition(".")
    for field in forms(engine.rules[name].FORMS)[verb]:
        if field[0] == "channel?":
            return True
    return False


# --- reading


def _status(watch, params):
    engine = watch.engine
    clock, rule = engine.clock, engine.rules["administration"]
    answer = watch.guardians.protection()
    answer.update(
        {
            "wall": clock.wall,
            "powered": clock.powered,
            "trust": clock.trust,
            "tampered": rule.tampered,
            "owner": rule.owner,
            "mode": engine.rules["blocking"].mode,
            "alerts": len(engine.rules["alerts"]),
            "contacts": len(engine.rules["contacts"]),
            "packages": len(engine.rules["content_access"].packages()),
            "records": watch.store.main.seq,
            "hosts": copy_of(engine.rules["hosts"]).names,
        }
    )
    return answer


def _settings(watch, params):
    settings = watch.engine.settings
    chosen = [key for key, _ in settings.chosen()]
    keys = settings.keys()
    return [[key, settings[key], key in chosen] for key in keys]


def _contacts(watch, params):
    contacts, blocking = watch.engine.rules["contacts"], watch.engine.rules["blocking"]
    rows = []
    for row in range(len(contacts)):
        tag = contacts.table.tag(row)
        card = contacts.card(tag)
        rows.append(card + [contacts.is_guardian(tag), blocking.grade(tag), blocking.holds(tag)])
    return rows


def _alerts(watch, params):
    return watch.engine.rules["alerts"].pending()


def _log(watch, params):
    """Records after `after`, oldest first: [[seq, time, powered, kind, fields...], ...], at most 32."""
    after = params.get("after", 0)
    if isinstance(after, bool) or not isinstance(after, int) or after < 0:
        raise BadRequest("after", "must be a whole number")
    journal, rows = watch.store.main, []
    for segment in journal.segments():
        found = journal.read(segment, 0)
        while found and len(rows) < _MOST:
            record = found[0]
            if record.seq > after and record.kind.find(".") > 0:
                rows.append([record.seq, record.t, record.powered, record.kind] + record.fields)
            found = journal.read(segment, record.end)
    return rows


def _kept(watch, params):
    return watch.privacy.list("guardian", "host") or []


def _copy(watch, params):
    lines = watch.privacy.copy("host")
    return None if lines is None else [line.decode() for line in lines]


def _evidence(watch, params):
    return watch.engine.rules["content_access"].packages()


READS = {
    "status.read": _status,
    "settings.read": _settings,
    "contacts.read": _contacts,
    "alerts.read": _alerts,
    "log.read": _log,
    "data.list": _kept,
    "data.copy": _copy,
    "evidence.list": _evidence,
}
