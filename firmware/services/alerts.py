"""Alerts to guardians, kept until delivered; the child reads every one word for word (requirements F3, F7)."""

from micropython import const

from firmware.texts import text

_RETRY_SECONDS = const(60)


def render(alert, language):
    """The words of one alert, [id, code, tag, severity, count, wall time], the same for guardian and child."""
    return text("alert." + alert[1], language).replace("{count}", str(alert[4]))


class AlertService:
    """Sends what `rules/alerts.py` keeps. The payload has no field for content."""

    def __init__(self, engine, carrier):
        self._engine = engine
        self._carrier = carrier
        self._next_try = 0

    def step(self, now):
        """Try to deliver. Returns the powered time of the next try, or None if nothing waits."""
        rule = self._engine.rules["alerts"]
        if not len(rule):
            return None
        if now < self._next_try:
            return self._next_try
        for alert in rule.pending():
            number, code, tag, severity, count, time = alert
            if not self._carrier.send_alert(
                {"code": code, "party": tag, "severity": severity, "count": count, "time": time}
            ):
                self._next_try = now + _RETRY_SECONDS
                return self._next_try
            if not self._engine.ask({"kind": "alerts.delivered", "alert": number}).allowed:
                self._next_try = now + _RETRY_SECONDS  # not written down: it would go out again at every step
                return self._next_try
        return None

    def waiting(self, language):
        """What the child sees: the words of each alert that is not delivered yet."""
        return [render(alert, language) for alert in self._engine.rules["alerts"].pending()]
