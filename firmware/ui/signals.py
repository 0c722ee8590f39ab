"""What a notice feels and sounds like, for who does not look at the watch or cannot read yet.

A pattern is a vibration, milliseconds on and off by turns, and tones of (hertz, milliseconds). Calls for help and what
became of them are the longest; a good end rises, a bad one falls; what was folded away makes no sound at all.
"""

_TAP = ((80,), ())
_GOOD = ((60, 80, 60), ((880, 90), (1175, 140)))
_BAD = ((250,), ((587, 120), (440, 180)))
_CALL = ((400, 200, 400, 200, 400), ((988, 200), (784, 200), (988, 200)))
_HELP = ((600, 150, 600, 150, 600), ((1568, 250), (1047, 250), (1568, 250), (1047, 250)))
_ALARM = ((600, 150) * 8, ((2093, 400), (1568, 400)) * 12)
_NOTICE = ((120,), ((784, 100),))

_PATTERNS = (
    (_HELP, "sos"),
    (_ALARM, "sos_not_delivered"),
    (_CALL, "ring"),
    (_GOOD, "sos_delivered sos_cancelled sos_ended hidden paid approved"),
    (_BAD, "not_paid not_approved not_blocked not_sent not_opened"),
    (_NOTICE, "message pay look emergency_grant closing_soon safety_notice pairing_code assistant_last_minute"),
    (_TAP, "closed offer_help ask_to_tell guardian_read lesson_offered unblocked approval_request assistant_closed"),
)


def pattern(kind):
    """(vibration, tones) of a notice; nothing for most."""
    for found, kinds in _PATTERNS:
        if kind in kinds.split():
            return found
    return (), ()
