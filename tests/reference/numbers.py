"""The numbers of the requirement rows that the reference model needs, typed in anew."""

from datetime import date, timedelta

# key: smallest and largest value, whether lower is stricter, default per age band (3-8, 8-12, 12-14)
SETTINGS = {
    "contacts.mode": (0, 2, True, (0, 1, 1)),
    "contacts.unknown": (0, 1, True, (0, 0, 0)),
    "contacts.messages": (0, 1, True, (1, 1, 1)),
    "contacts.card_visible": (0, 1, True, (0, 1, 1)),
    "messages.collapse_from": (1, 3, True, (1, 2, 2)),
    "messages.think_seconds": (5, 60, False, (5, 5, 5)),
    "blocking.burst": (1, 10, True, (3, 5, 5)),  # H6
    "blocking.undo_seconds": (0, 10, True, (10, 10, 10)),  # F5
    "assistant.enabled": (0, 1, True, (0, 0, 0)),  # G3; the largest value from here on is no child's under 8
    "assistant.talks": (0, 10, True, (0, 4, 6)),
    "assistant.turns": (0, 20, True, (0, 10, 20)),
    "assistant.talk_minutes": (0, 15, True, (0, 5, 10)),
    "assistant.day_minutes": (0, 20, True, (0, 10, 20)),
    "assistant.cool_minutes": (1, 60, False, (5, 5, 5)),
    "assistant.extend_minutes": (0, 20, True, (0, 10, 20)),
    "administration.grant_minutes": (5, 240, True, (60, 60, 60)),
}
ZONES = {"cn-ccia": 480, "eu-uk": 60, "strict": 480}  # minutes east of UTC

HITS_FOR = (0, 2, 4, 6, 9)  # F9: hits from which watch, limited, muted, removed hold
LIMITED, MUTED, REMOVED = 2, 3, 4
DELAYS = (60, 300, 900, 3600)  # B15: seconds after the 5th, 6th, 7th, 8th wrong try
TRIES, PROOF, FRESH = 5, 300, 60  # B15, D7, I10
DAY, WINDOW, HOUR = 86400, 600, 3600
DECAY_DAYS, PENDING_DAYS, SHIELD_DAYS, KEEP_DAYS = 30, 7, 7, 30  # F9, D21, F6, A13
HOLD, OPEN = 1800, 8  # seconds for which authorised money is held, and how many at once
# Row D31 and section L: 0 to the largest value, and the default for ages 3-8, 8-12, 12-14, in fen; D38: closed classes.
CLOSED, NEVER = ("in_app", "tip", "red_packet", "gift"), ("top_up", "subscription", "password_free", "lottery")
_MONEY = {"single_limit": (10000, (0, 1000, 2000)), "daily_limit": (20000, (0, 2000, 5000))}
_MONEY.update({"monthly_limit": (100000, (0, 10000, 20000)), **dict.fromkeys(("enabled", *CLOSED), (1, (0, 0, 0)))})
MONEY = {"payments." + key: (0, most, True, usual) for key, (most, usual) in _MONEY.items()}
ROLES = ("knowledge", "tutor", "translator")  # G7: an assistant is nothing else
NO_PROOF = "credentials.proof_needed"


def month_of(day):
    """Months since January 2020 of a day counted from 2020-01-01."""
    then = date(2020, 1, 1) + timedelta(days=day)
    return (then.year - 2020) * 12 + then.month - 1
