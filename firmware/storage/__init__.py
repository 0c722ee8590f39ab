"""Durable state: a hash-chained journal, sealed records, wrapped keys. Knows nothing of the rules."""
