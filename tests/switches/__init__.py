"""Every switch of the settings table, and the requests that it decides (tests/test_switches.py)."""
