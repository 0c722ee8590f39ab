"""Requirement coverage that is earned by breaking (docs/coverage.md): `make coverage`."""

import simulator  # noqa: F401 (installs the shims)
