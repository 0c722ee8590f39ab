"""The guardian's desk: what happens rarely, each rule's second half.

Set-up, approvals, releases, exceptions and reading on behalf of the child take a third of the policy's code and are
needed a few times a month. Each file here is loaded for one request and let go again, so that this code takes no heap
while the watch does its daily work. `rules/<name>.py` holds the state and the daily decisions of the same rule.
"""

import sys

from firmware.loading import forget


def decide(rule, verb, request):
    """The Decision on a request that `rule.decide` leaves to the desk."""
    name = rule.name
    if name == "administration":
        import firmware.policy.desk.administration
    elif name == "consent":
        import firmware.policy.desk.consent
    elif name == "contacts":
        import firmware.policy.desk.contacts
    elif name == "blocking":
        import firmware.policy.desk.blocking
    elif name == "credentials":
        import firmware.policy.desk.credentials
    elif name == "content_access":
        import firmware.policy.desk.content_access
    elif name == "messages":
        import firmware.policy.desk.messages
    elif name == "approval":
        import firmware.policy.desk.approval
    elif name == "usage":
        import firmware.policy.desk.usage
    else:
        import firmware.policy.desk.alerts
    loaded = "firmware.policy.desk." + name
    try:
        return sys.modules[loaded].decide(rule, verb, request)
    finally:
        forget(loaded)
        forget("firmware.policy.desk.credentials")  # set-up uses these two too
        forget("firmware.storage.stretch")
