"""Talks with a generative assistant: whether, how often, how long, and what passes (requirements G3-G14, G17, X1, X16).

Closed unless a guardian opened it with a proof, consented to the purpose and entered who provides it. What counts is
counted here, in powered time, whatever the provider says. No profile has a role of a relative or a partner.
"""

import json

from micropython import const

from firmware.loading import forget
from firmware.policy.clock import SET, Span
from firmware.policy.decision import BadRequest, allow, deny, event
from firmware.policy.rule import Rule, stopped
from firmware.policy.rules import alerts
from firmware.policy.rules.administration import LOST
from firmware.policy.rules.content_access import WRITTEN_BY_AI
from firmware.policy.totals import Totals
from firmware.storage.journal import encode
from firmware.text import reading as text_reading

_ABSENT = const("assistant.absent")
_TOO_YOUNG = const("assistant.too_young")
_OFF = const("assistant.off")
_NO_CONSENT = const("assistant.no_consent")
_NO_PROVIDER = const("assistant.no_provider")
_EXPIRED = const("assistant.provider_expired")
_NO_TIME = const("assistant.no_time")
_ROLE = const("assistant.role")
_OPEN_ALREADY = const("assistant.open_already")
_COOL_DOWN = const("assistant.cool_down")
_CONVERSATIONS_USED = const("assistant.conversations")
_MINUTES_USED = const("assistant.minutes")
_TURNS_USED = const("assistant.turns")
_CLOSED = const("assistant.closed")
_BUSY = const("assistant.busy")
_PERSONAL = const("assistant.personal")
_PRIVATE = const("assistant.private")
_SEARCH = const("assistant.people_search")
_HELP = const("assistant.help")
_WITHHELD = const("assistant.withheld")
_UNSUITED = const("assistant.unsuited")
_TOO_LONG = const("assistant.too_long")

_PROFILE = const("cn-ccia")  # the one profile that knows an assistant at all (X1); in any other it is absent
# What it may be. Everything else is refused, above all a relative, a partner or a friend (G7, G8).
_ROLES = ("knowledge", "tutor", "translator")
_YEAR = const(366)  # days for which an assessment is good at most
_DAY = const(86400)

# A sentence that ends the talk: threats, secrets and meetings, intimate words, or encouraging self-harm.
_GRAVE = text_reading.THREAT | text_reading.STRANGER | text_reading.PRIVATE

# Places in the list of numbers that is the state; seconds are of powered time where no day is meant.
_ON = const(0)  # day of the last talk, to which all of it counts
_OPEN = const(1)
_BEGAN = const(2)
_UNTIL = const(3)
_REMINDED = const(4)
_ASKED = const(5)  # a question is out
_COOL = const(6)  # no new talk before
_MORE_WALL = const(7)  # end of the extension, by wall and by powered time
_MORE = const(8)
_ASSESSED = const(9)  # days
_EXPIRES = const(10)
_COUNTS = const(11)  # numbers that follow: the totals
_NUMBERS = const(12)

_TALKS = const(1)  # columns of the totals
_TURNS = const(2)
_SECONDS = const(3)
_DAYS_KEPT = const(8)


def _chatted(text, flags=0):
    """The event of one entry of the talk; its text is sealed under a key of its own class."""
    return event("content_access.chat", flags, private=encode([text]), sealed_as="a")


def _chat():
    from firmware.text import chat

    forget("firmware.text.chat")
    return chat


class Assistant(Rule):
    """The talk that runs, what was used today, and who provides it."""

    name = "assistant"
    FORMS = """
provider name=s40 filing=s40 assessed=i65535 expires=i65535 role=s16 channel?=s8
begin role?=s16
turn text=s400
answer text=s400 before?=s100
finish text=s1000 lost?=b
end
check
extend minutes=i60 channel?=s8
"""

    def __init__(self, context):
        super().__init__(context)
        self._now = [0] * _NUMBERS
        self._days = Totals(_DAYS_KEPT, _DAY, 3)
        self._provider = []  # name, filing number, role

    def overview(self):
        """What a guardian is shown (G9): [day to which the next three belong, talks, turns, seconds of ended talks,
        wall time to which it is extended, day on which the assessment ends, provider's name or ""]."""
        now, provider = self._now, self._provider[0] if self._provider else ""
        counts = [self._used(column) for column in (_TALKS, _TURNS, _SECONDS)]
        return [self.context.clock.day()] + counts + [now[_MORE_WALL], now[_EXPIRES], provider]

    def decide(self, verb, request):
        if verb == "turn":
            return self._turn(request["text"])
        if verb == "answer":
            return self._answer(request.get("before", ""), request["text"])
        if verb == "finish":
            return self._finish(request["text"], request.get("lost"))
        if verb == "begin":
            return self._begin(request.get("role", _ROLES[0]))
        if verb == "end":
            return self._end("child")
        if verb == "check":
            shut = self._shut()
            if shut and self._now[_OPEN]:
                return deny(shut, [self._ended("off")])
            return self._timed(allow(reason="ok" if self._runs() else _CLOSED))
        return self._extend(request) if verb == "extend" else self._set_provider(request)

    # --- the guardian's part

    def _set_provider(self, request):
        """Who answers: the filing number and the day of the safety assessment, as the provider has published them."""
        if request["role"] not in _ROLES:
            return stopped(_ROLE, "guardian")
        if self.context.settings.profile != _PROFILE:
            return stopped(_ABSENT, "guardian")
        for name in ("name", "filing"):
            if not request[name].strip():
                raise BadRequest(name, "is empty")
        if not 0 < request["expires"] - request["assessed"] <= _YEAR:
            raise BadRequest("expires", "must lie after the assessment, by a year at most")
        if not self.context.rules["credentials"].proved(request):
            return self.context.rules["credentials"].refusal("guardian")
        private = encode([request["name"], request["filing"], request["role"]])
        return allow([event("assistant.provider", request["assessed"], request["expires"], private=private)])

    def _extend(self, request):
        """More than the limits allow, for a few minutes, by a proof each time (G4)."""
        context, now = self.context, self._now
        shut = self._shut()
        if shut:
            return stopped(shut, "guardian")
        if not context.rules["credentials"].proved(request):
            return context.rules["credentials"].refusal("guardian")
        if not 1 <= request["minutes"] <= context.settings["assistant.extend_minutes"]:
            return stopped(_TOO_LONG, "guardian")
        seconds = request["minutes"] * 60
        end = context.clock.powered + seconds
        until = max(now[_UNTIL], end) if self._runs() else 0
        return allow([event("assistant.extended", context.clock.wall + seconds, end, until)])

    # --- may there be a talk?

    def _used(self, column):
        """Talks, questions or seconds that count today; while a talk runs, on its day."""
        clock = self.context.clock
        return self._days.counted(self._now[_ON] if self._now[_OPEN] else clock.day(), column, clock.powered)

    def _shut(self):
        """Why there is no assistant now, or ""."""
        context, now = self.context, self._now
        settings, clock = context.settings, context.clock
        if context.rules["administration"].lost:
            return LOST
        if settings.profile != _PROFILE:
            return _ABSENT
        if settings.band == 0:
            return _TOO_YOUNG
        if not settings["assistant.enabled"]:
            return _OFF
        if not context.rules["consent"].has("ai"):
            return _NO_CONSENT
        if not self._provider:
            return _NO_PROVIDER
        if clock.trust != SET:
            return _NO_TIME
        return "" if now[_ASSESSED] <= clock.day() < now[_EXPIRES] else _EXPIRED

    def _runs(self):
        """True while a talk is open that neither its time nor a power cut has ended."""
        now, clock = self._now, self.context.clock
        return now[_OPEN] == 1 and now[_BEGAN] > clock.started and clock.powered < now[_UNTIL]

    def left(self):
        """(questions, seconds) that today's limits leave, for the child's screen; in a talk the seconds to its end."""
        clock, settings, now = self.context.clock, self.context.settings, self._now
        turns = self._used(_TURNS)
        seconds = settings["assistant.day_minutes"] * 60 - self._used(_SECONDS)
        if self._runs():
            seconds = now[_UNTIL] - clock.powered
        return max(settings["assistant.turns"] - turns, 0), max(seconds, 0)

    def _extended(self):
        return not Span(self._now[_MORE_WALL], self._now[_MORE]).over(self.context.clock)

    def _begin(self, role):
        if role not in _ROLES:
            return stopped(_ROLE)
        shut = self._shut()
        if shut:
            return stopped(shut)
        clock, settings, now = self.context.clock, self.context.settings, self._now
        if now[_OPEN]:
            return stopped(_OPEN_ALREADY)
        midnight = _DAY - (clock.wall + clock.zone * 60) % _DAY
        left = settings["assistant.day_minutes"] * 60 - self._used(_SECONDS)
        left = min(settings["assistant.talk_minutes"] * 60, left, midnight)
        if clock.powered == clock.started:
            return stopped(_COOL_DOWN, wait=1)  # in the second of the boot it would look like one from before
        reason, wait = "", midnight
        if now[_COOL] > clock.powered:
            reason, wait = _COOL_DOWN, now[_COOL] - clock.powered
        elif self._used(_TALKS) >= settings["assistant.talks"]:
            reason = _CONVERSATIONS_USED
        elif left <= 0:
            reason = _MINUTES_USED
        elif self._used(_TURNS) >= settings["assistant.turns"]:
            reason = _TURNS_USED
        more, news = 0, []
        if self._extended():
            more = now[_MORE] - clock.powered
        elif reason:
            approved = self.context.rules["approval"].allowance("ai_minutes")
            if approved is None:
                return stopped(reason, wait=wait)
            more = approved[2] * 60
            news.append(event("assistant.extended", clock.wall + more, clock.powered + more, 0))
            news.append(self.context.rules["approval"].used(approved[0]))
        if more:
            left = more if reason else max(left, more)
        news.append(event("assistant.began", clock.day(), clock.powered + left))
        return self._timed(allow(news, ("remind_ai", "open")), left)

    def _timed(self, decision, left=None):
        """The decision with the seconds that the talk may still last."""
        if left is None:
            left = self._now[_UNTIL] - self.context.clock.powered if self._runs() else 0
        decision.wait = left
        return decision

    # --- what passes

    def _turn(self, text):
        """One question of the child's."""
        reading = text_reading.read(text)
        chat = _chat()
        if reading.classes & text_reading.CRY:
            # Never sent to a provider, never counted, and also outside of a talk (G12).
            told = [alerts.raised(alerts.SELF_HARM, b"", 3)] if chat.is_self_harm(text) else []
            return self._timed(allow(told, ("comfort", "show_help"), _HELP))
        if chat.is_stop(text):
            return self._end("stop")
        if not self._runs():
            return stopped(_CLOSED)
        shut, now, settings = self._shut(), self._now, self.context.settings
        if shut:
            return deny(shut, [self._ended("off")])
        if now[_ASKED]:
            return stopped(_BUSY)
        turns = self._used(_TURNS) + 1
        if turns > settings["assistant.turns"] and not self._extended():
            return deny(_TURNS_USED, [self._ended("turns")])
        if chat.asks_for_role(text):
            return stopped(_ROLE)
        obligations = ["ask_provider"]
        if reading.personal:
            text = self._cleaned(text)
            if not text:
                return stopped(_PERSONAL)
            obligations = ["clean", "ask_provider"]
            reading = text_reading.read(text)
        if reading.classes & text_reading.PRIVATE:
            return stopped(_PRIVATE)
        if reading.classes & ~reading.guessed & text_reading.DOXX:
            return stopped(_SEARCH)
        powered = self.context.clock.powered
        remind = powered - now[_REMINDED] >= settings["assistant.remind_minutes"] * 60
        if remind or turns == settings["assistant.turns"]:  # the last one of the day is a sign of over-use (G10)
            obligations.insert(0, "remind_ai")
        return self._timed(
            allow([_chatted(text), event("assistant.asked", int(obligations[0] == "remind_ai"))], obligations)
        )

    def _cleaned(self, text):
        if not self.context.settings["assistant.remove_personal"]:
            return ""
        from firmware.text.cleaning import without_personal

        forget("firmware.text.cleaning")
        return without_personal(text)

    def _answer(self, before, text):
        """One sentence of the provider's, with the end of what was shown before it. Nothing is journalled yet."""
        if not self._runs() or not self._now[_ASKED]:
            return stopped(_CLOSED)
        shut = self._shut()
        if shut:
            return deny(shut, [self._ended("off")])
        chat = _chat()
        for words in (before + text, text) if before else (text,):  # by itself too: what came before may clear it
            if chat.claims_role(words):
                return stopped(_ROLE, "assistant")
            reading = text_reading.read(words)
            if reading.severity > 1 and (reading.classes & _GRAVE or reading.severity > 2):
                told = alerts.raised(alerts.UNSUITED, b"", reading.severity)
                return deny(_UNSUITED, [self._ended("unsuited"), told])
            if reading.classes & ~reading.guessed or chat.is_unsuited(words):
                return stopped(_WITHHELD, "assistant")
        return allow((), ("label_ai", "show"))

    def _finish(self, text, lost):
        """The answer is over, whole or cut off; `text` is what was shown of it. The talk may have ended. Nothing is
        counted twice for a lost connection: if nothing was shown, the next question takes this one's place."""
        if not self._now[_ASKED]:
            return stopped(_CLOSED)
        if text:
            return allow([_chatted(text, WRITTEN_BY_AI), event("assistant.answered")])
        return allow([event("assistant.lost" if lost else "assistant.answered")])

    # --- the end

    def _end(self, why):
        """At once, without another word (G11). It is always allowed."""
        return allow([self._ended(why)] if self._now[_OPEN] else (), ("close",))

    def _ended(self, why):
        now, clock = self._now, self.context.clock
        end = min(clock.powered, now[_UNTIL])
        if now[_BEGAN] <= clock.started:
            why, end = "power", clock.started
        cool = end + self.context.settings["assistant.cool_minutes"] * 60
        return event("assistant.ended", why, end - now[_BEGAN], cool)

    def step(self):
        return allow([self._ended("time")]) if self._now[_OPEN] and not self._runs() else None

    def due(self):
        """The end of the talk. While it is open, extended or cooling down, powered time is saved every minute."""
        now, clock = self._now, self.context.clock
        if now[_OPEN]:
            return now[_UNTIL] if now[_BEGAN] > clock.started else clock.powered
        ends = [end for end in (now[_COOL], now[_MORE]) if end > clock.powered]
        return min(ends) if ends else None

    # --- state

    def apply(self, verb, record):
        now, fields = self._now, record.fields
        if verb == "began":
            now[_ON:_COOL] = [fields[0], 1, record.powered, fields[1], record.powered, 0]
            self._days.add(now[_ON], _TALKS, 1, record.powered)
        elif verb == "asked":
            now[_ASKED] = 1
            self._days.add(now[_ON], _TURNS, 1, record.powered)
            if fields[0]:
                now[_REMINDED] = record.powered
        elif verb == "answered":
            now[_ASKED] = 0
        elif verb == "lost":
            now[_ASKED] = 0
            self._days.change(now[_ON], _TURNS, -1)
        elif verb == "ended":
            now[_OPEN], now[_COOL] = 0, fields[2]
            self._days.add(now[_ON], _SECONDS, fields[1], record.powered)
        elif verb == "extended":
            now[_MORE_WALL], now[_MORE] = fields[:2]
            if fields[2]:
                now[_UNTIL] = fields[2]
        elif verb == "provider":
            now[_ASSESSED], now[_EXPIRES] = fields
            self._provider = json.loads(record.private)

    def snapshot(self):
        counts = self._days.dump()
        self._now[_COUNTS] = len(counts)
        return encode(self._now + counts + self._provider)

    def restore(self, blob):
        values = json.loads(blob)
        self._now = values[:_NUMBERS]
        end = _NUMBERS + self._now[_COUNTS]
        self._days.load(values[_NUMBERS:end])
        self._provider = values[end:]


RULE = Assistant
