"""How well messages are read: `make evaluate` (see __main__.py)."""
