"""Reading one message, without state: what it may do to the child, and which parts give someone away."""
