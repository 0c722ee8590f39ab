"""What the child sees of what services notice: which screens open and close, and in whose place.

Loaded for one notice, by the shell.
"""

from micropython import const

_UNREAD = const(32)
_RESTING = ("dial", "lock", "messages")  # what a new message may come in front of
_LIMITS = ("payments.single_limit", "payments.daily_limit", "payments.monthly_limit")  # a code may lift these (D12)
_TALKED = ("assistant.conversations", "assistant.minutes", "assistant.turns")
_MORE_MINUTES = const(10)  # that the child asks for

# Notices that are a short text, and its picture.
_SAID = {
    "offer_help": "heart",
    "unblocked": "undo",
    "dialling": "phone",
    "cannot_call": "person",
    "guardian_read": "eye",
    "emergency_grant": "eye",
    "read_for_you": "eye",
    "look": "pin",
    "closing_soon": "clock",
    "copied": "eye",
    "approved": "yes",
    "not_approved": "wait",
    "lock_screen": "lock",
    "lock_set": "lock",
    "lock_cleared": "lock",
    "recovery": "lock",
    "recovery_over": "lock",
    "app_stopped": "no",
    "answered": "heart",
    "told": "guardian",
    "app_asked": "guardian",
    "app_installed": "yes",
    "card_location": "pin",
    "positions_cleared": "erase",
    "findable": "signal",
    "not_findable": "signal",
    "chats_deleted": "erase",
    "chats_handed_over": "guardian",
    "capture_impossible": "no",
}


def acts(shell, kind, fields):
    """What a notice does: (function, its arguments...) of each step, in order."""
    screen = shell.screen
    if kind in ("message", "collapsed"):
        return _arrived(shell, kind, fields)
    if kind == "warning":
        shell.warned = True
    elif kind == "opened":
        shell.opened = (fields["message"], fields["text"])
    elif kind == "chat":
        shell.opened = (fields["chat"], fields["text"])
    elif kind == "hidden":
        shell.sender = (0, 0)
        return [(shell.show, "blocked", shell.subject if screen in ("conversation", "folded") else None)]
    elif kind == "sos":
        return [(shell.show, "sos", shell.now)]
    elif kind in ("sos_cancelled", "sos_ended"):
        return [(shell.home,), (shell.say, "notice." + kind, "yes")]
    elif kind[:4] == "sos_":
        return [(shell.show, "sos", None)]
    elif kind != "comfort" and screen != "sos":  # the open screen says it; nothing comes in front of a call for help
        return _others(shell, kind, fields)
    return ()


def _others(shell, kind, fields):
    screen = shell.screen
    if kind == "ring":
        return [(shell.show, "call", fields["number"])]
    if kind == "help":
        return [(shell.show, "help")]
    if kind in ("not_opened", "closed"):
        return [(shell.show, "closed", (fields["reason"], fields["wait"]))]
    if kind == "not_sent" and screen == "write":
        return ()  # it knows what to do about it
    if "reason" in fields and kind in ("not_sent", "not_blocked", "app_refused", "app_closed", "not_shown"):
        return [(shell.say, fields["reason"], "no")]
    if kind[:6] == "offer_" and screen == "folded":
        return [(shell.put, "folded", (shell.subject[0], shell.subject[1], "notice." + kind))]
    if kind == "offer_protection" and shell.sender[0]:
        return [(shell.say, "notice." + kind, "shield", ("block", shell.sender[0]))]
    if kind[:9] == "assistant":
        return _talked(shell, kind[10:], fields)
    if kind in ("pay", "paid", "not_paid"):
        return _paid(shell, kind, fields)
    if kind == "ask_to_tell":
        return [(shell.say, "notice.ask_to_tell", "guardian", ("tell", fields["message"]))]
    if kind == "safety_notice":
        return [(shell.say, "notice.safety_notice", "warning", ("item", fields["item"]))]
    if kind == "lesson_offered":
        return [(shell.say, "notice.lesson_offered", "school", ("lesson", None))]
    if kind in ("lesson", "content"):
        return [(shell.show, "read", ("school" if kind == "lesson" else "book", fields["text"], fields.get("item")))]
    if kind == "approval_request":
        return [(shell.show, "number", (fields["request"], "read_out"))]
    if kind == "pairing_code":
        return [(shell.show, "number", (int(fields["code"]), "type_in"))]
    if kind == "pairing_over":
        return [(shell.close, "number")]
    if kind == "lock_screen" and fields["lost"]:
        return [(shell.home,)]  # whatever is open may be private
    return [(shell.say, "notice." + kind, _SAID[kind])] if kind in _SAID else ()


def _talked(shell, kind, fields):
    """What the assistant's service says; "" is a sentence of the answer."""
    if kind == "":
        shell.talk[1] += fields["text"]
        return [(shell.renew,)] if shell.screen == "assistant" else ()
    if kind == "open":
        shell.talk = ["", ""]
        return [(shell.show, "assistant")]
    if kind == "kept_back" and fields["reason"] == "assistant.open_already":
        return [(shell.show, "assistant")]
    if kind == "kept_back":
        more = fields["reason"] in _TALKED
        return [
            (shell.say, fields["reason"], "robot", more and ("ask", {"what": "ai_minutes", "value": _MORE_MINUTES}))
        ]
    if kind == "closed":
        words = "notice.assistant_closed" if fields["reason"] == "ok" else fields["reason"]
        return [(shell.close, "assistant"), (shell.say, words, "robot")]
    if kind != "reminder" or shell.screen == "assistant":  # a new talk begins with that reminder anyway
        return [(shell.say, "notice.assistant_" + kind, "robot")]
    return ()


def _paid(shell, kind, fields):
    """A shop asks, and what came of it. The child may try a wrong password again."""
    if kind == "pay":
        return [(shell.show, "pay", fields)] if shell.screen != "call" else ()
    reason = fields.get("reason")
    ends = [] if reason == "payments.wrong_password" else [(shell.close, "pay")]
    if kind == "paid":
        return ends + [(shell.say, "notice.paid", "yes")]
    if reason in _LIMITS:
        asked = {"what": "payment", "value": fields["amount"], "detail": fields["name"]}
        return ends + [(shell.say, reason, "coin", ("ask", asked))]
    return ends + [(shell.say, reason or "notice.not_paid", "coin")]


def _arrived(shell, kind, fields):
    number = fields["message"]
    shell.unread = shell.unread[1 - _UNREAD :] + [number]
    engine = shell.watch.engine
    tag = engine.recent.tag(engine.recent.find(number))
    if not engine.rules["contacts"].is_guardian(tag):
        shell.sender = (number, engine.clock.powered)
    warned, shell.warned = shell.warned, False
    if shell.screen not in _RESTING:
        return ()
    if shell.screen == "lock":
        return [(shell.build, 0)]
    if kind == "collapsed" or warned:
        return [(shell.show, "folded", (number, "notice.warning" if warned else "notice.collapsed"))]
    return [(shell.show, "conversation", number)]
