"""Thousands of watches against one broker: `python -m tests.load.run`, docs/scale.md."""
