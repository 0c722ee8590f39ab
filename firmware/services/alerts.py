"""Alerts to guardians, kept until delivered; the child reads every one word for word (requirements F3, F7)."""

from micropython import const

from firmware.texts import text

_RETRY_SECONDS = const(60)


def render(alert, language):
    """The words of one alert, [id, code, tag, severity, count, wall time], the same for guardian and child."""
    return text("alert." + alert[1], language).replace("{count}", str(alert[4]))


class AlertService:
    """Sends what `rules/alerts.py` keeps. The payload has no field for content."""

    busy = False  # what waits, waits in the rule

    def __init__(self, engine, carrier):
        self._engine = engine
        self._carrier = carrier
        self._next_try = 0
        self._changes = 0  # of the carrier, at the last try

    def step(self, now):
        """Try to deliver. Returns the powered time of the next try, or None if nothing waits."""
        rule = self._engine.rules["alerts"]
        if not len(rule):
            return None
        changes = self._carrier.changes
        if now < self._next_try and changes == self._changes:
            return self._next_try
        self._changes = changes
        left = 0
        for alert in rule.pending():
            number, code, tag, severity, count, time = alert
            fields = {"number": number, "code": code, "party": tag, "severity": severity, "count": count, "time": time}
            if not self._carrier.send_alert(fields) or not self._ask({"kind": "alerts.delivered", "alert": number}):
                left += 1  # if it is only not written down, it goes out again
        self._next_try = now + _RETRY_SECONDS if left else 0  # a new one does not wait for what has gone out
        return self._next_try or None

    def _ask(self, request):
        return self._engine.ask(request).allowed

    def waiting(self, language):
        """What the child sees: the words of each alert that is not delivered yet."""
        return [render(alert, language) for alert in self._engine.rules["alerts"].pending()]
