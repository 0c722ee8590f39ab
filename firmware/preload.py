# ruff: noqa: F401, I001
"""Policy and storage, module by module, each after those that it needs.

A module that imports one that imports another takes about a kilobyte of C stack a level, and a task on an ESP32 has
sixteen. Whoever starts the watch imports this first, so that no import nests deeply (tests/test_repository.py).
"""

import firmware.policy.decision
import firmware.policy.rule
import firmware.policy.resting
import firmware.policy.clock
import firmware.policy.recent
import firmware.policy.request
import firmware.policy.table
import firmware.text.reading
import firmware.policy.rules.alerts
import firmware.storage.crypto
import firmware.storage.frames
import firmware.storage.journal
import firmware.policy.rules.credentials
import firmware.policy.rules.administration
import firmware.policy.rules.approval
import firmware.policy.rules.contacts
import firmware.policy.rules.blocking
import firmware.policy.rules.calls
import firmware.policy.rules.consent
import firmware.policy.rules.content_access
import firmware.policy.rules.emergency
import firmware.policy.rules.messages
import firmware.policy.totals
import firmware.policy.rules.usage
import firmware.policy.resident
import firmware.policy.settings_rows
import firmware.policy.settings
import firmware.storage.vault
import firmware.policy.engine
import firmware.storage.keys
import firmware.storage.store
