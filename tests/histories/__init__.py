"""Random histories: every runtime gives the same bytes, and the reference model the same verdicts."""
