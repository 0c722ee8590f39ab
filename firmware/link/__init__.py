"""The serial line: how a guardian's host talks to the watch (docs/protocol.md)."""
