"""The tree of `ward`'s commands, with arguments that do something on the watch of `prepared`."""

from collections.abc import Iterator

import click

from simulator.watch import Person
from tests.ward.home import PASSPHRASE, Home, befriend, bullied, run, talk_to

# What acts: command -> its arguments, and the act that it asks for. `{file}` is a new file for each run.
ACTING = {
    "assistant extend": (["assistant", "extend", "5"], "assistant.extend"),
    "bill lock": (["bill", "lock"], "payments.lock"),
    "bill unlock": (["bill", "unlock"], "payments.unlock"),
    "block release": (["block", "release", "ming"], "blocking.release"),
    "block unmark": (["block", "unmark", "hua"], "blocking.unmark"),
    "clock set": (["clock", "set"], "administration.clock"),
    "contacts add": (["contacts", "add", "Bo", "bo", "--invite", "{file}"], "contacts.add"),
    "contacts agree": (["contacts", "agree", "lee", "{lee}"], "contacts.agreed"),
    "contacts approve": (["contacts", "approve", "kai"], "contacts.approve"),
    "contacts remove": (["contacts", "remove", "lee", "--yes"], "contacts.remove"),
    "contacts rename": (["contacts", "rename", "hua", "Hua Li"], "personal_data.rename"),
    "data consent give": (["data", "consent", "give", "photo", "--yes"], "consent.give"),
    "data consent refuse": (["data", "consent", "refuse", "voice"], "consent.refuse"),
    "data consent withdraw": (["data", "consent", "withdraw", "photo", "--yes"], "consent.withdraw"),
    "data erase": (["data", "erase", "messages", "--yes"], "personal_data.erase"),
    "evidence close": (["evidence", "close", "1", "--yes"], "content_access.close"),
    "evidence export": (["evidence", "export", "2", "{file}"], "evidence.key"),
    "grant": (["grant", "usage.daily_minutes", "60", "--minutes", "5"], "administration.grant"),
    "log follow": (["log", "follow", "--notify", "--seconds", "1"], "alerts.delivered"),
    "hosts remove": (["hosts", "remove", "old", "--yes"], "hosts.remove"),
    "lock set": (["lock", "set"], "lock.set"),
    "lock clear": (["lock", "clear"], "lock.clear"),
    "lost on": (["lost", "on"], "administration.lost"),
    "lost off": (["lost", "off"], "administration.found"),
    "keys": (["keys"], "approval.key"),
    "policy apply": (["policy", "apply", "{policy}"], "administration.policy"),
    "policy set": (["policy", "set", "usage.daily_minutes", "41"], "administration.policy"),
    "wifi add": (["wifi", "add", "nest", "--password-file", "{password}"], "network.wifi"),
    "wifi messages": (["wifi", "messages", "127.0.0.1:1883"], "network.endpoint"),
    "wifi assistant": (["wifi", "assistant", "127.0.0.1:8080", "--model", "small"], "network.endpoint"),
    "wifi close": (["wifi", "close", "assistant", "--yes"], "network.close"),
    "wifi remove": (["wifi", "remove", "nest"], "network.forget"),
    "restore": (["restore", "{backup}", "--invitations", "{file}", "--yes"], "administration.policy"),
}
# What only reads.
READING = {
    "alerts": ["alerts"],
    "apps": ["apps"],
    "assistant usage": ["assistant", "usage"],
    "backup": ["backup", "{file}"],
    "bill show": ["bill", "show"],
    "block list": ["block", "list"],
    "clock show": ["clock", "show"],
    "contacts list": ["contacts", "list"],
    "data consent list": ["data", "consent", "list"],
    "data export": ["data", "export", "{file}"],
    "data inventory": ["data", "inventory"],
    "doctor": ["doctor"],
    "evidence list": ["evidence", "list"],
    "evidence notice": ["evidence", "notice", "2", "--to", "school"],
    "hosts list": ["hosts", "list"],
    "lock show": ["lock", "show"],
    "log export": ["log", "export", "{file}"],
    "log show": ["log", "show"],
    "log verify": ["log", "verify"],
    "policy diff": ["policy", "diff", "{policy}"],
    "policy export": ["policy", "export"],
    "policy get": ["policy", "get", "usage.daily_minutes"],
    "policy list": ["policy", "list"],
    "status": ["status"],
    "usage": ["usage"],
    "wifi show": ["wifi", "show"],
}


def leaves(group: click.Group, path: str = "") -> Iterator[str]:
    """Each command of the tree by its full name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, path + name + " ")
        else:
            yield path + name


def secret_of(arguments: list[str]) -> str:
    """The passphrase, for all that take one."""
    return "" if arguments == ["doctor"] else PASSPHRASE


def typed_at(arguments: list[str]) -> str:
    """What a person types at the questions of a command."""
    return "4826\n4826\n" if arguments == ["lock", "set"] else ""


def prepared(home: Home) -> dict[str, str]:
    """A watch on which every command has something to do, and what the arguments stand for."""
    day = int(home.watch.do("clock")["day"])
    ming, hua, lee = Person("Ming"), Person("Hua"), Person("Lee")
    for person in (ming, hua):
        befriend(home, person)
        bullied(home, person, ["you are stupid", "nobody likes you, stupid"])
    home.watch.do("service", call="undo", **{"with": {"party": "hua"}})
    talk = talk_to(home)
    talk.open()
    talk.log_in(PASSPHRASE)
    card = {"name": "Lee", "address": "lee", "key": lee.key.hex(), "role": "friend"}
    talk.act("contacts.add", **card)
    request = {"kind": "hosts.add", "host": "0d" * 8, "key": "0e" * 32, "name": "old", "channel": "host"}
    assert home.watch.do("ask", request=request)["verdict"] == "allow"
    talk.act("consent.give", purpose="ai", manifest=1)
    talk.act("assistant.provider", name="Lantern", filing="F", assessed=day - 9, expires=day + 90, role="tutor")
    values = [["assistant.enabled", 1], ["usage.daily_minutes", 40]]
    talk.act("administration.policy", version=2, issuer="ward", expires=0, values=values)
    talk.close()
    home.watch.do("ask", request={"kind": "contacts.ask", "name": "Kai", "address": "kai", "key": "05" * 32})
    home.watch.do("ask", request={"kind": "content_access.hand_over", "package": 2})
    (home.folder / "policy.toml").write_text("[blocking]\nundo_seconds = 5\n")
    (home.folder / "password").write_text("grey herons wade\n")
    (home.folder / "password").chmod(0o600)
    run(home, "backup", str(home.folder / "kept.backup"), secret=PASSPHRASE).ok()
    run(home, "policy", "set", "usage.daily_minutes", "39").ok()
    return {"{lee}": lee.agreement(), "{policy}": str(home.folder / "policy.toml"),
            "{backup}": str(home.folder / "kept.backup"), "{password}": str(home.folder / "password")}  # fmt: skip
