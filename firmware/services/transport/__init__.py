"""The contract to a carrier. One file per carrier stands beside this one; `simulator/` has one for tests.

A carrier is any object with:

    name                      short name for the journal, such as "mqtt"
    send(envelope) -> bool    envelope: dict sender, to, counter, mac (hex), text; True once the carrier has taken it
    send_alert(alert) -> bool alert: dict code, party, severity, count, time; True once a guardian's device has it
    send_sos(sos) -> bool     sos: dict time; True only if a guardian's device has confirmed it
    send_position(report) -> bool   report: as in services/locator.py, for guardians alone; True once one has it
    poll() -> dict or None    the next received envelope: sender, counter, mac, text and, in a group, group; or a
                              guardian's request for the position: locate (true), sender, counter, mac

A payment terminal, by near field, code or network, sends the watch what services/wallet.py takes (request, capture,
void, refund; `key` is 16 random bytes in hex, one for each payment), and is any object with:

    result(key, step, accepted)   step: "request", "capture", "void" or "refund"; accepted: True or False

A request that the terminal has no answer to is sent again with the same key. Goods change hands after the capture, not
before: what is only authorised becomes void after half an hour of the watch's powered time, and a wallet that is locked
meanwhile lets nothing be captured.

Only services call a carrier. What a carrier tells the other side never depends on the decision: a blocked sender sees
the same as any other.
"""
