"""Rows of the assistant."""

from tests.bench import full_state as full
from tests.bench.parts import plain, with_fields


def _closed(device, number):
    """The assistant as a guardian has opened it, over the limits for some minutes, and no talk."""
    full.prove(device)
    day = device.engine.clock.day()
    device.must(
        "administration.policy",
        version=device.engine.rules["administration"].version + 1,
        issuer="owner",
        expires=65000,
        values=[["assistant.enabled", 1]],
        channel=full.HOST,
    )
    device.must("consent.give", purpose="ai", manifest=1, channel=full.HOST)
    device.must("assistant.provider", channel=full.HOST, **full.provider(day))
    device.must("assistant.end")
    device.must("assistant.extend", minutes=5, channel=full.HOST)


def _talking(device, number):
    _closed(device, number)
    device.must("assistant.begin")


def _answering(device, number):
    _talking(device, number)
    device.must("assistant.turn", text=full.QUESTION)


def _after(prepare, kind, **fields):
    def make(device, number):
        prepare(device, number)
        return kind, fields

    return make


def _assistant_provider(device, number):
    full.prove(device)
    return "assistant.provider", with_fields(full.provider(device.engine.clock.day()), channel=full.HOST)


ROWS = (
    ("assistant_provider", 1, "ok", _assistant_provider),
    ("assistant_begin", 1, "ok", _after(_closed, "assistant.begin")),
    ("assistant_turn", 1, "ok", _after(_talking, "assistant.turn", text=full.QUESTION)),
    ("assistant_turn_for_help", 1, "assistant.help", plain("assistant.turn", text="我不想活了")),
    ("assistant_answer", 1, "ok", _after(_answering, "assistant.answer", text=full.ANSWER, before=full.ANSWER)),
    ("assistant_finish", 1, "ok", _after(_answering, "assistant.finish", text=full.ANSWER * 5)),
    ("assistant_end", 1, "ok", _after(_talking, "assistant.end")),
    ("assistant_check", 1, "ok", _after(_talking, "assistant.check")),
    ("assistant_extend", 1, "ok", _after(_closed, "assistant.extend", minutes=5, channel=full.HOST)),
    ("content_access_hand_over_chats", 1, "ok", _after(_answering, "content_access.hand_over_chats")),
    ("content_access_delete_chats", 1, "ok", plain("content_access.delete_chats")),
)
