"""The line to a watch: ports, sessions, login, kept keys, the broker. It imports no other package of host_tools."""
