"""The rules that stay in memory, in the order in which they are built: a rule may use those before it.

A new rule: a file and a line here, or in firmware/policy/resting.py if it is asked a few times a day.
"""

from firmware.policy.rules.administration import Administration
from firmware.policy.rules.alerts import Alerts
from firmware.policy.rules.approval import Approval
from firmware.policy.rules.blocking import Blocking
from firmware.policy.rules.calls import Calls
from firmware.policy.rules.consent import Consent
from firmware.policy.rules.contacts import Contacts
from firmware.policy.rules.content_access import ContentAccess
from firmware.policy.rules.credentials import Credentials
from firmware.policy.rules.emergency import Emergency
from firmware.policy.rules.messages import Messages
from firmware.policy.rules.usage import Usage

RULES = (
    Emergency,
    Credentials,
    Administration,
    Consent,
    Contacts,
    Blocking,
    Usage,
    Messages,
    Calls,
    ContentAccess,
    Alerts,
    Approval,
)
