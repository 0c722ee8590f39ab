"""The page of the simulator: one watch, the people around it and its journal in a browser. Loopback only."""
