"""Who may look at the page: a code that is new each time the command starts, and a cookie for whoever typed it."""

import hmac
import secrets
import time
from collections.abc import Callable

_DIGITS = 8
_FREE = 5  # wrong codes before the first pause
_PAUSES = (60, 300, 900, 3600)  # seconds; then the last one each time
_SESSIONS = 8


class Login:
    """`code`: to be typed once in each browser. now() -> seconds that only go forward."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.code = "%0*d" % (_DIGITS, secrets.randbelow(10**_DIGITS))
        self._now = now
        self._sessions: list[str] = []
        self._wrong = 0
        self._open_at = 0.0

    @property
    def wait(self) -> int:
        """Seconds until a code is looked at again; 0: now."""
        return max(0, round(self._open_at - self._now() + 0.5)) if self._open_at > self._now() else 0

    def enter(self, code: str) -> str | None:
        """A new session's cookie for the right code; None for a wrong one, and for any while there is a pause."""
        if self.wait:
            return None
        if not hmac.compare_digest(code.strip().encode(), self.code.encode()):
            self._wrong += 1
            if self._wrong >= _FREE:
                self._open_at = self._now() + _PAUSES[min(self._wrong - _FREE, len(_PAUSES) - 1)]
            return None
        self._wrong = 0
        session = secrets.token_urlsafe(32)
        self._sessions = [*self._sessions[1 - _SESSIONS :], session]
        return session

    def knows(self, session: str) -> bool:
        """Whether this cookie came from `enter`."""
        return any(hmac.compare_digest(session.encode(), known.encode()) for known in self._sessions)
