"""Reading one message, without state: what it may do to the child, and which parts give someone away."""

MAX_CHARS = 1000  # of a message
MAX_SPANS = 32  # parts of a message that are listed as personal data, for memory; with so many there may be more
