"""`make generate`: the files that are derived from source tables. It may import `making`."""
