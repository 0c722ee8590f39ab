"""The contract to a carrier. wireless.py is the one over Wi-Fi; `simulator/` has one for tests.

A carrier is any object with:

    name                      short name for the journal, such as "mqtt"
    step(now) -> time or None its turn at `now` (powered seconds); the powered time of its next need. `now` itself: at
                              once, since a connection is being made or something is on its way. Nothing in here waits
    state                     "off", "waiting" (for the next try), "connecting" or "online"
    changes                   a number that changes whenever a connection is made or something has been confirmed:
                              whoever was refused need not wait for the time of the next try
    send(envelope) -> bool    envelope: dict sender, to, counter, mac (hex), text; True once the carrier has taken it,
                              and will deliver it whatever happens to this watch. Until then it is asked again
    send_alert(alert) -> bool alert: dict number, code, party, severity, count, time; True once a guardian's device has
                              it
    send_sos(sos) -> bool     sos: dict time; True only if a guardian's device has confirmed it
    send_request(request) -> bool   request: dict request (its number), what, value, minutes, detail, for which the
                              child asks an approval; True once a guardian's device has it
    send_position(report) -> bool   report: as in services/locator.py, for guardians alone; True once one has it
    poll() -> dict or None    the oldest received envelope that is not done: sender, counter, mac, text and, in a group,
                              group; or a guardian's request for the position: locate (true), sender, counter, mac; or
                              a guardian's answer to a request: approve (its number), code
    done()                    what `poll` gave is decided and written down: the carrier may forget it. Before this, a
                              power cut costs nothing: it comes again

A carrier may bring an envelope twice, or late, or forged. What counts is decided by its MAC and its counter
(policy/rules/contacts.py).

Queues. What the child sends lies in the journal, sealed, before it is called sent; services/outbox.py keeps which of it
no carrier has taken yet. Alerts wait in their rule. So a carrier keeps nothing over a reboot.

A payment terminal, by near field, code or network, sends the watch what services/wallet.py takes (request, capture,
void, refund; `key` is 16 random bytes in hex, one for each payment), and is any object with:

    result(key, step, accepted)   step: "request", "capture", "void" or "refund"; accepted: True or False

A request that the terminal has no answer to is sent again with the same key. Goods change hands after the capture, not
before: what is only authorised becomes void after half an hour of the watch's powered time, and a wallet that is locked
meanwhile lets nothing be captured.

Only services call a carrier. What a carrier tells the other side never depends on the decision: a blocked sender sees
the same as any other.
"""
