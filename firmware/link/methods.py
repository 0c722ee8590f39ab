"""What a paired host may ask once its session is open: the published list (docs/protocol.md, requirement E5).

Two kinds. A guardian's act is a request of the policy by its own name, with the fields of that request; what an owner
must have proved is said there and judged there. Reading is a method of its own. Nothing here brings a stimulus: no
payment, no call and no press can come in over this line, and a message only as an envelope that proves its sender
(relay.py).
"""

from firmware.link.json_text import dumps
from firmware.link.params import number
from firmware.loading import forget
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
alerts.delivered
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
contacts.agreed
contacts.approve
contacts.group_add
contacts.remove
content_access.close
content_access.delete_chats
content_access.emergency
content_access.read
credentials.logout
credentials.recovery_cancel
credentials.recovery_code
credentials.remove_user
credentials.renew
credentials.user
hosts.remove
location.app
location.end_zone
location.key
location.zone
lock.clear
lock.set
network.close
network.endpoint
network.forget
network.wifi
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

# Further methods, whose code is loaded for one request.
REPORTS = """
apps.read
assistant.read
bill.read
collected.read
consents.read
evidence.key
evidence.sealed
health.read
log.receipt
log.segments
log.snapshot
log.state
log.suffix
network.read
usage.read
"""
RELAY = """
relay.give
relay.take
"""
# Also requests by their own names, or nearly so, of a host that was paired in this session: by whoever holds the watch.
IN_HAND = ("credentials.recover", "hosts.keep")

_MOST = 64  # records in one answer of log.read
_LOG_ROOM = 2900  # bytes of them: what fills a frame, as a whole log goes over the line
_ROOM = 2600  # bytes of rows in one answer: what a sealed frame holds, less the rest of the message


def call(watch, method, params, server):
    """The result of a method, or None if there is none of that name. BadRequest for wrong params.

    A host that was only paired, by whoever holds the watch, asks for nothing before an owner has let it in: the digits
    are on the watch for a bully or a finder too (B6, B16)."""
    if not (server.let_in or method in IN_HAND or _owns(watch.engine)):
        raise BadRequest("method", "waits for the owner's passphrase: this host is not let in")
    if method in UPDATES:
        return None if watch.slots is None else UPDATES[method](watch.updates, params)
    if method in READS:
        if method == "log.read":
            return _log(watch, params, server)
        found = READS[method](watch, params)
        return _page(found, params) if isinstance(found, list) else found
    if _listed(REPORTS, method):
        from firmware.link import reports

        forget("firmware.link.reports")
        found = reports.call(watch, method, params)
        return _page(found, params) if isinstance(found, list) else found
    if _listed(RELAY, method):
        from firmware.link import relay

        forget("firmware.link.relay")
        return relay.METHODS[method](watch, params)
    if method in IN_HAND:
        if server.fresh_key is None:
            raise BadRequest("method", "take the watch into your hand: this host was not paired just now")
        if method == "hosts.keep":
            fields = {"host": server.host.hex(), "key": server.fresh_key.hex(), "name": params.get("name")}
            answer = _act(watch, "hosts.add", fields)
            server.let_in = answer["verdict"] == "allow"
            return answer
        return _act(watch, method, params)
    return _act(watch, method, params) if _listed(ACTS, method) else None


def _owns(engine):
    """True if an owner has proved the passphrase in this session, or the watch is nobody's yet."""
    return not engine.rules["administration"].is_set_up or engine.rules["credentials"].proved({"channel": "host"})


def _listed(names, method):
    return method != "" and method.find("\n") < 0 and names.find("\n" + method + "\n") >= 0


def _page(rows, params):
    """The rows from number `from` on, as many as one frame holds; [] after the last one."""
    page, room = [], _ROOM
    for row in rows[number(params, "from") :]:
        room -= len(dumps(row)) + 1
        if room < 0 and page:
            break
        page.append(row)
    return page


def _act(watch, kind, params):
    """A guardian's act, decided and carried out."""
    if "kind" in params or "channel" in params:
        raise BadRequest("channel" if "channel" in params else "kind", "is set by the watch")
    if kind == "content_access.read" and (params.get("reader") != "guardian" or params.get("exit") == "screen"):
        raise BadRequest("reader", "is a guardian, and no screen, at the other end of a cable")
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
    if engine.rules[name].absent:
        return False
    for field in forms(engine.rules[name].FORMS)[verb]:
        if field[0] in ("channel", "channel?"):
            return True
    return False


# --- reading


def _status(watch, params):
    engine = watch.engine
    clock, rule, hosts = engine.clock, engine.rules["administration"], copy_of(engine.rules["hosts"])
    answer = watch.guardians.protection()
    answer.update(
        {
            "wall": clock.wall,
            "powered": clock.powered,
            "trust": clock.trust,
            "tampered": rule.tampered,
            "owner": rule.owner,
            "expires": rule.expires,
            "mode": engine.rules["blocking"].mode,
            "alerts": len(engine.rules["alerts"]),
            "contacts": len(engine.rules["contacts"]),
            "packages": len(engine.rules["content_access"].packages()),
            "records": watch.store.main.seq,
            "address": watch.address,
            "hosts": hosts.names,
            "host_ids": [hosts.table.tag(row).hex() for row in range(len(hosts.table))],
            "lock": watch.lock.has_code,
            "core": watch.core,
            "recovery": engine.rules["credentials"].recovery_left(),
            "recovery_code": engine.rules["credentials"].code != "",
        }
    )
    return answer


def _settings(watch, params):
    settings = watch.engine.settings
    chosen = [key for key, _ in settings.chosen()]
    keys = settings.keys()
    return [[key, settings[key], key in chosen] for key in keys]


def _grants(watch, params):
    return [grant[:3] for grant in watch.engine.rules["administration"].grants]


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


def _log(watch, params, server):
    """Records after `after`, oldest first: [[seq, time, powered, kind, fields...], ...], as one frame holds them.

    Whoever asks for what follows the last answer is served from where that one ended."""
    after = number(params, "after")
    journal, rows, room = watch.store.main, [], _LOG_ROOM
    segments, at = journal.segments(), 0
    if server.log_place[0] == after and server.log_place[1] in segments:
        segments, at = segments[segments.index(server.log_place[1]) :], server.log_place[2]
    for segment in segments:
        found = journal.read(segment, at)
        at = 0
        while found:
            record = found[0]
            if record.seq > after and record.kind.find(".") > 0:
                row = [record.seq, record.t, record.powered, record.kind] + record.fields
                room -= len(dumps(row)) + 1
                if rows and (room < 0 or len(rows) == _MOST):
                    return rows
                rows.append(row)
                server.log_place = record.seq, segment, record.end
            found = journal.read(segment, record.end)
    return rows


def _kept(watch, params):
    return watch.privacy.list("guardian", "host") or []


def _copy(watch, params):
    lines = watch.privacy.copy("host")
    return None if lines is None else [line.decode() for line in lines]


def _evidence(watch, params):
    access = watch.engine.rules["content_access"]
    return [package + access.seal_of(package[0]) for package in access.packages()]


READS: dict = {
    "status.read": _status,
    "settings.read": _settings,
    "grants.read": _grants,
    "contacts.read": _contacts,
    "alerts.read": _alerts,
    "log.read": None,  # served by _log
    "data.list": _kept,
    "data.copy": _copy,
    "evidence.list": _evidence,
}

# Firmware, by services/updates.py.
UPDATES = {
    "firmware.state": lambda updates, params: updates.state(params),
    "firmware.head": lambda updates, params: updates.head(params),
    "firmware.begin": lambda updates, params: updates.begin(params),
    "firmware.piece": lambda updates, params: updates.piece(params),
    "firmware.finish": lambda updates, params: updates.finish(params),
    "firmware.confirm": lambda updates, params: updates.confirm(params),
    "firmware.service": lambda updates, params: updates.service(params),
    "firmware.open": lambda updates, params: updates.open(params),
}
