"""One chip a file. A driver knows `machine` and the objects it is given, and nothing else of the firmware."""
