"""The contract to a carrier. One file per carrier stands beside this one; `simulator/` has one for tests.

A carrier is any object with:

    name                      short name for the journal, such as "mqtt"
    send(envelope) -> bool    envelope: dict sender, to, counter, mac (hex), text; True once the carrier has taken it
    send_alert(alert) -> bool alert: dict code, party, severity, count, time; True once a guardian's device has it
    send_sos(sos) -> bool     sos: dict time; True only if a guardian's device has confirmed it
    poll() -> dict or None    the next received envelope: sender, counter, mac, text and, in a group, group

Only services call a carrier. What a carrier tells the other side never depends on the decision: a blocked sender sees
the same as any other.
"""
