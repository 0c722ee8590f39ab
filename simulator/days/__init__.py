"""The simulated day: its message stream, its story, and how it is told."""
